"""A verified customer signs its use anew, and an answer raises a red flag; a newer list may name one of its parties; an officer
overturned a ruling that it was approved on; or what was verified of an exclusion expires: a case opens by itself, for officers to
rule on it.

The keys go on working meanwhile. A flag is a question and no finding: most were asked and explained before, and what is signed
each year raises them again, so a hold with every signature would stop customers for having answered truly. The case stands in the
queue within seconds; an officer who reads the answer otherwise places a hold in one step, and a refusal ends the entity. A match
is examined at once: where it may block the customer, the round places a hold by policy (kyc.keys.reassessing). What expires
brings a case some weeks before its day, so that it can be verified anew in time, and where that was not done once more after it.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts import audit, organisations
from accounts.models import Organisation
from config import jobs
from kyc.cases.models import Case, Entity, Examination, Review
from kyc.evidence import exclusions
from kyc.evidence.models import ExclusionRuling
from kyc.parties import questionnaires
from kyc.parties.models import Questionnaire
from kyc.rules import packs
from kyc.screening.models import Hit


class Reviews(jobs.Queue):
    """Signed answers, matches and what expires that no case has looked at yet."""

    def is_waiting(self) -> bool:
        found_any = [found_hits(), *(found_lapses(is_over=over) for over in (False, True))]
        return super().is_waiting() or found().values("pk").union(*(rows.values("pk") for rows in found_any), all=True).exists()


# Some half an hour, since a held organisation is let go again.
TRIES = 10
QUEUE = Reviews(
    name="cases.reviews",
    model=Review,
    field="state",
    ready=Review.State.WAITING,
    failed=Review.State.FAILED,
    lease=timedelta(seconds=20),
    since="found_at",
    max_errors=TRIES,
)


def due() -> QuerySet[Questionnaire]:
    """Answers with a red flag, signed after the approval that counts, while no case is open that would look at them."""
    organisation = OuterRef("organisation")
    entity = Entity.objects.live().filter(organisation=organisation, valid_from__lt=OuterRef("signed_at"))
    opened = Case.objects.open().filter(organisation=organisation)
    signed = Questionnaire.objects.live().filter(questionnaires.raising(), organisation__in=Organisation.objects.real())
    return signed.filter(Exists(entity), ~Exists(opened))


def found() -> QuerySet[Questionnaire]:
    """Those due that are not in the queue yet."""
    return due().filter(~Exists(Review.objects.filter(signed=OuterRef("pk"))))


def due_hits() -> QuerySet[Hit]:
    """Matches of verified customers that are open, or were overturned to be the same, after the approval that counts, while no
    case is open that would look at them."""
    organisation = OuterRef("organisation")
    entity = Entity.objects.live().filter(organisation=organisation, valid_from__lt=OuterRef("found_at"))
    opened = Case.objects.open().filter(organisation=organisation)
    asked = Q(ruling__in=Hit.OPEN) | Q(ruling=Hit.Ruling.TRUE, overturns__isnull=False)
    return Hit.objects.current().filter(asked, Exists(entity), ~Exists(opened), organisation__in=Organisation.objects.real())


def found_hits() -> QuerySet[Hit]:
    return due_hits().filter(~Exists(Review.objects.filter(hit=OuterRef("pk"))))


def due_lapses(*, is_over: bool) -> QuerySet[ExclusionRuling]:
    """What was verified of an exclusion of a verified customer, and expires within the days of a renewal, which had not begun
    when the approval that counts was taken; or, `is_over`, has expired since. While no case is open that would look at it."""
    organisation, today = OuterRef("organisation"), timezone.localdate()
    ahead = timedelta(days=packs.current().days("renewal"))
    before = OuterRef("valid_until") if is_over else OuterRef("valid_until") - ahead
    entity = Entity.objects.live().filter(organisation=organisation, valid_from__date__lte=before)
    opened = Case.objects.open().filter(organisation=organisation)
    rows = exclusions.relied_on().filter(Exists(entity), ~Exists(opened), organisation__in=Organisation.objects.real())
    return rows.filter(valid_until__lt=today) if is_over else rows.filter(valid_until__range=(today, today + ahead))


def found_lapses(*, is_over: bool) -> QuerySet[ExclusionRuling]:
    return due_lapses(is_over=is_over).filter(~Exists(Review.objects.filter(lapses=OuterRef("pk"), is_over=is_over)))


def run() -> None:
    """Each in a transaction of its own, so that one that can't be opened stops nobody else's."""
    for signed in found().order_by("pk"):
        Review.objects.get_or_create(signed=signed, defaults={"organisation_id": signed.organisation_id})
    for hit in found_hits().order_by("pk"):
        Review.objects.get_or_create(hit=hit, defaults={"organisation_id": hit.organisation_id})
    for is_over in (False, True):
        for ruling in found_lapses(is_over=is_over).order_by("pk"):
            of = {"lapses": ruling, "is_over": is_over}
            Review.objects.get_or_create(**of, defaults={"organisation_id": ruling.organisation_id})
    for claim in QUEUE.claims():
        with claim, claim.finish(state=Review.State.DONE):
            if claim.row.hit is not None:
                open_matched(claim.row.hit)
            elif claim.row.lapses is not None:
                open_lapsing(claim.row.lapses, is_over=claim.row.is_over)
            else:
                open_review(claim.row.signed)


@transaction.atomic
def open_review(signed: Questionnaire) -> Case | None:
    """The case of these answers, which nobody sent; repeated, it is silence."""
    organisation = organisations.held(signed.organisation_id)
    if not due().filter(pk=signed.pk).exists():
        return None
    case = opened(organisation, trigger=Case.Trigger.DOUBT, reviews=signed)
    audit.record("case.review_opened", target=case, by=None, reason=" ".join(questionnaires.flags(signed)), signed=signed.pk)
    jobs.woke("case.review_opened")
    return case


@transaction.atomic
def open_matched(hit: Hit) -> Case | None:
    """The case of a match that nobody asked for; of several the first opens it. Repeated, it is silence."""
    organisation = organisations.held(hit.organisation_id)
    if not due_hits().filter(pk=hit.pk).exists():
        return None
    case = opened(organisation, trigger=Case.Trigger.LIST, matched=hit)
    told = f"{hit.party_name} {'is' if hit.ruling == Hit.Ruling.TRUE else 'may be'} {hit.entry_name}, {hit.list_version}."
    if hit.overturns_id:
        told = f"A ruling was overturned: {told}"
    audit.record("case.review_opened", target=case, by=None, reason=told, hit=hit.pk)
    jobs.woke("case.review_opened")
    return case


@transaction.atomic
def open_lapsing(ruling: ExclusionRuling, *, is_over: bool) -> Case | None:
    """The case of what was verified and expires; of several the first opens it. Repeated, it is silence."""
    organisation = organisations.held(ruling.organisation_id)
    row = due_lapses(is_over=is_over).select_related("exclusion__party").filter(pk=ruling.pk).first()
    if row is None:
        return None
    case = opened(organisation, trigger=Case.Trigger.EXPIRY, lapses=row)
    told = f"That FinCEN's rule on owners leaves out {row.exclusion.party} was verified until {row.valid_until}."
    audit.record("case.review_opened", target=case, by=None, reason=told, ruling=row.pk)
    jobs.woke("case.review_opened")
    return case


def opened(organisation: Organisation, **why: Any) -> Case:
    """To be examined. The notice is that of the last case (FIN-13)."""
    last = Case.objects.filter(organisation=organisation).latest("pk")
    now, pack = timezone.now(), packs.current()
    case = Case.objects.create(
        organisation=organisation,
        state=Case.State.SUBMITTED,
        in_state_since=now,
        due_on=now.date() + timedelta(days=pack.days("decide")),
        **why,
        notice_version=last.notice_version,
        notice_shown_at=last.notice_shown_at,
        notice_locale=last.notice_locale,
    )
    Examination.objects.create(organisation=organisation, case=case, rule_pack=pack.version)
    return case
