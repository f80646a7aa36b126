"""Opens a discrepancy where what was declared and what other sources say differ, and ends one where they no longer do."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils import timezone

from accounts import audit
from accounts.models import User
from config import jobs
from kyc.ownership.differing import Difference, Named, Seen, Told, differences
from kyc.ownership.interests import OTHERWISE
from kyc.ownership.models import Discrepancy, Divergence, Interest, Observation
from kyc.parties.models import Party
from kyc.parties.wording import alike
from kyc.rules import packs

R = Discrepancy.Resolution
# Where it is found who consolidates whom in the accounts: that is control, by whatever it may be.
CONSOLIDATION = "GLEIF, level 2: who consolidates whom"


def reconcile(organisation: int, *, because: str = R.CORRECTED, by: User) -> None:
    """In the transaction of whoever changes one side, who holds the organisation's row. What no longer differs ends `because` of
    that change. Repeated, it is silence."""
    rows = list(Observation.objects.standing().filter(organisation=organisation).select_related("owner").order_by("pk"))
    open_ones = list(Discrepancy.objects.open().filter(organisation=organisation).order_by("pk"))
    if not rows and not open_ones:
        return
    found = {difference.about: difference for difference in differences(told(organisation), [seen(row) for row in rows])}
    for row in open_ones:
        difference = found.pop((row.observation_id, row.kind, row.party_id), None)
        if difference is None:
            end(row, because=because, by=by)
        elif row.declared != difference.declared:
            row.declared = difference.declared
            row.save(update_fields=["declared"])
    earlier = Discrepancy.objects.filter(observation__in=[one.observation for one in found.values()])
    for difference in found.values():
        of_same = [row for row in earlier if (row.observation_id, row.kind, row.party_id) == difference.about]
        if not any(is_settled(row, difference) for row in of_same):
            begin(organisation, difference, of_same, by=by)


def changed(organisation: int, *, by: User) -> None:
    """What the customer says of who holds what is another now: it is compared with what sources say, and where he is verified the
    regimes are asked anew at once."""
    reconcile(organisation, by=by)
    jobs.woke("structure.told")


def told(organisation: int) -> list[Told]:
    live = Interest.objects.live().filter(organisation=organisation).select_related("owner", "held_for").order_by("pk")
    return [
        Told(row.owned_id, named(row.owner), row.kind, row.share, named(row.held_for) if row.held_for else None) for row in live
    ]


def seen(row: Observation) -> Seen:
    place = (row.source, alike(row.found_in))
    is_any_kind = row.found_in == CONSOLIDATION and row.kind == OTHERWISE
    return Seen(row.pk, place, row.owned_id, row.stated_on, owner_of(row), row.kind, row.share, is_any_kind)


def owner_of(row: Observation) -> Named | None:
    if row.owner:
        return named(row.owner)
    return None if row.is_all else Named(None, frozenset({f"{row.owner_kind} {alike(row.owner_name)}"}))


def named(party: Party) -> Named:
    """A person and a company of one name are two; who has left and is declared anew is the same."""
    return Named(
        None if party.removed_on else party.pk,
        frozenset(f"{party.kind} {alike(name)}" for name in (party.name, party.native_name) if name),
    )


def is_settled(row: Discrepancy, difference: Difference) -> bool:
    """Whether an officer has ended it as it stands now. Told or observed otherwise since, it is asked about anew."""
    by_officer = row.resolution and row.resolution not in Discrepancy.BY_ITSELF
    return bool(by_officer) and (row.declared, row.observed) == (difference.declared, difference.observed)


def begin(organisation: int, difference: Difference, earlier: Iterable[Discrepancy], *, by: User) -> None:
    now = timezone.now()
    row = Discrepancy.objects.create(
        organisation_id=organisation,
        observation_id=difference.observation,
        kind=difference.kind,
        party_id=difference.party,
        declared=difference.declared,
        observed=difference.observed,
        opened_at=now,
        due_on=due_on(now.date(), earlier),
    )
    audit.record(
        "discrepancy.opened", target=row, by=officer(by), name=called(row), difference=row.kind, due_on=row.due_on.isoformat()
    )


def due_on(today: date, earlier: Iterable[Discrepancy | Divergence]) -> date:
    """Whoever corrects and takes the correction back wins no time by it: the clock of a difference that ended by itself lately
    goes on."""
    term = timedelta(days=packs.current().discrepancy_days)
    running = [
        row.due_on
        for row in earlier
        if row.resolution == R.CORRECTED and row.resolved_at and row.resolved_at.date() + term >= today
    ]
    return min([today + term, *running])


def end(row: Discrepancy, *, because: str, by: User) -> None:
    row.resolution, row.resolved_at, row.resolved_by = because, timezone.now(), by
    row.save(update_fields=["resolution", "resolved_at", "resolved_by"])
    audit.record("discrepancy.ended", target=row, by=officer(by), name=called(row), difference=row.kind, resolution=because)


def officer(who: User) -> User | None:
    """A member whose change opens or ends one does not know that there is one; by his name he would read of it."""
    return who if who.is_staff else None


def called(row: Discrepancy) -> str:
    """Whom it is about."""
    return row.party.name if row.party else row.observation.owner_called
