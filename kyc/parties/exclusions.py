"""What companies claim to be left out of in FinCEN's rule on beneficial owners, and on which ground (FIN-04, FIN-05). What is
claimed is only said; whether it is so is for an officer to verify."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import User
from kyc.parties.models import Exclusion, Party
from kyc.parties.wording import BadText, checked
from kyc.rules import packs
from kyc.rules.packs import Exclusion as Ground
from kyc.rules.packs import Pack

# What a state body is by its nature, formed at home or abroad.
OF_STATES = {"home": "government", "abroad": "foreign_government"}


def grounds(party: Party, pack: Pack) -> list[Ground]:
    """Those on which it could claim one: that fit where it was formed, and that can hold here at all."""
    formed = where(party, pack)
    return [one for one in pack.exclusions.values() if not one.only_as_far and (not one.formed or one.formed == formed)]


def where(party: Party, pack: Pack) -> str:
    """home or abroad; empty while nobody has said where it was formed, which fits neither."""
    return "" if not party.country else "home" if party.country == pack.home else "abroad"


@transaction.atomic
def claim(party: Party, *, ground: str, reference: str, by: User) -> Exclusion:
    """Says that the company is excluded on that ground, and where it can be looked up. One live claim a ground; told anew with
    another reference, a new one takes its place, unverified. Raises BadText."""
    organisations.locked(party.organisation, by=by)
    party = Party.objects.get(pk=party.pk)
    if party.removed_on or not party.is_company:
        raise BadText("ground", _("Only a company that you have named can be left out."))
    if ground not in {one.code for one in grounds(party, packs.current())}:
        raise BadText("ground", _("Choose what it is from the list."))
    return say(party, ground, checked("reference", reference, limit=300, required=True), by=by)


def say(party: Party, ground: str, reference: str, *, by: User) -> Exclusion:
    before = Exclusion.objects.live().filter(party=party, ground=ground).first()
    if before and before.reference == reference:
        return before
    if before:
        end(before)
    pack = packs.current()
    row = Exclusion.objects.create(
        organisation_id=party.organisation_id,
        party=party,
        ground=ground,
        reference=reference,
        rule_pack=pack.version,
        claimed_by=by,
        valid_from=timezone.localdate(),
    )
    audit.record("exclusion.claimed", target=row, by=by, name=party.name, ground=pack.exclusions[ground].title)
    return row


@transaction.atomic
def withdraw(row: Exclusion, *, by: User) -> None:
    """Says it no longer. Twice it is silence."""
    organisations.locked(row.organisation, by=by)
    now = Exclusion.objects.select_related("party").get(pk=row.pk)
    if now.valid_to is None:
        take_back(now, by=by)


def take_back(row: Exclusion, *, by: User) -> None:
    end(row)
    audit.record("exclusion.withdrawn", target=row, by=by, name=row.party.name, ground=titled(row))


def end(row: Exclusion) -> None:
    row.valid_to = timezone.localdate()
    row.save(update_fields=["valid_to"])


def by_nature(party: Party, *, by: User) -> None:
    """What a state body claims by being one (FIN-04); of any other party nothing. For those who hold the organisation's lock."""
    if party.kind != Party.Kind.STATE:
        return
    ground = OF_STATES[where(party, packs.current())]
    others = Exclusion.objects.live().filter(party=party, ground__in=OF_STATES.values()).exclude(ground=ground)
    for row in others.select_related("party"):
        take_back(row, by=by)
    say(party, ground, "", by=by)


def titled(row: Exclusion) -> str:
    """The ground in the words of the rules it was claimed under."""
    return packs.get(row.rule_pack).exclusions[row.ground].title
