"""Opens a divergence where two customers tell differently of what was ruled to be one company; ends one where they do no more."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import User
from accounts.permissions import Permission, require
from kyc.ownership import reconciling, twice
from kyc.ownership.models import Divergence
from kyc.ownership.observing import NotThere, chosen
from kyc.ownership.twice import Point
from kyc.parties import sameness
from kyc.parties.models import Party, Sameness
from kyc.parties.sameness import Pair
from kyc.parties.wording import checked

R = Divergence.Resolution
BY_HAND = [value for value in R.values if value not in Divergence.BY_ITSELF]
# The first, the second, what, and of which owner.
About = tuple[int, int, str, int | None]


@transaction.atomic
def rule(party: Party, other: Party, *, ruling: str, reason: str, by: User) -> Sameness:
    """As `sameness.rule`; what the two tell differently is to be settled from then on."""
    row = sameness.rule(party, other, ruling=ruling, reason=reason, by=by)
    settle(row.organisation_id)
    return row


def settle(organisation: int) -> None:
    """In the transaction of whoever ruled, or examined the customer. Repeated, it is silence."""
    words = Sameness.objects.live().filter(Q(party__organisation=organisation) | Q(other__organisation=organisation))
    numbers = {pk for row in words for pk in (row.party_id, row.other_id)}
    if not numbers:
        return
    # Of two examinations, one of each customer, the second finds what the first has opened.
    rows = Party.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=numbers).order_by("pk")
    held = {row.pk: row for row in rows.select_related("organisation")}
    open_ones = list(Divergence.objects.open().of(organisation).order_by("pk"))
    pairs = [in_order(held, row) for row in words.all() if {row.party_id, row.other_id} <= held.keys()]
    same = [pair for pair in pairs if pair.is_same and not (pair.party.removed_on or pair.other.removed_on)]
    found = {
        (first, second, point.what, point.party): point
        for (first, second), points in twice.points(same).items()
        for point in points
    }
    one = {(pair.party.pk, pair.other.pk) for pair in same}
    for row in open_ones:
        point = found.pop(about(row), None)
        if point is None:
            end(row, because=R.CORRECTED if (row.party_id, row.other_id) in one else R.OVERTAKEN)
        elif (row.first_says, row.second_says) != (point.mine, point.theirs):
            row.first_says, row.second_says = point.mine, point.theirs
            row.save(update_fields=["first_says", "second_says"])
    earlier = list(Divergence.objects.of(organisation).filter(resolved_at__isnull=False)) if found else []
    for key, point in found.items():
        of_same = [row for row in earlier if about(row) == key]
        if not any(is_settled(row, point) for row in of_same):
            begin(held[key[0]], held[key[1]], point, of_same)


def in_order(held: dict[int, Party], row: Sameness) -> Pair:
    first, second = sorted((row.party_id, row.other_id))
    return Pair(held[first], held[second], (), row)


def about(row: Divergence) -> About:
    return row.party_id, row.other_id, row.what, row.owner_id


def is_settled(row: Divergence, point: Point) -> bool:
    """Whether an officer has ended it as it stands now. Told otherwise since, it is asked about anew."""
    return row.resolution in BY_HAND and (row.first_says, row.second_says) == (point.mine, point.theirs)


def begin(first: Party, second: Party, point: Point, earlier: Iterable[Divergence]) -> None:
    now = timezone.now()
    row = Divergence.objects.create(
        organisation_id=first.organisation_id,
        party=first,
        other=second,
        what=point.what,
        owner_id=point.party,
        first_says=point.mine,
        second_says=point.theirs,
        opened_at=now,
        due_on=due_on(now.date(), earlier),
    )
    audit.record("divergence.opened", target=row, by=None, what=row.what, due_on=row.due_on.isoformat())


def due_on(today: date, earlier: Iterable[Divergence]) -> date:
    """By the clock of a difference between sources."""
    return reconciling.due_on(today, earlier)


def end(row: Divergence, *, because: str) -> None:
    row.resolution, row.resolved_at = because, timezone.now()
    row.save(update_fields=["resolution", "resolved_at"])
    audit.record("divergence.ended", target=row, by=None, what=row.what, resolution=because)


@transaction.atomic
def resolve(divergence: Divergence, *, resolution: str, reason: str, by: User) -> Divergence:
    """An officer's word on one that stands: who is right, or why it is none. The record says that it ended and how: it names
    neither customer and quotes nothing. Raises NotThere, BadText."""
    require(by, Permission.EVIDENCE_JUDGE)
    # Whoever approves one of the two holds its row.
    for organisation in sorted({divergence.party.organisation_id, divergence.other.organisation_id}):
        organisations.held(organisation)
    row = Divergence.objects.select_for_update().get(pk=divergence.pk)
    if not row.is_open:
        raise NotThere(_("This has ended meanwhile: %(how)s.") % {"how": row.get_resolution_display()})
    row.resolution = chosen("resolution", resolution, BY_HAND)
    row.reason = checked("reason", reason, limit=2000, required=True, lines=True)
    row.resolved_at, row.resolved_by = timezone.now(), by
    row.save(update_fields=["resolution", "reason", "resolved_at", "resolved_by"])
    audit.record("divergence.resolved", target=row, by=by, what=row.what, resolution=row.resolution)
    return row
