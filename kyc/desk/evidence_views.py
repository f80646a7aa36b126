"""The page of what proves who one party is."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.models import User
from accounts.permissions import Permission
from kyc.cases import evidencing
from kyc.cases.models import Case, Entity
from kyc.desk import evidence, machine_read
from kyc.desk.acting import act
from kyc.desk.evidence import JudgeForm, RecordForm, ResolveForm, WithdrawForm
from kyc.desk.forms import DeskForm
from kyc.desk.views import fetched
from kyc.evidence import looks, opening, sharing
from kyc.evidence.item_models import EvidenceItem, Mismatch
from kyc.evidence.models import Document
from kyc.parties.actions import customer
from kyc.parties.models import Party

P = Permission
UNPROCESSABLE = 422
LABELS: dict[str, Promise] = {
    "name": _("Name"),
    "native_name": _("Name in its own script"),
    "country": _("Country"),
    "birth_date": _("Date of birth"),
    "address": _("Address"),
    "registration_number": _("Number in the register"),
    "tax_number": _("Tax number"),
}


def party_of(case: Case, number: int) -> Party:
    return get_object_or_404(Party.objects.current(), pk=number, organisation=case.organisation)


def record_form(case: Case, party: Party, data: Any = None, *, on: str = "", by: User | None = None) -> RecordForm:
    """Where `on` is the number of a document that `by` has opened, it begins with what a machine has read there."""
    documents = Document.objects.openable().filter(organisation=case.organisation).order_by("pk")
    papers = evidence.papers(party, customer(case.organisation), documents)
    actions = () if data is not None else (reverse("desk:evidence_record", args=[case.pk, party.pk]),)
    named = next((paper for paper in papers if str(paper.pk) == on), None)
    is_opened = named is not None and by is not None and bool(looks.opened([named], by=by))
    initial = {"document": on, "kind": evidence.kind_on(named, party), **machine_read.begun(named)} if named and is_opened else {}
    return RecordForm(party, papers, data, initial=initial, actions=actions)


@staff(P.CASE_VIEW)
@require_safe
def party(request: HttpRequest, pk: int, party: int) -> HttpResponse:
    found = fetched(request, pk)
    target = party_of(found, party)
    form = record_form(found, target, on=request.GET.get("document", ""), by=request.user)
    return shown(request, found, target, record_form=form)


def shown(request: HttpRequest, case: Case, party: Party, *, status: int = 200, **filled: Any) -> HttpResponse:
    facts = {
        "case": case,
        "party": party,
        "levels": evidence.levels(party),
        "rows": evidence.rows(party, filled.get("returned")),
        "differences": evidence.differences(party, filled.get("resolving")),
        "originals": original(case, party),
        "record_form": filled.get("record_form") or record_form(case, party),
        "may_judge": request.user.can(P.EVIDENCE_JUDGE) and not case.is_decided and not case.is_editable,
        "elsewhere": shared(request, party),
    }
    return render(request, "desk/evidence.html", facts, status=status)


def original(case: Case, party: Party) -> list[tuple[Promise, str, str, bool]]:
    """What was told at the opening and what is told now, identifiers masked."""
    first = Entity.objects.filter(organisation=case.organisation).order_by("pk").first()
    at = first.valid_from if first else case.submitted_at
    rows = opening.originals(party, at=at) if at else []
    return [
        (
            LABELS[row.field],
            masked(row.field, row.then),
            evidence.beside(OPENED.get(row.field, ""), row.then, row.now),
            row.is_same,
        )
        for row in rows
    ]


def masked(field: str, value: Any) -> str:
    return evidence.shown(OPENED.get(field, ""), value)


OPENED = {"birth_date": "birth_date", "address": "address", "registration_number": "number", "tax_number": "number"}


def shared(request: HttpRequest, party: Party) -> list[EvidenceItem]:
    """For investigators alone: whoever works the case is not told who else is a customer."""
    if not request.user.can(P.NETWORK_VIEW):
        return []
    return list(sharing.elsewhere(list(EvidenceItem.objects.live().filter(party=party))))


@staff(P.EVIDENCE_JUDGE)
@require_POST
def record(request: HttpRequest, pk: int, party: int) -> HttpResponse:
    found = fetched(request, pk)
    target = party_of(found, party)
    form = record_form(found, target, request.POST)
    if act(form, partial(evidencing.record, found, target, by=request.user)) is None:
        return shown(request, found, target, status=UNPROCESSABLE, record_form=form)
    return done(request, found, target, _("Recorded. Now say whether it is good."))


def done(request: HttpRequest, case: Case, party: Party, sentence: Promise) -> HttpResponse:
    messages.success(request, str(sentence))
    return redirect("desk:evidence", case.pk, party.pk)


Made = Callable[[EvidenceItem, Any], DeskForm]
JUDGED: dict[str, tuple[Made, Callable[..., EvidenceItem], Promise]] = {
    "validate": (lambda item, data: JudgeForm(item, "validate", data), evidencing.validate, _("It is noted how it was found.")),
    "verify": (lambda item, data: JudgeForm(item, "verify", data), evidencing.verify, _("It is noted whose it was found to be.")),
    "withdraw": (lambda item, data: WithdrawForm(data), evidencing.withdraw, _("It counts no more.")),
}


@staff(P.EVIDENCE_JUDGE)
@require_POST
def judge(request: HttpRequest, pk: int, item: int, what: str) -> HttpResponse:
    """Validated, verified or withdrawn."""
    found = fetched(request, pk)
    if what not in JUDGED:
        raise Http404
    rows = EvidenceItem.objects.filter(organisation=found.organisation, party__removed_on=None).select_related("party")
    target = get_object_or_404(rows, pk=item)
    made, verb, sentence = JUDGED[what]
    form = made(target, request.POST)
    if act(form, partial(verb, found, target, by=request.user)) is None:
        return shown(request, found, target.party, status=UNPROCESSABLE, returned=(what, target.pk, form))
    return done(request, found, target.party, sentence)


@staff(P.EVIDENCE_JUDGE)
@require_POST
def resolve(request: HttpRequest, pk: int, mismatch: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(
        Mismatch.objects.select_related("item__party"), pk=mismatch, organisation=found.organisation, item__party__removed_on=None
    )
    form = ResolveForm(request.POST)
    if act(form, partial(evidencing.resolve, found, target, by=request.user)) is None:
        return shown(request, found, target.item.party, status=UNPROCESSABLE, resolving=(target.pk, form))
    return done(request, found, target.item.party, _("Resolved."))
