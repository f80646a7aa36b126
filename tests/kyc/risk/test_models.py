"""Scores are kept as they were written."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from kyc.risk.models import Score
from tests.cast import Founded, founded
from tests.kyc.cases import scenes
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    return founded(scenes.person("alice@nordlys.example", "Alice Olsen"))


class TestScore:
    def test_one_examination_has_one(self, nordlys: Founded) -> None:
        columns = {"organisation": nordlys.organisation, "value": 5, "band": "low", "rule_pack": "2026.11", "examination_id": 7}
        Score.objects.create(**columns)
        with pytest.raises(IntegrityError, match="examination_id"), transaction.atomic():
            Score.objects.create(**columns)

    @pytest.mark.parametrize("table", ["kyc_score", "kyc_factor"])
    def test_nothing_is_ever_changed_or_taken_away(self, table: str) -> None:
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(statement)
