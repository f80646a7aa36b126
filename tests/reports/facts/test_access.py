"""What the customer may use, as the dossier told it at each stage of the story."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from reports.facts.access import entity_state
from tests.reports.story import Life

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(life: Life, stage: str) -> Any:
    return life.then[stage].facts["access"]


class TestEntityState:
    @pytest.mark.parametrize(
        ("valid_from", "valid_until", "ended_at", "state"),
        [
            (NOON - HOUR, NOON + HOUR, None, "live"),
            (NOON, NOON + HOUR, None, "live"),
            (NOON - HOUR, NOON, None, "expired"),
            (NOON - HOUR, NOON + HOUR, NOON, "ended"),
        ],
    )
    def test_it_is_live_from_its_start_to_before_its_end(
        self, valid_from: datetime, valid_until: datetime, ended_at: datetime | None, state: str
    ) -> None:
        row = SimpleNamespace(valid_from=valid_from, valid_until=valid_until, ended_at=ended_at)
        assert entity_state(SimpleNamespace(valid_at=NOON), row) == state


class TestAccess:
    def test_before_the_approval_there_is_nothing_to_use(self, life: Life) -> None:
        assert at(life, "examined") == {"entities": [], "keys": [], "links": [], "holds": [], "active": 0}

    def test_the_approval_made_an_entity(self, life: Life) -> None:
        (entity,) = at(life, "approved")["entities"]
        assert (entity["name"], entity["assurance"], entity["state"]) == ("Nordlys Modelling AS", "found", "live")
        assert entity["from"] < entity["until"]

    def test_a_key_is_told_by_prefix_and_last_four(self, life: Life) -> None:
        rows = at(life, "approved")["keys"]
        for row, secret in zip(rows, life.secrets, strict=True):
            prefix, last_four = row["key"].split("…")
            assert secret.startswith(prefix) and len(prefix) < len(secret) // 2
            assert len(last_four) == 4
        assert [(row["name"], row["project"], row["responsible"], row["issued_by"]) for row in rows] == [
            ("production", "Default", "Alice Olsen (1984, NO)", "Alice Olsen"),
            ("staging", "Default", "Alice Olsen (1984, NO)", "Alice Olsen"),
        ]

    def test_its_state_is_that_of_the_moment(self, life: Life) -> None:
        states = {stage: [row["state"] for row in at(life, stage)["keys"]] for stage in ("approved", "lived", "afterwards")}
        assert states == {
            "approved": ["Active", "Revoked"],
            "lived": ["On hold", "Revoked"],
            "afterwards": ["Revoked", "Revoked"],
        }
        assert [at(life, stage)["active"] for stage in ("approved", "lived", "afterwards")] == [1, 0, 0]

    def test_a_link_says_from_when_to_when_and_because(self, life: Life) -> None:
        live, revoked = at(life, "approved")["links"]
        reference = at(life, "approved")["entities"][0]["reference"]
        assert (live["entity"], live["to"], live["ended_because"]) == (reference, "", "")
        assert live["because"].startswith(f"{reference} was verified by the decision of C-")
        assert revoked["ended_because"] == "key revoked"
        assert revoked["from"] <= revoked["to"]
        assert at(life, "afterwards")["links"][0]["ended_because"] == "key revoked"

    def test_a_hold_says_what_it_stands_on_why_and_by_whom_it_was_lifted(self, life: Life) -> None:
        on_key, on_entity = at(life, "lived")["holds"]
        key, entity = at(life, "lived")["keys"][0]["key"], at(life, "lived")["entities"][0]["reference"]
        assert (on_key["on"], on_key["placed_by"], on_key["lifted_by"], on_key["lift_reason"]) == (
            f"key {key}",
            "Rui Duarte",
            "Rui Duarte",
            "it was another key",
        )
        assert (on_entity["on"], on_entity["to"], on_entity["lifted_by"]) == (f"entity {entity}", "", "")
        assert at(life, "afterwards")["holds"][1]["lift_reason"] == "the register was wrong"
