"""How soon a directive over very many keys is in force: from when a second person takes it until a gateway is told no of every
key that is not shown to be outside, and until gateways with a copy are told of all of them.

Ten thousand, which reconcile key by key, and a hundred thousand; `KEYHOLDER_DIRECTIVE_KEYS=20000` measures so many instead."""

import os
import time
from datetime import datetime

import pytest
from django.utils import timezone

from kyc.directives import acting, carrying, minutes
from kyc.keys.models import Key, KeyChange
from tests import cast, figures
from tests.kyc.directives import crowd
from tests.kyc.directives.scenes import proposed

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]
FEW, KEYS, WITHIN = 10_000, int(os.environ.get("KEYHOLDER_DIRECTIVE_KEYS", "100000")), 60


def seconds(since: datetime, until: datetime) -> str:
    return f"{(until - since).total_seconds():.1f}"


@pytest.mark.parametrize(("keys", "step"), [(FEW, 1), (KEYS, 50)])
def test_from_taking_it_until_all_inside_are_refused(keys: int, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rui, sonia = (cast.staff("approver", name) for name in ("Rui Duarte", "Sónia Teles"))
    people = crowd.gather(keys)
    began = time.monotonic()
    made = proposed(by=rui)
    previewed = time.monotonic() - began
    # As workers do while it waits for whoever takes it.
    carrying.run()
    looked_at = time.monotonic() - began - previewed
    # Told one by one, by mail; it hurries nobody.
    monkeypatch.setattr(carrying.notifying, "run", lambda: None)
    at = timezone.now()
    acting.take(made, by=sonia)
    carrying.run()
    tier = made.standing.tiers.get()
    told = minutes.now(made)
    wrong = list(people.wrong(step))
    figures.keep(
        f"directive {keys}",
        seeds=[],
        figures={
            "keys": f"{keys:,}, of them {people.outside:,} shown to be outside",
            "preview, s": f"{previewed:.1f}",
            "every key looked at, before anybody takes it, s": f"{looked_at:.1f}",
            "from taking it until all inside are refused at introspection, s": seconds(at, tier.begins_at),
            "until every copy is told, s": seconds(at, tier.told_at),  # type: ignore[arg-type]  # it has begun
            "refused": f"{told['refused']:,} of {told['inside'] + told['unproven']:,}",
            "refused though outside": told["refused_outside"],
            "asked one by one": f"{len(people.secrets[::step]):,}, wrong {len(wrong)}",
        },
    )
    assert wrong == [] and told["refused_outside"] == 0
    assert told["refused"] == keys - people.outside == Key.objects.filter(state="held").count()
    assert KeyChange.objects.count() >= told["refused"]
    assert (tier.begins_at - at).total_seconds() < WITHIN
