"""Whose entry, and whose owners, a customer may change: anybody's, or, while items are asked for, of those alone that an item or
something missing is about, and of those who were named since."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from accounts.refused import Refused
from kyc.cases.completeness import Missing, Told, lacking_owners, missing
from kyc.cases.items import ITEMS, has_left
from kyc.cases.models import Case, Requirement
from kyc.onboarding.asked import named_steps, unmet
from kyc.parties.models import Party

# On these two pages an item may be about one party.
PEOPLE, OWNERS = "people", "owners"


class NotAskedOf(Refused):
    """We have asked for something else about this customer."""


@dataclass(frozen=True)
class Open:
    """`parties` are those whose entry, or whose owners, are open, None among them somebody new; all where it is None itself."""

    parties: frozenset[int | None] | None = None

    def has(self, party: int | None) -> bool:
        return self.parties is None or party in self.parties

    @property
    def has_new(self) -> bool:
        return self.has(None)


ALL = Open()


def opened(organisation: Organisation, step: str, requirements: Collection[Requirement], gaps: Collection[Missing]) -> Open:
    """Of the page of people, or that of owners. All while no items are named."""
    if not named_steps([*requirements]):
        return ALL
    items = [row for row in requirements if row.what in ITEMS and ITEMS[row.what].step == step]
    if any(row.party_id is None for row in items):
        return ALL
    # Who is missing among the people may be anybody; owners are missing of one party.
    if step == PEOPLE and any(gap.step == PEOPLE for gap in gaps):
        return ALL
    # Where somebody has left whom we asked about, another may be named in his place.
    named = {None if has_left(row) else row.party_id for row in items}
    if step == OWNERS:
        named |= {party.pk for party, _sentence in lacking_owners(Told(organisation))}
    since = min(row.asked_at for row in requirements)
    new = Party.objects.current().filter(organisation=organisation, declared_at__gt=since)
    return Open(frozenset(named | set(new.values_list("pk", flat=True))))


def is_open(request: HttpRequest, organisation: Organisation, step: str, *parties: Party | None) -> bool:
    """Whether the page about all of these is open; where it is not, a message says why."""
    found = opened(organisation, step, request.way.requirements, request.way.gaps)
    if all(found.has(party.pk if party else None) for party in parties):
        return True
    messages.info(request, SAID[step])
    return False


def refuse_unasked(organisation: Organisation, case: Case, step: str, *parties: Party | None) -> None:
    """To be called under the lock of the case, once of all whom the change is about; None is somebody new. Raises NotAskedOf."""
    requirements = unmet(case)
    if not named_steps(requirements):
        return
    open_now = opened(organisation, step, requirements, missing(Told(organisation)))
    if not all(open_now.has(party.pk if party else None) for party in parties):
        raise NotAskedOf(str(SAID[step]))


def refuse_some(organisation: Organisation, case: Case, step: str) -> None:
    """As `refuse_unasked`, for a change that may be about anybody: only where all are open. Raises NotAskedOf."""
    if opened(organisation, step, unmet(case), missing(Told(organisation))).parties is not None:
        raise NotAskedOf(str(SAID[step]))


SAID = {
    PEOPLE: _("We have asked about certain people only, and this is about somebody else. What you told us stands as it is."),
    OWNERS: _("We have asked about the owners of others only. What you told us about these stands as it is."),
}
