"""Once a night, or when an investigator asks: what the use of all keys and networks indicates, against their peers.

Nothing follows from it by itself. It is written where only investigators read, to say where to look first.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from time import monotonic
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from accounts import audit, scope
from accounts.models import User
from accounts.permissions import Permission, require
from config import jobs
from kyc.networks import synchrony, using
from kyc.networks.indicating import Indicated, Judged, Measured, Peers, judged, summed
from kyc.networks.indication_models import Indication, IndicationRun
from kyc.networks.synchrony import Series, Together
from kyc.networks.using import Holdings, Used, Window
from kyc.rules import indicators
from kyc.rules.indicators import Indicators
from kyc.usage.models import UsageDay

# In UTC: by then gateways have told of the day before, as a rule.
AT = time(3, 40)
# Of one statement over the use of all keys; it stops nobody's work.
PATIENCE = ("SET LOCAL statement_timeout = '20min'", "SET LOCAL work_mem = '96MB'")
# Numbers of accounts in an order of their own, the same each night: who is compared is no matter of who came first.
MIXED = 2_654_435_761
A_PART = 1000


class Indications(jobs.Queue):
    def is_waiting(self) -> bool:
        with scope.whole():
            return self.eligible().exists() or is_due(timezone.now())


QUEUE = Indications(
    name="networks.indications",
    model=IndicationRun,
    field="state",
    ready=IndicationRun.State.WAITING,
    failed=IndicationRun.State.FAILED,
    lease=timedelta(minutes=2),
    since="asked_at",
    sight=scope.whole,
    # Every half a minute.
    sweeps=15,
)


def last_day(now: datetime) -> date:
    """The last that is over."""
    return now.date() - timedelta(days=1)


def is_due(now: datetime) -> bool:
    """Whether nobody has looked at the last day yet, and something was used by then. A run that failed is not asked for again. In
    a scope that sees the compartment."""
    if now.time() < AT or IndicationRun.objects.filter(day__gte=last_day(now)).exists():
        return False
    return UsageDay.objects.filter(day__lte=last_day(now)).exists()


@transaction.atomic
def ask(*, by: User) -> IndicationRun:
    """One that waits already is the one that is asked for. The compartment is open, as on every page of the desk."""
    require(by, Permission.INCIDENT_WORK)
    run, is_new = IndicationRun.objects.get_or_create(
        state=IndicationRun.State.WAITING, defaults={"day": last_day(timezone.now()), "asked_by": by}
    )
    if is_new:
        audit.record("indications.asked", target=run, by=by, day=run.day.isoformat())
        jobs.woke("indications.asked")
    return run


def work() -> None:
    now = timezone.now()
    with scope.whole():
        if is_due(now):
            IndicationRun.objects.get_or_create(state=IndicationRun.State.WAITING, defaults={"day": last_day(now)})
    for claim in QUEUE.claims():
        with claim, claim.kept_up():
            indicate(claim)


def indicate(claim: jobs.Claim) -> None:
    begun, run, rules = monotonic(), claim.row, indicators.load()
    window = Window(run.day, rules.window_days)
    looked = look(window, rules)
    made = list(told(run, looked, rules))
    done = {"rules": rules.version, "rules_sha256": rules.sha256, "keys": len(looked.keys), "networks": len(looked.networks)}
    seconds = round(monotonic() - begun, 2)
    with claim.finish(state=IndicationRun.State.DONE, ended_at=timezone.now(), seconds=seconds, **done):
        Indication.objects.bulk_create(made, batch_size=A_PART)


@dataclass(frozen=True)
class Looked:
    """All keys, accounts and networks that were used, and the requests of each key and network."""

    keys: list[Measured]
    accounts: list[Measured]
    networks: list[Measured]
    requests: Mapping[str, Mapping[int, int]]


def look(window: Window, rules: Indicators) -> Looked:
    with scope.whole(), connection.cursor() as cursor:
        for statement in PATIENCE:
            cursor.execute(statement)
        held = using.holdings(window, rules)
        used = {level: using.used(level, window, rules) for level in using.LEVELS if level != "network" or held.network}
        used.setdefault("network", Used())
        add_synchrony(used, held, window, rules)
    keys, accounts = (using.measured(level, used[level], held) for level in ("key", "account"))
    requests = {level: each.requests for level, each in used.items()}
    return Looked(keys, accounts, using.measured_together(used["network"], accounts, held), requests)


def add_synchrony(used: Mapping[str, Used], held: Holdings, window: Window, rules: Indicators) -> None:
    """Of each network how alike its accounts are; of some accounts in none, how alike each is to the others of them."""
    if not used["network"].requests:
        return
    apart = (account for account in used["account"].requests if account not in held.network)
    controls = sorted(apart, key=lambda number: (number * MIXED % 2**32, number))[: rules.most_controls]
    for account, figure in synchrony.each_alike(dict(series(controls, window, rules))).items():
        used["account"].figures[account]["synchrony"] = figure
    together: dict[int, Together] = defaultdict(lambda: Together.none_of(window.hours))
    for account, one in series(sorted(held.network), window, rules):
        together[held.network[account]].add(one)
    for network, those in together.items():
        if network in used["network"].requests and (alike := those.alike()) is not None:
            used["network"].figures[network]["synchrony"] = max(alike, 0.0)


def series(accounts: list[int], window: Window, rules: Indicators) -> Iterator[tuple[int, Series]]:
    """Of each account that was used enough, what its use was beyond the rhythm of the day."""
    places = synchrony.rhythm(window.first, window.hours)
    for start in range(0, len(accounts), A_PART):
        asked = window.asked(rules) | {"accounts": accounts[start : start + A_PART]}
        for account, at, requests in using.rows(using.SERIES, asked):
            hourly = np.zeros(window.hours, np.float32)
            hourly[at] = requests
            if (left := synchrony.beyond(hourly, places, least=rules.synchrony_hours)) is not None:
                yield account, left


def told(run: IndicationRun, looked: Looked, rules: Indicators) -> Iterator[Indication]:
    """Of every network, and of keys of which something is indicated."""
    of_keys, of_accounts = Peers(looked.keys, rules), Peers(looked.accounts, rules)
    for one in sorted(looked.keys, key=lambda key: (key.account or 0, key.number)):
        result = judged(one, of_keys)
        if result.points >= rules.listed_from:
            yield row(run, one, result, rules, looked.requests["key"], organisation_id=one.account, key_id=one.number)
    for one in looked.networks:
        result = judged(one, of_accounts, of_network=True)
        yield row(run, one, result, rules, looked.requests["network"], network_id=one.number)


def row(
    run: IndicationRun, one: Measured, result: Judged, rules: Indicators, requests: Mapping[int, int], **of: Any
) -> Indication:
    heads = {head.code: of_head(result, head.code, rules) for head in rules.heads}
    return Indication(
        run=run, day=run.day, points=result.points, heads=heads, indicators=[line(each) for each in result.every],
        requests=requests[one.number], peer_group=list(one.group), **of,
    )  # fmt: skip


def of_head(result: Judged, head: str, rules: Indicators) -> int:
    return summed({each.code: each.points for each in result.every if rules.indicator(each.code).head == head}, rules)


def line(each: Indicated) -> dict[str, Any]:
    usual = {name: figure(value) for name, value in each.usual._asdict().items()} if each.usual else {}
    return {"code": each.code, "figure": figure(each.figure), "points": each.points, **usual}


def figure(value: float | None) -> float | None:
    """To four places of a share, which is more than anybody reads."""
    return None if value is None else round(value, 4)
