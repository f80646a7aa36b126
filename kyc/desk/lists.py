"""The lists that parties are compared with: which version is in use, how old it is, and what was refused."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.guards import staff
from accounts.permissions import Permission
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


@staff(Permission.LIST_VIEW)
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/lists.html", {"rows": rows(), "columns": COLUMNS})
