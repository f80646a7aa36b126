"""What a report may read: one organisation, as known in one snapshot and true at one instant."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from django.db import models

from accounts.history import as_of, changes, seen_in
from accounts.models import AuditEvent, Snapshot, User
from accounts.vault import Erased
from kyc.cases.models import Examination
from kyc.parties import attributes, countries
from kyc.parties.models import Attribute, Party, PersonStatus, Role
from kyc.rules.packs import Pack
from kyc.screening.models import Hit

# What a report may tell of people; `minimised` is what it does unless it is asked for otherwise (BODS-13).
MINIMISED, FULL = "minimised", "full"


def instant(value: datetime | None) -> str:
    """UTC to the second, `2026-11-23T14:05:09Z`; empty for none."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""


def moment(value: datetime | None) -> str:
    """As `instant`, in a line of text, and as paper prints it: `2026-11-23 14:05:09 UTC`."""
    return in_text(instant(value))


def in_text(told: str) -> str:
    return told.replace("T", " ").replace("Z", " UTC")


def exact(value: datetime) -> str:
    """UTC as exact as it is stored, so that a report can be asked for again by what it prints."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def day(value: date | None) -> str:
    return value.isoformat() if value else ""


def country(code: str) -> str:
    return f"{countries.name(code, 'en')} ({code})" if code else ""


def masked(number: str) -> str:
    """A number by its last three characters; of a short one nothing, because they would be most of it."""
    if isinstance(number, Erased):
        return number
    shown = number[-3:] if len(number) > 5 else ""
    return "•" * (len(number) - len(shown)) + shown


def birth_year(party: Any) -> str:
    """Of a party or a row of its history; empty where nothing is known, or nothing any more."""
    return "" if isinstance(party.birth_date, Erased) else str(party.birth_date[:4])


def told_apart(party: Any) -> str:
    """A name with what tells it from the same name: `Alice Olsen (1984, NO)`."""
    apart = ", ".join(filter(None, (birth_year(party), party.country)))
    return f"{party.name} ({apart})" if apart else str(party.name)


class Reader:
    """Event rows only, through `as_of`; what is append-only is read through the examinations visible here.

    A fact with dates of its own holds by those dates, also when it was recorded later. A fact without them holds from the
    moment it was recorded. A date recorded on the very day that it names counts from that moment.
    """

    def __init__(
        self,
        *,
        organisation: int,
        valid_at: datetime,
        snapshot: Snapshot,
        pack: Pack,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.organisation, self.valid_at, self.snapshot, self.pack = organisation, valid_at, snapshot, pack
        self.parameters = parameters or {}

    @property
    def since(self) -> datetime:
        """Where the interval of a report over one begins; it ends before the effective instant."""
        return datetime.fromisoformat(self.parameters["from"])

    @property
    def key(self) -> int | None:
        """The one key that is asked about; None for all of the organisation."""
        return self.parameters.get("key")

    @property
    def is_full(self) -> bool:
        """Whether people are told in full, as to an authority that may read them; otherwise the report is minimised."""
        return self.parameters.get("profile") == FULL

    def masked(self, number: str) -> str:
        """By its last characters; whole in a full report."""
        return str(number) if self.is_full else masked(number)

    def born(self, party: Any) -> str:
        """The year; the whole day in a full report."""
        return str(party.birth_date) if self.is_full else str(party.birth_date[:4])

    @property
    def day(self) -> date:
        return self.valid_at.astimezone(UTC).date()

    def own(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return rows.filter(organisation_id=self.organisation).order_by("pgh_obj_id")

    def known(self, model: type[models.Model]) -> models.QuerySet[Any]:
        """As known in the snapshot, whenever it was recorded."""
        return self.own(as_of(model, self.snapshot))

    def then(self, model: type[models.Model]) -> models.QuerySet[Any]:
        """As recorded by the effective instant."""
        return self.own(as_of(model, self.snapshot, recorded_by=self.valid_at))

    def all_events(self, model: type[models.Model]) -> models.QuerySet[Any]:
        """Every change that is known, oldest first."""
        return changes(model, self.snapshot).filter(organisation_id=self.organisation)

    def events(self, model: type[models.Model]) -> models.QuerySet[Any]:
        """Every change recorded by the effective instant, oldest first."""
        return self.all_events(model).filter(pgh_created_at__lte=self.valid_at)

    def audited(self) -> models.QuerySet[Any]:
        """What was done to the organisation, as known, the newest first; whoever asks, nothing of the compartment (FIN-17)."""
        events = AuditEvent.objects.outside_compartment()
        return events.filter(seen_in(self.snapshot), organisation_id=self.organisation).order_by("-pk")

    def later(self, model: type[models.Model]) -> int:
        """How many changes were recorded after the effective instant and are known in the snapshot."""
        return self.all_events(model).filter(pgh_created_at__gt=self.valid_at).count()

    def held(self, model: type[models.Model]) -> list[Any]:
        """Rows with `valid_from` and `valid_to` days that hold at the effective instant."""
        before = {row.pgh_obj_id: row for row in self.then(model)}
        rows = []
        for known in self.known(model):
            row = before.get(known.pgh_obj_id)
            if self.has_begun(known, row) and not self.has_ended(known, row):
                rows.append(row or known)
        return rows

    def has_begun(self, known: Any, row: Any) -> bool:
        if known.valid_from != self.day:
            return bool(known.valid_from < self.day)
        return row is not None or self.first_recorded(known) > self.day

    def first_recorded(self, known: Any) -> date:
        first = type(known).objects.filter(pgh_obj_id=known.pgh_obj_id).earliest("pgh_id")
        return first.pgh_created_at.astimezone(UTC).date()  # type: ignore[no-any-return]  # the class is made by pghistory

    def has_ended(self, known: Any, row: Any) -> bool:
        if known.valid_to is None:
            return False
        if known.valid_to != self.day:
            return bool(known.valid_to < self.day)
        return row is None or row.valid_to is not None

    @cached_property
    def parties(self) -> dict[int, Any]:
        """By id; one that was recorded later, but that a dated fact names, as it is known."""
        known = {row.pgh_obj_id: row for row in self.known(Party)}
        return known | {row.pgh_obj_id: row for row in self.then(Party)}

    @cached_property
    def statuses(self) -> dict[int, Any]:
        """Person statuses by id, as known."""
        return {row.pgh_obj_id: row for row in self.known(PersonStatus)}

    @cached_property
    def attributes(self) -> dict[tuple[int, str], Any]:
        """By party and what: where it was formed and run from at the effective instant, and who was its ultimate parent."""
        return attributes.on(self.known(Attribute), self.day) | {(row.party_id, row.what): row for row in self.held(Attribute)}

    def headquarters(self, party: Any) -> str:
        """The country at the effective instant, by what was told of that day."""
        row = self.attributes.get((party.pgh_obj_id, Attribute.What.HEADQUARTERS))
        return str(row.country if row else party.hq_country)

    @cached_property
    def roles(self) -> dict[int, list[Any]]:
        """Roles that hold at the effective instant, by party."""
        found: dict[int, list[Any]] = {}
        for role in self.held(Role):
            if role.party_id in self.parties:
                found.setdefault(role.party_id, []).append(role)
        return found

    @cached_property
    def customer(self) -> Any | None:
        """The party that the organisation is; None before it was declared."""
        kinds = ((pk, role.kind) for pk, roles in self.roles.items() for role in roles)
        return next((self.parties[pk] for pk, kind in kinds if kind == Role.Kind.CUSTOMER), None)

    def name(self, party: int | None) -> str:
        return self.parties[party].name if party in self.parties else ""

    def brief(self, party: int | None) -> str:
        """The name and what tells the party from others of that name, for a line of text."""
        if party not in self.parties:
            return ""
        told = told_apart(self.parties[party])
        return f"{told}, {self.numbered(party)}" if self.same[told] > 1 else told

    @cached_property
    def same(self) -> Counter[str]:
        return Counter(told_apart(row) for row in self.parties.values())

    def numbered(self, party: int) -> str:
        return f"party {party}"

    def about(self, party: int | None) -> str:
        """What stands beneath a name in a table: `Person, born 1984, Norway (NO), Director`."""
        if party not in self.parties:
            return ""
        row = self.parties[party]
        born = f"born {year}" if (year := birth_year(row)) else ""
        roles = [str(Role.Kind(role.kind).label) for role in self.roles.get(party, [])]
        number = self.numbered(party) if self.same[told_apart(row)] > 1 else ""
        return ", ".join(filter(None, [str(Party.Kind(row.kind).label), born, country(row.country), *roles, number]))

    def people(self, ids: Iterable[int | None]) -> dict[int | None, str]:
        """Names of users by id."""
        found: dict[int | None, str] = {None: ""}
        for row in as_of(User, self.snapshot).filter(pgh_obj_id__in={pk for pk in ids if pk}):
            found[row.pgh_obj_id] = row.name or row.email
        return found

    @cached_property
    def examinations(self) -> list[Any]:
        """Rounds of machine checks that were done by the effective instant, oldest first."""
        return list(self.then(Examination).filter(state=Examination.State.DONE))

    @cached_property
    def examined_at(self) -> datetime:
        """When the last round was recorded as done: by the database's clock, as what it compared was. The time that a round
        tells of itself is the program's."""
        rounds = changes(Examination, self.snapshot).filter(pgh_obj_id=self.latest, state=Examination.State.DONE)
        return rounds.earliest("pgh_id").pgh_created_at  # type: ignore[no-any-return]  # the class is made by pghistory

    @cached_property
    def screened(self) -> dict[int, Any]:
        """The parties that the last round compared, as they were called then."""
        if not self.examinations:
            return {}
        then = self.own(as_of(Party, self.snapshot, recorded_by=self.examined_at))
        return {row.pgh_obj_id: row for row in then.filter(removed_on__isnull=True)}

    def is_current(self, hit: Any) -> bool:
        """Whether the possible match counts after the last round: of a party and a list of it, and not compared again since."""
        used = {version["source"] for version in self.examinations[-1].lists} if self.examinations else set()
        is_of_round = hit.source in used and hit.party_id in self.screened
        return bool(is_of_round and hit.is_match and hit.pgh_obj_id not in self.followed)

    @cached_property
    def followed(self) -> set[int]:
        """Matches of which both sides were compared again after one had changed, or whose ruling was overturned."""
        return {hit.before_id for hit in self.hits if hit.before_id}

    @cached_property
    def overturned(self) -> set[int]:
        """Matches on which an officer has ruled otherwise since, though neither side had changed."""
        return {hit.before_id for hit in self.hits if hit.overturns_id}

    @cached_property
    def hits(self) -> list[Any]:
        return sorted(self.then(Hit), key=lambda hit: hit.pgh_obj_id)

    @property
    def current_hits(self) -> list[Any]:
        return [hit for hit in self.hits if self.is_current(hit)]

    @property
    def latest(self) -> int:
        """The last round's id, 0 when there was none."""
        return self.examinations[-1].pgh_obj_id if self.examinations else 0
