from datetime import date

import pytest

from kyc.ownership.concern import REGIME, Concern, Ruling, determine
from kyc.ownership.regimes import INDETERMINATE, NO, YES
from kyc.ownership.rule import rule
from kyc.rules import packs
from tests.kyc.ownership.structures import graph


def asked(text: str, countries: str, *, located_in: str = "", ruling: Ruling | None = None, version: str = "2026.11") -> Concern:
    found = rule(packs.get(version), REGIME)
    return determine(graph(text, countries=countries), subject="C", rule=found, located_in=located_in, ruling=ruling)


def verdicts(found: Concern) -> tuple[str, str, str]:
    return found.located.verdict, found.controlled.verdict, found.attacked.verdict


class TestDetermine:
    @pytest.mark.parametrize(
        ("text", "countries", "limbs"),
        [
            ("X 100 C", "C:DE", (NO, NO, NO)),
            ("X 100 C", "C:HK", (YES, NO, NO)),
            ("X 100 C", "C:KP", (YES, NO, NO)),
            ("A 60 C", "A:CN C:DE", (YES, YES, NO)),
            ("A 40 C", "A:CN C:DE", (NO, NO, NO)),
            ("B 60 A; A 60 C", "B:US A:RU C:DE", (NO, YES, NO)),
            ("B 60 A; A 60 C", "B:RU A:US C:DE", (YES, YES, NO)),
            ("A ? C otherInfluenceOrControl; X 100 C", "A:MO C:DE", (YES, YES, NO)),
            ("A 40-60 C", "A:CN C:DE", (INDETERMINATE, INDETERMINATE, NO)),
            ("A 60 C", "C:DE", (INDETERMINATE, INDETERMINATE, NO)),
            ("X 100 C", "", (INDETERMINATE, NO, NO)),
        ],
    )
    def test_each_limb_is_told_apart(self, text: str, countries: str, limbs: tuple[str, str, str]) -> None:
        found = asked(text, countries)
        assert verdicts(found) == limbs
        assert all(limb.why for limb in (found.located, found.controlled, found.attacked))

    def test_where_it_is_located_counts_beside_its_headquarters(self) -> None:
        assert asked("X 100 C", "C:DE", located_in="CN").located.verdict == YES

    @pytest.mark.parametrize("verdict", [YES, NO, INDETERMINATE])
    def test_an_attack_is_what_an_officer_ruled_and_nothing_else(self, verdict: str) -> None:
        found = asked("X 100 C", "C:DE", ruling=Ruling(verdict, "I-7"))
        assert (verdicts(found), found.verdict) == ((NO, NO, verdict), verdict)
        assert "Incident I-7 of C" in found.attacked.why[0]

    def test_the_countries_are_those_of_the_named_version(self) -> None:
        assert packs.get("2026.11").countries("concern") >= {"CN", "HK", "MO", "RU", "KP", "VE"}
        with pytest.raises(packs.UnknownPack):
            asked("X 100 C", "C:DE", version="2019.01")

    def test_the_bill_is_called_a_bill(self) -> None:
        basis = packs.current().regime_basis(REGIME, on=date(2026, 11, 23))
        assert basis is not None
        assert basis["status"] == "bill"
