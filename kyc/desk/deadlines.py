"""Every clock that runs in the product, in one list of kinds. Each kind says what runs, by when, whose it is, where it stands,
and to whom it is shown: what a reader may not see he sees no clock of.

A stage adds its own where its pages stand, at start-up:

    deadlines.add(Kind(
        code="trainings", label=_("Training runs"), permission=Permission.CASE_VIEW,
        rows=lambda user: TrainingRun.objects.open(),     # those whose clock runs
        due="due_on",                                     # a day or an instant of the row
        told=lambda row: _("To be reported"), url=lambda row: reverse("desk:training", args=[row.pk]),
    ))

A list takes three queries of each kind, however long it is.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, Expression, ExpressionWrapper, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, PlannedDisposal, User
from accounts.permissions import Permission
from kyc.cases.models import Case, CaseQuerySet, Entity, Requirement
from kyc.desk.queue import known_or
from kyc.directives.blocked import actions as blocked
from kyc.directives.blocked.models import BlockedRecord
from kyc.directives.models import Directive
from kyc.directives.resellers.models import ResellerAssessment
from kyc.directives.training.models import TrainingDuty, TrainingRun
from kyc.evidence.item_models import EvidenceItem
from kyc.keys.appeal_models import Appeal
from kyc.keys.models import KeyRequirement
from kyc.networks.measure_models import Measure
from kyc.ownership.models import Discrepancy, Divergence
from kyc.rules import packs

P = Permission


@dataclass(frozen=True)
class Deadline:
    """One clock, as a line tells it."""

    kind: "Kind"
    due_on: date
    told: str | Promise
    about: str
    url: str
    owner: User | None = None

    @property
    def is_late(self) -> bool:
        return self.due_on < timezone.localdate()


@dataclass(frozen=True)
class Kind:
    """`rows` are those whose clock runs, as the reader may see them; `due` names the field, or is an expression, of the day or
    the instant; `told` is the sentence; `about` whose it is, by default the organisation; `owner` leads to the officer whose work
    it is, empty where it is nobody's."""

    code: str
    label: str | Promise
    permission: Permission
    rows: Callable[[User], QuerySet[Any]]
    due: str | Expression
    told: Callable[[Any], str | Promise]
    url: Callable[[Any], str]
    about: Callable[[Any], str] = lambda row: str(row.organisation)
    related: tuple[str, ...] = ("organisation",)
    owner: str = ""

    def running(self, user: User, *, is_mine: bool = False) -> QuerySet[Any]:
        rows = self.rows(user).annotate(clock=F(self.due) if isinstance(self.due, str) else self.due).filter(clock__isnull=False)
        if is_mine:
            rows = rows.filter(**{self.owner: user}) if self.owner else rows.none()
        return rows.order_by("clock", "pk")

    def full(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        owner = (self.owner,) if self.owner else ()
        return rows.select_related(*self.related, *owner)

    def line(self, row: Any) -> Deadline:
        owner = row
        for step in self.owner.split("__") if self.owner else ():
            owner = getattr(owner, step)
        return Deadline(self, day(row.clock), self.told(row), self.about(row), self.url(row), owner if self.owner else None)


def day(value: date | datetime) -> date:
    return value.astimezone(UTC).date() if isinstance(value, datetime) else value


KINDS: dict[str, Kind] = {}


class AddedTwice(ValueError):
    """Each kind has one place where it is added."""


def add(kind: Kind) -> Kind:
    if kind.code in KINDS:
        raise AddedTwice(kind.code)
    KINDS[kind.code] = kind
    return kind


def shown_to(user: User) -> list[Kind]:
    return [kind for kind in KINDS.values() if user.can(kind.permission)]


@dataclass(frozen=True)
class Asked:
    """Which of them: all kinds or one, all or one's own."""

    user: User
    kind: str = ""
    is_mine: bool = False

    @classmethod
    def of(cls, user: User, query: Any) -> "Asked":
        kinds = {kind.code: kind for kind in shown_to(user)}
        return cls(user, known_or(query.get("kind", ""), kinds, ""), query.get("whose") == "mine")

    @property
    def kinds(self) -> list[Kind]:
        return [kind for kind in shown_to(self.user) if self.kind in ("", kind.code)]

    def counts(self) -> dict[str, int]:
        return {kind.code: kind.running(self.user, is_mine=self.is_mine).count() for kind in shown_to(self.user)}

    def page(self, first: int, last: int) -> tuple[list[Deadline], bool]:
        """From one place to another, the earliest first, and whether there are more: of each kind only where its clocks stand is
        read, until it is known which are on the page."""
        places = [
            (day(clock), number, pk)
            for number, kind in enumerate(self.kinds)
            for pk, clock in kind.running(self.user, is_mine=self.is_mine).values_list("pk", "clock")[: last + 1]
        ]
        places.sort()
        found = self.fetched(places[first:last])
        return found, len(places) > last

    def fetched(self, places: Sequence[tuple[date, int, Any]]) -> list[Deadline]:
        lines: dict[tuple[int, Any], Deadline] = {}
        for number, kind in enumerate(self.kinds):
            if wanted := [pk for _day, which, pk in places if which == number]:
                rows = kind.full(kind.running(self.user, is_mine=self.is_mine).filter(pk__in=wanted))
                lines |= {(number, row.pk): kind.line(row) for row in rows}
        # One that ended meanwhile is left out.
        return [lines[number, pk] for _day, number, pk in places if (number, pk) in lines]

    def every(self) -> Iterator[Deadline]:
        """All of them, the earliest first, while they are read."""
        streams = [self.of_kind(kind) for kind in self.kinds] + [iter(self.annual())]
        yield from heapq.merge(*streams, key=lambda line: line.due_on)

    def annual(self) -> list[Deadline]:
        """Annual reports of blocked property, which are nobody's own; a year has no row."""
        kind = KINDS["blocked"]
        if self.is_mine or kind not in self.kinds:
            return []
        address = reverse("desk:blocked_records")
        return [
            Deadline(kind, due_on, _("Annual report of blocked property"), str(year), f"{address}#annual-{year}")
            for year, due_on in blocked.annual_open(timezone.localdate())
        ]

    def of_kind(self, kind: Kind) -> Iterator[Deadline]:
        for row in kind.full(kind.running(self.user, is_mine=self.is_mine)).iterator(chunk_size=500):
            yield kind.line(row)


def newest_case() -> Subquery:
    """Of a row's organisation, through which what has no page of its own is opened."""
    cases = Case.objects.sent().filter(organisation=OuterRef("organisation")).order_by("-pk")
    return Subquery(cases.values("pk")[:1])


def of_case(row: Any, tab: str = "summary") -> str:
    return f"{reverse('desk:case', args=[row.newest])}?tab={tab}"


def with_case(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.annotate(newest=newest_case()).filter(newest__isnull=False)


def seen(user: User) -> QuerySet[Organisation]:
    return Organisation.objects.visible_to(user).real()


def cases(user: User) -> CaseQuerySet:
    return Case.objects.shown_to(user).filter(organisation__in=seen(user))


def expiring(user: User) -> QuerySet[EvidenceItem]:
    return EvidenceItem.objects.live().filter(expires_on__isnull=False, organisation__in=seen(user))


def answered_by() -> Expression:
    """No law sets a day for an appeal: it is answered within the days in which we decide a case."""
    return ExpressionWrapper(F("sent_at") + timedelta(days=packs.current().days("decide")), DateTimeField())


def directive_url(row: Directive) -> str:
    return reverse("desk:directive", args=[row.pk])


add(
    Kind(
        "cases", _("Cases to decide"), P.CASE_VIEW,
        lambda user: cases(user).open().filter(due_on__isnull=False), "due_on",
        lambda row: row.get_state_display(), lambda row: reverse("desk:case", args=[row.pk]), owner="owner",
    )
)  # fmt: skip
add(
    Kind(
        "requirements", _("Asked of customers"), P.CASE_VIEW,
        lambda user: Requirement.objects.filter(
            case__in=cases(user).open(), met_at__isnull=True, withdrawn_at__isnull=True
        ),
        "due_on", lambda row: row.sentence, lambda row: reverse("desk:case", args=[row.case_id]),
        related=("organisation", "case"), owner="case__owner",
    )
)  # fmt: skip
add(
    Kind(
        "verifications", _("Verifications that end"), P.CASE_VIEW,
        lambda user: with_case(Entity.objects.live().filter(decision__case__in=cases(user))), "valid_until",
        lambda row: _("The customer has to confirm by then"), of_case,
    )
)  # fmt: skip
add(
    Kind(
        "evidence", _("Evidence that expires"), P.CASE_VIEW,
        lambda user: with_case(expiring(user)),
        "expires_on", lambda row: row.party.name, lambda row: reverse("desk:evidence", args=[row.newest, row.party_id]),
        related=("organisation", "party"),
    )
)  # fmt: skip
add(
    Kind(
        "differences", _("Differences between sources"), P.CASE_VIEW,
        lambda user: with_case(Discrepancy.objects.visible_to(user).open()), "due_on",
        lambda row: _("What was declared and another source differ"), lambda row: of_case(row, "people"),
    )
)  # fmt: skip
add(
    Kind(
        "divergences", _("Customers that tell differently of one company"), P.CASE_VIEW,
        lambda user: Divergence.objects.open().visible_to(user), "due_on", lambda row: row.party.name,
        lambda row: reverse("desk:differences"), related=("organisation", "party"),
    )
)  # fmt: skip
add(
    Kind(
        "keys", _("Keys that ask for something"), P.CASE_VIEW,
        lambda user: with_case(
            KeyRequirement.objects.filter(ended_at__isnull=True, hold__isnull=True, organisation__in=seen(user))
        ),
        "due_on", lambda row: row.get_what_display(), lambda row: of_case(row, "keys"),
    )
)  # fmt: skip
add(
    Kind(
        "appeals", _("Appeals to answer"), P.HOLD_PLACE,
        lambda user: Appeal.objects.filter(outcome=""), answered_by(), lambda row: row.restriction.get_kind_display(),
        lambda row: reverse("desk:appeal", args=[row.pk]), related=("organisation", "restriction"),
    )
)  # fmt: skip
add(
    Kind(
        "directives_begin", _("Orders that begin"), P.DIRECTIVE_VIEW,
        lambda user: Directive.objects.visible_to(user).open().filter(effective_at__gt=Now()), "effective_at",
        lambda row: row.reference, directive_url, about=lambda row: row.issuer, related=(),
    )
)  # fmt: skip
add(
    Kind(
        "directives_end", _("Orders that end"), P.DIRECTIVE_VIEW,
        lambda user: Directive.objects.visible_to(user).in_force().filter(expires_at__isnull=False), "expires_at",
        lambda row: row.reference, directive_url, about=lambda row: row.issuer, related=(),
    )
)  # fmt: skip
add(
    Kind(
        "measures", _("Measures against controllers"), P.NETWORK_VIEW,
        lambda user: Measure.objects.filter(state__in=["proposed", "taken"], starts_at__gt=Now()), "starts_at",
        lambda row: row.get_kind_display(), lambda row: reverse("desk:measure", args=[row.pk]),
        about=lambda row: row.number, related=("proposed_by",), owner="proposed_by",
    )
)  # fmt: skip
add(
    Kind(
        "measures_rest", _("The rest of measures"), P.NETWORK_VIEW,
        lambda user: Measure.objects.filter(state="taken", rest_at__gt=Now()), "rest_at",
        lambda row: row.get_kind_display(), lambda row: reverse("desk:measure", args=[row.pk]),
        about=lambda row: row.number, related=("proposed_by",), owner="proposed_by",
    )
)  # fmt: skip
add(
    Kind(
        "blocked", _("Blocked and rejected"), P.BLOCKED_VIEW,
        lambda user: BlockedRecord.objects.visible_to(user).open(), "due_on",
        lambda row: _("To be reported to OFAC"), lambda row: reverse("desk:blocked_record", args=[row.pk]),
        about=lambda row: row.holder, related=(),
    )
)  # fmt: skip
add(
    Kind(
        "resellers", _("Resellers that do not comply"), P.RESELLER_VIEW,
        lambda user: ResellerAssessment.objects.running(), "due_on",
        lambda row: _("Held after that day unless two officers have resolved it"),
        lambda row: reverse("desk:reseller", args=[row.reseller_id]),
    )
)  # fmt: skip
add(
    Kind(
        "training", _("Training runs"), P.TRAINING_VIEW,
        lambda user: TrainingDuty.objects.running().filter(run__in=TrainingRun.objects.visible_to(user)), "due_on",
        lambda row: row.get_kind_display(), lambda row: reverse("desk:training_run", args=[row.run_id]),
        about=lambda row: row.run.organisation.name, related=("run__organisation",),
    )
)  # fmt: skip
add(
    Kind(
        "retention", _("Records to be erased"), P.RETENTION_VIEW,
        lambda user: PlannedDisposal.objects.filter(plan__made_at__isnull=False), "plan__on",
        lambda row: _("Their last day is over"), lambda row: reverse("disposals"), related=("organisation", "plan"),
    )
)  # fmt: skip
