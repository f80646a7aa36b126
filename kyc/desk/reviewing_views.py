"""The page on which an officer reads one document and says what becomes of it."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.cases import evidencing
from kyc.cases.models import Case
from kyc.desk import machine_read, reviewing
from kyc.desk.acting import act
from kyc.desk.masking import Veil
from kyc.desk.reviewing import ReviewForm
from kyc.desk.views import fetched
from kyc.evidence import reviews
from kyc.evidence.item_models import DocumentReview, EvidenceItem
from kyc.evidence.models import Document
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


def shown(request: HttpRequest, case: Case, document: Document, form: ReviewForm, *, status: int = 200) -> HttpResponse:
    party = document.party or customer(case.organisation)
    row = reviews.of([document]).get(document.pk)
    # What nobody opens is not led to.
    others = Document.objects.openable().filter(organisation=case.organisation).order_by("pk")
    facts: dict[str, Any] = {
        "case": case,
        "document": document,
        "is_picture": document.is_openable and document.content_type in PICTURES,
        "party": party,
        "fields": declared(case, request, party) if party else [],
        "machine_read": machine_read.shown([document], customer(case.organisation)) if document.is_openable else [],
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
        (_("Nationality") if party.is_person else _("Country"), party.country),
        (_("Address"), veil.over(party, "address")),
        (_("Number in the register"), "" if party.is_person else party.registration_number),
    ]
    return [(label, value) for label, value in rows if label and value]


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def review(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    found = fetched(request, pk)
    target, form = of(found, document), ReviewForm(request.POST)
    made = act(form, partial(evidencing.review, found, target, by=request.user))
    if made is None:
        return shown(request, found, target, form, status=UNPROCESSABLE)
    messages.success(request, f"{target.get_kind_display()}: {made.get_ruling_display().lower()}.")
    return redirect("desk:document_review", pk, document)
