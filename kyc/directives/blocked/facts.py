"""What a record keeps of whom it is about: holder, owners, the list's entry and the arithmetic, as they were on the day. The
customer's own file may go before the record does."""

from fractions import Fraction
from typing import Any

from accounts.models import Organisation
from kyc.ownership.interests import has_size
from kyc.ownership.models import Determination, Interest
from kyc.ownership.shares import Interval, parse, shown
from kyc.parties import countries
from kyc.parties.models import Party, Role
from kyc.screening.models import Hit, ListEntry

Facts = dict[str, Any]


def customer_of(organisation: int) -> Party | None:
    role = Role.objects.live().filter(organisation=organisation, kind=Role.Kind.CUSTOMER).select_related("party").first()
    return role.party if role else None


def holder(organisation: Organisation) -> str:
    party = customer_of(organisation.pk)
    return party.name if party else organisation.name


def gathered(organisation: Organisation, *, hits: list[Hit], determination: Determination | None) -> Facts:
    """As JSON. Of people the name and the country; no number of a document, no address."""
    party = customer_of(organisation.pk)
    return {
        "holder": told(party) if party else {"name": organisation.name, "kind": "", "country": "", "number": ""},
        "owners": [owner(row) for row in interests(organisation.pk)],
        "entries": [entry(hit) for hit in hits],
        "arithmetic": arithmetic(determination) if determination else {},
    }


def told(party: Party) -> Facts:
    is_person = party.kind == Party.Kind.PERSON
    return {
        "name": party.name,
        "kind": str(party.get_kind_display()),
        "country": country(party.country),
        "number": "" if is_person else str(party.registration_number),
    }


def country(code: str) -> str:
    return f"{countries.name(code, 'en')} ({code})" if code else ""


def interests(organisation: int) -> list[Interest]:
    rows = Interest.objects.live().filter(organisation=organisation).select_related("owner", "owned", "held_for")
    return list(rows.order_by("pk"))


def owner(row: Interest) -> Facts:
    return {
        "owner": (row.held_for or row.owner).name,
        "country": country((row.held_for or row.owner).country),
        "owned": row.owned.name,
        "interest": str(Interest.Kind(row.kind).label),
        "share": shown(parse(row.share)) if has_size(row.kind) else "",
    }


def entry(hit: Hit) -> Facts:
    listed = ListEntry.objects.filter(version=hit.list_version_id, entry_id=hit.entry_id).first()
    return {
        "party": hit.party_name,
        "list": str(hit.list_version.get_source_display()),
        "published": hit.list_version.published.isoformat(),
        "entry": hit.entry_id,
        "name": hit.entry_name,
        "programmes": list(listed.programmes) if listed else [],
    }


def arithmetic(row: Determination) -> Facts:
    return {
        "verdict": row.verdict,
        "share": shown(Interval(Fraction(row.share_min), Fraction(row.share_max))),
        "why": list(row.why),
        "determined_on": row.determined_at.date().isoformat(),
        "rule_pack": row.rule_pack,
    }
