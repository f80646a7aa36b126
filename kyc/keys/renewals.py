"""What a verified customer signed about its use expires. He is told in time; from the day after the organisation is held, until
he has signed anew. All of it by policy, by the rule pack's days. A hold that an officer lifts does not come back of itself."""

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import audit, messages
from accounts.models import AuditEvent, Membership, Organisation
from kyc.cases.models import Case, Entity
from kyc.keys import holds
from kyc.keys.models import Hold
from kyc.parties import questionnaires
from kyc.parties.models import Questionnaire

SOURCE = "policy.use"
TOLD = "questionnaire.renewal_asked"


class Renewals:
    """Whoever is to be told, held or let go today."""

    name = "keys.renewals"

    def is_waiting(self) -> bool:
        return expiring().exists() or expired().exists() or renewed().exists()


QUEUE = Renewals()


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


def renewed() -> QuerySet[Hold]:
    """Holds of this policy whose customer has signed since."""
    signed = Questionnaire.objects.live().filter(
        organisation=OuterRef("organisation"), signed_at__gt=OuterRef("placed_at"), expires_on__gte=timezone.localdate()
    )
    return Hold.objects.live().filter(Exists(signed), source=SOURCE)


def hold_of(organisation: Organisation) -> Hold | None:
    return Hold.objects.live().filter(on_organisation=organisation, source=SOURCE).first()


def run() -> None:
    for signed in expiring().order_by("pk"):
        ask(signed)
    for signed in expired().order_by("pk"):
        hold(signed)
    for placed in renewed().order_by("pk"):
        let_go(placed)


@transaction.atomic
def ask(signed: Questionnaire) -> None:
    """Tells the owners that it expires. Repeated, it is silence."""
    Organisation.objects.select_for_update().get(pk=signed.organisation_id)
    if expiring().filter(pk=signed.pk).exists():
        audit.record(TOLD, target=signed, by=None, expires_on=str(signed.expires_on))
        write("use_expires", _("Sign anew how you use your keys"), signed)


@transaction.atomic
def hold(signed: Questionnaire) -> None:
    """Holds the organisation, and tells the owners. Repeated, it is silence."""
    organisation = Organisation.objects.select_for_update().get(pk=signed.organisation_id)
    if expired().filter(pk=signed.pk).exists():
        reason = f"The intended use was signed until {signed.expires_on} and has not been signed anew"
        holds.place_by_policy(organisation, source=SOURCE, reason=reason)
        write("use_expired", _("Your keys are on hold until you sign anew"), signed)


@transaction.atomic
def let_go(placed: Hold) -> None:
    """Lifts this hold and no other, by who has signed. Repeated, it is silence."""
    organisation = Organisation.objects.select_for_update().get(pk=placed.organisation_id)
    signed = questionnaires.newest(organisation)
    if signed and renewed().filter(pk=placed.pk).exists():
        holds.end(placed, reason=f"The intended use was signed anew by {signed.signed_name}", by=signed.signed_by)


def write(template: str, subject: Promise, signed: Questionnaire) -> None:
    case = Case.objects.filter(organisation=signed.organisation_id).latest("pk")
    owners = Membership.objects.filter(organisation=signed.organisation_id, role=Membership.Role.OWNER)
    with translation.override(case.notice_locale or None):
        for membership in owners.select_related("user"):
            messages.queue_template(
                template, to=membership.user.email, subject=str(subject), organisation=signed.organisation, signed=signed
            )
