"""A verified customer tells what has changed (IAAS-15), or confirms that nothing has (FIN-08): a case opens and goes the way of
any other. Until it is decided the customer stays verified, and what he changes is examined as he changes it."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, organisations
from accounts.models import AuditEvent, Organisation, User
from accounts.refused import Refused
from config import jobs
from kyc.cases import actions
from kyc.cases.completeness import WITHOUT
from kyc.cases.items import CHANGED, ITEMS, LONGEST
from kyc.cases.models import Case, Entity, Examination, Requirement
from kyc.evidence.models import Document
from kyc.parties import profiles
from kyc.rules import packs

# What of a customer can change, as the customer reads it. Who owns it stands first: it must be told (IAAS-15, AMLR-08).
PARTS: dict[str, Promise] = {
    "owners": gettext_lazy("Who owns us: somebody new, somebody who left, another share"),
    "people": gettext_lazy("Who runs us, signs for us or sits on the board"),
    "details": gettext_lazy("Our name, address, telephone, registration or headquarters"),
    "use": gettext_lazy("What we use the keys for"),
    "payment": gettext_lazy("How we pay"),
}

# Told of these, an officer looks at it in any case: whether somebody new owns or runs the customer is not for him alone to say.
LOOKED_AT = ("owners", "people")

# What is written in the audit where something of the customer's own is changed.
TOUCHING = r"^(organisation|party|interest|questionnaire|payment|exclusion)\."


class NothingTold(Refused):
    """It has to be said what has changed."""

    field = "parts"


class NotVerified(Refused):
    """Only what was verified can have changed since."""


class Changed(Refused):
    """Something has been changed already, or what was told is looked at in any case."""


class AlreadyOpen(Refused):
    """Something is being looked at already; what has changed besides belongs there."""


def parts(organisation: Organisation) -> dict[str, Promise]:
    """Those that a customer of its kind is asked about."""
    unasked = WITHOUT.get(profiles.customer_class(organisation), ())
    return {part: label for part, label in PARTS.items() if ITEMS[part].step not in unasked}


@transaction.atomic
def tell(organisation: Organisation, *, changed: Collection[str], words: str = "", by: User) -> Case:
    """Opens a case in which the customer changes those of PARTS and sends them; said again before that, it adds to it. Raises
    NothingTold, NotVerified, AlreadyOpen."""
    organisation = organisations.locked(organisation, by=by)
    known = parts(organisation)
    told = [part for part in known if part in changed]
    if not told or set(changed) - known.keys():
        raise NothingTold(_("Choose what has changed."))
    words = words.strip()[:LONGEST]
    case = being_told(organisation)
    if case is None:
        refuse_unverified(organisation)
        case = opened(organisation, Case.State.WAITING, Case.Trigger.CHANGE, days="change")
        examine(case)
    named = set(case.requirements.open().values_list("what", flat=True))
    told = [part for part in told if part not in named]
    with translation.override(case.notice_locale or None):
        for part in told:
            Requirement.objects.create(
                organisation=organisation,
                case=case,
                what=part,
                why=CHANGED,
                sentence=_("%(part)s. You told us that this has changed.") % {"part": ITEMS[part].label},
                consequence=_("We go on by what was checked before, and nothing is verified anew."),
                due_on=case.due_on,
            )
    if told or words:
        audit.record("case.change_told", target=case, by=by, parts=told, words=words)
    jobs.woke("case.change_told")
    return case


@transaction.atomic
def confirm(organisation: Organisation, *, declared_true: bool, by: User) -> Case:
    """Sends what is known as it stands. Raises NotVerified, AlreadyOpen, Incomplete."""
    organisation = organisations.locked(organisation, by=by)
    refuse_unverified(organisation)
    case = opened(organisation, Case.State.DRAFT, Case.Trigger.CONFIRMATION, days="decide")
    audit.record("case.confirmed", target=case, by=by)
    return actions.submit(case, declared_true=declared_true, by=by)


@transaction.atomic
def take_back(case: Case, *, declared_true: bool, by: User) -> Case:
    """After all nothing has changed: the case is sent as it stands. Raises NotNow, Incomplete."""
    case = actions.locked(case, Case.State.WAITING, by=by)
    if not case.is_watched:
        raise NotVerified(_("Nothing was told here that could be taken back."))
    case.requirements.open().filter(why=CHANGED).update(met_at=timezone.now())
    audit.record("case.change_taken_back", target=case, by=by)
    return actions.submit(case, declared_true=declared_true, by=by)


@transaction.atomic
def forget(case: Case, *, by: User) -> Case:
    """The change was told by mistake, and nothing has been changed or sent. The case ends, and what was verified stands; not
    where it was told in words, or of who owns or runs the customer. Raises NotNow, NotVerified, Changed."""
    organisations.locked(case.organisation, by=by)
    case = actions.locked(case, Case.State.WAITING, by=by)
    if not case.is_watched:
        raise NotVerified(_("Nothing was told here that could be taken back."))
    if not is_forgettable(case):
        raise Changed(_("An officer looks at what you told us, so send it as it stands."))
    case.requirements.open().update(withdrawn_at=timezone.now())
    actions.move(case, Case.State.WITHDRAWN)
    audit.record("case.change_forgotten", target=case, by=by)
    return case


def is_forgettable(case: Case) -> bool:
    """Whether a change was told and nothing else: nothing changed, sent or asked for besides, nor said what an officer reads."""
    if not case.is_watched or case.submitted_at is not None:
        return False
    asked = case.requirements.all()
    besides = asked.exclude(why=CHANGED).exists() or asked.filter(met_at__isnull=False).exists()
    return not besides and not asked.filter(what__in=LOOKED_AT).exists() and not said(case) and is_as_before(case)


def said(case: Case) -> bool:
    """Whether the customer told of it in words of his own."""
    told = AuditEvent.objects.filter(verb="case.change_told", target_type=Case._meta.label_lower, target_id=str(case.pk))
    return told.exclude(details__words="").exists()


def is_as_before(case: Case) -> bool:
    """Whether since it was opened nothing of the customer's own was changed, and no document sent that proves something."""
    said = AuditEvent.objects.outside_compartment().filter(organisation_id=case.organisation_id, at__gte=case.opened_at)
    # One of another kind was sent with an appeal, say, and is asked for nowhere.
    sent = Document.objects.filter(organisation=case.organisation_id, uploaded_at__gte=case.opened_at)
    return not (said.filter(verb__regex=TOUCHING).exists() or sent.exclude(kind=Document.Kind.OTHER).exists())


def being_told(organisation: Organisation) -> Case | None:
    """The case in which a change is being told and not sent yet: what else has changed belongs there."""
    case = Case.objects.select_for_update().open().filter(organisation=organisation).first()
    return case if case and case.is_watched and case.submitted_at is None else None


def was_verified(organisation: Organisation) -> bool:
    """Whether a verification stands, or has ended by its day alone: then the same can be confirmed, and is looked at again."""
    return not organisation.sandbox and Entity.objects.filter(organisation=organisation, ended_at=None).exists()


def refuse_unverified(organisation: Organisation) -> None:
    if not was_verified(organisation):
        raise NotVerified(_("You are not verified, so nothing has to be told besides."))
    if Case.objects.open().filter(organisation=organisation).exists():
        raise AlreadyOpen(_("Something is open already. Say there what has changed."))


def opened(organisation: Organisation, state: str, trigger: str, *, days: str) -> Case:
    """The notice is that of the last case (FIN-13)."""
    last, now = Case.objects.filter(organisation=organisation).latest("pk"), timezone.now()
    return Case.objects.create(
        organisation=organisation,
        state=state,
        trigger=trigger,
        in_state_since=now,
        due_on=now.date() + timedelta(days=packs.current().days(days)),
        notice_version=last.notice_version,
        notice_shown_at=last.notice_shown_at,
        notice_locale=last.notice_locale,
    )


def examine(case: Case) -> None:
    """At once, so that what comes next is seen against it."""
    Examination.objects.create(organisation_id=case.organisation_id, case=case, rule_pack=packs.current().version)
