"""Who may propose and take a case decision, and for which reasons."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from accounts.proposals import Policy

REASONS = {
    "identity_established": _("Identity established, nothing stands against it"),
    "hits_explained": _("Possible matches explained as other persons"),
    "low_risk_verified": _("Low risk and documents agree"),
    "blocked_ownership": _("Blocked ownership (OFAC 50 %)"),
    "listed_party": _("A party is on a sanctions list"),
    "excluded_region": _("Owned from regions that our terms of service exclude"),
    "identity_doubtful": _("True identity in doubt"),
    "information_false": _("Information given was false"),
    "information_withheld": _("Information withheld after it was asked for"),
    "document_unreadable": _("A document cannot be read"),
    "document_missing": _("A document is missing"),
    "ownership_unclear": _("Ownership is not clear down to people or a state"),
    "details_contradict": _("Details contradict each other"),
}

POLICY = Policy(
    kind="case.decision",
    propose=Permission.DECISION_PROPOSE,
    take=Permission.DECISION_TAKE,
    reasons={
        "approve": ("identity_established", "hits_explained", "low_risk_verified"),
        "refuse": (
            *("blocked_ownership", "listed_party", "excluded_region"),
            *("identity_doubtful", "information_false", "information_withheld"),
        ),
        "ask": ("document_unreadable", "document_missing", "ownership_unclear", "details_contradict"),
    },
)
