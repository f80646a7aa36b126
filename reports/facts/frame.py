"""What every report is: a function of subject, parameters, two instants, rule pack and template, told section by section."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.history import as_of
from accounts.models import Organisation, Snapshot
from accounts.vault.models import SubjectKey
from kyc.cases.models import Case
from kyc.rules.packs import Pack
from reports.facts.changes import case_number
from reports.facts.reader import FULL, MINIMISED, Reader, country, exact

# Facts must not depend on the language of whoever has them drawn.
LANGUAGE = "en"

Facts = dict[str, Any]
Section = Callable[[Reader], Any]
Closing = Callable[[Reader, Facts], Any]


@dataclass(frozen=True)
class Frame:
    """One kind of report: `sections` read what is known, `closing` is drawn from the sections before. `is_period` when it
    tells of [from, effective instant) and not of the one instant; `about` says what the cover does. One `for_subject` answers a
    person about himself: asked for by his request alone, and of nobody else whose data were erased. One that `has_profiles` is
    asked for minimised or in full. One `for_others` leaves the house, and so it takes two to issue it. One that
    `has_long_tables` may be drawn as a summary of them (reports/long_tables.py). One `of_house` is about no one customer."""

    kind: str
    template: str
    title: str
    sections: tuple[tuple[str, Section], ...]
    closing: tuple[tuple[str, Closing], ...]
    is_period: bool = False
    about: Section | None = None
    for_subject: bool = False
    has_profiles: bool = False
    for_others: bool = False
    has_long_tables: bool = False
    of_house: bool = False

    def takes_two(self, parameters: Mapping[str, Any]) -> bool:
        """Whether another than who asked has to approve it: what leaves the house, and what holds people's data in full."""
        return self.for_others or parameters.get("profile") == FULL

    @property
    def steps(self) -> int:
        return len(self.sections) + len(self.closing)

    def build(
        self,
        *,
        organisation: int,
        valid_at: datetime,
        snapshot: Snapshot,
        pack: Pack,
        parameters: Mapping[str, Any] | None = None,
    ) -> Iterator[tuple[str, Facts]]:
        """Yields (section just done, the facts so far), `steps` times; the last are report.json. Reads event rows only."""
        reader = Reader(organisation=organisation, valid_at=valid_at, snapshot=snapshot, pack=pack, parameters=parameters)
        facts: Facts = {
            "report": self.kind,
            "title": self.title,
            "template": self.template,
            "profile": "data subject" if self.for_subject else FULL if reader.is_full else MINIMISED,
            "subject": (self.about or subject)(reader),
            "valid_at": exact(valid_at),
            "known_at": exact(snapshot.taken_at),
            "rule_pack": {"version": pack.version, "reviewed_on": pack.reviewed_on, "sha256": pack.sha256},
            "legal_bases": pack.legal_bases(self.kind, on=reader.day),
            "not_relied_on": pack.not_relied_on(self.kind, on=reader.day),
        }
        if (gone := erased(reader)) and not self.for_subject:
            facts["erased"] = gone
        for name, section in self.sections:
            facts[name] = section(reader)
            yield name, facts
        for name, closing in self.closing:
            facts[name] = closing(reader, facts)
            yield name, facts


def erased(reader: Reader) -> list[dict[str, str]]:
    """What is no longer known of the past: nothing brings it back, so the report says so whatever its instants are."""
    keys = SubjectKey.objects.filter(organisation=reader.organisation, destroyed_at__isnull=False)
    return [
        {"certificate": key.certificate, "at": exact(key.destroyed_at)}
        for key in keys.exclude(kind=SubjectKey.Kind.REPORT).order_by("pk")
    ]


def subject(reader: Reader) -> dict[str, Any]:
    """What the cover says of whom the report is about."""
    party, cases = reader.customer, list(reader.then(Case))
    return {
        "id": reader.organisation,
        "name": party.name if party else account(reader),
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
