"""Which cases have to be examined anew, and by which list versions a round went."""

from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.db.models import DateField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.models import AuditEvent
from kyc.cases.models import Case, Entity, Examination
from kyc.evidence import exclusions
from kyc.screening import lists
from kyc.screening.models import Hit, ListVersion

# The events after which what a round found may be no longer true: what the customer says anew, and what an officer verifies. In
# full, so that the index (organisation, at) and one comparison a row do it; a test holds them against what the stages below
# record.
SAID = (
    "party.company_declared",
    "party.individual_declared",
    "party.person_declared",
    "party.controller_replaced",
    "party.corrected",
    "party.profile_chosen",
    "party.removed",
    "party.status_declared",
    "attribute.changed",
    "attribute.dated",
    "interest.dated",
    "interest.declared",
    "interest.ended",
    "interest.file_entered",
    "interest.held_for_changed",
    "interest.principal_named",
    "interest.share_changed",
    "payment.declared",
    "payment.changed",
    "payment.ended",
    "questionnaire.signed",
    "document.uploaded",
    "document.removed",
    "document.infected",
    "document.unchecked",
    "document.doubted",
    "status.verification_fell",
    "authority.verification_fell",
    "attribute.verification_fell",
    "exclusion.claimed",
    "exclusion.withdrawn",
    "exclusion.verification_fell",
    "person.proved",
)
# Of evidence what a round counts: that it is there. How sure it makes us is reckoned when it is looked at.
VERIFIED = (
    "status.verified",
    "authority.verified",
    "attribute.verified",
    "exclusion.verified",
    "exclusion.rejected",
    "evidence.recorded",
    "evidence.withdrawn",
    "evidence.fell",
    "document.released",
)
CHANGES = SAID + VERIFIED


# Why a round counts no more, by what `outdated` finds.
CAUSES: dict[str, Promise] = {
    "is_ruled": gettext_lazy("the last possible match was ruled on"),
    "is_overturned": gettext_lazy("a ruling on a possible match was overturned"),
    "is_listed_anew": gettext_lazy("a newer version of a list is in use"),
    "is_said_anew": gettext_lazy("the customer has told or sent something else"),
    "is_verified_anew": gettext_lazy("an officer has verified or recorded something"),
    "is_lapsed": gettext_lazy("what an officer had verified has expired"),
}


def outdated() -> QuerySet[Case]:
    """Cases before an officer that were examined against other lists than those active now, or whose last possible match
    has been ruled on since, or any ruling overturned: what is blocked, and the score, follow from who is listed. Also those of
    which something was declared, sent or verified since the round was asked for, whoever let it through, or of which what was
    verified has expired since. Each is annotated with its CAUSES."""
    return judged().filter(reduce(or_, (Q(**{cause: True}) for cause in CAUSES)))


def judged() -> QuerySet[Case]:
    """Cases before an officer whose newest round is done, each with which of the CAUSES hold: mostly none. Whoever asks about one
    case asks here: to filter by them has the database answer each twice."""
    rounds = Examination.objects.filter(case=OuterRef("pk")).order_by("-pk")
    latest = Examination.objects.filter(case=OuterRef("pk"), pk=OuterRef("latest"), state=Examination.State.DONE)
    hits = Hit.objects.filter(organisation=OuterRef("organisation")).current()
    events = AuditEvent.objects.outside_compartment().filter(
        organisation_id=OuterRef("organisation"), at__gt=OuterRef("asked_at")
    )
    lapsed = exclusions.relied_on().filter(organisation=OuterRef("organisation"), valid_until__lt=timezone.localdate())
    # Whose keys work meanwhile is compared with every list as soon as either has changed.
    verified = Entity.objects.live().filter(organisation=OuterRef("organisation"))
    timed = Case.objects.alias(
        latest=Subquery(rounds.values("pk")[:1]),
        asked_at=Subquery(rounds.values("requested_at")[:1]),
        examined_at=Subquery(rounds.values("done_at")[:1]),
    )
    return timed.annotate(
        is_ruled=Exists(hits.filter(ruled_at__gt=OuterRef("examined_at"))) & ~Exists(hits.open()),
        is_overturned=Exists(hits.filter(overturns__isnull=False, found_at__gt=OuterRef("examined_at"))),
        is_listed_anew=Exists(latest.exclude(lists=named(lists.active_versions()))),
        is_said_anew=Exists(events.filter(verb__in=SAID)),
        is_verified_anew=Exists(events.filter(verb__in=VERIFIED)),
        is_lapsed=Exists(lapsed.filter(valid_until__gte=Cast(OuterRef("asked_at"), DateField()))),
    ).filter(
        Exists(latest),
        Q(state__in=[Case.State.REVIEW, Case.State.PROPOSED])
        | Q(state=Case.State.WAITING) & (Q(trigger=Case.Trigger.CHANGE) | Exists(verified)),
    )


def is_outdated(case: Case) -> bool:
    return outdated().filter(pk=case.pk).exists()


@dataclass(frozen=True)
class Overtaken:
    """Whether the newest round of a case counts no more, and why: asked when first wanted and only once, since it is the
    dearest question of a page."""

    case: Case

    @cached_property
    def causes(self) -> list[str]:
        """In words; none where the round counts."""
        found = None if self.case.is_decided else judged().filter(pk=self.case.pk).values(*CAUSES).first()
        return [str(words) for cause, words in CAUSES.items() if found and found[cause]]

    @property
    def why(self) -> str:
        return ", ".join(self.causes)


def hits_of(examination: Examination | None) -> QuerySet[Hit]:
    """Possible matches that count after this round, ruled on or not, with what newer lists have brought since; none before the
    first. Of a case that is decided those that counted then."""
    if examination is None:
        return Hit.objects.none()
    case, hits = examination.case, Hit.objects.filter(organisation=examination.organisation_id)
    return hits.current(by=case.in_state_since if case.is_decided else None)


def named(versions: list[ListVersion]) -> list[dict[str, Any]]:
    """List versions as an examination keeps them."""
    return [{"id": version.pk, "source": version.source, "published": str(version.published)} for version in versions]
