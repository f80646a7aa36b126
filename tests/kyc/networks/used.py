"""Accounts, their keys, and what they were used for, made quickly: for tests of what use indicates."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any

from django.utils import timezone

from accounts.models import Organisation, Project, User
from kyc.keys.models import Key
from kyc.networks.network_models import ALERT_SIZE, Network, NetworkChange, NetworkMembership, NetworkRun
from kyc.parties.models import Party
from kyc.usage import intake
from kyc.usage.models import UsageBatch
from kyc.usage.rows import Reader, Whose

BATCHES = count(1)
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


def yesterday() -> date:
    return timezone.now().date() - timedelta(days=1)


def key_of(number: int, by: User, *, organisation: Organisation | None = None, tiers: Iterable[str] = ("standard",)) -> Key:
    """An account's, made for it unless one is given; issued long ago."""
    whose = organisation or Organisation.objects.create(name=f"Account {number}")
    project, _new = Project.objects.get_or_create(organisation=whose, name="Default")
    party, _new = Party.objects.get_or_create(organisation=whose, kind="person", name="Somebody")
    made = Key.objects.create(
        organisation=whose, project=project, name=f"key {number}", prefix=f"kh_live_used{number:08}", last_four="0000",
        digest="0" * 64, pepper_version="1", responsible=party, issued_by=by, tiers=list(tiers),
    )  # fmt: skip
    Key.objects.filter(pk=made.pk).update(issued_at=LONG_AGO)
    made.refresh_from_db()
    return made


def use(key: Key, *, hours: Iterable[int] = range(9, 17), days: int = 28, each: int = 20, seed: int = 0, **more: Any) -> None:
    """The same hours of each day up to yesterday, some requests more or less; `more` is what rows say besides."""
    draw, rows = Random(f"{key.pk} {seed}"), []
    for back in range(days):
        day = datetime.combine(yesterday() - timedelta(days=back), time.min, UTC)
        rows += [said(key, day + timedelta(hours=hour), max(1, int(each * (0.5 + draw.random()))), **more) for hour in hours]
    tell(key, rows)


def said(key: Key, hour: datetime, requests: int, **more: Any) -> dict[str, Any]:
    told = {"model": "atlas-large", "tokens_out": requests * 200, "template": "ab" * 16 if requests % 2 else "cd" * 16}
    return {"key": key.prefix, "hour": hour.isoformat(), "requests": requests, "ip_hash": "ef" * 16, "asn": 64496, **told, **more}


def tell(key: Key, told: Iterable[dict[str, Any]]) -> None:
    reader = Reader({key.prefix: Whose(key.pk, key.organisation_id, key.issued_at)}, timezone.now())
    rows = [reader.read(one) for one in told]
    # Below the numbers of any that a gateway sends.
    intake.write(UsageBatch(pk=-next(BATCHES)), rows)
    intake.add_up(rows)


def network_of(organisations: Iterable[Organisation]) -> Network:
    """The compartment is open."""
    now, those = timezone.now(), list(organisations)
    run = NetworkRun.objects.create(state="done", begun_at=now, ended_at=now, input_sha256="0" * 64, found_sha256="0" * 64)
    size = len(those)
    network = Network.objects.create(found_in=run, found_at=now, confidence=0.9, size=size, is_alert=size >= ALERT_SIZE)
    NetworkChange.objects.create(network=network, kind="found", at=now, reason="They share much.", run=run)
    for one in those:
        NetworkMembership.objects.create(network=network, organisation=one, confidence=0.9, since=now, how="run", run=run)
    return network
