"""The end of a subject's data: its key is destroyed, and with it every value and file, live, in history and in backups."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.refused import Refused, is_said
from accounts.vault.models import SearchDigest, SubjectKey
from accounts.vault.subjects import Subject, cache, made


class NoReason(Refused):
    """Data are erased for a reason."""

    field = "reason"


@transaction.atomic
def shred(subject: Subject, *, reason: str, by: User | None) -> SubjectKey:
    """Destroys the subject's key and what its numbers were found by. Repeated, it is silence. `by=None` is whoever has the
    command line."""
    if not is_said(reason):
        raise NoReason(_("Say why the data are erased, such as the end of their retention."))
    # Whoever saves data of the organisation holds its row: what he saves is destroyed with the rest, or refused.
    if subject.organisation is not None:
        organisations.held(subject.organisation)
    key = SubjectKey.objects.select_for_update().get(pk=made(subject).pk)
    if key.destroyed_at:
        return key
    who = str(by) if by else audit.operator(by)["operator"]
    SearchDigest.objects.filter(subject=key).delete()
    key.wrapped, key.destroyed_at, key.destroyer, key.why = b"", timezone.now(), who[:250], reason.strip()[:500]
    key.save(update_fields=["wrapped", "destroyed_at", "destroyer", "why"])
    audit.record("subject.erased", target=key, by=by, reason=key.why, subject=key.bound, certificate=key.certificate)
    transaction.on_commit(lambda: cache.forget(key.pk))
    cache.forget(key.pk)
    return key


# Keys under which records of several classes are sealed.
SHARED = (SubjectKey.Kind.PARTY, SubjectKey.Kind.ORGANISATION)


def live(kind: str, **which: Any) -> QuerySet[SubjectKey]:
    return SubjectKey.objects.filter(kind=kind, destroyed_at__isnull=True, **which)


def shred_all(
    organisation: Organisation | None, kind: str, numbers: Collection[int] | None, *, reason: str, operator: str
) -> int:
    """All keys of that kind of an organisation or of none, or those of some rows, in the transaction of the disposal that says
    so; how many there were."""
    which: dict[str, Any] = {} if numbers is None else {"ref__in": numbers}
    keys = live(kind, organisation=organisation, **which)
    found = list(keys.select_for_update().values_list("pk", flat=True))
    SearchDigest.objects.filter(subject__in=found).delete()
    ended = {"wrapped": b"", "destroyed_at": timezone.now(), "destroyer": operator[:250], "why": reason[:500]}
    SubjectKey.objects.filter(pk__in=found).update(**ended)
    for number in found:
        cache.forget(number)
    return len(found)
