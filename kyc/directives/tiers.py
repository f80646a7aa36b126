"""Which tiers of models a directive closes and from when on, and whether a key has one of them: the one condition by which keys
are counted, customers told and previews made."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Now

from kyc.directives.models import Directive
from kyc.keys.closed import EVERY
from kyc.keys.standing_models import StandingTier

# Of a row of kyc_key called k and an array of tiers; of a key without any tier nobody knows what it reaches, so it has each.
HAS = f"""(%(tiers)s::text[] <> '{{}}'
    AND ('{EVERY}' = ANY (%(tiers)s::text[]) OR k.tiers = '{{}}' OR k.tiers::text[] && %(tiers)s::text[]))"""

# Keys that were issued elsewhere and go on by themselves (ImportedKey.acting): each is refused while any tier is closed, unless
# its customer is left out.
IMPORTED = """FROM kyc_importedkey i
JOIN accounts_organisation o ON o.id = i.organisation_id AND o.sandbox = '' AND o.closed_at IS NULL
JOIN kyc_remediation m ON m.id = i.remediation_id AND m.due_at > statement_timestamp()
WHERE i.became_id IS NULL AND i.revoked_at IS NULL"""


def named(tiers: Collection[str]) -> list[str]:
    """As HAS takes them: whoever names none means every one."""
    return [*tiers] or [EVERY]


def begins(directive: Directive) -> dict[str, datetime]:
    """From when on which tier is closed, as it says itself."""
    later = {code: datetime.fromisoformat(at) for code, at in directive.later.items()}
    return {code: later.get(code, directive.effective_at) for code in named(directive.tiers)}


def begun(directive: Directive) -> QuerySet[StandingTier]:
    return StandingTier.objects.filter(standing=directive.standing_id, begins_at__lte=Now())


def begun_codes(directive: Directive) -> list[str]:
    return list(begun(directive).values_list("tier", flat=True))
