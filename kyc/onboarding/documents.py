"""What proves it: files added, read back and taken back by the members themselves."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.models import Organisation
from accounts.private_files import private_file
from accounts.vault import FileErased
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence import reviews
from kyc.evidence.intake import NotChecked
from kyc.evidence.item_models import DocumentReview
from kyc.evidence.models import SHUT, Document
from kyc.evidence.taking.kinds import LARGEST
from kyc.evidence.taking.refusals import SENTENCES
from kyc.onboarding import doubted, papers, parts, steps
from kyc.onboarding.access import members_only, while_open
from kyc.onboarding.changing import Page
from kyc.onboarding.closing import in_short
from kyc.onboarding.fields import UNCHOSEN
from kyc.onboarding.forms import DocumentForm, Kinds
from kyc.onboarding.pages import page, posted
from kyc.onboarding.words import WORDS
from kyc.parties import actions as parties
from kyc.parties.models import Party, Profile

D = Document.Kind
C = Profile.CustomerClass
OF_CLASS: dict[str, tuple[str, ...]] = {
    C.COMPANY: (D.REGISTER_EXTRACT, D.ARTICLES, D.LICENCE),
    C.RESEARCH: (D.REGISTER_EXTRACT, D.ARTICLES, D.FOUNDING_ACT, D.LICENCE),
    C.INDIVIDUAL: (),
    C.TRUST: (D.TRUST_DEED,),
    C.STATE_BODY: (D.FOUNDING_ACT,),
}
OF_ANYBODY = (D.PASSPORT, D.IDENTITY_CARD, D.RESIDENCE, D.ADDRESS, D.AUTHORITY, D.PAYMENT, D.WEALTH, D.OTHER)


def document_or_404(organisation: Organisation, pk: int) -> Document:
    """What a person sent by his own link is between him and the officers."""
    return get_object_or_404(Document.objects.current().filter(organisation=organisation, invitation=None), pk=pk)


@while_open("documents")
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """`kind` and `party` in the address choose what is asked for."""
    case = request.way.case
    open_now, form = papers.open_only(organisation, case), form_of(request, organisation)
    if form.acted(lambda: save(request, organisation, form)):
        parts.done(request, request.user)
        messages.success(request, _("Added.") if case.is_editable else _("Added. We read it, and write to you if we need more."))
        return redirect("onboarding:documents")
    sent = sent_by(organisation)
    kept = {document.pk for document in sent if not case.is_editable or (open_now and not open_now.lets_go(document))}
    return page(
        request,
        organisation,
        "document_rows" if request.htmx else "documents",  # type: ignore[attr-defined]  # django-htmx
        step="documents",
        form=form,
        largest=LARGEST,
        too_large=SENTENCES["large"],
        held=parts.held(form, request, request.user),
        documents=judged(by_kind(sent), parties.customer(organisation)),
        asks_again=any(doubted.is_being_read(one) and doubted.is_waited_for(one) for one in sent),
        shut=Document.objects.to_send_anew().filter(organisation=organisation, invitation=None).select_related("party"),
        kept=kept,
        replaced={document.pk for document in papers.to_replace(organisation, case)},
        in_short=in_short(organisation),
    )


def sent_by(organisation: Organisation) -> QuerySet[Document]:
    """All that count, with what was read of each."""
    return Document.objects.current().filter(organisation=organisation).select_related("party", "reading").order_by("pk")


@dataclass(frozen=True)
class Row:
    """A document, an officer's word on it as far as the customer was told, why in a sentence, and what may be wrong with it."""

    document: Document
    word: DocumentReview | None
    why: str
    doubt: doubted.Doubt | None
    is_being_read: bool


def judged(documents: list[Document], customer: Party | None) -> list[Row]:
    """Nothing of what a person sent himself."""
    told = doubted.words(documents)
    rows = []
    for one, doubt in doubted.of(documents, customer, told):
        text = why(told.get(one.pk))
        rows.append(Row(one, told.get(one.pk), _(text) if text else "", doubt, doubted.is_being_read(one)))
    return rows


def why(word: DocumentReview | None) -> str:
    return reviews.sentence(word) if word else ""


def form_of(request: HttpRequest, organisation: Organisation) -> DocumentForm:
    """What may be added now."""
    customer_class, case = request.way.customer_class, request.way.case
    open_now = papers.open_only(organisation, case)
    form = DocumentForm(
        posted(request),
        parts.received(request, request.user),
        organisation=organisation,
        kinds=offered(organisation, customer_class, case, open_now),
        itself=WORDS[customer_class]["itself"],
        initial={"kind": request.GET.get("kind", ""), "party": request.GET.get("party", "")},
    )
    if customer_class == C.INDIVIDUAL:
        del form.fields["party"]
    if open_now:
        form.fields["kind"].error_messages["invalid_choice"] = papers.only(organisation, open_now)
        if "party" in form.fields and any(one.parties and None not in one.parties for one in open_now.wanted):
            form.fields["party"].help_text = papers.only(organisation, open_now)
    return form


def by_kind(documents: Iterable[Document]) -> list[Document]:
    """Those of one kind together, the kinds as the model lists them."""
    kinds = list(D.values)
    return sorted(documents, key=lambda document: kinds.index(document.kind))


def offered(organisation: Organisation, customer_class: str, case: Case | None, open_now: papers.Open | None) -> Kinds:
    """The kinds that fit the customer's class, those that are still needed first; where `open_now` names what alone is open, the
    kinds of these."""
    needed, rest = papers.needed(organisation, case), [*OF_CLASS[customer_class], *OF_ANYBODY]
    kinds = [kind for kind in D if kind in rest or kind in needed]
    if customer_class == C.INDIVIDUAL:
        kinds = [kind for kind in kinds if kind != D.AUTHORITY or kind in needed]
    if open_now:
        kinds = [kind for kind in D if any(kind in one.kinds for one in open_now.wanted)]
    first = [(kind.value, kind.label) for kind in kinds if kind in needed]
    others = [(kind.value, kind.label) for kind in kinds if kind not in needed]
    if not first or not others:
        return [UNCHOSEN, *first, *others]
    return [UNCHOSEN, (_("Still needed"), first), (_("Others"), others)]


def save(request: HttpRequest, organisation: Organisation, form: DocumentForm) -> None:
    with steps.editing(organisation, "documents") as case:
        typed = dict(form.cleaned_data)
        if "party" not in form.fields:
            typed["party"] = parties.customer(organisation)
        papers.refuse_unasked(organisation, case, kind=typed["kind"], party=typed["party"])
        evidence.upload(organisation, **typed, by=request.user)


@members_only
def download(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """The member's own file, as a download that no browser runs; that it was taken is recorded."""
    document = document_or_404(organisation, pk)
    try:
        file = private_file(document.file, name=document.name, content_type=document.content_type)
        if request.method != "HEAD":
            evidence.read_back(document, by=request.user)
    except (FileErased, NotChecked) as refused:
        messages.error(request, str(refused))
        return redirect("onboarding:documents")
    return file


@while_open("documents")
def remove(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    sent = Document.objects.filter(organisation=organisation, invitation=None, removed_at__isnull=True)
    document, form = get_object_or_404(sent, pk=pk), Page(posted(request))
    if form.acted(lambda: take_back(request, organisation, document)):
        messages.success(request, _("%(name)s has been removed.") % {"name": document.name})
        return redirect("onboarding:documents")
    return page(request, organisation, "document_remove", step="documents", form=form, document=document)


def take_back(request: HttpRequest, organisation: Organisation, document: Document) -> None:
    with steps.editing(organisation, "documents") as case:
        # What nobody opens was examined by nobody.
        if document.intake not in SHUT:
            papers.refuse_sent_before(organisation, case, document)
        evidence.remove(document, by=request.user)
