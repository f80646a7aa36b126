"""Workers that compare parties with a newer list are killed again and again: nothing is skipped, and nothing is done twice.

Here without an installation, in processes of our own, so that a kill comes at any moment of the work.
"""

import dataclasses
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db.models import Count

from accounts.models import AuditEvent
from kyc.cases import rescreening
from kyc.parties.models import Party
from kyc.screening import lists
from kyc.screening.models import Hit, Rescreening
from tests import cast
from tests.chaos import workers
from tests.figures import Measures
from tests.kyc.cases import scenes

pytestmark = pytest.mark.chaos
SEED, PARTIES = 20261130, 60


@pytest.mark.django_db(transaction=True)
def test_every_match_is_found_once_however_often_its_worker_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measures: Measures
) -> None:
    monkeypatch.setattr(lists, "STRETCH", 3)
    monkeypatch.setattr(rescreening, "QUEUE", dataclasses.replace(rescreening.QUEUE, lease=timedelta(seconds=0.4)))
    cast.load_list(tmp_path)
    found = cast.founded(scenes.person("alice@nordlys.example", "Alice Olsen"))
    scenes.own(found, "Kari Moe", "100")
    scenes.examine(found)
    names = workers.names(PARTIES)
    Party.objects.bulk_create(Party(organisation=found.organisation, kind="person", name=name, country="NO") for name in names)
    cast.load_list(tmp_path, cast.LISTED + workers.listed(names), published=date(2026, 10, 2))
    stretches = Rescreening.objects.exclude(since=None)
    assert stretches.count() >= PARTIES // 3
    killed, left = workers.killed_and_done(rescreening.run, stretches.filter(state="waiting"), seed=SEED)
    assert set(Rescreening.objects.values_list("state", flat=True)) == {"done"}
    exact = Hit.objects.filter(party__name__in=names, score__gte="0.999")
    assert exact.count() == PARTIES, "nothing skipped"
    doubled = Hit.objects.values("party", "entry_id").annotate(n=Count("pk")).filter(n__gt=1)
    assert not doubled.exists(), "nothing doubled"
    assert AuditEvent.objects.filter(verb="hit.found").count() == Hit.objects.count()
    assert sum(stretches.values_list("found", flat=True)) == Hit.objects.count()
    measures("workers killed while comparing with a newer list", f"{killed}; {left} stretches were left then")
