"""What a verified customer signed about its use expires. He is told in time; from the day after the organisation is held, until
he has signed anew. All of it by policy, by the rule pack's days. A hold that an officer lifts does not come back of itself."""

from datetime import timedelta

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import audit, messages, organisations
from accounts.models import AuditEvent, Membership, Organisation
from config import jobs
from kyc.cases.models import Case, Entity
from kyc.keys import holds
from kyc.keys.models import Hold, Renewal
from kyc.parties import questionnaires
from kyc.parties.models import Questionnaire

SOURCE = "policy.use"
W = Renewal.What
TOLD = "questionnaire.renewal_asked"


class Renewals(jobs.Queue):
    """Whoever is to be told, held or let go today."""

    def is_waiting(self) -> bool:
        return super().is_waiting() or any(found(what).exists() for what in DUE)


# Some half an hour, since a held organisation is let go again.
TRIES = 10
QUEUE = Renewals(
    name="keys.renewals",
    model=Renewal,
    field="state",
    ready=Renewal.State.WAITING,
    failed=Renewal.State.FAILED,
    lease=timedelta(seconds=20),
    since="found_at",
    max_errors=TRIES,
    # What the clock makes due is a matter of days; what is signed wakes the task.
    sweeps=30,
)


def signed_by_verified() -> QuerySet[Questionnaire]:
    entity = Entity.objects.live().filter(organisation=OuterRef("organisation"))
    return Questionnaire.objects.live().filter(Exists(entity), organisation__in=Organisation.objects.real())


def expiring() -> QuerySet[Questionnaire]:
    """What is to be signed anew by now, where nobody has been told yet."""
    told = AuditEvent.objects.filter(
        verb=TOLD,
        organisation_id=OuterRef("organisation"),
        target_type=Questionnaire._meta.label_lower,
        target_id=Cast(OuterRef("pk"), CharField()),
    )
    today = timezone.localdate()
    return signed_by_verified().filter(~Exists(told), expires_on__range=(today, questionnaires.asked_anew_until(today)))


def expired() -> QuerySet[Questionnaire]:
    """What is good no more, where no hold was placed for it yet."""
    held = Hold.objects.filter(on_organisation=OuterRef("organisation"), source=SOURCE, placed_at__gt=OuterRef("signed_at"))
    return signed_by_verified().filter(~Exists(held), expires_on__lt=timezone.localdate())


def renewed() -> QuerySet[Questionnaire]:
    """What is good and was signed after a hold of this policy that still stands."""
    held = Hold.objects.live().filter(
        on_organisation=OuterRef("organisation"), source=SOURCE, placed_at__lt=OuterRef("signed_at")
    )
    return Questionnaire.objects.live().filter(Exists(held), expires_on__gte=timezone.localdate())


def hold_of(organisation: Organisation) -> Hold | None:
    return Hold.objects.live().filter(on_organisation=organisation, source=SOURCE).first()


def found(what: str) -> QuerySet[Questionnaire]:
    """Those due that are not in the queue yet."""
    return DUE[what]().filter(~Exists(Renewal.objects.filter(signed=OuterRef("pk"), what=what)))


def run() -> None:
    """Each in a transaction of its own, so that one that fails stops nobody else's."""
    for what in DUE:
        for signed in found(what).order_by("pk"):
            Renewal.objects.get_or_create(signed=signed, what=what, defaults={"organisation_id": signed.organisation_id})
    for claim in QUEUE.claims():
        with claim, claim.finish(state=Renewal.State.DONE):
            ACTS[claim.row.what](claim.row.signed)


@transaction.atomic
def ask(signed: Questionnaire) -> None:
    """Tells the owners that it expires. Repeated, it is silence."""
    organisations.held(signed.organisation_id)
    if expiring().filter(pk=signed.pk).exists():
        audit.record(TOLD, target=signed, by=None, expires_on=str(signed.expires_on))
        write("use_expires", _("Sign anew how you use your keys"), signed)


@transaction.atomic
def hold(signed: Questionnaire) -> None:
    """Holds the organisation, and tells the owners. Repeated, it is silence."""
    organisation = organisations.held(signed.organisation_id)
    if expired().filter(pk=signed.pk).exists():
        reason = f"The intended use was signed until {signed.expires_on} and has not been signed anew"
        holds.place_by_policy(organisation, source=SOURCE, reason=reason)
        write("use_expired", _("Your keys are on hold until you sign anew"), signed)


@transaction.atomic
def let_go(signed: Questionnaire) -> None:
    """Lifts the holds of this policy and no others, by who has signed. Repeated, it is silence."""
    organisation = organisations.held(signed.organisation_id)
    if renewed().filter(pk=signed.pk).exists():
        for placed in Hold.objects.live().filter(on_organisation=organisation, source=SOURCE, placed_at__lt=signed.signed_at):
            holds.end(placed, reason=f"The intended use was signed anew by {signed.signed_name}", by=signed.signed_by)


DUE = {W.TELL: expiring, W.HOLD: expired, W.RELEASE: renewed}
ACTS = {W.TELL: ask, W.HOLD: hold, W.RELEASE: let_go}


def write(template: str, subject: Promise, signed: Questionnaire) -> None:
    case = Case.objects.filter(organisation=signed.organisation_id).latest("pk")
    owners = Membership.objects.filter(organisation=signed.organisation_id, role=Membership.Role.OWNER)
    with translation.override(case.notice_locale or None):
        for membership in owners.select_related("user"):
            messages.queue_template(
                template, to=membership.user.email, subject=str(subject), organisation=signed.organisation, signed=signed
            )
