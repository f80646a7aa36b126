"""Who may do what: permissions are an enum, roles are sets of it, and a change of power is a reviewed diff."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.refused import Refused


class Permission(StrEnum):
    CASE_VIEW = "case_view"
    CASE_ASSIGN = "case_assign"
    HIT_RULE = "hit_rule"
    LIST_VIEW = "list_view"
    # What is asked of the lists beside any case: to ask it, to read what one has asked oneself, and what anybody has.
    INQUIRY_ASK = "inquiry_ask"
    INQUIRY_VIEW = "inquiry_view"
    INQUIRY_ALL = "inquiry_all"
    EVIDENCE_JUDGE = "evidence_judge"
    FIELD_REVEAL = "field_reveal"
    DOCUMENT_VIEW = "document_view"
    DECISION_PROPOSE = "decision_propose"
    DECISION_TAKE = "decision_take"
    # Approvals of customers whose people are politically exposed.
    SENIOR_APPROVE = "senior_approve"
    HOLD_PLACE = "hold_place"
    # That nothing may be deleted for now (accounts/legal_holds.py).
    LEGAL_HOLD = "legal_hold"
    RETENTION_VIEW = "retention_view"
    # What a person asks about his own data (GDPR 12, 15, 17).
    SUBJECT_ANSWER = "subject_answer"
    REPORT_REQUEST = "report_request"
    REPORT_VIEW = "report_view"
    # That a report leaves the house, and that an issued one is withdrawn.
    REPORT_APPROVE = "report_approve"
    AUDIT_VIEW = "audit_view"
    USERS_MANAGE = "users_manage"
    GATEWAYS_MANAGE = "gateways_manage"
    JOB_RETRY = "job_retry"
    # That accounts and keys which were issued elsewhere are taken over.
    ESTATE_IMPORT = "estate_import"
    # Orders that close models to a population of keys (kyc/directives): to read them, and to propose and take them.
    DIRECTIVE_VIEW = "directive_view"
    DIRECTIVE_WORK = "directive_work"
    # What was blocked or rejected under sanctions (kyc/directives/blocked): to read it, and to prepare what is reported of it.
    BLOCKED_VIEW = "blocked_view"
    BLOCKED_WORK = "blocked_work"
    # Customers who sell access on (kyc/directives/resellers): to read of them, and to enter and assess them.
    RESELLER_VIEW = "reseller_view"
    RESELLER_WORK = "reseller_work"
    # Runs that train a large model (kyc/directives/training): to read of them, and to record and report them.
    TRAINING_VIEW = "training_view"
    TRAINING_WORK = "training_work"
    # The investigators' compartment (FIN-17): networks, incidents, referrals; to read it, and to write in it.
    NETWORK_VIEW = "network_view"
    CUSTOMER_LOOK = "customer_look"
    INCIDENT_WORK = "incident_work"


class StaffRole(models.TextChoices):
    ANALYST = "analyst", _("Analyst")
    APPROVER = "approver", _("Approver")
    SENIOR = "senior", _("Senior approver")
    INVESTIGATOR = "investigator", _("Investigator")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
    SUPPORT = "support", _("Support")


P = Permission
# What everybody who works cases may, and what who decides them may besides.
WORKING = frozenset(
    {
        P.CASE_VIEW,
        P.CASE_ASSIGN,
        P.HIT_RULE,
        P.LIST_VIEW,
        P.INQUIRY_ASK,
        P.INQUIRY_VIEW,
        P.EVIDENCE_JUDGE,
        P.FIELD_REVEAL,
        P.DOCUMENT_VIEW,
        P.DECISION_PROPOSE,
        P.REPORT_VIEW,
        P.REPORT_REQUEST,
        P.BLOCKED_VIEW,
        P.BLOCKED_WORK,
        P.RESELLER_VIEW,
        P.RESELLER_WORK,
        P.TRAINING_VIEW,
        P.TRAINING_WORK,
    }
)
APPROVING = WORKING | {
    P.INQUIRY_ALL,
    P.DECISION_TAKE,
    P.HOLD_PLACE,
    P.LEGAL_HOLD,
    P.RETENTION_VIEW,
    P.SUBJECT_ANSWER,
    P.REPORT_APPROVE,
    P.DIRECTIVE_VIEW,
    P.DIRECTIVE_WORK,
}
ROLES: dict[str, frozenset[Permission]] = {
    StaffRole.ANALYST: WORKING,
    StaffRole.APPROVER: APPROVING,
    StaffRole.SENIOR: APPROVING | {P.SENIOR_APPROVE},
    StaffRole.INVESTIGATOR: frozenset(
        {P.CASE_VIEW, P.FIELD_REVEAL, P.DOCUMENT_VIEW, P.HOLD_PLACE, P.REPORT_VIEW, P.NETWORK_VIEW, P.INCIDENT_WORK}
    ),
    StaffRole.AUDITOR: frozenset(
        {
            P.CASE_VIEW,
            P.DOCUMENT_VIEW,
            P.REPORT_VIEW,
            P.REPORT_REQUEST,
            P.AUDIT_VIEW,
            P.RETENTION_VIEW,
            P.LIST_VIEW,
            P.INQUIRY_VIEW,
            P.INQUIRY_ALL,
            P.DIRECTIVE_VIEW,
            P.BLOCKED_VIEW,
            P.RESELLER_VIEW,
            P.TRAINING_VIEW,
        }
    ),
    StaffRole.ADMINISTRATOR: frozenset(
        {
            P.USERS_MANAGE,
            P.GATEWAYS_MANAGE,
            P.AUDIT_VIEW,
            P.JOB_RETRY,
            P.ESTATE_IMPORT,
            P.LIST_VIEW,
            P.INQUIRY_VIEW,
            P.INQUIRY_ALL,
        }
    ),
    StaffRole.SUPPORT: frozenset({P.CASE_VIEW, P.CUSTOMER_LOOK}),
}


@dataclass(frozen=True)
class SessionLimits:
    """How long a session lasts without a request that a person made, and how long in all, counted from the sign-in."""

    idle: timedelta
    absolute: timedelta


# ASVS 5.0, 7.3.1 and 7.3.2: the more somebody may do, the sooner he is asked again who he is. "" are customers.
SESSIONS: dict[str, SessionLimits] = {
    **dict.fromkeys(StaffRole.values, SessionLimits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))),
    StaffRole.ADMINISTRATOR: SessionLimits(idle=timedelta(minutes=15), absolute=timedelta(hours=8)),
    "": SessionLimits(idle=timedelta(minutes=60), absolute=timedelta(hours=24)),
}
# For so long after a second factor was shown the elevated actions of accounts/elevated.py ask for none.
ELEVATED_FOR = timedelta(minutes=5)


class NotPermitted(Refused):
    """The person's role does not hold the permission."""


def require(user: models.Model, permission: Permission) -> None:
    """Raises NotPermitted unless `user` (accounts.User) holds `permission` at this moment: what the request began with may have
    been changed or ended meanwhile."""
    now = user._meta.model._default_manager.filter(pk=user.pk).only("staff_role", "is_active").first()
    if now is None or not now.can(permission):  # type: ignore[attr-defined]  # a User; imports run one way
        raise NotPermitted(_("Your role does not allow this."))
