"""Who may do what: permissions are an enum, roles are sets of it, and a change of power is a reviewed diff."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.refused import Refused


class Permission(StrEnum):
    CASE_VIEW = "case_view"
    CASE_ASSIGN = "case_assign"
    HIT_RULE = "hit_rule"
    EVIDENCE_JUDGE = "evidence_judge"
    FIELD_REVEAL = "field_reveal"
    DOCUMENT_VIEW = "document_view"
    DECISION_PROPOSE = "decision_propose"
    DECISION_TAKE = "decision_take"
    HOLD_PLACE = "hold_place"
    # That nothing may be deleted for now (accounts/legal_holds.py).
    LEGAL_HOLD = "legal_hold"
    REPORT_REQUEST = "report_request"
    REPORT_VIEW = "report_view"
    AUDIT_VIEW = "audit_view"
    USERS_MANAGE = "users_manage"
    GATEWAYS_MANAGE = "gateways_manage"
    JOB_RETRY = "job_retry"
    # The investigators' compartment (FIN-17): networks, incidents, referrals.
    NETWORK_VIEW = "network_view"


class StaffRole(models.TextChoices):
    ANALYST = "analyst", _("Analyst")
    APPROVER = "approver", _("Approver")
    INVESTIGATOR = "investigator", _("Investigator")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
    SUPPORT = "support", _("Support")


P = Permission
ROLES: dict[str, frozenset[Permission]] = {
    StaffRole.ANALYST: frozenset(
        {
            P.CASE_VIEW,
            P.CASE_ASSIGN,
            P.HIT_RULE,
            P.EVIDENCE_JUDGE,
            P.FIELD_REVEAL,
            P.DOCUMENT_VIEW,
            P.DECISION_PROPOSE,
            P.REPORT_VIEW,
            P.REPORT_REQUEST,
        }
    ),
    StaffRole.APPROVER: frozenset(
        {
            P.CASE_VIEW,
            P.CASE_ASSIGN,
            P.HIT_RULE,
            P.EVIDENCE_JUDGE,
            P.FIELD_REVEAL,
            P.DOCUMENT_VIEW,
            P.DECISION_PROPOSE,
            P.DECISION_TAKE,
            P.HOLD_PLACE,
            P.LEGAL_HOLD,
            P.REPORT_VIEW,
            P.REPORT_REQUEST,
        }
    ),
    StaffRole.INVESTIGATOR: frozenset(
        {P.CASE_VIEW, P.FIELD_REVEAL, P.DOCUMENT_VIEW, P.HOLD_PLACE, P.REPORT_VIEW, P.NETWORK_VIEW}
    ),
    StaffRole.AUDITOR: frozenset({P.CASE_VIEW, P.DOCUMENT_VIEW, P.REPORT_VIEW, P.REPORT_REQUEST, P.AUDIT_VIEW}),
    StaffRole.ADMINISTRATOR: frozenset({P.USERS_MANAGE, P.GATEWAYS_MANAGE, P.AUDIT_VIEW, P.JOB_RETRY}),
    StaffRole.SUPPORT: frozenset({P.CASE_VIEW}),
}


class NotPermitted(Refused):
    """The person's role does not hold the permission."""


def require(user: "object", permission: Permission) -> None:
    """Raises NotPermitted unless `user` (accounts.User) holds `permission`."""
    if not user.can(permission):  # type: ignore[attr-defined]  # a User, named as object to keep imports one way
        raise NotPermitted(_("Your role does not allow this."))
