"""Reads each document once, in a worker, and says how that agrees with what was declared.

Pictures and words never leave the worker; what was read stays in the vault. What a machine reads proves nothing: an officer sees
it beside the document, and the customer whether it could be read, what to do if not, and where it seems to be somebody else's
(kyc/onboarding/doubted.py).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import audit, signals
from accounts.models import Signal
from accounts.vault import FileErased, Unreadable
from config import jobs
from kyc.evidence import sharing
from kyc.evidence.models import Document
from kyc.evidence.read_models import IDENTITY, Reading
from kyc.evidence.reading import documents, names, programs, states
from kyc.evidence.reading.documents import Read
from kyc.evidence.reading.signs import Sign
from kyc.parties import comparing
from kyc.parties.actions import customer
from kyc.parties.models import Party

State = Reading.State
# Rows that one wake-up makes; the next sweep goes on.
AT_ONCE = 200
SIGNS: dict[str, Promise] = {
    Sign.EDITOR: _("The file was written by a program that changes pictures or documents: %(what)s."),
    Sign.SCREENSHOT: _("The picture is exactly as large as a screen, as one that was taken of a screen’s content."),
    Sign.PATCH: _("A region of the picture lacks the noise that the rest has, as where something was drawn over it."),
    Sign.CHECK_DIGITS: _("The machine-readable zone was read clearly, and its check digits do not agree: %(what)s."),
    Sign.VISUAL_ZONE: _("Above the machine-readable zone stands something else than in it: %(what)s."),
    Sign.SPECIMEN: _("The issuer is “Utopia”, which stands on specimens alone."),
    Sign.NO_STATE: _("The machine-readable zone names a state that there is not: %(what)s."),
    Sign.EXPIRED: _("The document has expired."),
    Sign.EXPIRES_SOON: _("The document expires within 30 days, while a review may still be open."),
}
# With these a number tells nothing of whose document it is.
UNSOUND = {Sign.CHECK_DIGITS, Sign.SPECIMEN}
TITLES: dict[str, Promise] = {
    "surname": _("Surname"),
    "given": _("Given names"),
    "name": _("Name"),
    "number": _("Number"),
    "birth_date": _("Date of birth"),
    "sex": _("Sex"),
    "nationality": _("Nationality"),
    "issuer": _("Issued by"),
    "expiry_date": _("Valid until"),
    "address": _("Address"),
    "date": _("Dated"),
}


class Readings(jobs.Queue):
    """Documents that were asked to be read, and those for which no row stands yet."""

    def is_waiting(self) -> bool:
        return super().is_waiting() or unasked().exists() or (not_here().exists() and programs.are_here())


QUEUE = Readings(
    name="evidence.readings",
    model=Reading,
    field="state",
    ready=State.WAITING,
    failed=State.FAILED,
    lease=timedelta(seconds=120),
    since="asked_at",
    sweeps=15,
)


def unasked() -> QuerySet[Document]:
    """Those that the scanner has let through, or an approver."""
    return Document.objects.openable().filter(~Exists(Reading.objects.filter(document=OuterRef("pk"))))


def not_here() -> QuerySet[Reading]:
    """What a program was missing for."""
    return Reading.objects.filter(state=State.DONE, outcome=Reading.Outcome.NOT_HERE)


def run() -> None:
    ask()
    for claim in QUEUE.claims():
        with claim:
            read(claim)


def ask() -> None:
    """A row for each document that has none; two workers at once make one. What a program was missing for is read again once all
    of them are here."""
    rows = [Reading(organisation_id=one.organisation_id, document=one) for one in unasked().order_by("pk")[:AT_ONCE]]
    Reading.objects.bulk_create(rows, ignore_conflicts=True)
    if not_here().exists() and programs.are_here():
        not_here().update(state=State.WAITING, outcome="", read_at=None)


def read(claim: jobs.Claim) -> None:
    """Reads outside any transaction, and writes all of it in the finishing one."""
    reading: Reading = claim.row
    document = Document.objects.select_related("party").get(pk=reading.document_id)
    with claim.kept_up():
        found = looked_at(document, timezone.localdate())
    with claim.finish(state=State.WAITING):
        # The claim keeps the state and the next statement sets it, because a row that is done must be complete at once.
        reading.document, reading.state, reading.read_at = document, State.DONE, timezone.now()
        reading.outcome, reading.source, reading.form = found.outcome, found.source, found.form
        reading.faults, reading.signs = found.faults, found.signs
        reading.told = json.dumps(found.written()) if found.fields else ""
        reading.save(update_fields=["state", "outcome", "source", "form", "told", "faults", "signs", "read_at"])
        if seen := sorted(found.signs.keys() - {Sign.EXPIRES_SOON}):
            audit.record("document.doubted", target=document, by=None, name=document.name, signs=seen)
        if known_by := numbered(found):
            signals.leave(document.organisation_id, {Signal.Type.DOCUMENT: known_by})


def looked_at(document: Document, today: date) -> Read:
    try:
        with document.file.open() as file:
            data = file.read()
    except FileErased:
        return Read(documents.Outcome.UNREADABLE)
    if document.kind in IDENTITY:
        return documents.identity(data, document.content_type, origin=document.origin, today=today)
    return documents.paper(data, document.content_type, origin=document.origin, wanted=wanted(about(document)), today=today)


def about(document: Document) -> Party | None:
    """Whom it is about: nobody in particular means the customer."""
    return document.party or customer(document.organisation)


def wanted(party: Party | None) -> dict[str, str]:
    if party is None:
        return {}
    return {"name": party.name, "number": known(party.registration_number), "address": known(party.address)}


def known(sealed: str | Unreadable) -> str:
    return "" if isinstance(sealed, Unreadable) else sealed


def numbered(found: Read) -> list[str]:
    """The document as other accounts may have shown it too, and as an officer writes it down. What is no document of a state, or
    was not surely read, would be known again by everybody's specimens and misreadings."""
    values = {one.name: one.value for one in found.fields}
    if found.source == documents.Source.TEXT or UNSOUND & found.signs.keys():
        return []
    # A licence names the country as ISO does, before the part of it; a zone in its own code.
    issuer = values.get("issuer", "").partition(" ")[0]
    state = states.of(issuer)
    country = issuer if found.source == documents.Source.BARCODE else state.country if state else ""
    return sharing.known_by(country, values.get("number", ""))


class Verdict(StrEnum):
    AGREES = "agrees"
    UNSURE = "unsure"
    DIFFERS = "differs"
    UNDECLARED = "undeclared"
    NOT_FOUND = "not_found"


VERDICTS: dict[str, Promise] = {
    Verdict.AGREES: _("agrees"),
    Verdict.UNSURE: _("to look at"),
    Verdict.DIFFERS: _("differs"),
    Verdict.UNDECLARED: _("was not declared"),
    Verdict.NOT_FOUND: _("not found on it"),
}


@dataclass(frozen=True)
class Compared:
    """One field: `declared` and `value` as shown, `corners` in fractions of the page, `is_checked` of its check digit."""

    name: str
    declared: str
    value: str
    verdict: Verdict
    page: int
    corners: list[list[float]]
    is_checked: bool | None

    @property
    def title(self) -> Promise:
        return TITLES[self.name]

    @property
    def said(self) -> Promise:
        return VERDICTS[self.verdict]

    @property
    def points(self) -> str:
        """The corners as SVG writes them, of a page that is 100 by 100."""
        return " ".join(f"{100 * x:.1f},{100 * y:.1f}" for x, y in self.corners)


def compared(reading: Reading, party: Party | None) -> list[Compared]:
    """Field by field what the document says beside what is declared today of the party that it is about."""
    fields = reading.fields
    if reading.source == documents.Source.TEXT:
        return of_paper(fields, wanted(party))
    declared, found = of_person(party) if party else {}, {one["name"]: one for one in fields}
    return [shown(one, declared.get(one["name"], ""), judged(one, found, party, declared)) for one in fields]


def of_paper(fields: list[dict[str, Any]], asked: Mapping[str, str]) -> list[Compared]:
    found = {one["name"]: one for one in fields}
    rows = []
    for name in ("name", "number", "address"):
        if name in found:
            rows.append(shown(found[name], asked.get(name, ""), Verdict.AGREES))
        elif asked.get(name):
            rows.append(Compared(name, asked[name], "", Verdict.NOT_FOUND, 0, [], None))
    return rows + ([shown(found["date"], "", Verdict.UNDECLARED)] if "date" in found else [])


def shown(field: Mapping[str, Any], declared: str, verdict: Verdict) -> Compared:
    return Compared(field["name"], declared, field["value"], verdict, field["page"], field["corners"], field["is_checked"])


def of_person(party: Party) -> dict[str, str]:
    """What was declared that a travel document says too. Which number the document has nobody is asked."""
    name = party.name
    return {
        "surname": name,
        "given": name,
        "birth_date": known(party.birth_date),
        "nationality": party.country,
        "address": known(party.address),
    }


def judged(one: Mapping[str, Any], found: Mapping[str, Any], party: Party | None, declared: Mapping[str, str]) -> Verdict:
    name, value = one["name"], one["value"]
    if not declared.get(name):
        return Verdict.UNDECLARED
    if name in {"surname", "given"} and party:
        return of_names(found, party)
    if name == "nationality":
        state = states.of(value)
        return Verdict.AGREES if state and state.country == declared[name] else Verdict.DIFFERS
    if name == "birth_date":
        # A zone may leave out the day, or the month too.
        return Verdict.AGREES if value and declared[name].startswith(value) else Verdict.DIFFERS
    same = comparing.is_same_address if name == "address" else comparing.is_same_number
    return Verdict.AGREES if same(value, declared[name]) else Verdict.UNSURE


def of_names(fields: Mapping[str, Any], party: Party) -> Verdict:
    """By the name in Latin letters or the one in its own script, whichever agrees better."""
    parts = [fields[name] for name in ("surname", "given") if name in fields]
    whole, cut = " ".join(part["value"] for part in parts), any(part["is_cut"] for part in parts)
    found = {names.compared(whole, one, cut=cut) for one in (party.name, party.native_name) if one}
    if found & {names.Agreement.SAME, names.Agreement.CUT}:
        return Verdict.AGREES
    return Verdict.UNSURE if found & {names.Agreement.PARTLY, names.Agreement.ALIKE} else Verdict.DIFFERS
