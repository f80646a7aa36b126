"""A directive whose workers are killed again and again: nobody who is outside is refused once it has begun, nobody inside is let
through, and nobody is told twice."""

import dataclasses
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count, Q

from kyc.directives import carrying, minutes
from kyc.directives.models import Directive, DirectiveNotice
from kyc.keys.appeal_models import Restriction
from kyc.keys.models import Key
from tests import cast
from tests.chaos import workers
from tests.chaos.test_measures import as_workers_see
from tests.figures import Measures
from tests.kyc.directives import crowd
from tests.kyc.directives.scenes import taken

pytestmark = pytest.mark.chaos
SEED, KEYS = 20261130, 10_000


@pytest.mark.django_db(transaction=True)
def test_it_goes_on_however_often_its_worker_is_killed(monkeypatch: pytest.MonkeyPatch, measures: Measures) -> None:
    monkeypatch.setattr(carrying, "QUEUE", dataclasses.replace(carrying.QUEUE, lease=timedelta(seconds=0.4)))
    rui, sonia = (cast.staff("approver", name) for name in ("Rui Duarte", "Sónia Teles"))
    people = crowd.gather(KEYS)
    connection.close()
    with as_workers_see():
        made = taken(by=rui, second=sonia)
        undone = Directive.objects.filter(Q(work="waiting") | Q(standing__tiers__told_at__isnull=True), pk=made.pk)
        killed, left = workers.killed_and_done(carrying.run, undone, seed=SEED)
        assert left
        assert list(people.wrong(step=7)) == []
        told = minutes.now(made)
        assert (told["outside"], told["refused"], told["refused_outside"]) == (people.outside, KEYS - people.outside, 0)
        assert Key.objects.filter(state="held").count() == KEYS - people.outside
        assert not Restriction.objects.values("organisation").annotate(n=Count("pk")).filter(n__gt=1).exists()
        assert DirectiveNotice.objects.count() == (KEYS - people.outside) // crowd.KEYS_A_CUSTOMER
    measures("workers killed while a directive was carried out", f"{killed} over {KEYS:,} keys")
