"""Which mail is a person's own: what of it he is told who asks about his data, and what is erased for him.

A decision keeps it as *places*: an address, whether what an organisation wrote there is meant or what is about his account with
us, and since when. What was ordered to be erased before is told no more, whether that was carried out or a legal hold keeps it:
else who asks twice would learn of the hold.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Q, QuerySet

from accounts import retention
from accounts.models import User
from accounts.vault import Erased
from kyc.parties.models import Party
from reports.models import SubjectRequest

Place = dict[str, str]
# What an organisation wrote, and what is about the account that signs in.
OF_IT, OF_ACCOUNT = "organisation", "account"


def places(asked: SubjectRequest) -> list[Place]:
    signs_in = sign_in_addresses(asked.user)
    found = [(address, OF_IT) for address in sorted({*signs_in, *named_with(asked, signs_in)})]
    found += [(address, OF_ACCOUNT) for address in sorted(signs_in)]
    before = dict(ordered_before(asked))
    return [{"to": to, "of": of, "after": before.get((to, of), "")} for to, of in found]


def sign_in_addresses(user: User | None) -> set[str]:
    if user is None:
        return set()
    return {user.email, *EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)}


def named_with(asked: SubjectRequest, signs_in: set[str]) -> set[str]:
    """The address that the organisation gave for him, unless somebody else has it too, whose mail that may be."""
    email = asked.party.email if asked.party else ""
    if not email or email in signs_in:
        return set()
    others = (
        User.objects.filter(email__iexact=email).exclude(pk=asked.user_id),
        EmailAddress.objects.filter(email__iexact=email).exclude(user=asked.user_id),
        Party.objects.filter(organisation=asked.organisation, email__iexact=email).exclude(pk=asked.party_id),
    )
    return set() if any(rows.exists() for rows in others) else {email}


def ordered_before(asked: SubjectRequest) -> Iterator[tuple[tuple[str, str], str]]:
    """Until when mail to a place was ordered to be erased, the latest last: by whoever asked, where it is the organisation's, and
    by himself, from whichever organisation, where it is about his account."""
    rows = SubjectRequest.objects.filter(outcome=SubjectRequest.Outcome.ANSWERED).exclude(pk=asked.pk).order_by("ended_at", "pk")
    wanted = Q(organisation=asked.organisation) | Q(user=asked.user) if asked.user else Q(organisation=asked.organisation)
    for row in rows.filter(wanted):
        for place in of_decision(row.decision):
            is_its = row.organisation_id == asked.organisation_id if place["of"] == OF_IT else row.user_id == asked.user_id
            if is_its and place["after"]:
                yield (place["to"], place["of"]), place["after"]


def of_decision(decision: Any) -> list[Place]:
    """What a decision keeps; nothing once it is erased."""
    return [] if isinstance(decision, Erased) else list(decision.get("mail", []))


def rows(found: Iterable[Place], *, organisation: int, among: QuerySet[Any], on: date) -> QuerySet[Any]:
    """Of messages, or of their history, what was mailed there since; nothing that is past its period, of which the page would say
    by showing it that it is kept all the same."""
    wanted = Q(pk__in=[])
    for place in found:
        one = Q(to=place["to"], organisation_id=organisation if place["of"] == OF_IT else None)
        wanted |= one & Q(queued_at__gt=datetime.fromisoformat(place["after"])) if place["after"] else one
    return among.filter(wanted, queued_at__gte=retention.first_told(retention.CLASSES["mail"], on))


def from_now(found: Iterable[Place], at: datetime) -> list[Place]:
    return [{**place, "after": at.isoformat()} for place in found]
