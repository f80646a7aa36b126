"""Which documents an officer has opened himself, as the audit has it of every look."""

from collections.abc import Iterable

from accounts.models import AuditEvent, User
from kyc.evidence.models import Document


def opened(documents: Iterable[Document], *, by: User) -> set[int]:
    """The numbers of those that `by` has looked at or downloaded."""
    looks = AuditEvent.objects.filter(
        target_type=Document._meta.label_lower,
        target_id__in=[str(document.pk) for document in documents],
        verb="document.viewed",
        actor_id=by.pk,
    )
    return {int(number) for number in looks.values_list("target_id", flat=True)}
