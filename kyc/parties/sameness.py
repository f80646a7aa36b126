"""One company that two customers named. It is proposed where both gave the same number of the same kind, and by nothing else:
names and dates are shared by many. An officer says whether it is so; the parties stay two."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, Refused, is_said
from accounts.vault.models import SearchDigest
from kyc.parties.identifying import scheme
from kyc.parties.models import Party, Sameness
from kyc.parties.wording import checked

R = Sameness.Ruling


class Shared(StrEnum):
    LEI = "lei"
    REGISTER = "register"
    TAX = "tax"


PLACES = {"kyc_party.registration_number": Shared.REGISTER, "kyc_party.tax_number": Shared.TAX}


class NotAlike(Refused):
    """The two share no number, or no longer."""


class BadRuling(Refused):
    """An officer says one thing or the other."""

    field = "ruling"


class Unexplained(ReasonMissing):
    """Whoever reads it later finds why."""

    field = "reason"


@dataclass(frozen=True)
class Pair:
    """A party of one customer and another's, by which numbers they are alike, and an officer's word."""

    party: Party
    other: Party
    shared: tuple[str, ...]
    ruling: Sameness | None = None

    @property
    def is_same(self) -> bool:
        return self.ruling is not None and self.ruling.ruling == R.SAME


def alike(parties: Collection[Party]) -> list[Pair]:
    """Current parties of other customers that share a number with one of these, which are all of one, or are ruled to be the same
    company whatever their numbers are by now. In five queries, however many there are."""
    mine = {party.pk: party for party in parties if party.is_entity}
    if not mine:
        return []
    organisation = next(iter(mine.values())).organisation_id
    told = digests(SearchDigest.objects.filter(place__in=PLACES, row__in=mine))
    values = {digest for digest, _place in told}
    theirs = SearchDigest.objects.filter(place__in=PLACES, digest__in=values).exclude(organisation=organisation)
    found = digests(theirs)
    leis = {party.lei for party in mine.values()} - {""}
    rows = Party.objects.current().exclude(organisation=organisation).filter(organisation__sandbox="")
    words = ruled(mine)
    same = {pair for pair, word in words.items() if word.ruling == R.SAME}
    wanted = Q(lei__in=leis) | Q(pk__in={pk for pks in (*found.values(), *same) for pk in pks})
    others = {party.pk: party for party in rows.filter(wanted).select_related("organisation") if party.is_entity}
    shared: dict[tuple[int, int], list[str]] = defaultdict(list)
    for party in mine.values():
        for other in others.values():
            if party.lei and party.lei == other.lei:
                shared[party.pk, other.pk].append(Shared.LEI)
    for (digest, place), pks in told.items():
        for one in pks:
            for two in found.get((digest, place), ()):
                if two in others and is_one_kind(place, mine[one], others[two]):
                    shared[one, two].append(PLACES[place])
    for pair in same:
        for one in pair & mine.keys():
            for two in pair & others.keys():
                shared[one, two] += []
    return [
        Pair(mine[one], others[two], tuple(codes), words.get(frozenset((one, two))))
        for (one, two), codes in sorted(shared.items())
    ]


def digests(rows: Iterable[SearchDigest]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        found[row.digest, row.place].append(row.row)
    return found


def is_one_kind(place: str, party: Party, other: Party) -> bool:
    """The same digits in two registers, or of two countries' taxes, are two numbers."""
    if PLACES[place] == Shared.TAX:
        return party.tax_country == other.tax_country
    return bool(scheme(party)) and scheme(party) == scheme(other)


def ruled(mine: Collection[int]) -> dict[frozenset[int], Sameness]:
    """Whichever of the two customers' cases it was ruled in."""
    rows = Sameness.objects.live().filter(Q(party__in=mine) | Q(other__in=mine)).select_related("ruled_by")
    return {frozenset((row.party_id, row.other_id)): row for row in rows}


@transaction.atomic
def rule(party: Party, other: Party, *, ruling: str, reason: str, by: User) -> Sameness:
    """An officer's word in the case of the customer of `party`. A later word takes the place of an earlier one, which stays to be
    read. The record names neither company: one of them is another customer's. Raises NotPermitted, BadRuling, Unexplained,
    NotAlike, BadText."""
    require(by, Permission.EVIDENCE_JUDGE)
    if ruling not in R.values:
        raise BadRuling(_("Say whether it is the same company."))
    if not is_said(reason):
        raise Unexplained(_("Write by what you tell, for whoever reads it later."))
    reason = checked("reason", reason, limit=2000, lines=True)
    held = list(Party.objects.select_for_update(no_key=True).filter(pk__in=[party.pk, other.pk]).order_by("pk"))
    now = {row.pk: row for row in held}
    pair = next((one for one in alike([now[party.pk]]) if one.other.pk == other.pk), None)
    if pair is None:
        raise NotAlike(_("The two do not share a number any more; look again."))
    if before := pair.ruling:
        if (before.ruling, before.reason) == (ruling, reason):
            return before
        before.superseded_at = timezone.now()
        before.save(update_fields=["superseded_at"])
    row = Sameness.objects.create(
        organisation_id=party.organisation_id,
        party=party,
        other=other,
        shared=list(pair.shared),
        ruling=ruling,
        reason=reason,
        ruled_by=by,
    )
    # In the house's record: it is both customers' and neither's.
    audit.record("sameness.ruled", target=row, by=by, shared=list(pair.shared), is_same=ruling == R.SAME)
    return row
