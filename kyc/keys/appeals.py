"""Restrictions that a customer is told of, and his appeals against them."""

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, messages, organisations
from accounts.compartment import refuse_incidents
from accounts.models import Membership, Organisation, User
from accounts.permissions import NotPermitted, Permission, require
from accounts.refused import ReasonMissing, Refused, is_said
from config import jobs
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence.intake import Taken
from kyc.evidence.models import Document
from kyc.keys import holds, limits
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.estate_models import Remediation
from kyc.keys.models import Hold

LONGEST = 5000
SUBJECTS = {
    Restriction.Kind.HOLD: gettext_lazy("Your keys are on hold"),
    Restriction.Kind.LIMIT: gettext_lazy("How much your keys may use is limited"),
    Restriction.Kind.VERIFICATION: gettext_lazy("We ask you to be verified again"),
    Restriction.Kind.CLOSED: gettext_lazy("Models are closed to your keys"),
}


class AppealedAlready(Refused):
    """It is being looked at."""


class Over(Refused):
    """It has ended, or was decided."""


@transaction.atomic
def restrict(
    organisation: Organisation,
    *,
    kind: str,
    told: str,
    limit: Mapping[str, Any] | None = None,
    is_taken: bool = False,
    by: User,
) -> Restriction:
    """With its hold where it is of keys, with its `limit` where it is one (unit, period, limit and currency, as
    kyc.keys.limits.restrict), and a mail to the owners where there is a key that it touches. What another officer has taken
    (`is_taken`) is done whatever `by` may do by now. Raises NotPermitted."""
    if not is_taken:
        require(by, Permission.HOLD_PLACE)
    organisation = organisations.held(organisation.pk)
    hold = None
    if kind == Restriction.Kind.HOLD:
        reason = str(Restriction.Told(told).label)
        hold = holds.put(organisation, on_organisation=organisation, source=Hold.RESTRICTION, reason=reason, by=by)
    made = Restriction.objects.create(organisation=organisation, kind=kind, told=told, hold=hold, placed_by=by)
    if limit:
        limits.restrict(made, **limit, by=by)
    audit.record("restriction.placed", target=made, by=by, kind=kind, told=told, **(limit or {}))
    if made.is_felt:
        write(made, "restriction_placed", SUBJECTS[made.kind])
    return made


@transaction.atomic
def end(restriction: Restriction, *, reason: str, appeal: Appeal | None = None, is_taken: bool = False, by: User) -> Restriction:
    """With its own hold and limit, and no other; by the `appeal` whose answer the customer is sent. Repeated, it is silence.
    Raises ReasonMissing, NotPermitted."""
    if not is_taken:
        require(by, Permission.HOLD_PLACE)
    if not is_said(reason):
        raise ReasonMissing(_("Say why it ends."))
    refuse_incidents(reason)
    organisations.held(restriction.organisation_id)
    row = Restriction.objects.select_for_update().get(pk=restriction.pk)
    if row.ended_at is None:
        row.ended_at, row.ended_by = timezone.now(), by
        row.save(update_fields=["ended_at", "ended_by"])
        if row.hold is not None:
            holds.end(row.hold, reason=reason, by=by)
        limits.let_go(row)
        audit.record("restriction.ended", target=row, by=by, reason=reason, kind=row.kind)
        if appeal or row.is_felt:
            write(row, "restriction_ended", row.ended, appeal=appeal)
    return row


@transaction.atomic
def lift(hold: Hold, *, reason: str, by: User) -> Hold:
    """As kyc.keys.holds.lift; of a restriction's, with what the customer was told, of whose end he is written to."""
    restriction = Restriction.objects.filter(hold=hold, ended_at=None).first()
    if restriction is None or hold.lifted_at is not None:
        return holds.lift(hold, reason=reason, by=by)
    end(restriction, reason=reason, by=by)
    hold.refresh_from_db()
    return hold


@transaction.atomic
def send(restriction: Restriction, *, words: str, file: UploadedFile | Taken | None = None, by: User) -> Appeal:
    """By a member, in his own words, with a document where he has one. Raises AppealedAlready, Over, ReasonMissing, and what an
    upload raises."""
    organisations.locked(restriction.organisation, by=by)
    row = Restriction.objects.select_for_update().get(pk=restriction.pk)
    if row.ended_at is not None:
        raise Over(_("This has ended meanwhile, so there is nothing to appeal against."))
    if Appeal.objects.open().filter(restriction=row).exists():
        raise AppealedAlready(_("Your appeal is here already, and somebody is reading it."))
    if not is_said(words):
        raise ReasonMissing(_("Write in your own words why it should end."))
    document = evidence.upload(row.organisation, kind=Document.Kind.OTHER, file=file, by=by) if file else None
    made = Appeal.objects.create(
        organisation=row.organisation, restriction=row, words=words.strip()[:LONGEST], document=document, sent_by=by
    )
    audit.record("appeal.sent", target=made, by=by, appeal=made.number)
    return made


@transaction.atomic
def decide(appeal: Appeal, *, outcome: str, answer: str, by: User) -> Appeal:
    """Answered in words that the customer reads; what is overturned ends at once. Raises NotPermitted for whoever placed it,
    Over, ReasonMissing."""
    require(by, Permission.HOLD_PLACE)
    if outcome not in Appeal.Outcome.values:
        raise ReasonMissing(_("Say whether it stays or ends."))
    if not is_said(answer):
        raise ReasonMissing(_("Answer in words: the customer reads them."))
    refuse_incidents(answer)
    organisations.held(appeal.organisation_id)
    row = Appeal.objects.select_for_update().select_related("restriction").get(pk=appeal.pk)
    if row.outcome:
        raise Over(_("It was decided meanwhile: %(outcome)s.") % {"outcome": row.get_outcome_display()})
    if row.restriction.placed_by_id == by.pk:
        raise NotPermitted(_("You placed this; another person decides the appeal."))
    row.outcome, row.answer, row.decided_at, row.decided_by = outcome, answer.strip(), timezone.now(), by
    row.save(update_fields=["outcome", "answer", "decided_at", "decided_by"])
    audit.record("appeal.decided", target=row, by=by, reason=row.answer, appeal=row.number, outcome=outcome)
    if outcome == Appeal.Outcome.OVERTURNED:
        end(row.restriction, reason=_("Ended by the appeal %(number)s") % {"number": row.number}, appeal=row, by=by)
        jobs.woke("appeal.overturned")
    else:
        write(row.restriction, "appeal_decided", _("We have read your appeal"), appeal=row)
    return row


def write(restriction: Restriction, template: str, subject: str | Promise, appeal: Appeal | None = None) -> None:
    """To the owners, in the language in which they were first addressed; where nobody has signed up yet, to the address that the
    provider knew."""
    last = Case.objects.filter(organisation=restriction.organisation).order_by("-pk").first()
    owners = Membership.objects.filter(organisation=restriction.organisation, role=Membership.Role.OWNER)
    with translation.override((last and last.notice_locale) or None):
        known = [owner.user.email for owner in owners.select_related("user")]
        remediation = None if known else Remediation.objects.filter(organisation=restriction.organisation).first()
        for to in [remediation.email] if remediation else known:
            messages.queue_template(
                template,
                to=to,
                subject=str(subject),
                organisation=restriction.organisation,
                restriction=restriction,
                appeal=appeal,
                sign_up=remediation.email if remediation else "",
            )
