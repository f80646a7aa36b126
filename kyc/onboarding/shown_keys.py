"""How a customer's keys stand, as his pages show it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from kyc.keys import actions as keys
from kyc.keys import feeding, pools, renewals, sharing
from kyc.keys.closed import IsClosed
from kyc.keys.lapsing import SOURCES
from kyc.keys.models import Hold, Key, KeyRequirement
from kyc.keys.pools import Standing
from kyc.rules import packs

W = KeyRequirement.What
S = Key.State
TONES = {S.ACTIVE: "good", S.HELD: "warn", S.FAILED: "bad", S.UNLINKED: "info"}
# What a customer reads of a hold; of an officer's he reads that there is one.
WHY: dict[str, Promise] = {
    keys.LEAKED: _("Its secret was found in public. Roll it to get a new one, and revoke it."),
    SOURCES[W.ANSWER]: _("Nobody answers for it any more. Name a responsible person, and it works again."),
    SOURCES[W.USE]: _("Nobody has used it for long. Wake it if you need it, or revoke it."),
    Hold.RESTRICTION: _("All your keys are on hold. See on your overview what you were told, and how to appeal."),
    "policy.evidence": _("A document that proved who somebody is has expired. Send a new one."),
    "policy.use": _("What you signed about the use of your keys has expired."),
    "policy.reseller": _("How you sell access on was not put right in time. Read what we found."),
}
OURS = _("We have put it on hold. Write to us if you don't know why.")
OURS_ALL = _("We have put them on hold. Write to us if you don't know why.")
# For these the overview has sentences of its own.
ELSEWHERE = (renewals.SOURCE, feeding.SOURCE, Hold.RESTRICTION)
# What closes it is no hold, so that it has no source there; it reads as one.
CLOSED = "directive"
BY_ORDER = _("An order of an authority closes our models to it. See on your overview what you were told, and how to appeal.")
ENDED = _("Your verification has ended.")


@dataclass
class Shown:
    """One key; `why` says what stands against it, and `asks` what it needs by a day."""

    key: Key
    label: str | Promise
    tone: str
    why: list[str | Promise] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    asks: dict[str, KeyRequirement] = field(default_factory=dict)
    # The limit that leaves it nothing.
    stop: Standing | None = None
    # We limit it, of which no number is told, nor whether it was used.
    is_limited: bool = False

    @property
    def is_over(self) -> bool:
        return self.key.state == S.REVOKED or self.is_expired

    @property
    def is_expired(self) -> bool:
        return self.key.expires_at is not None and self.key.expires_at <= timezone.now()

    @property
    def last_used(self) -> datetime | None:
        use = getattr(self.key, "use", None)
        return use.last_used_at if use else None

    @property
    def old_days(self) -> int:
        """Its age in days where policy advises to roll it, else 0."""
        age = timezone.now() - self.key.issued_at
        is_old = age > timedelta(days=packs.current().key_days("old"))
        return age.days if is_old and not self.is_over and not self.successor else 0

    @property
    def successor(self) -> Key | None:
        return next(iter(self.key.replacements.all()), None)

    @property
    def may_be_rolled(self) -> bool:
        against = self.sources - {keys.LEAKED}
        return self.key.state in (S.ACTIVE, S.HELD) and not (self.is_over or self.successor or against)

    @property
    def wants_answer(self) -> KeyRequirement | None:
        return self.asks.get(W.ANSWER)

    @property
    def wants_use(self) -> KeyRequirement | None:
        return self.asks.get(W.USE)

    @property
    def scopes(self) -> list[Promise]:
        return titles("scopes", self.key.scopes)

    @property
    def tiers(self) -> list[Promise]:
        return titles("tiers", self.key.tiers)

    @property
    def certificate(self) -> str:
        return str(self.key.confirmation.get("x5t#S256", ""))


def titles(kind: str, codes: list[str]) -> list[Promise]:
    known = packs.current().key_catalogue(kind)
    return [_(known.get(code, code)) for code in codes]


def of(organisation: Organisation, pk: int | None = None) -> list[Shown]:
    """All, or the one of that number; the newest first. A few queries, however many."""
    found = Key.objects.filter(organisation=organisation, **({"pk": pk} if pk else {}))
    rows = found.select_related("project", "responsible", "issued_by", "replaces", "use").prefetch_related("replacements")
    good = set(found.good().values_list("pk", flat=True))
    closed = set(found.filter(IsClosed("pk", "organisation", "tiers")).values_list("pk", flat=True))
    holds = list(Hold.objects.live().filter(organisation=organisation).order_by("pk"))
    needs = KeyRequirement.objects.filter(organisation=organisation, ended_at__isnull=True, due_on__isnull=False)
    asks: dict[int, dict[str, KeyRequirement]] = {}
    for need in needs:
        asks.setdefault(need.key_id, {})[need.what] = need
    limits, is_limited = pools.standing(organisation), sharing.stops(organisation)
    found_keys = [shown(key, key.pk in good, key.pk in closed, holds, asks.get(key.pk, {})) for key in rows.order_by("-pk")]
    for one in found_keys:
        one.stop = None if one.is_over else pools.stopping(one.key, limits)
        one.is_limited = is_limited and not one.is_over
    return found_keys


@dataclass(frozen=True)
class Held:
    """That keys are on hold, as the overview says it; `key` where it is one of them alone."""

    why: str | Promise
    since: datetime
    key: Key | None = None


def held(organisation: Organisation) -> list[Held]:
    """What holds keys now, the whole organisation's first; without the holds for which the overview has sentences of its own."""
    live = Hold.objects.live().filter(organisation=organisation).exclude(source__in=ELSEWHERE)
    usable = Q(key=None) | Q(key__in=Key.objects.unexpired().filter(organisation=organisation).exclude(state=S.REVOKED))
    rows = live.filter(usable).select_related("key").order_by(F("key").asc(nulls_first=True), "placed_at", "pk")
    told: dict[tuple[int | None, str], Held] = {}
    for hold in rows:
        why = WHY.get(hold.source, OURS if hold.key_id else OURS_ALL)
        told.setdefault((hold.key_id, str(why)), Held(why, hold.placed_at, hold.key))
    return list(told.values())


def shown(key: Key, is_good: bool, is_closed: bool, holds: list[Hold], asks: dict[str, KeyRequirement]) -> Shown:
    one = Shown(key, key.get_state_display(), TONES.get(S(key.state), "neutral"), asks=asks)
    if key.state == S.REVOKED:
        one.asks = {}
    elif one.is_expired:
        one.label, one.tone, one.asks = _("Expired"), "neutral", {}
    elif key.state in (S.ACTIVE, S.HELD) and not is_good:
        against = [hold for hold in holds if hold.key_id in (None, key.pk)]
        one.label, one.tone = S.HELD.label, TONES[S.HELD]
        one.sources = {hold.source for hold in against} | ({CLOSED} if is_closed else set())
        said = [WHY.get(hold.source, OURS) for hold in against] + ([BY_ORDER] if is_closed else [])
        one.why = list(dict.fromkeys(said)) or [ENDED]
    return one
