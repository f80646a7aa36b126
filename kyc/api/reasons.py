"""Why a key was refused, as an authenticated gateway may hand it on to the customer: a code that stays, what is needed, and the
page where the customer does it.

Nothing here tells more than the customer's own page does. Why a key is on hold stays out: a law may forbid to tell it."""

from typing import NamedTuple

from django.conf import settings
from django.urls import reverse


class Reason(NamedTuple):
    requirement: str
    # The name of the customer's page.
    page: str


KEYS, OVERVIEW, LIMITS = "onboarding:keys", "onboarding:overview", "onboarding:usage"
REASONS = {
    "key_unknown": Reason("Send a whole key that was issued here and has not been changed.", KEYS),
    "key_revoked": Reason("This key was revoked for good. Use another one.", KEYS),
    "key_expired": Reason("This key has expired. Use another one.", KEYS),
    "verification_due": Reason("Its account had to be verified by a day that is over. Sign up and get verified.", OVERVIEW),
    "key_not_linked": Reason("This key is not linked to a verified customer yet. Its page says what is missing.", KEYS),
    "key_held": Reason("This key is on hold. The account's page says what is needed.", OVERVIEW),
    "key_not_active": Reason("This key may not act. The account's page says what is needed.", OVERVIEW),
    "entity_ended": Reason("The customer's verification has ended. Get verified again.", OVERVIEW),
    "entity_expired": Reason("The customer's verification has expired. Get verified again.", OVERVIEW),
    "entity_not_yet_valid": Reason("The customer's verification has not begun yet.", OVERVIEW),
    "limit_reached": Reason(
        "A limit on what this key may use is reached. The account's page says what it is, and when it begins anew.", LIMITS
    ),
    "network_not_allowed": Reason(
        "Use this key from one of the networks that it is limited to, or let an owner of the account name others.", KEYS
    ),
    "network_not_told": Reason("This key is limited to networks, and the gateway does not say where requests come from.", KEYS),
    "embargoed_region": Reason("Services may not be used from the region that the request came from.", OVERVIEW),
}


def told(code: str) -> dict[str, str]:
    found = REASONS[code]
    return {"reason": code, "requirement": found.requirement, "fix": settings.SITE_URL + reverse(found.page)}
