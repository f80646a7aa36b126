"""What an organisation's keys were used for, day by day, as its pages show it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Greatest

from accounts.models import Organisation
from kyc.keys import amounts
from kyc.keys.models import Key
from kyc.keys.pool_models import Spending, Unit
from kyc.usage.models import COUNTERS, UsageDay

SUMS = {f"all_{name}": Sum(name) for name in COUNTERS}


@dataclass(frozen=True)
class Used:
    """Sums of some use; `what` is a day, a key, a model or a country."""

    what: Any
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    errors: int = 0
    refusals: int = 0

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    @property
    def bad(self) -> int:
        """Requests that failed or were refused."""
        return min(self.errors + self.refusals, self.requests)


@dataclass(frozen=True)
class Stretch:
    """So many days up to and with one."""

    last: date
    days: int

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    def each(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.days)]


def rows(organisation: Organisation, stretch: Stretch, key: Key | None = None) -> QuerySet[UsageDay]:
    found = UsageDay.objects.filter(organisation=organisation, day__gte=stretch.first, day__lte=stretch.last)
    return found.filter(key=key) if key else found


def by(what: str, found: QuerySet[UsageDay]) -> list[Used]:
    """The most used first."""
    sums = found.order_by().values(of=F(what)).annotate(**SUMS).order_by("-all_requests", "of")
    return [Used(one["of"], *(int(one[f"all_{name}"]) for name in COUNTERS)) for one in sums]


def by_day(found: QuerySet[UsageDay], stretch: Stretch) -> list[Used]:
    """Every day of the stretch, also those on which nothing was used."""
    known = {one.what: one for one in by("day", found)}
    return [known.get(day, Used(day)) for day in stretch.each()]


def total(used: list[Used]) -> Used:
    return Used(None, *(sum(getattr(one, name) for one in used) for name in COUNTERS))


def costs(organisation: Organisation, stretch: Stretch, key: Key | None = None) -> list[str]:
    """What it cost, as people read it: a line for each currency, by its code, and no sum of two. As limits count it: what calls
    were settled at, or what gateways told of the day where that is more."""
    found = Spending.objects.filter(
        organisation=organisation, unit=Unit.MONEY, day__gte=stretch.first, day__lte=stretch.last, **({"key": key} if key else {})
    )
    spent = found.order_by().values_list("currency").annotate(all=Sum(Greatest("settled", "used"))).order_by("currency")
    return [amounts.shown(int(amount), currency) for currency, amount in spent if amount]
