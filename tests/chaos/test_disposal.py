"""The disposal killed at any moment, also in the middle of a class: what it had not finished is as it was, and goes next.

Nothing is erased without its certificate, no certificate stands for what was not erased, and all is done once."""

import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import psycopg
import pytest
from django.db import connection

from accounts import legal_holds, retention, verification
from accounts.models import AuditEvent, Disposal, LegalHold, Organisation
from accounts.vault.models import SubjectKey
from config.installation import DATA
from kyc.keys import closing
from reports.models import Report
from tests import cast
from tests.accounts.test_disposal import dump, recorded
from tests.accounts.test_sequencer import in_tree
from tests.chaos.window import until
from tests.figures import Measures
from tests.rows import one_of_each
from tests.running import BASE, environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heads_folder")]
SEED = 1
# The command itself, on the test's database and after twenty years, when nothing is kept any longer.
DISPOSES = """
import sys
from datetime import timedelta
import django
django.setup()
from django.db import connection
from django.utils import timezone
import manage
now = timezone.now
timezone.now = lambda: now() + timedelta(days=20 * 366)
# By the database's clock, which nobody can set, no month of use is over.
from accounts import partitions
partitions.months = lambda model: []
connection.settings_dict["NAME"] = sys.argv.pop(1)
"""
RUNS = "manage.main()\n"
# The negative control: what is overwritten stands before the certificate does.
TEARS = """
from accounts import disposal
overwrite = disposal.overwrite
def torn(*arguments):
    overwrite(*arguments)
    with connection.cursor() as cursor:
        cursor.execute("COMMIT")
        cursor.execute("BEGIN")
disposal.overwrite = torn
"""
WAITS = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'accounts_disposal'::regclass"
ERASED_BY = re.compile(r"erased, (DC-\d+-\d+)")


def begun(script: str = DISPOSES + RUNS, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", script, str(connection.settings_dict["NAME"]), "dispose", *arguments]
    env = environment(DATA, DJANGO_SETTINGS_MODULE="config.settings", KEYHOLDER_DB_ROLE="eraser")
    return subprocess.Popen(command, cwd=BASE, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed(process: "subprocess.Popen[str]") -> None:
    assert process.poll() is None, process.communicate()[1]
    process.kill()
    process.communicate()


def finished(process: "subprocess.Popen[str]") -> int:
    """How many certificates it printed."""
    out, errors = process.communicate(timeout=600)
    assert (process.returncode, errors) == (0, "")
    return sum('"certificate"' in line for line in out.splitlines())


@contextmanager
def no_certificates() -> Iterator[None]:
    """Whoever writes a certificate waits, with everything of its class overwritten and its keys destroyed."""
    held = connection.settings_dict
    holder = psycopg.connect(host=held["HOST"], user="postgres", dbname=held["NAME"])
    try:
        holder.execute("LOCK TABLE accounts_disposal IN SHARE MODE")
        yield
    finally:
        holder.close()


def killed_in_the_middle(script: str = DISPOSES + RUNS, *, after: int = 0) -> None:
    """Of the class that comes after so many others, or of one of the next."""
    process = begun(script)
    done(process, after)
    with no_certificates(), connection.cursor() as cursor:

        def waits() -> bool:
            assert process.poll() is None, process.communicate()[1]
            cursor.execute(WAITS)
            return cursor.fetchone() is not None

        until(within=60, what="a class is erased, without its certificate yet", ask=waits)
        killed(process)


def killed_somewhere(draw: random.Random) -> None:
    """While it goes from class to class."""
    process = begun()
    done(process, draw.randint(1, 4))
    time.sleep(draw.random() * 0.05)
    killed(process)


def done(process: "subprocess.Popen[str]", count: int) -> None:
    """Waits for so many certificates; orders to erase are carried out before."""
    assert process.stdout
    while count:
        line = process.stdout.readline()
        assert line, "it ended by itself"
        count -= '"certificate"' in line


def closed_long_ago(count: int) -> list[int]:
    """Organisations with a row of every kind, each closed and kept by nobody."""
    rui = cast.staff("approver", "Rui")
    numbers = []
    for number in range(count):
        rows = one_of_each(cast.customer(f"owner@customer{number}.example"), confined=False, name=f"Customer {number}")
        legal_holds.lift(rows[LegalHold], reason="Settled.", by=rows[LegalHold].placed_by)
        rows[Report].facts = "sealed under a key of its own"
        rows[Report].save()
        closing.close(rows[Organisation], reason="It asked for it.", by=rui)
        numbers.append(rows[Organisation].pk)
    return numbers


def stored() -> str:
    """The whole database as it stands."""
    # These two lines of a dump are drawn anew for each.
    return "\n".join(line for line in dump().splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


def unsigned() -> set[str]:
    """Certificates that what was erased names and that are not there."""
    return {*ERASED_BY.findall(stored())} - {made.number for made in Disposal.objects.all()}


@pytest.mark.parametrize(("count", "kills"), [(2, 0), pytest.param(40, 60, marks=pytest.mark.chaos)], ids=["short", "whole"])
def test_every_class_goes_once_with_one_certificate(measures: Measures, count: int, kills: int) -> None:
    organisations, draw = closed_long_ago(count), random.Random(SEED)
    killed_in_the_middle(after=4)
    assert 4 <= Disposal.objects.count() < count * len(retention.CLASSES) and unsigned() == set()
    for _ in range(kills // 2):
        killed_somewhere(draw)
        assert unsigned() == set()
        killed_in_the_middle(after=draw.randint(0, 3))
        assert unsigned() == set()
    printed = finished(begun())

    made = list(Disposal.objects.order_by("pk"))
    # Where nobody has signed in, nothing of that is to be erased; what was asked of the lists is the house's own, and rows of use
    # go by the month (tests/kyc/usage/test_months.py).
    codes = retention.CLASSES.keys() - {"sign_ins", "usage_rows"}
    of_customers = {(organisation, code) for organisation in organisations for code in codes}
    assert Counter((one.organisation_id, one.record_class) for one in made) == Counter({*of_customers, (None, "inquiries")})
    assert 0 < printed < len(made)
    assert AuditEvent.objects.filter(verb="records.disposed").count() == len(made)
    assert sum(one.keys_destroyed for one in made) == SubjectKey.objects.count() > 0
    assert not SubjectKey.objects.filter(destroyed_at__isnull=True).exists()
    in_tree(recorded())
    told = verification.verify().told()
    assert (told["failed"], told["sound"]) == ([], True)
    before = stored()
    assert {*ERASED_BY.findall(before)} <= {one.number for one in made}
    assert not re.search(r"Customer \d|customer\d+\.example", before)

    assert finished(begun()) == 0
    assert sha256(stored().encode()).digest() == sha256(before.encode()).digest()
    # A number is drawn at the beginning of a class, and not given back.
    cut_off = made[-1].pk - made[0].pk + 1 - len(made)
    measures(
        "classes erased while the disposal was killed",
        f"{len(made)}, {kills + 1} kills, {cut_off} in the middle of one, 0 twice or without certificate",
    )


@pytest.mark.chaos
def test_without_its_transaction_a_kill_leaves_what_no_certificate_tells_of() -> None:
    closed_long_ago(1)
    killed_in_the_middle(DISPOSES + TEARS + RUNS)
    assert not Disposal.objects.exists()
    assert len(unsigned()) == 1
