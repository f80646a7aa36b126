"""The tables that one step makes are those that its operations make one by one."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from accounts.at_once import AtOnce
from tests.conftest import owner

APP = "atonce"
LIMIT = models.CheckConstraint(condition=models.Q(size__gt=0), name="atonce_size_is_positive")
OPERATIONS: list[Operation] = [
    migrations.RunSQL("CREATE SEQUENCE atonce_numbers", "DROP SEQUENCE atonce_numbers"),
    migrations.CreateModel("Box", [("id", models.BigAutoField(primary_key=True)), ("size", models.IntegerField())]),
    migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField(unique=True))]),
    migrations.AddField("Box", "holds", models.ForeignKey(f"{APP}.thing", models.PROTECT)),
    migrations.AddIndex("Thing", models.Index(fields=["name"], name="atonce_by_name")),
    migrations.AddConstraint("Box", LIMIT),
]


def made(operations: list[Operation]) -> ProjectState:
    state = ProjectState()
    with connection.schema_editor() as editor:
        migration = migrations.Migration("0001", APP)
        migration.operations = operations
        return migration.apply(state, editor)


def schema() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'S' AND relname LIKE 'atonce%'")
        found: dict[str, Any] = {"sequences": {name for (name,) in cursor.fetchall()}}
        for table in ("atonce_box", "atonce_thing"):
            described = connection.introspection.get_table_description(cursor, table)
            found[table] = {(column.name, column.type_code, column.null_ok) for column in described}
            constraints = connection.introspection.get_constraints(cursor, table)
            found[f"{table} holds"] = sorted(str(sorted(rule.items())) for rule in constraints.values())
    return found


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture(autouse=True)
    def clean(self) -> Iterator[None]:
        with owner():
            yield
            self.drop()

    def drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS atonce_box, atonce_thing; DROP SEQUENCE IF EXISTS atonce_numbers")

    def test_makes_what_the_operations_make(self) -> None:
        state = made(OPERATIONS)
        one_by_one = schema()
        self.drop()
        at_once = made([AtOnce(OPERATIONS)])
        assert schema() == one_by_one
        assert "atonce_numbers" in one_by_one["sequences"]
        assert "atonce_size_is_positive" in "".join(
            str(constraint) for constraint in at_once.models[APP, "box"].options["constraints"]
        )
        assert at_once == state


class TestTaken:
    def test_is_only_what_makes_something_new(self) -> None:
        with pytest.raises(TypeError, match="RemoveField makes nothing new"):
            AtOnce([migrations.RemoveField("Box", "size")])
