"""Answers that stand against what was told of the owners."""

from typing import Any

import pytest

from kyc.ownership import actions as ownership
from kyc.ownership.models import Interest
from kyc.parties import questionnaires
from kyc.parties.models import Party
from kyc.screening.models import ListVersion
from tests.cast import ANSWERS, Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import finding

pytestmark = pytest.mark.django_db
GOOD = ("good", "Signed by Alice Olsen; no answer raises a question.")


def sign(nordlys: Founded, **answers: Any) -> None:
    questionnaires.sign(nordlys.organisation, answers=ANSWERS | answers, signed_name="Alice Olsen", by=nordlys.by)


def owned_by(nordlys: Founded, owner: Party, share: str, owned: Party) -> None:
    ownership.declare_owner(nordlys.organisation, owned=owned, owner=owner, share=share, by=nordlys.by)


class TestState:
    def test_a_state_in_the_chain_is_told_where_none_was_answered(self, nordlys: Founded, the_list: ListVersion) -> None:
        holding = scenes.company(nordlys, "Fjord Holding AS", "30")
        scenes.own(nordlys, "Kingdom of Norway", "10", kind="state", owned=holding)
        assert finding(scenes.examine(nordlys), "use") == (
            "warn",
            "It answered that no government or state body owns or directs a part of it; among those named as its owners, "
            "directly or through others, is a state or state body: Kingdom of Norway.",
        )

    def test_it_is_not_where_it_was_answered(self, nordlys: Founded, the_list: ListVersion) -> None:
        scenes.own(nordlys, "Kingdom of Norway", "10", kind="state")
        sign(nordlys, government_ownership="yes")
        _state, told = finding(scenes.examine(nordlys), "use")
        assert "Ownership or direction by a government was declared." in told
        assert "It answered" not in told


class TestParent:
    @pytest.mark.parametrize(
        ("share", "answer", "is_told"),
        [
            ("60", "We are it", True),
            ("60", "Nordlys Modelling AS", True),
            ("60", "FJORD HOLDING", False),
            ("60", "It is Fjord Holding AS, of Tromsø", False),
            ("50", "We are it", False),
            (">50", "We are it", True),
        ],
    )
    def test_who_owns_more_than_half_is_told_unless_named(
        self, nordlys: Founded, the_list: ListVersion, share: str, answer: str, is_told: bool
    ) -> None:
        scenes.company(nordlys, "Fjord Holding AS", share, owner=("Kari Moe", "100"))
        sign(nordlys, ultimate_parent=answer)
        found = finding(scenes.examine(nordlys), "use")
        told = (
            f"Asked who stands at the top of its group, it answered “{answer}”; by what it told of its owners, more than half of "
            "it is owned at every level, or it is controlled otherwise, by: Fjord Holding AS."
        )
        assert found == (("warn", told) if is_told else GOOD)

    def test_so_is_who_has_most_votes(self, nordlys: Founded, the_list: ListVersion) -> None:
        scenes.own(nordlys, "Kari Moe", "100")
        fjord = scenes.own(nordlys, "Fjord Holding AS", "60", kind="company", interest="votingRights").owner
        scenes.own(nordlys, "Siri Moe", "100", owned=fjord)
        sign(nordlys, ultimate_parent="We are it")
        assert finding(scenes.examine(nordlys), "use")[1].endswith("controlled otherwise, by: Fjord Holding AS.")

    def test_a_person_is_nobodys_parent(self, nordlys: Founded, the_list: ListVersion) -> None:
        scenes.own(nordlys, "Kari Moe", "100")
        assert finding(scenes.examine(nordlys), "use") == GOOD

    def test_whoever_the_customer_owns_in_a_circle_is_not_above_it(self, nordlys: Founded, the_list: ListVersion) -> None:
        holding = scenes.company(nordlys, "Fjord Holding AS", "60")
        owned_by(nordlys, nordlys.party, "60", holding)
        assert finding(scenes.examine(nordlys), "use") == GOOD

    def test_where_more_than_the_whole_is_stated_nothing_is_concluded(self, nordlys: Founded, the_list: ListVersion) -> None:
        scenes.company(nordlys, "Fjord Holding AS", "60", owner=("Kari Moe", "100"))
        scenes.own(nordlys, "Siri Moe", "40")
        case = scenes.examine(nordlys).case
        Interest.objects.filter(owner__name="Siri Moe").update(share="60")
        assert finding(scenes.examine_anew(case), "use") == GOOD

    def test_one_outside_of_the_circle_is(self, nordlys: Founded, the_list: ListVersion) -> None:
        holding = scenes.company(nordlys, "Fjord Holding AS", "60")
        owned_by(nordlys, nordlys.party, "20", holding)
        outside = scenes.own(nordlys, "Sund Holding AS", "80", kind="company", owned=holding).owner
        scenes.own(nordlys, "Kari Moe", "100", owned=outside)
        assert finding(scenes.examine(nordlys), "use")[1].endswith("controlled otherwise, by: Fjord Holding AS, Sund Holding AS.")
