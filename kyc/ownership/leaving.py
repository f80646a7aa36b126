"""Who holds something no longer, and who thereby leaves; nobody leaves for whom a nominee still holds something (FATF-07)."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import User
from accounts.refused import Refused
from kyc.ownership.models import Interest
from kyc.ownership.reconciling import changed
from kyc.parties.actions import end_role, leave_if_idle
from kyc.parties.models import Party, Role


class IsCustomer(Refused):
    """The company itself is what is examined; it cannot be taken out."""


class HeldThrough(Refused):
    """Somebody holds something for the party as its nominee (FATF-07)."""


def nominee_of(party: Party) -> Party | None:
    """Who holds something for the party."""
    held = Interest.objects.live().filter(held_for=party).select_related("owner").order_by("pk").first()
    return held.owner if held else None


def refuse_while_held(party: Party) -> None:
    if nominee := nominee_of(party):
        raise HeldThrough(
            _("%(nominee)s holds a share for %(name)s. First say anew for whom.") % {"nominee": nominee.name, "name": party.name}
        )


@transaction.atomic
def remove(party: Party, *, by: User) -> Party:
    """Takes a party out: its roles and interests end today, and who was named only because of these leaves with it. Repeated,
    it is silence. Raises IsCustomer, HeldThrough."""
    organisations.locked(party.organisation, by=by)
    party = Party.objects.get(pk=party.pk)
    if party.removed_on:
        return party
    roles = Role.objects.live().filter(party=party)
    if roles.filter(kind=Role.Kind.CUSTOMER).exists():
        raise IsCustomer(_("The company itself cannot be removed. Change what you told us about it instead."))
    refuse_while_held(party)
    today = timezone.localdate()
    roles.update(valid_to=today)
    ended = Interest.objects.live().filter(Q(owner=party) | Q(owned=party))
    beside = Party.objects.filter(Q(interests__in=ended) | Q(held_through__in=ended)).exclude(pk=party.pk)
    left_behind = list(beside.distinct().order_by("pk"))
    ended.update(valid_to=today)
    party.removed_on = today
    party.save(update_fields=["removed_on"])
    audit.record("party.removed", target=party, by=by, name=party.name)
    for other in left_behind:
        let_go(other, by=by)
    changed(party.organisation_id, by=by)
    return party


@transaction.atomic
def leave_principal(person: Party, *, by: User) -> None:
    """Nobody holds anything for that person after all. Whose nominee somebody is stays. Raises HeldThrough."""
    organisations.locked(person.organisation, by=by)
    person = Party.objects.get(pk=person.pk)
    refuse_while_held(person)
    let_go(person, by=by)


@transaction.atomic
def end(interest: Interest, *, by: User) -> Interest:
    """The owner holds this no longer. Who is then involved in nothing leaves, and so do those who were named only as its
    owners. Repeated, it is silence."""
    organisations.locked(interest.organisation, by=by)
    interest = Interest.objects.select_related("owner", "owned", "held_for").get(pk=interest.pk)
    if interest.valid_to:
        return interest
    interest.valid_to = timezone.localdate()
    interest.save(update_fields=["valid_to"])
    audit.record("interest.ended", target=interest, by=by, owner=interest.owner.name, owned=interest.owned.name)
    let_go(interest.owner, by=by)
    if interest.held_for:
        let_go(interest.held_for, by=by)
    changed(interest.organisation_id, by=by)
    return interest


def let_go(owner: Party, *, by: User) -> None:
    """Ends an owner's role once it owns nothing, nor anybody for it; a company that thereby leaves takes the interests in it
    along."""
    if Interest.objects.live().filter(Q(owner=owner) | Q(held_for=owner)).exists():
        return
    end_role(owner, Role.Kind.OWNER)
    if not leave_if_idle(owner):
        return
    audit.record("party.removed", target=owner, by=by, name=owner.name)
    for held in Interest.objects.live().filter(owned=owner):
        end(held, by=by)
