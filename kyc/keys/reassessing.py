"""A customer stays verified while he is looked at again. When a round of checks then finds of him what stood against no approval
before, his keys are held at once by policy. A second pair of eyes lets them go: with the next approval the hold ends. So it does
before that once officers have ruled that every match it came from was another, and nothing else feeds it. Before a verification
ends its customer is asked to confirm it (AMLR-10), so that nobody's keys stop because he did not know."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import audit, messages, organisations
from accounts.models import Membership, Organisation
from config import jobs
from kyc.cases.models import Case, Entity, Examination
from kyc.keys import holds
from kyc.keys.feeding import SOURCE, against, clearing, entity_of, hold_of, news
from kyc.keys.models import Hold, Reassessment
from kyc.rules import packs
from kyc.screening.models import Hit

W = Reassessment.What


class Reassessments(jobs.Queue):
    """Whoever is to be held, or let go."""

    def is_waiting(self) -> bool:
        return super().is_waiting() or any(found(what).exists() for what in DUE)


QUEUE = Reassessments(
    name="keys.reassessments",
    model=Reassessment,
    field="state",
    ready=Reassessment.State.WAITING,
    failed=Reassessment.State.FAILED,
    lease=timedelta(seconds=20),
    since="found_at",
    max_errors=10,
)


def worse() -> QuerySet[Examination]:
    """The newest rounds of open cases of verified customers that found something against the customer himself."""
    newer = Examination.objects.filter(case=OuterRef("case"), pk__gt=OuterRef("pk"), state=Examination.State.DONE)
    found = against().filter(examination_id=OuterRef("pk"))
    entity = Entity.objects.live().filter(organisation=OuterRef("organisation"))
    rounds = Examination.objects.filter(state=Examination.State.DONE).exclude(case__state__in=Case.ENDED)
    return rounds.filter(Exists(found), Exists(entity), ~Exists(newer))


def approved_anew() -> QuerySet[Examination]:
    """The rounds on which an approval rests that came after a hold of this policy."""
    held = Hold.objects.live().filter(source=SOURCE, on_organisation=OuterRef("organisation"))
    entity = Entity.objects.live().filter(decision__case=OuterRef("case"))
    newer = Examination.objects.filter(case=OuterRef("case"), pk__gt=OuterRef("pk"), state=Examination.State.DONE)
    rounds = Examination.objects.filter(state=Examination.State.DONE, case__state=Case.State.APPROVED)
    return rounds.filter(Exists(held), Exists(entity), ~Exists(newer))


def asked_until() -> datetime:
    """Whose verification ends by then is asked now."""
    return timezone.now() + timedelta(days=packs.current().days("renewal"))


def ends_soon(entity: Entity) -> bool:
    return entity.valid_until <= asked_until() and not entity.organisation.sandbox


def ending() -> QuerySet[Examination]:
    """The rounds on which verifications rest that end soon, while nothing is open that could verify anew."""
    entity = Entity.objects.live().filter(decision__case=OuterRef("case"), valid_until__lte=asked_until())
    # What was told of a change or asked for, and never sent, verifies nobody anew.
    unsent = Q(trigger__in=[Case.Trigger.CHANGE, Case.Trigger.ASKED, Case.Trigger.FALL], submitted_at=None)
    opened = Case.objects.open().filter(organisation=OuterRef("organisation")).exclude(unsent)
    newer = Examination.objects.filter(case=OuterRef("case"), pk__gt=OuterRef("pk"), state=Examination.State.DONE)
    rounds = Examination.objects.filter(state=Examination.State.DONE, organisation__in=Organisation.objects.real())
    return rounds.filter(Exists(entity), ~Exists(opened), ~Exists(newer))


def ruled_on() -> QuerySet[Examination]:
    """The newest rounds of open cases of customers whom this policy holds, where an officer has ruled since the approval that a
    match was another; whether that has cleared them, `clearing` says."""
    ruled = Hit.objects.filter(
        organisation=OuterRef("organisation"), ruling=Hit.Ruling.FALSE, ruled_at__gt=OuterRef("valid_from")
    )
    entity = Entity.objects.live().filter(Exists(ruled), organisation=OuterRef("organisation"))
    held = Hold.objects.live().filter(source=SOURCE, on_organisation=OuterRef("organisation"))
    newer = Examination.objects.filter(case=OuterRef("case"), pk__gt=OuterRef("pk"), state=Examination.State.DONE)
    rounds = Examination.objects.filter(state=Examination.State.DONE).exclude(case__state__in=Case.ENDED)
    return rounds.filter(Exists(held), Exists(entity), ~Exists(newer))


DUE = {W.TELL: ending, W.HOLD: worse, W.RELEASE: approved_anew, W.CLEAR: ruled_on}


def found(what: str) -> QuerySet[Examination]:
    """Those due that are not in the queue yet."""
    return DUE[what]().filter(~Exists(Reassessment.objects.filter(examination=OuterRef("pk"), what=what)))


def run() -> None:
    """Each in a transaction of its own, so that one that fails stops nobody else's."""
    for what in DUE:
        for examination in found(what).order_by("pk"):
            named = {"examination": examination, "what": what}
            Reassessment.objects.get_or_create(**named, defaults={"organisation_id": examination.organisation_id})
    for claim in QUEUE.claims():
        with claim, claim.finish(state=Reassessment.State.DONE):
            ACTS[claim.row.what](claim.row.examination)


@transaction.atomic
def hold(examination: Examination) -> None:
    """Repeated, or where the same was known when the customer was approved, it is silence."""
    organisation = organisations.held(examination.organisation_id)
    if not worse().filter(pk=examination.pk).exists() or hold_of(organisation.pk):
        return
    if new := news([examination], entity_of(organisation.pk)):
        why = " ".join(sentence for row in new for sentence in row.why)
        reason = f"Checks of {examination.case.number} find what stood against no approval before: {why}"
        holds.place_by_policy(organisation, source=SOURCE, reason=reason)
        write("change_held", _("Your keys are on hold while we check what has changed"), examination.case)


@transaction.atomic
def let_go(examination: Examination) -> None:
    """Lifts the hold, by who took the approval. Repeated, it is silence."""
    organisation = organisations.held(examination.organisation_id)
    entity = Entity.objects.live().filter(decision__case=examination.case).select_related("decision__proposal").first()
    placed = hold_of(organisation.pk)
    if entity and placed and placed.placed_at < entity.valid_from:
        by = entity.decision.proposal.outcome_by
        holds.end(placed, reason=f"Approved anew by the decision of {examination.case.number}", by=by)


@transaction.atomic
def clear(examination: Examination) -> None:
    """Lifts the hold by who ruled last on what it came from. Repeated, or where something still feeds it, it is silence."""
    organisation = organisations.held(examination.organisation_id)
    placed = hold_of(organisation.pk)
    if placed and ruled_on().filter(pk=examination.pk).exists() and (last := clearing(examination)):
        reason = f"Every match that it came from was ruled to be another; checks of {examination.case.number} find nothing new."
        holds.end(placed, reason=reason, by=last.ruled_by)
        write("change_let_go", _("The hold on your keys is lifted"), examination.case)


@transaction.atomic
def tell(examination: Examination) -> None:
    """Asks the owners to confirm, once."""
    organisations.held(examination.organisation_id)
    if ending().filter(pk=examination.pk).exists():
        entity = Entity.objects.live().get(decision__case=examination.case)
        audit.record("entity.confirmation_asked", target=entity, by=None, valid_until=entity.valid_until.date().isoformat())
        write("entity_ends", _("Confirm what you told us, so that you stay verified"), examination.case, entity=entity)


ACTS = {W.TELL: tell, W.HOLD: hold, W.RELEASE: let_go, W.CLEAR: clear}


def write(template: str, subject: str, case: Case, **context: Any) -> None:
    """To the owners. Of what checks have found nothing is said: an officer asks what is to be asked."""
    owners = Membership.objects.filter(organisation=case.organisation, role=Membership.Role.OWNER)
    with translation.override(case.notice_locale or None):
        for membership in owners.select_related("user"):
            messages.queue_template(
                template, to=membership.user.email, subject=subject, organisation=case.organisation, case=case, **context
            )
