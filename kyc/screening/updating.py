"""Lists are kept up to date: fetched once a day, refused where they look broken, and administrators are told."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, messages, staff
from accounts.refused import Refused
from config import jobs
from kyc.screening import fetching, lists
from kyc.screening.entries import BadList
from kyc.screening.lists import Loaded
from kyc.screening.models import ListUpdate, ListVersion

State = ListUpdate.State
EVERY = timedelta(days=1)
# After a refusal the publisher may have mended it.
AGAIN = timedelta(hours=4)


class Updates(jobs.Queue):
    """Lists to be fetched, and those whose day has come."""

    def is_waiting(self) -> bool:
        return super().is_waiting() or any(due())

    def listed(self) -> QuerySet[Any]:
        newer = ListUpdate.objects.filter(source=OuterRef("source"), pk__gt=OuterRef("pk"))
        return super().listed().annotate(is_replaced=Exists(newer))

    def why_not(self, row: Any) -> str:
        return _("A newer try has taken its place.") if row.is_replaced else ""


QUEUE = Updates(
    name="lists.update",
    model=ListUpdate,
    field="state",
    ready=State.REQUESTED,
    failed=State.FAILED,
    lease=timedelta(minutes=5),
    since="requested_at",
)


def due() -> Iterator[str]:
    """Sources with an address that were not fetched for a day, or not within hours of a try that failed."""
    now = timezone.now()
    for source in settings.LISTS:
        last = ListUpdate.objects.filter(source=source, is_fetched=True).order_by("-pk").first()
        pause = EVERY if last and last.state == State.DONE else AGAIN
        if last is None or (last.state != State.REQUESTED and last.requested_at < now - pause):
            yield source


def run() -> None:
    ListUpdate.objects.bulk_create([ListUpdate(source=source) for source in due()], ignore_conflicts=True)
    for claim in QUEUE.claims():
        with claim:
            update(claim)


def update(claim: jobs.Claim) -> None:
    source, now = claim.row.source, timezone.now()
    with TemporaryDirectory() as folder:
        try:
            with claim.kept_up():
                path = fetched(source, Path(folder))
            with claim.finish(state=State.DONE, done_at=now):
                loaded = brought(source, path)
                ListUpdate.objects.filter(pk=claim.row.pk).update(version_id=loaded.version)
        except (BadList, Refused) as error:
            with claim.finish(state=State.REFUSED, done_at=now, why=str(error)):
                tell(ListUpdate.objects.get(pk=claim.row.pk))


def fetched(source: str, folder: Path) -> Path:
    """Raises Unfetched."""
    return fetching.fetched(settings.LISTS[source], folder, hosts=settings.LIST_HOSTS)


@transaction.atomic
def brought(source: str, path: Path) -> Loaded:
    """Loads what the publisher gives out now. Raises BadList, Refused."""
    loaded = lists.load(source, primary=path)
    ListVersion.objects.filter(pk=loaded.version, is_active=True).update(confirmed_at=timezone.now())
    return loaded


def fetch(source: str) -> Loaded:
    """At once, for whoever asks for it at the machine. Raises BadList, Refused."""
    with TemporaryDirectory() as folder:
        try:
            with transaction.atomic():
                loaded = brought(source, fetched(source, Path(folder)))
                noted(source, state=State.DONE, is_fetched=True, version_id=loaded.version)
        except (BadList, Refused) as error:
            refused(source, str(error), is_fetched=True)
            raise
    return loaded


@transaction.atomic
def refused(source: str, why: str, *, is_fetched: bool) -> None:
    """The version before it stays in use, and administrators are told."""
    tell(noted(source, state=State.REFUSED, is_fetched=is_fetched, why=why))


def noted(source: str, **said: Any) -> ListUpdate:
    return ListUpdate.objects.create(source=source, done_at=timezone.now(), **said)


def tell(row: ListUpdate) -> None:
    """By mail once, until the list is in order again; what stands on the page of lists and in the audit trail each time."""
    audit.record("list.refused", target=row, by=None, reason=row.why, source=row.source)
    earlier = standing(row.source, before=row)
    if earlier is not None:
        return
    subject = _("%(list)s could not be brought up to date") % {"list": row.get_source_display()}
    active = ListVersion.objects.filter(source=row.source, is_active=True).first()
    for person in staff.administrators():
        messages.queue_template("list_refused", to=person.email, subject=subject, organisation=None, update=row, active=active)


def standing(source: str, *, before: ListUpdate | None = None) -> ListUpdate | None:
    """The refusal since which nothing of that source was loaded or found to be current."""
    tries = ListUpdate.objects.filter(source=source, done_at__isnull=False).order_by("-pk")
    last = (tries.filter(pk__lt=before.pk) if before else tries).first()
    if last is None or last.state != State.REFUSED:
        return None
    newer = ListVersion.objects.filter(source=source, loaded_at__gt=last.done_at)
    return None if newer.exists() else last
