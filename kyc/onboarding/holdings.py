"""The owners as the customer has told them so far, company by company, from the top of what he knows down."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from kyc.ownership import shares
from kyc.ownership.fitting import stated
from kyc.ownership.interests import has_size
from kyc.ownership.models import Interest
from kyc.parties.models import Party


@dataclass(frozen=True)
class Row:
    """One owner of one company, or who has a role in one trust; `share` says what he holds, or which."""

    interest: Interest
    owner: Party
    share: str
    is_open: bool
    # Whose nominee the owner is (FATF-07).
    held_for: Party | None


@dataclass(frozen=True)
class Holding:
    """One company with its owners, or one trust with its roles; `through` is the interest by which it came into the
    picture."""

    company: Party
    depth: int
    through: Interest | None
    rows: list[Row]
    total: str
    left: str
    is_exact: bool
    is_whole: bool


def holdings(top: Party | None) -> list[Holding]:
    """The customer `top` first, then each company that owns, depth first; a company that comes up twice stands once."""
    if top is None:
        return []
    interests: dict[int, list[Interest]] = {}
    for interest in (
        Interest.objects.live()
        .filter(organisation=top.organisation_id)
        .select_related("owner", "owned", "held_for")
        .prefetch_related("owner__invitations")
        .order_by("pk")
    ):
        interests.setdefault(interest.owned_id, []).append(interest)
    return [holding(*found, interests) for found in walk(top, interests)]


def walk(top: Party, interests: dict[int, list[Interest]]) -> Iterator[tuple[Party, int, Interest | None]]:
    seen: set[int] = set()
    waiting: list[tuple[Party, int, Interest | None]] = [(top, 0, None)]
    while waiting:
        company, depth, through = waiting.pop()
        if company.pk in seen:
            continue
        seen.add(company.pk)
        yield company, depth, through
        owners = [interest for interest in interests.get(company.pk, []) if has_owners(interest.owner)]
        waiting += [(interest.owner, depth + 1, interest) for interest in reversed(owners)]


def has_owners(party: Party) -> bool:
    return party.is_company or party.is_trust


def said(interest: Interest) -> str:
    """The share as it was typed where that says more than per cent can, with its kind where it is none of shares; of control
    and of a role in a trust, what it is."""
    shown = shares.as_stated(interest.share) if has_size(interest.kind) else ""
    kind = "" if interest.kind == Interest.Kind.SHAREHOLDING else str(interest.get_kind_display())
    through = _("through others") if interest.is_indirect else ""
    since = _("since %(day)s") % {"day": interest.held_since} if interest.held_since else ""
    return " · ".join(filter(None, (kind, shown, through, since)))


def holding(company: Party, depth: int, through: Interest | None, interests: dict[int, list[Interest]]) -> Holding:
    held = interests.get(company.pk, [])
    of_shares = [interest for interest in held if interest.kind == Interest.Kind.SHAREHOLDING]
    total = stated(interest.share for interest in of_shares)
    return Holding(
        company=company,
        depth=depth,
        through=through,
        rows=[
            Row(
                interest=interest,
                owner=interest.owner,
                share=said(interest),
                is_open=has_owners(interest.owner) and interest.owner_id not in interests,
                held_for=interest.held_for,
            )
            for interest in held
        ],
        total=shares.per_cent(total),
        left=shares.per_cent(max(Fraction(0), 1 - total)),
        is_exact=all(shares.parse(interest.share).is_exact for interest in of_shares),
        is_whole=total >= 1,
    )
