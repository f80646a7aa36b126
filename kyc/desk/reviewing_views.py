"""The page on which an officer reads one document and says what becomes of it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.files.base import ContentFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.permissions import Permission
from accounts.private_files import private_file
from accounts.vault import FileErased
from kyc.cases import evidencing
from kyc.cases.models import Case
from kyc.desk import machine_read, reviewing
from kyc.desk.acting import act
from kyc.desk.masking import Veil
from kyc.desk.queue import page_number
from kyc.desk.reviewing import ReviewForm
from kyc.desk.views import fetched
from kyc.evidence import actions as evidence
from kyc.evidence import pages, reviews
from kyc.evidence.item_models import DocumentReview, EvidenceItem
from kyc.evidence.models import Document
from kyc.evidence.reading import programs
from kyc.evidence.reads import Compared
from kyc.parties import countries
from kyc.parties.actions import customer

UNPROCESSABLE = 422
PICTURES = ("image/jpeg", "image/png")


@staff(Permission.EVIDENCE_JUDGE)
@require_safe
def document(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    found = fetched(request, pk)
    return shown(request, found, of(found, document), ReviewForm(actions=(reverse("desk:review", args=[pk, document]),)))


def of(case: Case, number: int) -> Document:
    rows = Document.objects.current().filter(organisation=case.organisation).select_related("party", "uploaded_by")
    return get_object_or_404(rows, pk=number)


@staff(Permission.EVIDENCE_JUDGE)
@require_safe
def page(request: HttpRequest, pk: int, document: int, number: int) -> HttpResponse:
    """One page of a PDF as a picture; a look as any other, and recorded."""
    row = of(fetched(request, pk), document)
    try:
        evidence.refuse_unchecked(row)
        drawn = pages.drawn(row, number)
    except (FileErased, evidence.NotChecked, programs.NotHere, programs.Failed) as refused:
        raise Http404(str(refused)) from refused
    if drawn is None:
        raise Http404
    evidence.look_at(row, by=request.user)
    return private_file(ContentFile(drawn), name=f"{number}.jpg", content_type="image/jpeg", shown=True)


@dataclass(frozen=True)
class Leaf:
    """One page of a document on the screen, with where on it each field was read; `last` is 0 where none can be drawn."""

    number: int
    last: int
    url: str
    spots: list[Compared]

    @property
    def before(self) -> int:
        return self.number - 1

    @property
    def after(self) -> int:
        return self.number + 1 if self.number < self.last else 0


def leaf(case: Case, document: Document, number: int, read: list[machine_read.Shown]) -> Leaf | None:
    """None of a document that nobody opens, or that can't be drawn here."""
    if not document.is_openable:
        return None
    try:
        last = pages.count(document)
    except FileErased:
        return None
    if not last:
        return None
    number = min(number, last)
    if document.content_type in PICTURES:
        url = reverse("desk:document", args=[case.pk, document.pk])
    else:
        url = reverse("desk:document_page", args=[case.pk, document.pk, number])
    return Leaf(number, last, url, [row for one in read for row in one.rows if row.page == number and row.corners])


def shown(request: HttpRequest, case: Case, document: Document, form: ReviewForm, *, status: int = 200) -> HttpResponse:
    party = document.party or customer(case.organisation)
    row = reviews.of([document]).get(document.pk)
    # What nobody opens is not led to.
    others = Document.objects.openable().filter(organisation=case.organisation).order_by("pk")
    read = machine_read.shown([document], customer(case.organisation)) if document.is_openable else []
    facts: dict[str, Any] = {
        "case": case,
        "document": document,
        "leaf": leaf(case, document, page_number(request.GET.get("page", "")), read),
        "party": party,
        "fields": declared(case, request, party) if party else [],
        "machine_read": read,
        "items": EvidenceItem.objects.live().filter(document=document).order_by("pk"),
        "form": form,
        "review": row,
        "tone": reviewing.TONES[DocumentReview.Ruling(row.ruling)] if row else "",
        "sentence": _(reviews.sentence(row)) if row and row.reason else "",
        "before": others.filter(pk__lt=document.pk).values_list("pk", flat=True).last(),
        "after": others.filter(pk__gt=document.pk).values_list("pk", flat=True).first(),
        "may_judge": not case.is_decided and not case.is_editable,
        "asked_anew": reviewing.message(case),
    }
    return render(request, "desk/review.html", facts, status=status)


def declared(case: Case, request: HttpRequest, party: Any) -> list[tuple[str, Any]]:
    """What the document is held against, identifiers masked as on the case's page."""
    veil = Veil(case.pk, "people", request.user.can(Permission.FIELD_REVEAL))
    rows = [
        (_("Name"), party.name),
        (_("Date of birth") if party.is_person else "", veil.over(party, "birth_date")),
        (_("Nationality") if party.is_person else _("Country"), countries.name(party.country, get_language() or "en")),
        (_("Address"), veil.over(party, "address")),
        (_("Number in the register"), "" if party.is_person else party.registration_number),
    ]
    return [(label, value) for label, value in rows if label and value]


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def review(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    found = fetched(request, pk)
    target, form = of(found, document), ReviewForm(request.POST)
    made = act(form, partial(evidencing.review, found, target, shown=request.POST.get("shown", ""), by=request.user))
    if made is None:
        return shown(request, found, target, form, status=UNPROCESSABLE)
    messages.success(request, f"{target.get_kind_display()}: {made.get_ruling_display().lower()}.")
    return redirect(f"{reverse('desk:document_review', args=[pk, document])}?page={page_number(request.GET.get('page', ''))}")
