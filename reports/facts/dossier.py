"""R-03, the customer identification and verification dossier: a function of subject, two instants, rule pack and template."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from accounts.history import as_of
from accounts.models import Organisation, Snapshot
from kyc.cases.models import Case
from kyc.rules.packs import Pack
from reports.facts import basis
from reports.facts.access import access
from reports.facts.changes import case_number, changes
from reports.facts.customer import documents, identity, members, ownership, parties
from reports.facts.examined import decision, findings, risk, screening
from reports.facts.picture import picture
from reports.facts.reader import Reader, country, exact

KIND = "R-03"
TEMPLATE = "R-03/2"
TITLE = "Customer Identification and Verification Dossier"
Facts = dict[str, Any]
SECTIONS: tuple[tuple[str, Callable[[Reader], Any]], ...] = (
    ("identity", identity),
    ("parties", parties),
    ("ownership", ownership),
    ("documents", documents),
    ("screening", screening),
    ("risk", risk),
    ("findings", findings),
    ("decision", decision),
    ("access", access),
    ("members", members),
    ("changes", changes),
)
# Drawn from the sections above.
CLOSING: tuple[tuple[str, Callable[[Reader, Facts], Any]], ...] = (
    ("picture", picture),
    ("methodology", basis.methodology),
    ("sources", basis.sources),
    ("completeness", basis.completeness),
    ("summary", basis.summary),
)
STEPS = len(SECTIONS) + len(CLOSING)


def build(*, organisation: int, valid_at: datetime, snapshot: Snapshot, pack: Pack) -> Iterator[tuple[str, Facts]]:
    """Yields (section just done, the facts so far), STEPS times; the last are report.json. Reads event rows only."""
    reader = Reader(organisation=organisation, valid_at=valid_at, snapshot=snapshot, pack=pack)
    facts: Facts = {
        "report": KIND,
        "title": TITLE,
        "template": TEMPLATE,
        "profile": "minimised",
        "subject": subject(reader),
        "valid_at": exact(valid_at),
        "known_at": exact(snapshot.taken_at),
        "rule_pack": {"version": pack.version, "reviewed_on": pack.reviewed_on, "sha256": pack.sha256},
        "legal_bases": pack.legal_bases(KIND, on=reader.day),
        "not_relied_on": pack.not_relied_on(KIND, on=reader.day),
    }
    for name, section in SECTIONS:
        facts[name] = section(reader)
        yield name, facts
    for name, closing in CLOSING:
        facts[name] = closing(reader, facts)
        yield name, facts


def subject(reader: Reader) -> dict[str, Any]:
    """What the cover says of whom the report is about."""
    party, cases = reader.customer, list(reader.then(Case))
    return {
        "id": reader.organisation,
        "name": account(reader),
        "party_id": party.pgh_obj_id if party else 0,
        "legal_name": party.name if party else "",
        "native_name": party.native_name if party else "",
        "registration_number": party.registration_number if party else "",
        "country": country(party.country) if party else "",
        "case": case_number(cases[-1]) if cases else "",
    }


def account(reader: Reader) -> str:
    """The account's name then; where the account is younger than the effective instant, as known."""
    for recorded_by in (reader.valid_at, None):
        row = as_of(Organisation, reader.snapshot, recorded_by=recorded_by).filter(pgh_obj_id=reader.organisation).first()
        if row is not None:
            return str(row.name)
    return "not known at that time"
