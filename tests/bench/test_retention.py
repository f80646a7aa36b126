"""How long the disposal's dry run takes among many organisations, and that its memory does not grow with them."""

import json
import os
import time
from datetime import date

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from django.db.models import IntegerField, Model
from psycopg import sql

from accounts import retention
from accounts.models import Disposal, Organisation, User
from accounts.vault.models import SubjectKey
from tests import figures
from tests.chaos.test_disposal import DISPOSES, RUNS, begun, closed_long_ago

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]
MANY, APART = 100_000, 1000
ON = date(2060, 1, 1)
SECONDS, MORE_MIB = 60, 40
# Nobody has signed in.
CLASSES = sorted({*retention.CLASSES} - {"sign_ins"})


def read_of_each() -> list[type[Model]]:
    """What the plan asks of an organisation, and whether the keys of its reports are there."""
    asked = str(retention.asked(Organisation.objects.all(), ON).query)
    read = [model for model in apps.get_models() if f'"{model._meta.db_table}"' in asked and model is not User]
    return [*read, SubjectKey]


def multiplied(first: int, last: int) -> None:
    """Of the one organisation that is there so many more, each with all its rows under numbers of their own. Straight into the
    tables: what guards them is not what is measured."""
    settings = connection.settings_dict
    with psycopg.connect(host=settings["HOST"], user="postgres", dbname=settings["NAME"]) as database:
        database.execute("SET session_replication_role = replica")
        for model in read_of_each():
            database.execute(copies(model), [first, last])
        database.commit()
        database.autocommit = True
        database.execute("ANALYZE")


def copies(model: type[Model]) -> sql.Composable:
    table = sql.Identifier(model._meta.db_table)
    values = []
    for field in model._meta.concrete_fields:
        column = sql.Identifier(field.column)
        is_number = field.is_relation or (isinstance(field, IntegerField) and (field.unique or field.name == "ref"))
        if is_number and field.related_model is not User:
            values.append(sql.SQL("{} + n * {}").format(column, APART))
        elif field.unique:
            values.append(sql.SQL("{} || '-' || n").format(column))
        else:
            values.append(column)
    return sql.SQL("INSERT INTO {} SELECT {} FROM {}, generate_series(%s::bigint, %s::bigint) AS n WHERE {} < {}").format(
        sql.SQL("{} ({})").format(table, sql.SQL(", ").join(sql.Identifier(f.column) for f in model._meta.concrete_fields)),
        sql.SQL(", ").join(values),
        table,
        sql.SQL("{}.{}").format(table, sql.Identifier(model._meta.pk.column)),
        APART,
    )


def dry_run() -> tuple[float, str, float, dict[str, int]]:
    """Seconds, the same in words with those of its own processor time, MiB, and what it found, of the command as it is started
    by hand."""
    started = time.perf_counter()
    process = begun(DISPOSES + RUNS, "--dry-run", "--on", ON.isoformat())
    assert process.stdout
    told = process.stdout.read()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    took, memory = time.perf_counter() - started, used.ru_maxrss / 1024
    words = f"{took:.1f} s, of which {used.ru_utime + used.ru_stime:.1f} s its own; {memory:.0f} MiB"
    return took, words, memory, json.loads(told)["classes"]


def test_the_dry_run_of_many_is_made_in_time_and_in_the_same_memory() -> None:
    closed_long_ago(1)
    multiplied(1, MANY // 10 - 1)
    _few, told_few, less, found = dry_run()
    assert found == dict.fromkeys(CLASSES, MANY // 10)
    multiplied(MANY // 10, MANY - 1)
    many, told_many, more, found = dry_run()
    assert found == dict.fromkeys(CLASSES, MANY)
    told = {
        f"dry run among {MANY // 10:,}": told_few,
        f"dry run among {MANY:,}": told_many,
    }
    figures.keep("retention", seeds=[], figures=told)
    assert not Disposal.objects.exists()
    assert many < SECONDS
    assert more - less < MORE_MIB
