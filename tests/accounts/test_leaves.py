"""One event, one leaf, byte for byte: canonical, without a name in it, and the same after an erasure."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import leaves


@dataclass(frozen=True)
class Row:
    id: int = 7
    incarnation: int = 2
    xid: int = 2**60
    at: datetime = datetime(2026, 11, 28, 9, 5, 3, 120, tzinfo=UTC)
    verb: str = "case.approved"
    actor_id: int | None = 3
    actor: str = "Ana Marić"
    on_behalf_of: str = ""
    target_type: str = "kyc.case"
    target_id: str = "12"
    organisation_id: int | None = 4
    reason: str = "Alice Olsen sent the extract"
    details: dict[str, Any] = field(default_factory=lambda: {"choice": "approve", "name": "Nordlys AS", "size": 3})
    request_id: str = "ab12"
    salts: dict[str, str] = field(default_factory=lambda: {"actor": "01" * 16, "reason": "02" * 16, "details.name": "03" * 16})
    erased: dict[str, str] | None = None


texts = st.text(max_size=12)
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | texts | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
rows = st.builds(
    Row,
    actor=texts,
    on_behalf_of=texts,
    reason=texts,
    verb=texts,
    request_id=texts,
    actor_id=st.none() | st.integers(1, leaves.LARGEST),
    details=st.dictionaries(st.sampled_from(sorted(leaves.PLAIN)) | texts, values, max_size=5),
)


def parsed(row: Row) -> dict[str, Any]:
    return dict(json.loads(leaves.leaf(row)))


class TestLeaf:
    def test_is_this(self) -> None:
        """To the byte, because trees that others hold are made of it."""
        row = replace(Row(), actor="", reason="", details={"choice": "approve"}, salts={})
        assert leaves.leaf(row) == (
            b'{"actor_id":3,"at":"2026-11-28T09:05:03.000120Z","commitments":{},"details":{"choice":"approve"},"id":7,'
            b'"incarnation":2,"organisation_id":4,"request_id":"ab12","target_id":"12","target_type":"kyc.case","verb":"case.approved",'
            b'"version":1,"xid":"1152921504606846976"}'
        )

    @settings(deadline=None)
    @given(rows)
    def test_is_canonical(self, row: Row) -> None:
        assert leaves.leaf(row) == rfc8785.dumps(parsed(row))

    def test_names_nobody(self) -> None:
        said = leaves.leaf(Row()).decode()
        assert not [word for word in ("Mari", "Alice", "Nordlys") if word in said]
        assert parsed(Row())["commitments"].keys() == {"actor", "reason", "details.name"}
        assert parsed(Row())["details"] == {"choice": "approve", "size": 3}

    @pytest.mark.parametrize(
        "other",
        [
            {"id": 8}, {"incarnation": 3}, {"xid": 1}, {"at": datetime(2026, 11, 28, 9, 5, 3, 121, tzinfo=UTC)},
            {"verb": "case.refused"},
            {"actor_id": None}, {"actor": "Ana Maric"}, {"on_behalf_of": "x"}, {"target_type": "kyc.key"}, {"target_id": "13"},
            {"organisation_id": 5}, {"reason": ""}, {"request_id": ""}, {"details": {}}, {"salts": {}},
            {"details": {"choice": "refuse", "name": "Nordlys AS", "size": 3}},
            {"details": {"choice": "approve", "name": "Nordlys A", "size": 3}},
            {"details": {"choice": "approve", "name": "Nordlys AS", "size": 3, "more": None}},
        ],
        ids=lambda other: " ".join(other),
    )  # fmt: skip
    def test_of_another_row_is_another(self, other: dict[str, Any]) -> None:
        assert leaves.leaf(replace(Row(), **other)) != leaves.leaf(Row())

    def test_what_is_listed_as_plain_is_still_committed_to_where_it_is_no_code(self) -> None:
        assert parsed(replace(Row(), details={"kind": ["Alice"]}))["details"] == {}


class TestCommitment:
    def test_hides_the_same_value_under_another_salt(self) -> None:
        assert leaves.commitment("actor", "Ana", "01" * 16) != leaves.commitment("actor", "Ana", "02" * 16)

    def test_of_one_name_is_none_of_another(self) -> None:
        assert leaves.commitment("actor", "Ana", "01" * 16) != leaves.commitment("reason", "Ana", "01" * 16)

    @settings(deadline=None)
    @given(values, values)
    def test_of_another_value_is_another(self, one: Any, other: Any) -> None:
        same = rfc8785.dumps(leaves.exact(one)) == rfc8785.dumps(leaves.exact(other))
        assert (leaves.commitment("details.x", one, "") == leaves.commitment("details.x", other, "")) is same


class TestSalted:
    def test_every_name_has_its_own(self) -> None:
        names = [name for name, _ in leaves.personal(Row())]
        assert leaves.salted(names, bytes(range(48))) == {
            "actor": bytes(range(16)).hex(),
            "reason": bytes(range(16, 32)).hex(),
            "details.name": bytes(range(32, 48)).hex(),
        }


class TestErased:
    @settings(deadline=None)
    @given(rows, st.data())
    def test_leaves_the_leaf_as_it_was(self, row: Row, data: st.DataObject) -> None:
        salts = leaves.salted([name for name, _ in leaves.personal(row)], bytes(range(128)))
        row = replace(row, salts=salts)
        names = [name for name, _ in leaves.personal(row)]
        chosen = data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []
        gone = replace(
            row,
            erased=leaves.erased(row, chosen),
            salts={name: salt for name, salt in row.salts.items() if name not in chosen},
            details={name: None if f"details.{name}" in chosen else value for name, value in row.details.items()},
            **{name: "" for name in leaves.NAMES if name in chosen},
        )
        assert leaves.leaf(gone) == leaves.leaf(row)

    def test_twice_keeps_what_the_first_one_kept(self) -> None:
        first = replace(Row(), actor="", salts={"reason": "02" * 16, "details.name": "03" * 16})
        first = replace(first, erased=leaves.erased(Row(), ["actor"]))
        second = replace(first, reason="", salts={"details.name": "03" * 16}, erased=leaves.erased(first, ["reason", "unknown"]))
        assert second.erased is not None and second.erased.keys() == {"actor", "reason"}
        assert leaves.leaf(second) == leaves.leaf(Row())
