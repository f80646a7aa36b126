"""What proves it: files added, read back and taken back by the members themselves."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.models import Organisation
from accounts.private_files import private_file
from accounts.vault import FileErased
from kyc.cases.completeness import PAPERS, lacks_paper, unidentified, unproved
from kyc.cases.items import ITEMS, undone
from kyc.evidence import actions as evidence
from kyc.evidence import authority
from kyc.evidence.models import Document
from kyc.onboarding import steps
from kyc.onboarding.access import members_only, while_open
from kyc.onboarding.changing import Page
from kyc.onboarding.forms import DocumentForm, Kinds
from kyc.onboarding.pages import page, posted
from kyc.onboarding.words import WORDS
from kyc.parties import actions as parties
from kyc.parties import profiles
from kyc.parties.models import Profile

D = Document.Kind
C = Profile.CustomerClass
OF_CLASS: dict[str, tuple[str, ...]] = {
    C.COMPANY: (D.REGISTER_EXTRACT, D.ARTICLES),
    C.RESEARCH: (D.REGISTER_EXTRACT, D.ARTICLES, D.FOUNDING_ACT),
    C.INDIVIDUAL: (),
    C.TRUST: (D.TRUST_DEED,),
    C.STATE_BODY: (D.FOUNDING_ACT,),
}
OF_ANYBODY = (D.PASSPORT, D.IDENTITY_CARD, D.RESIDENCE, D.ADDRESS, D.AUTHORITY, D.PAYMENT, D.OTHER)


def document_or_404(organisation: Organisation, pk: int) -> Document:
    """What a person sent by his own link is between him and the officers."""
    return get_object_or_404(Document.objects.current().filter(organisation=organisation, invitation=None), pk=pk)


@while_open("documents")
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """`kind` and `party` in the address choose what is asked for."""
    customer_class = profiles.customer_class(organisation)
    form = DocumentForm(
        posted(request),
        request.FILES if request.method == "POST" else None,
        organisation=organisation,
        kinds=offered(organisation, customer_class),
        itself=WORDS[customer_class]["itself"],
        initial={"kind": request.GET.get("kind", ""), "party": request.GET.get("party", "")},
    )
    if customer_class == C.INDIVIDUAL:
        del form.fields["party"]
    if form.acted(lambda: save(request, organisation, form)):
        messages.success(request, _("Added."))
        return redirect("onboarding:documents")
    sent = Document.objects.current().filter(organisation=organisation).select_related("party").order_by("pk")
    return page(request, organisation, "documents", step="documents", form=form, documents=by_kind(sent))


def by_kind(documents: Iterable[Document]) -> list[Document]:
    """Those of one kind together, the kinds as the model lists them."""
    kinds = list(D.values)
    return sorted(documents, key=lambda document: kinds.index(document.kind))


def offered(organisation: Organisation, customer_class: str) -> Kinds:
    """The kinds that fit the customer's class, those that are still needed first."""
    needed, rest = wanted(organisation, customer_class), [*OF_CLASS[customer_class], *OF_ANYBODY]
    kinds = [kind for kind in D if kind in rest or kind in needed]
    if customer_class == C.INDIVIDUAL:
        kinds = [kind for kind in kinds if kind != D.AUTHORITY or kind in needed]
    others = [(kind.value, kind.label) for kind in kinds if kind not in needed]
    if not needed:
        return [("", ""), *others]
    first = [(kind.value, kind.label) for kind in kinds if kind in needed]
    return [("", ""), (_("Still needed"), first), (_("Others"), others)]


def wanted(organisation: Organisation, customer_class: str) -> set[str]:
    needed: set[str] = set()
    if lacks_paper(customer_class, organisation):
        needed |= set(PAPERS[customer_class][0] or OF_CLASS[customer_class])
    signing = authority.of(organisation)
    if unidentified(signing):
        needed |= set(authority.IDENTITY)
    if unproved(signing):
        needed.add(D.AUTHORITY)
    case = steps.current_case(organisation)
    for requirement in undone(case) if case else []:
        needed |= set(ITEMS[requirement.what].documents)
    return needed


def save(request: HttpRequest, organisation: Organisation, form: DocumentForm) -> None:
    with steps.editing(organisation, "documents"):
        typed = dict(form.cleaned_data)
        if "party" not in form.fields:
            typed["party"] = parties.customer(organisation)
        evidence.upload(organisation, **typed, by=request.user)


@members_only
def download(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """The member's own file, as a download that no browser runs."""
    document = document_or_404(organisation, pk)
    try:
        return private_file(document.file, name=document.name, content_type=document.content_type)
    except FileErased as erased:
        messages.error(request, str(erased))
        return redirect("onboarding:documents")


@while_open("documents")
def remove(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    document = document_or_404(organisation, pk)
    form = Page(posted(request))
    if form.acted(lambda: take_back(request, organisation, document)):
        messages.success(request, _("%(name)s has been removed.") % {"name": document.name})
        return redirect("onboarding:documents")
    return page(request, organisation, "document_remove", step="documents", form=form, document=document)


def take_back(request: HttpRequest, organisation: Organisation, document: Document) -> None:
    with steps.editing(organisation, "documents"):
        evidence.remove(document, by=request.user)
