"""Which tiers are closed to a key by standing holds (kyc/keys/standing_models.py), in SQL, so that whatever decides whether a key
may act asks it in the same statement: the triggers, the question of a gateway, a queryset.

Nothing has to be written of a key for it to be closed: whoever is not shown to be outside is inside, so that a key that is issued
a moment later is so too."""

from typing import Any

from django.db.models import BooleanField, Func

EVERY = "*"
# Of a key or, with a NULL for it, of all that an organisation holds. A sandbox reaches no models, so nothing is closed to one.
CLOSED = """
    SELECT t.tier::text FROM kyc_standingtier t JOIN kyc_standinghold s ON s.id = t.standing_id
    WHERE t.begins_at <= {clock} AND s.ended_at IS NULL AND (s.ends_at IS NULL OR s.ends_at > {clock})
      AND NOT EXISTS (
        SELECT 1 FROM kyc_standingproof f WHERE f.standing_id = s.id AND f.key_id = {key}
          AND f.verdict = 'outside' AND f.stale_at IS NULL AND f.valid_until > {clock})
      AND NOT EXISTS (
        SELECT 1 FROM kyc_standingproof f WHERE f.standing_id = s.id AND f.organisation_id = {organisation} AND f.key_id IS NULL
          AND f.verdict = 'outside' AND f.stale_at IS NULL AND f.valid_until > {clock})
      AND NOT EXISTS (SELECT 1 FROM accounts_organisation w WHERE w.id = {organisation} AND w.sandbox <> '')
"""
# Closed whole: every tier, or all that the key has. Of a key without any tier nobody knows what it reaches.
IS_CLOSED = f"""
    EXISTS (SELECT 1 FROM ({CLOSED}) AS shut WHERE shut.tier = '{EVERY}' OR {{tiers}}::text[] <@ ARRAY ({CLOSED}))
"""  # noqa: S608  # nosec B608  # words of our own


def is_closed(key: str, *, clock: str = "clock_timestamp()") -> str:
    """Of a row of kyc_key by its alias."""
    of_key = {"key": f"{key}.id", "organisation": f"{key}.organisation_id", "tiers": f"{key}.tiers"}
    return IS_CLOSED.format(clock=clock, **of_key)


class IsClosed(Func):
    """The same of a queryset's columns: of the key, its organisation and its tiers, in this order."""

    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, tuple[()]]:
        key, organisation, tiers = (compiler.compile(one)[0] for one in self.get_source_expressions())
        of_key = {"key": key, "organisation": organisation, "tiers": tiers}
        return IS_CLOSED.format(clock="clock_timestamp()", **of_key), ()
