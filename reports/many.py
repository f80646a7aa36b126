"""Several issued reports at once, as one ZIP that is written as it is sent; each is recorded as if it had been taken alone."""

import json
import zipfile
from collections.abc import Iterable, Iterator

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import scope
from accounts.models import User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from accounts.vault import FileErased
from reports import actions, canonical, verification
from reports.models import Report
from reports.pack import Sink

# More are asked for in parts.
MOST = 100


class NoneChosen(Refused):
    """A ZIP holds one report at least."""


class TooMany(Refused):
    """A ZIP holds so many and no more."""


def chosen(numbers: Iterable[int], *, by: User) -> list[Report]:
    """The issued ones of these, in their order: what is not issued, answers a person about himself, or is of a kind
    that `by` may not read, is left out. Raises NotPermitted, NoneChosen, TooMany."""
    require(by, Permission.REPORT_VIEW)
    wanted = set(numbers)
    if len(wanted) > MOST:
        raise TooMany(_("Choose at most %(most)s reports at once.") % {"most": MOST})
    rows = Report.objects.visible_to(by).filter(pk__in=wanted, state__in=verification.STANDING)
    found = rows.exclude(kind=Report.Kind.SUBJECT)
    ready = list(found.defer("facts").order_by("pk"))
    if not ready:
        raise NoneChosen(_("Choose at least one report that is ready."))
    return ready


@transaction.atomic
def take(numbers: Iterable[int], *, by: User) -> list[Report]:
    """As `chosen`, and each is written down as downloaded."""
    return [actions.downloaded(report, by=by) for report in chosen(numbers, by=by)]


def zipped(reports: list[Report], *, to: User) -> Iterator[bytes]:
    """Each PDF under its number, and which SHA-256 it has. PDFs are compressed already."""
    sink, told = Sink(), {}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for report in reports:
            name = f"{report.number}.pdf"
            with scope.of_officer(to):
                try:
                    data = report.file.read()
                except FileErased as erased:
                    told[name] = str(erased)
                    continue
            told[name] = canonical.sha256(data)
            archive.writestr(name, data)
            yield sink.taken()
        archive.writestr("manifest.json", json.dumps(told, indent=1, ensure_ascii=False))
    yield sink.taken()
