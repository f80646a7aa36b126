"""The lists that parties are compared with: which version is in use, how old it is, and what was refused."""

from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.guards import staff
from accounts.models import Range, RangeList
from accounts.permissions import Permission
from accounts.signal_models import Hub
from kyc.rules import packs
from kyc.screening import ages, dating, updating
from kyc.screening.models import ListUpdate, ListVersion

COLUMNS = [
    {"label": _("List")},
    {"label": _("Published")},
    {"label": _("Age in days"), "num": True},
    {"label": _("Entries"), "num": True},
    {"label": _("Added, changed, removed"), "num": True},
    {"label": _("SHA-256")},
]
RANGE_COLUMNS = [
    {"label": _("Source")},
    {"label": _("Loaded")},
    {"label": _("Ranges"), "num": True},
    {"label": _("Whose they are")},
    {"label": _("SHA-256")},
]


@dataclass(frozen=True)
class Row:
    source: str
    version: ListVersion | None
    refusal: ListUpdate | None
    is_fetched: bool
    # Loaded last and not in use.
    unused: ListVersion | None = None

    @property
    def label(self) -> str:
        return ListVersion.Source(self.source).label

    @property
    def days(self) -> int:
        return ages.days_old(self.version, on=timezone.now().date()) if self.version else 0

    @property
    def promised(self) -> int:
        return packs.current().list_days(self.source)

    @property
    def is_old(self) -> bool:
        return self.days > self.promised

    @property
    def is_ahead(self) -> bool:
        """Of a day to come, so that nothing newer takes its place before."""
        return self.version is not None and dating.is_ahead(self.version.published)


def rows() -> list[Row]:
    """The public ones, and those of our own that have a version in use, an address, or a refusal that stands."""
    active = {version.source: version for version in ListVersion.objects.filter(is_active=True)}
    last = {version.source: version for version in ListVersion.objects.order_by("source", "-loaded_at", "-pk").distinct("source")}
    unused = {source: version for source, version in last.items() if not version.is_active}
    found = [
        Row(source, active.get(source), updating.standing(source), source in settings.LISTS, unused.get(source))
        for source in ListVersion.Source.values
    ]
    return [row for row in found if row.source in ListVersion.PUBLIC or row.version or row.refusal or row.is_fetched]


def ranges() -> list[RangeList]:
    """The file of each source that counts, with how many ranges of each class it has."""
    newest = list(RangeList.objects.order_by("source", "-pk").distinct("source"))
    counted: dict[str, list[str]] = defaultdict(list)
    for source, hub, many in Range.objects.values_list("source", "hub").annotate(many=Count("pk")).order_by("source", "-many"):
        counted[source].append(f"{Hub(hub).label}: {many:,}")
    for one in newest:
        one.classes = counted[one.source]  # type: ignore[attr-defined]  # for the page
    return newest


@staff(Permission.LIST_VIEW)
def page(request: HttpRequest) -> HttpResponse:
    context = {"rows": rows(), "columns": COLUMNS}
    if request.user.can(Permission.USERS_MANAGE):
        context |= {"ranges": ranges(), "range_columns": RANGE_COLUMNS}
    return render(request, "desk/lists.html", context)
