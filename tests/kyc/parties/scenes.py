"""People of a customer, and what they are."""

from kyc.parties import actions as parties
from kyc.parties.models import Party, Role
from tests.cast import Founded


def live_roles(party: Party) -> set[str]:
    return set(Role.objects.live().filter(party=party).values_list("kind", flat=True))


def person(nordlys: Founded, name: str = "Lars Dahl", roles: tuple[str, ...] = ("director",), **more: object) -> Party:
    told = {"country": "NO", "birth_date": "1980-02-01", "title": "Manager"} | more
    return parties.declare_person(nordlys.organisation, name=name, roles=roles, by=nordlys.by, **told)
