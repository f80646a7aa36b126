"""What officers have made of the matches of a period, and how fast: false alarms, rulings overturned, what is still open. All of
it from one question to the database."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce, TruncMonth

from kyc.screening.models import Hit

R = Hit.Ruling
# Of fewer a share in per cent, and the slowest tenth, would say more than is known.
ENOUGH, ENOUGH_FOR_TENTH = 20, 10
# What is counted, as a test on `described` matches.
COUNTED: dict[str, Q] = {
    "ruled": Q(stands__in=[R.TRUE, R.FALSE]),
    "another": Q(stands=R.FALSE),
    "same": Q(stands=R.TRUE),
    "open": Q(stands__in=Hit.OPEN, is_passed=False),
    "undecided": Q(stands=R.UNDECIDED, is_passed=False),
    "passed": Q(stands__in=Hit.OPEN, is_passed=True),
    "overturned": Q(is_overturned=True),
    "late": Q(stands__in=Hit.OPEN, is_passed=False, is_old=True),
}
COLUMNS = ("source", "topics", "configuration", "month")
# By what they are told apart, each with the columns that name a row.
GROUPS: dict[str, tuple[str, ...]] = {
    "all": (),
    "list": ("source",),
    "topic": ("source", "topics"),
    "configuration": ("configuration",),
    "month": ("month",),
}
ASKED = f"""
    SELECT grouping({", ".join(COLUMNS)}), {", ".join(COLUMNS)}, count(*),
        {", ".join(f"count(*) FILTER (WHERE {name})" for name in COUNTED)},
        count(took), percentile_cont(0.5) WITHIN GROUP (ORDER BY took), percentile_cont(0.9) WITHIN GROUP (ORDER BY took)
    FROM (%s) AS matches
    GROUP BY GROUPING SETS ({", ".join(f"({', '.join(columns)})" for columns in GROUPS.values())})
    ORDER BY {", ".join(COLUMNS)}
"""  # noqa: S608  # nosec B608  # names of ours


@dataclass(frozen=True)
class Rates:
    """Of the matches of one list, one reason to be listed, one configuration, one month, or all. `took` are those of which is
    known how long the first ruling took; `median` and `ninetieth` (of ten, nine were ruled on within it) are None where too few
    were."""

    by: str
    source: str
    topics: tuple[str, ...]
    configuration: str
    month: str
    found: int
    ruled: int
    another: int
    same: int
    open: int
    undecided: int
    passed: int
    overturned: int
    late: int
    took: int
    median: timedelta | None
    ninetieth: timedelta | None

    @property
    def false_alarms(self) -> float | None:
        """The share of those ruled on, from 0 to 1; None where nobody has ruled."""
        return self.another / self.ruled if self.ruled else None

    @property
    def is_enough(self) -> bool:
        """Whether a share in per cent says something."""
        return self.ruled >= ENOUGH


def described(*, since: datetime, until: datetime, at: datetime, promised: timedelta) -> QuerySet[Hit]:
    """The matches found from `since` on and before `until`, each once, as they stand; `promised` is how long a match may stay
    open, and `at` when that is asked. A row by which a ruling was overturned is no match of its own."""
    overturned = Hit.objects.filter(overturns=OuterRef("pk")).order_by("-pk")
    last = Coalesce(Subquery(overturned.values("pk")[:1]), F("pk"))
    took = When(ruling__in=[R.TRUE, R.FALSE], then=F("ruled_at") - F("found_at"))
    return (
        Hit.objects.filter(is_match=True, overturns__isnull=True, found_at__gte=since, found_at__lt=until)
        .annotate(
            stands=Coalesce(Subquery(overturned.values("ruling")[:1]), F("ruling")),
            last=last,
            is_overturned=Exists(overturned),
            is_old=told(Q(found_at__lt=at - promised)),
            month=TruncMonth("found_at", tzinfo=UTC),
            took=Case(took, output_field=DurationField()),
        )
        .annotate(is_passed=told(Q(Exists(Hit.objects.filter(before=OuterRef("last")))) | Q(party__removed_on__isnull=False)))
    )


def told(test: Q) -> ExpressionWrapper:
    return ExpressionWrapper(test, output_field=BooleanField())


def of(matches: QuerySet[Any]) -> list[Rates]:
    """One row a group of `described` matches: all together first, then by list, and so on; none where nothing was found."""
    counted = matches.annotate(**{name: told(test) for name, test in COUNTED.items()})
    inner, params = counted.order_by().values(*COLUMNS, *COUNTED, "took").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(ASKED % inner, params)
        rows = [read(row) for row in cursor.fetchall()]
    return [row for by in GROUPS for row in rows if row.by == by and row.found]


# As PostgreSQL says by which of them a row is not told apart.
BITS = {sum(8 >> place for place, name in enumerate(COLUMNS) if name not in names): by for by, names in GROUPS.items()}


def read(row: tuple[Any, ...]) -> Rates:
    bits, source, topics, configuration, month, found, *rest = row
    *counts, took, median, ninetieth = rest
    return Rates(
        BITS[bits],
        source or "",
        tuple(json.loads(topics or "[]")),
        configuration or "",
        f"{month:%Y-%m}" if month else "",
        found,
        *counts,
        took=took,
        median=median,
        ninetieth=ninetieth if took >= ENOUGH_FOR_TENTH else None,
    )
