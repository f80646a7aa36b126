"""What a newer version of a list costs: 100,000 parties compared with a thousand entries that are new in it, by two processes.

The entries are indexed, and asked with each party. An index of the parties would have to be built anew for each list, needs all
their names in one process, and could not be cut into stretches. Sealed facts are opened only of those who come near, so the
parties here have none.
"""

import os
import resource
import time
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from django.utils import timezone

from accounts.models import Organisation
from kyc.cases import rescreening
from kyc.cases.models import Case, Examination
from kyc.parties.models import Party
from kyc.screening import lists
from kyc.screening.models import Hit, Rescreening
from tests import cast, figures
from tests.chaos.workers import worker
from tests.kyc.cases import scenes
from tests.kyc.screening import ordinary

pytestmark = pytest.mark.bench
SEED, PARTIES, ENTRIES, ORGANISATIONS, PROCESSES, WITHIN = 20261130, 100_000, 1000, 500, 2, 60


def customers(by: object) -> list[Organisation]:
    """Each with a case before an officer that was examined once."""
    made = Organisation.objects.bulk_create(Organisation(name=f"Bench {number}") for number in range(ORGANISATIONS))
    now = timezone.now()
    sent = {"state": "review", "in_state_since": now, "submitted_at": now, "submitted_by": by}
    declared = {"declared_true_at": now, "declared_true_by": by}
    opened = Case.objects.bulk_create(Case(organisation=one, **sent, **declared) for one in made)
    Examination.objects.bulk_create(
        Examination(organisation=case.organisation, case=case, state="done", rule_pack="2026.11", done_at=now) for case in opened
    )
    return made


def shortened(folder: Path, draw: Random) -> tuple[Path, Path]:
    """The shipped list without a thousand of its entries, which are then new in the whole."""
    primary, aliases = lists.SHIPPED_FILES
    rows = list(lists.lines(primary))
    gone = set(draw.sample(range(len(rows)), ENTRIES))
    file = folder / "sdn.csv"
    file.write_text("".join(row if row.endswith("\n") else f"{row}\n" for at, row in enumerate(rows) if at not in gone))
    kept = {row.split(",")[0] for at, row in enumerate(rows) if at not in gone}
    other = folder / "alt.csv"
    other.write_text(
        "".join(row if row.endswith("\n") else f"{row}\n" for row in lists.lines(aliases) if row.split(",")[0] in kept)
    )
    return file, other


@pytest.mark.django_db(transaction=True)
def test_a_hundred_thousand_parties_and_a_thousand_new_entries(tmp_path: Path) -> None:
    draw = Random(SEED)
    primary, aliases = shortened(tmp_path, draw)
    before = date(2024, 5, 1)
    lists.load("ofac-sdn", primary=primary, aliases=aliases, published=before, may_shrink=True)
    made = customers(scenes.person("bench@keyholder.example", "Bench"))
    Party.objects.bulk_create(
        (
            Party(organisation=made[at % len(made)], kind=one.kind, name=one.name)
            for at, one in enumerate(ordinary.subjects(PARTIES, seed=SEED))
        ),
        batch_size=5000,
    )
    cast.load_shipped_list()
    stretches = Rescreening.objects.exclude(since=None)
    Rescreening.objects.filter(since=None).update(state="done")
    used, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for pid in [worker(rescreening.run) for _ in range(PROCESSES)]:
        os.waitpid(pid, 0)
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    assert set(stretches.values_list("state", flat=True)) == {"done"}
    assert sum(stretches.values_list("parties", flat=True)) == PARTIES
    told = {"parties": PARTIES, "entries": stretches.first().entries, "processes": PROCESSES, "matches": Hit.objects.count()}
    figures.keep("rescreening", seeds=[SEED], figures=told | {"seconds": round(wall, 1), "of processor": round(processor, 1)})
    # By the processor, since the machine may be shared: on two cores of one's own it is the half.
    assert timedelta(seconds=processor / PROCESSES) < timedelta(seconds=WITHIN)
