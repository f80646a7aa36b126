"""In the list of differences: what two customers tell differently of one company. For the desk alone."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, OuterRef, Q, Subquery
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from kyc.cases.models import Case
from kyc.desk import elsewhere
from kyc.desk.elsewhere import InWords
from kyc.desk.queue import PAGE, page_number
from kyc.ownership.models import Divergence, DivergenceQuerySet

# The word of the address for the page of these, beside that of the differences between sources.
NUMBER = "twice"
SIDES = {"first": "party__organisation", "second": "other__organisation"}


@dataclass(frozen=True)
class Row:
    """One, with the newest cases of both customers that an officer sees."""

    words: InWords
    cases: tuple[Case, Case]

    @property
    def row(self) -> Divergence:
        return self.words.row

    @property
    def what(self) -> str:
        """Without what tells the owner from others of his name, which is sealed: the case says it."""
        if self.row.owner is None:
            return self.words.what
        return _("What %(name)s holds in it") % {"name": self.row.owner.name}

    @property
    def waiting_on(self) -> list[str]:
        """The officers of the two cases."""
        return sorted({str(case.owner) for case in self.cases if case.owner})

    @property
    def days_late(self) -> int:
        """Of one that has ended: how many days after it was due; none or less in time."""
        return (timezone.localtime(self.row.resolved_at).date() - self.row.due_on).days if self.row.resolved_at else 0


@dataclass(frozen=True)
class Diverged:
    """One page of those that `test` finds, in that order; each page in two queries, with one more for `counts`."""

    every: DivergenceQuerySet
    test: Q
    order: tuple[str, ...]
    query: QueryDict
    reader: User

    @property
    def number(self) -> int:
        return page_number(self.query.get(NUMBER, ""))

    @cached_property
    def found(self) -> list[Divergence]:
        start = (self.number - 1) * PAGE
        related = ("party__organisation", "other__organisation", "owner", "resolved_by")
        return list(self.every.filter(self.test).select_related(*related).order_by(*self.order)[start : start + PAGE + 1])

    @cached_property
    def rows(self) -> list[Row]:
        shown = self.found[:PAGE]
        sides = [(row.party.organisation_id, row.other.organisation_id) for row in shown]
        cases = elsewhere.newest({one for pair in sides for one in pair}, self.reader) if shown else {}
        return [
            Row(elsewhere.in_words(row), (cases[first], cases[second])) for row, (first, second) in zip(shown, sides, strict=True)
        ]

    @property
    def newer(self) -> str:
        return self.page(self.number - 1) if self.number > 1 else ""

    @property
    def older(self) -> str:
        return self.page(self.number + 1) if len(self.found) > PAGE else ""

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.found[:PAGE]) - 1

    def page(self, number: int) -> str:
        asked = self.query.copy()
        asked[NUMBER] = str(number)
        return f"?{asked.urlencode()}#declared-twice"


def shown_to(reader: User) -> DivergenceQuerySet:
    """Of customers of both of whom an officer sees a case: of who has sent nothing yet nothing is told."""
    newest = {
        name: Subquery(Case.objects.shown_to(reader).filter(organisation=OuterRef(path)).order_by("-pk").values(column)[:1])
        for side, path in SIDES.items()
        for name, column in ((f"{side}_case", "pk"), (f"{side}_owner", "owner"))
    }
    sent = {f"{side}_case__isnull": False for side in SIDES}
    return Divergence.objects.visible_to(reader).annotate(**newest).filter(**sent)


def mine(reader: User) -> Q:
    return Q(first_owner=reader.pk) | Q(second_owner=reader.pk)


def counted(every: DivergenceQuerySet, wanted: dict[str, Q]) -> dict[str, int]:
    return every.aggregate(**{name: Count("pk", filter=test) for name, test in wanted.items()})
