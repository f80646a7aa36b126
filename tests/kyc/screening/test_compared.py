"""What of a party is compared and kept, and what is told of a change."""

import json
from typing import Any

import pytest

from kyc.parties.models import Party
from kyc.screening import compared
from kyc.screening.compared import Change
from kyc.screening.models import ListEntry

KNOWN = {
    "name": "Alice Olsen",
    "kind": "person",
    "birth_date": "1984-03-17",
    "country": "NO",
    "registration_number": "123456789",
}


def party(**other: str) -> Party:
    return Party(**(KNOWN | other))


def kept(**other: str) -> dict[str, Any]:
    return compared.kept(compared.facts(party(**other)))


class TestKept:
    def test_neither_the_date_of_birth_nor_the_number_stands_there(self) -> None:
        told = json.dumps(kept(), ensure_ascii=False)
        assert "03-17" not in told and "123456" not in told
        assert (kept()["birth_date"], kept()["registration_number"]) == ("1984-••-••", "••• 789")

    def test_the_digest_is_of_every_fact(self) -> None:
        same = compared.digest(compared.facts(party()))
        assert same == compared.digest(compared.facts(party()))
        others = {"name": "A", "native_name": "B", "kind": "company", "birth_date": "1984-03-18", "country": "SE"}
        others |= {"hq_country": "SE", "registration_number": "123456780"}
        assert set(others) == set(compared.FACTS)
        assert all(compared.digest(compared.facts(party(**{fact: value}))) != same for fact, value in others.items())

    def test_it_cannot_be_told_without_the_key(self, settings: Any) -> None:
        before = compared.digest(compared.facts(party()))
        settings.VAULT_INDEX_KEY = "another"
        assert compared.digest(compared.facts(party())) != before


class TestOfParty:
    def test_nothing_has_changed(self) -> None:
        assert list(compared.of_party(kept(), kept())) == []

    @pytest.mark.parametrize(
        ("fact", "value", "gone", "added"),
        [
            ("name", "Alice Berg", ("Alice Olsen",), ("Alice Berg",)),
            ("native_name", "Алиса", (), ("Алиса",)),
            ("country", "", ("NO",), ()),
            ("hq_country", "SE", (), ("SE",)),
            ("birth_date", "1985-03-17", ("1984-••-••",), ("1985-••-••",)),
            # Another day of the same year, and another number with the same end, are told all the same.
            ("birth_date", "1984-03-18", ("1984-••-••",), ("1984-••-••",)),
            ("registration_number", "999456789", ("••• 789",), ("••• 789",)),
        ],
    )
    def test_tells_what_and_nothing_else(self, fact: str, value: str, gone: tuple[str, ...], added: tuple[str, ...]) -> None:
        assert list(compared.of_party(kept(), kept(**{fact: value}))) == [Change("party", fact, gone, added)]

    def test_nothing_is_told_of_what_was_erased(self) -> None:
        assert list(compared.of_party({}, kept())) == []


def entry(**other: Any) -> ListEntry:
    said: dict[str, Any] = {
        "kind": "person",
        "name": "KARPOV, Zorislav",
        "aliases": ["Zoran"],
        "birth_dates": ["1961"],
        "countries": ["RU"],
        "identifiers": ["A1"],
        "programmes": ["SDGT"],
        "topics": ["sanction"],
        "remarks": "Known.",
        "content": "1",
    }
    return ListEntry(**(said | other))


class TestOfEntry:
    @pytest.mark.parametrize(
        ("column", "value", "what", "gone", "added"),
        [
            ("name", "KARPOW, Zorislav", "names", ("KARPOV, Zorislav",), ("KARPOW, Zorislav",)),
            ("aliases", ["Zoran", "Zoro"], "names", (), ("Zoro",)),
            ("aliases", [], "names", ("Zoran",), ()),
            ("birth_dates", ["1961", "1962-01-01"], "birth_dates", (), ("1962-01-01",)),
            ("countries", ["BY"], "countries", ("RU",), ("BY",)),
            ("identifiers", [], "identifiers", ("A1",), ()),
            ("programmes", ["SDGT", "IRAN"], "programmes", (), ("IRAN",)),
            ("topics", ["sanction", "pep"], "topics", (), ("pep",)),
            ("remarks", "Dead.", "remarks", ("Known.",), ("Dead.",)),
        ],
    )
    def test_tells_what_is_gone_and_what_came(
        self, column: str, value: Any, what: str, gone: tuple[str, ...], added: tuple[str, ...]
    ) -> None:
        after = entry(**{column: value}, content="2")
        assert list(compared.of_entry(entry(), after)) == [Change("entry", what, gone, added)]

    def test_another_first_name_of_the_same_ones_is_told(self) -> None:
        after = entry(name="Zoran", aliases=["KARPOV, Zorislav"], content="2")
        assert list(compared.of_entry(entry(), after)) == [Change("entry", "names", ("KARPOV, Zorislav",), ("Zoran",))]

    def test_what_is_not_kept_in_a_column_is_told_to_have_changed(self) -> None:
        assert list(compared.of_entry(entry(), entry(content="2"))) == [Change("entry", "other")]

    def test_nothing_where_the_publisher_says_the_same(self) -> None:
        assert list(compared.of_entry(entry(), entry())) == []
        assert list(compared.of_entry(entry(), None)) == []
