"""Who may answer for a key: a person with a role, who was examined with the organisation and whose person status is settled."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from kyc.cases.models import Entity, Examination
from kyc.evidence.models import StatusProof
from kyc.keys.models import Key
from kyc.parties.models import Party, PersonStatus, Role


def fallen() -> Q:
    """Parties of which an officer had verified a status, and of which that is relied on no more: the document was taken back, the
    proof has expired, or the status was declared anew."""
    found = Q(pk__in=[])
    for axis in PersonStatus.Axis.values:
        proofs = StatusProof.objects.filter(status__party=OuterRef("pk"), status__axis=axis)
        good = StatusProof.objects.good(timezone.localdate()).filter(status__party=OuterRef("pk"), status__axis=axis)
        found |= Q(Exists(proofs)) & ~Q(Exists(good))
    return found


def undeclared() -> Q:
    """Parties that stand nowhere under one of the two tests."""
    found = Q(pk__in=[])
    for axis in PersonStatus.Axis.values:
        found |= ~Q(Exists(PersonStatus.objects.live().filter(party=OuterRef("pk"), axis=axis)))
    return found


def examined() -> Q:
    """Parties that were there when the entity was approved, or in a later round of checks."""
    approved = Entity.objects.live().filter(organisation=OuterRef("organisation"), valid_from__gte=OuterRef("declared_at"))
    rounds = Examination.objects.filter(
        case__organisation=OuterRef("organisation"), state=Examination.State.DONE, requested_at__gte=OuterRef("declared_at")
    )
    return Q(Exists(approved)) | Q(Exists(rounds))


def may_answer() -> QuerySet[Party]:
    """Of all organisations. One query, judged today."""
    roles = Role.objects.live().filter(party=OuterRef("pk"), organisation=OuterRef("organisation"))
    return Party.objects.people().filter(Exists(roles), ~fallen(), ~undeclared(), examined())


def keys_of(person: Party) -> QuerySet[Key]:
    """The keys that this person answers for, and that stop where he may do so no more."""
    held = Key.objects.filter(organisation=person.organisation_id, responsible=person)
    return held.exclude(state=Key.State.REVOKED).order_by("pk")


def has_left() -> Q:
    """Of a key: that whoever answers for it may do so no more. That he was not examined since is no reason to ask again.

    The people are asked for first, who are fewer than the keys. In one query with them the database would look at one key after
    the other, since it expects to find one soon."""
    roles = Role.objects.live().filter(party=OuterRef("pk"), organisation=OuterRef("organisation"))
    stays = Party.objects.people().filter(Exists(roles), ~fallen(), pk=OuterRef("pk"))
    answers = Key.objects.filter(responsible=OuterRef("pk"))
    return Q(responsible__in=list(Party.objects.filter(~Exists(stays), Exists(answers)).values_list("pk", flat=True)))


def why(party: Party) -> str:
    """A code: removed, no_role, fell; empty of who may go on."""
    if party.removed_on or not party.is_person:
        return "removed"
    if not Role.objects.live().filter(party=party).exists():
        return "no_role"
    return "fell" if Party.objects.filter(fallen(), pk=party.pk).exists() else ""
