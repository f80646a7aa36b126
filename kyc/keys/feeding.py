"""What feeds a hold of the ownership policy: what checks have found of a verified customer himself that stood against no approval
before. A hold that came from possible matches alone is fed by nothing any more once officers have ruled that each was another."""

from collections.abc import Collection
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet

from kyc.cases.determining import restricting
from kyc.cases.models import Entity, Examination
from kyc.keys.models import Hold
from kyc.ownership.models import Determination
from kyc.ownership.rule import CASCADES
from kyc.ownership.verdicts import NO, is_stronger
from kyc.parties.models import Role
from kyc.rules import packs
from kyc.screening.models import Hit

SOURCE = "policy.ownership"


def hold_of(organisation: int) -> Hold | None:
    return Hold.objects.live().filter(on_organisation=organisation, source=SOURCE).first()


def of_customer() -> QuerySet[Role]:
    return Role.objects.live().filter(party=OuterRef("party"), kind=Role.Kind.CUSTOMER)


def verdicts() -> QuerySet[Determination]:
    """What the regimes that stop an approval say of customers themselves."""
    return Determination.objects.filter(Exists(of_customer()), regime__in=packs.current().stopping())


def against() -> QuerySet[Determination]:
    """Those of them by which an approval is stopped."""
    stops = (Q(regime=regime, verdict__in=words) for regime, words in packs.current().stopping().items())
    return verdicts().filter(reduce(or_, stops))


def entity_of(organisation: int) -> Entity:
    """The verification that counts. Raises Entity.DoesNotExist."""
    return Entity.objects.live().select_related("decision__case").get(organisation=organisation)


def when_approved(entity: Entity) -> dict[str, str]:
    """What the last round before the approval found of the customer himself, by regime."""
    rounds = Examination.objects.filter(case=entity.decision.case, state=Examination.State.DONE, done_at__lte=entity.valid_from)
    last = rounds.order_by("-pk").first()
    return dict(verdicts().filter(examination_id=last.pk).values_list("regime", "verdict")) if last else {}


def news(rounds: Collection[Examination], entity: Entity) -> list[Determination]:
    """What these rounds found against the customer that is worse than it was when he was approved."""
    known = when_approved(entity)
    found = against().filter(examination_id__in=[examination.pk for examination in rounds]).order_by("pk")
    return [row for row in found if is_stronger(row.verdict, known.get(row.regime, NO))]


def clearing(newest: Examination) -> Hit | None:
    """The last of the rulings by which nothing feeds the hold any more: this round finds nothing new, all that rounds since the
    approval have found came by lists, and every match there is was ruled to be another. A customer who only says less than
    before, or takes out whom the match was with, clears nobody; nor does a list that names him no longer."""
    entity = entity_of(newest.organisation_id)
    done = Examination.objects.filter(
        organisation=newest.organisation_id, state=Examination.State.DONE, done_at__gt=entity.valid_from
    )
    rounds = list(done.order_by("pk"))
    found = news(rounds, entity)
    fed = {row.examination_id for row in found}
    if not found or newest.pk in fed or any(row.regime not in CASCADES for row in found):
        return None
    since = next(examination.done_at for examination in rounds if examination.pk in fed)
    matches = matches_of(entity)
    if any(hit.ruling != Hit.Ruling.FALSE for hit in matches):
        return None
    return max((hit for hit in matches if hit.ruled_at > since), key=lambda hit: hit.ruled_at, default=None)


def matches_of(entity: Entity) -> list[Hit]:
    """What each pair was when it was last alike, since a ruling holds only until either side changes: also with who has left
    since; but not what was no question any more when the customer was approved."""
    gone = Q(party__removed_on__lt=entity.valid_from.date())
    unasked = Q(ruling="", found_at__lt=entity.valid_from)
    alike = Hit.objects.filter(organisation=entity.organisation_id, is_match=True).exclude(gone).exclude(unasked)
    newest = {(hit.party_id, hit.source, hit.entry_id): hit for hit in restricting(alike.order_by("pk"))}
    return list(newest.values())
