"""What codes are called on the desk, and the tone each is shown in (good, info, warn, bad, neutral)."""

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy

from kyc.parties import countries

# Where a finding's anchor leads, and what one does there.
PROOFS: dict[str, tuple[str, Promise]] = {
    "ownership": ("people", gettext_lazy("Show arithmetic")),
    "people": ("people", gettext_lazy("Show arithmetic")),
    "screening": ("screening", gettext_lazy("Rule on matches")),
    "documents": ("documents", gettext_lazy("Read")),
    "use": ("use", gettext_lazy("Read answers")),
    "status": ("people", gettext_lazy("Look")),
    "risk": ("risk", gettext_lazy("Show reasons")),
    "keys": ("keys", gettext_lazy("Open")),
}
# Where an officer sees what the customer does on a page of the onboarding.
ITEM_TABS = {
    "documents": "documents", "company": "people", "people": "people", "owners": "people", "use": "use", "payment": "use",
}  # fmt: skip
SEE_MATCHES = gettext_lazy("See matches")
CATEGORIES: dict[str, Promise] = {
    "ownership": gettext_lazy("Ownership"),
    "terms": gettext_lazy("Our terms"),
    "concern": gettext_lazy("Entity of concern"),
    "screening": gettext_lazy("Screening"),
    "exposure": gettext_lazy("Politically exposed"),
    "unaccounted": gettext_lazy("Unaccounted"),
    "exclusion": gettext_lazy("Left out of the rule"),
    "use": gettext_lazy("Intended use"),
    "status": gettext_lazy("Person status"),
    "authority": gettext_lazy("Authority to sign"),
    "payment": gettext_lazy("Payment"),
    "documents": gettext_lazy("Documents"),
    "people": gettext_lazy("People"),
    "namesake": gettext_lazy("Same name"),
    "signature": gettext_lazy("Signature"),
    "contact": gettext_lazy("Owners' contact"),
    "erased": gettext_lazy("Erased data"),
    "risk": gettext_lazy("Risk"),
    "keys": gettext_lazy("Keys"),
}
REGIMES: dict[str, Promise] = {
    "ofac-50": gettext_lazy("OFAC 50 % rule"),
    "bis-affiliates": gettext_lazy("BIS affiliates rule"),
    "provider-terms": gettext_lazy("Regions that the terms exclude"),
    "iaas-cip": gettext_lazy("IaaS beneficial owner"),
    "fincen-cdd": gettext_lazy("FinCEN beneficial owner"),
    "fincen-cdd-control": gettext_lazy("FinCEN person in control"),
    "eu-amlr": gettext_lazy("EU beneficial owner"),
    "ultimate-parent": gettext_lazy("Ultimate parent"),
    "entity-of-concern": gettext_lazy("Entity of concern"),
    "entity-of-concern-located": gettext_lazy("Entity of concern: where it is"),
    "entity-of-concern-controlled": gettext_lazy("Entity of concern: who controls it"),
}
# As a switch names them, beside one another.
SWITCHES: dict[str, Promise] = {
    "ofac-50": gettext_lazy("OFAC"),
    "bis-affiliates": gettext_lazy("BIS"),
    "provider-terms": gettext_lazy("Excluded regions"),
    "iaas-cip": gettext_lazy("IaaS owners"),
    "fincen-cdd": gettext_lazy("FinCEN owners"),
    "fincen-cdd-control": gettext_lazy("FinCEN control"),
    "eu-amlr": gettext_lazy("EU owners"),
    "ultimate-parent": gettext_lazy("Ultimate parent"),
    "entity-of-concern-located": gettext_lazy("Concern: where"),
    "entity-of-concern-controlled": gettext_lazy("Concern: under whom"),
}
# Whose beneficial owner, where several regimes name some.
WHOSE = {"iaas-cip": "IaaS", "eu-amlr": "EU", "fincen-cdd": "FinCEN"}
VERDICTS: dict[str, tuple[Promise, str]] = {
    "yes": (gettext_lazy("Yes"), "bad"),
    "indeterminate": (gettext_lazy("Can't be decided"), "warn"),
    "no": (gettext_lazy("No"), "neutral"),
}
# A yes that rests on possible matches alone.
IF_TRUE: tuple[Promise, str] = (gettext_lazy("Yes, if the match is true"), "warn")
CHOICES: dict[str, tuple[Promise, str]] = {
    "approve": (gettext_lazy("Approve"), "good"),
    "refuse": (gettext_lazy("Refuse"), "bad"),
    "ask": (gettext_lazy("Ask for more"), "warn"),
}
CASE_TONES = {
    "review": "warn",
    "proposed": "info",
    "submitted": "info",
    "waiting": "neutral",
    "approved": "good",
    "refused": "bad",
    "closed": "neutral",
    "withdrawn": "neutral",
}
KEY_TONES = {"active": "good", "held": "bad", "failed": "bad", "unlinked": "info", "revoked": "neutral"}


def country(code: str) -> str:
    """The country's name in the reader's language; nothing for nothing."""
    return countries.name(code, get_language() or "en") if code else ""
