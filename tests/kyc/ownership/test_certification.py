import pytest

from kyc.ownership.certification import Certification, certify
from kyc.ownership.exclusions import Claim
from kyc.ownership.regimes import INDETERMINATE, NO, YES, determine
from kyc.rules import packs
from tests.kyc.ownership.structures import graph, shipped

PACK = packs.current()
ONE = {"Z": "Chief executive"}


def asked(text: str, in_control: dict[str, str] | None = None, claim: Claim | None = None) -> Certification:
    structure = graph(f"{text}; Z 1 C")
    owners = determine(structure, subject="C", rule=shipped("fincen-cdd")).parties
    in_control = ONE if in_control is None else in_control
    return certify(structure, verdicts=owners, pack=PACK, in_control=in_control, claims=[claim] if claim else [])


class TestCertify:
    def test_names_all_owners_at_the_line_and_the_one_in_control(self) -> None:
        found = asked("X 25 C; Y 24.99 C")
        assert (found.owners, found.control_person, found.missing) == (("X",), "Z", ())

    def test_may_name_nobody_as_owner_but_always_somebody_in_control(self) -> None:
        assert asked("X 5 C").is_complete
        assert asked("X 5 C", {}).missing == ("No person in control is named; exactly one is, also where nobody owns the line.",)

    @pytest.mark.parametrize(
        ("in_control", "told"),
        [
            ({"X": "President", "Y": "Treasurer"}, "Exactly one person in control is named, not X and Y."),
            ({"C": "President"}, "C is not stated to be a person, and so can't be in control."),
            ({"X": " "}, "The title of X is missing."),
        ],
    )
    def test_refuses_who_cannot_be_the_one(self, in_control: dict[str, str], told: str) -> None:
        assert asked("X 30 C; Y 30 C", in_control).missing == (told,)

    def test_an_owner_who_may_be_one_keeps_it_open(self) -> None:
        assert asked("X 20-30 C").missing == ("Whether X is an owner can't be decided.",)

    def test_an_exclusion_that_is_shown_excludes(self) -> None:
        found = asked("X 30 C", {}, Claim("listed_company", "D-12"))
        assert (found.owners, found.missing, found.excluded and found.excluded.ground.code) == ((), (), "listed_company")

    def test_of_a_nonprofit_only_the_one_in_control_is_asked(self) -> None:
        assert asked("X 30 C", None, Claim("nonprofit", "D-12")).control_person == "Z"
        assert not asked("X 30 C", {}, Claim("nonprofit", "D-12")).is_complete

    @pytest.mark.parametrize("claim", [Claim("listed_company", " "), Claim("small", "D-12"), Claim("private_banking", "D-12")])
    def test_one_that_is_not_shown_excludes_nobody_and_is_in_nobodys_way(self, claim: Claim) -> None:
        found = asked("X 30 C", None, claim)
        assert (found.owners, found.control_person, found.excluded, found.missing) == (("X",), "Z", None, ())


class TestOfficers:
    def verdicts(self, text: str, regime: str) -> dict[str, str]:
        found = determine(graph(text), subject="C", rule=shipped(regime))
        return {party: told.verdict for party, told in found.parties.items()}

    def test_the_only_one_is_the_person_in_control(self) -> None:
        assert self.verdicts("X ? C seniorManagingOfficial; Y 30 C", "fincen-cdd") == {"C": NO, "X": YES, "Y": YES}
        assert self.verdicts("X ? C seniorManagingOfficial; Y 30 C", "iaas-cip") == {"C": NO, "X": NO, "Y": YES}

    def test_of_several_one_is_still_to_be_named(self) -> None:
        found = self.verdicts("X ? C seniorManagingOfficial; Y ? C seniorManagingOfficial", "fincen-cdd")
        assert found == {"C": NO, "X": INDETERMINATE, "Y": INDETERMINATE}
