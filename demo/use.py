"""What the demo's keys were used for: six weeks up to now, the same whenever it is loaded, and limits of which one is nearly used
up. Through the product's own intake, but for the gateway: rows of the past are told as if each had come in its hour."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone

from accounts.acting import named
from accounts.models import Membership, Organisation, User
from kyc.keys import limits, pools, uses
from kyc.keys.models import Key
from kyc.usage import intake
from kyc.usage.models import UsageBatch, UsageDay
from kyc.usage.rows import Reader, Row, Whose

DAYS, HOURS = 42, (7, 9, 11, 13, 15, 17, 20)
# By the tiers that a key may use; of several the first is asked more often.
MODELS = {"standard": "atlas-large-2", "small": "atlas-small-2", "frontier": "atlas-max-1"}
# Of ten requests, where they come from besides the customer's own country.
ABROAD = ("DE", "SG")
# Of a month's limit, how much is used up where it is nearly all.
NEARLY = 94
# Of one hand, whose keys work by night too, for so many nights; and the model that it went over to, released so many days ago.
BY_NIGHT, NIGHTS, NEWEST, RELEASED = {"Pomelo Loop Inc.", "Suryamani Labs Private Limited"}, 26, "atlas-max-2", 5
END_USERS = 6
# Whose limits are set, and whether one is nearly used up.
LIMITED = {"Nordlys Modelling AS": True, "Norddal County Mapping Agency": False}


def chance(*of: object) -> float:
    """From 0 to 1, the same for the same words."""
    return int.from_bytes(sha256("/".join(map(str, of)).encode()).digest()[:6], "big") / 2**48


def hashed(*of: object) -> str:
    return sha256("/".join(map(str, of)).encode()).hexdigest()[:32]


def load() -> None:
    """Of every customer who holds a key that may act and of whose use nothing is told yet."""
    used = UsageDay.objects.filter(organisation=OuterRef("pk"))
    keys = Key.objects.filter(organisation=OuterRef("pk"), state=Key.State.ACTIVE)
    for organisation in Organisation.objects.real().filter(Exists(keys), ~Exists(used)).order_by("pk"):
        with named(command="demo"), transaction.atomic():
            tell(organisation)
            if organisation.name in LIMITED:
                limit(organisation, LIMITED[organisation.name])


def tell(organisation: Organisation) -> None:
    keys = list(Key.objects.filter(organisation=organisation, state=Key.State.ACTIVE).order_by("pk"))
    rows = [row for key in keys for row in of_key(organisation, key, timezone.now().astimezone(UTC))]
    # No gateway has sent them, so their numbers are below any that one does.
    intake.write(UsageBatch(pk=-organisation.pk), rows)
    intake.add_up(rows)
    pools.charge(intake.charges(rows))
    uses.write_down({row.key: row.hour for row in sorted(rows, key=lambda row: row.hour)})


def of_key(organisation: Organisation, key: Key, now: datetime) -> Iterator[Row]:
    whose = {key.prefix: Whose(key.pk, organisation.pk, key.issued_at)}
    size = 300 + 9000 * chance(organisation.name, key.name) ** 3
    for back in range(DAYS, -1, -1):
        day = now - timedelta(days=back)
        weekday = 0.25 if day.weekday() > 4 else 1.0
        grown = size * weekday * (1.3 - back / DAYS)
        for hour in HOURS:
            at = day.replace(hour=hour, minute=0, second=0, microsecond=0)
            if at + timedelta(hours=1) > now or at < key.issued_at:
                continue
            if not any(tier in MODELS for tier in key.tiers):
                continue
            yield Reader(whose, at + timedelta(hours=1)).read(told(organisation, key, at, grown, back * 24 + hour))
    if organisation.name in BY_NIGHT:
        yield from map(Reader(whose, now).read, by_night(key, now))


def told(organisation: Organisation, key: Key, at: datetime, size: float, number: int) -> dict[str, Any]:
    def part(what: str) -> float:
        return chance(organisation.name, key.name, number, what)

    requests = max(1, int(size * (0.4 + part("requests"))))
    country = "NO" if part("country") < 0.8 else ABROAD[int(part("abroad") * len(ABROAD))]
    models = [model for tier, model in MODELS.items() if tier in key.tiers]
    model = models[-1] if part("model") > 0.7 else models[0]
    return {
        "key": key.prefix, "hour": at.isoformat(), "model": model, "requests": requests,
        "tokens_in": int(requests * (300 + 900 * part("in"))), "tokens_out": int(requests * (80 + 240 * part("out"))),
        "errors": int(requests * 0.03 * part("errors")), "refusals": int(requests * 0.01 * part("refusals")),
        "ip_hash": hashed(organisation.name, "ip", int(3 * part("ip"))), "asn": 64496 + int(3 * part("ip")), "country": country,
        "client": hashed(organisation.name, "client"),
        "template": hashed(organisation.name, "template", int(4 * part("template"))),
    }  # fmt: skip


def by_night(key: Key, now: datetime) -> Iterator[dict[str, Any]]:
    """The same hours for both, with pauses that both make; and the newest model from the hour of its release on."""
    for back in range(NIGHTS, 0, -1):
        for hour in (0, 1, 2, 3, 22, 23):
            at = (now - timedelta(days=back)).replace(hour=hour, minute=0, second=0, microsecond=0)
            if at < key.issued_at or chance("by night", back, hour) < 0.3:
                continue
            requests = int(900 * (0.2 + chance("by night", back, hour, "requests")))
            for end_user in range(END_USERS):
                yield {
                    "key": key.prefix, "hour": at.isoformat(), "model": NEWEST if back < RELEASED else MODELS["standard"],
                    "requests": requests + int(20 * chance(key.prefix, back, hour, end_user)), "tokens_in": requests * 900,
                    "tokens_out": requests * 1900, "errors": requests // 50, "refusals": requests // 9,
                    "ip_hash": hashed("by night", back % 3, hour, end_user), "asn": 64700 + (back + hour + end_user) % 7,
                    "country": "VN", "client": hashed("by night"), "template": hashed("by night", "template"),
                    "end_user": hashed("by night", end_user),
                }  # fmt: skip


AGREED = "As agreed in the contract"


def limit(organisation: Organisation, is_near: bool) -> None:
    """The organisation's for a month, by an officer, and one of its first key for a day, by its owner."""
    approver = User.objects.filter(staff_role="approver", is_robot=False).order_by("pk").first()
    owner = Membership.objects.filter(organisation=organisation, role=Membership.Role.OWNER).select_related("user").first()
    key = Key.objects.filter(organisation=organisation, state=Key.State.ACTIVE).order_by("pk").first()
    if approver is None or owner is None or key is None:
        raise LookupError(f"{organisation} has nobody who could set a limit.")
    since = timezone.now().date().replace(day=1)
    used = UsageDay.objects.filter(organisation=organisation, day__gte=since).aggregate(requests=Sum("requests"))["requests"] or 0
    most = max(1000, used * 100 // (NEARLY if is_near else 40) + 1)
    limits.set_limit(organisation, unit="requests", period="month", limit=most, reason=AGREED, by=approver)
    limits.set_limit(organisation, unit="tokens", period="day", limit=50_000_000, key=key, by=owner.user)
