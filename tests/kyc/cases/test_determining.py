"""What a round stores of each regime, and what of that is a finding."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kyc.cases import determining, examining
from kyc.cases.determining import CDD, CONTROL, CONTROLLED, LOCATED, SHOWN
from kyc.cases.models import Examination
from kyc.cases.obstacles import obstacles
from kyc.ownership.models import Determination
from kyc.ownership.rule import OF_OWNERS, REGIMES
from kyc.parties import actions as parties
from kyc.parties.models import Party, Role
from kyc.screening.models import Hit
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import NAME, VOLKHOV, company, finding, own

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_list")]


def words(examination: Examination, regime: str) -> Mapping[str, str]:
    found = Determination.objects.filter(examination_id=examination.pk, regime=regime)
    return dict(found.values_list("party__name", "verdict"))


def why(examination: Examination, regime: str, name: str = NAME) -> str:
    return " ".join(Determination.objects.get(examination_id=examination.pk, regime=regime, party__name=name).why)


def abroad(found: Founded, name: str, share: str, country: str, *, owned: Party | None = None) -> Party:
    """A company that owns, run from that country, with somebody who owns it."""
    party = company(found, name, share, owned=owned, owner=("Kari Moe", "100"))
    Party.objects.filter(pk=party.pk).update(hq_country=country)
    return party


class TestDetermine:
    def test_every_regime_has_a_word_on_everybody_in_the_structure(self, nordlys: Founded) -> None:
        company(nordlys, "Fjord Holding AS", "60", owner=("Kari Moe", "100"))
        own(nordlys, "Nils Moe", "40")
        examination = scenes.examine(nordlys)
        everybody = {NAME, "Alice Olsen", "Fjord Holding AS", "Kari Moe", "Nils Moe"}
        assert all(words(examination, regime).keys() == everybody for regime in REGIMES)
        stored = Determination.objects.filter(examination_id=examination.pk).values_list("regime", flat=True)
        assert set(stored) == set(SHOWN)

    def test_each_goes_by_its_own_arithmetic(self, nordlys: Founded) -> None:
        """Fjord holds 60 per cent, and Kari 30 per cent of Fjord: 18 per cent, and yet an owner by Art. 54."""
        holding = company(nordlys, "Fjord Holding AS", "60", owner=("Kari Moe", "30"))
        own(nordlys, "Ola Berg", "70", owned=holding)
        own(nordlys, "Nils Moe", "40")
        examination = scenes.examine(nordlys)
        yes = {regime: {name for name, word in words(examination, regime).items() if word == "yes"} for regime in REGIMES}
        assert yes["iaas-cip"] == yes["fincen-cdd"] == {"Ola Berg", "Nils Moe"}
        assert yes["eu-amlr"] == {"Ola Berg", "Nils Moe", "Kari Moe"}
        assert yes["ultimate-parent"] == {"Fjord Holding AS"}
        assert yes["ofac-50"] == yes["provider-terms"] == set()

    def test_control_at_every_level_makes_an_owner_who_holds_less(self, nordlys: Founded) -> None:
        low = company(nordlys, "Fjord Holding AS", "51")
        top = company(nordlys, "Topp Holding AS", "51", owned=low, owner=("Kari Moe", "51"))
        assert top.pk
        examination = scenes.examine(nordlys)
        assert words(examination, "iaas-cip")["Kari Moe"] == "yes"
        assert words(examination, "fincen-cdd")["Kari Moe"] == "no"
        assert "or controls it otherwise." in finding(examination, "ownership")[1]

    def test_a_list_that_is_not_in_use_leaves_no_certain_no(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "100")
        examination = scenes.examine(nordlys)
        assert set(words(examination, "ofac-50").values()) == {"no"}
        assert set(words(examination, "bis-affiliates").values()) == {"indeterminate"}
        assert "It depends on who stands on the Entity List and the Military End-User List" in why(examination, "bis-affiliates")

    def test_an_affiliate_is_told_whose_requirements_apply(self, nordlys: Founded) -> None:
        company(nordlys, VOLKHOV, "50", owner=("Kari Moe", "100"))
        own(nordlys, "Nils Moe", "50")
        examination = scenes.examine(nordlys)
        assert words(examination, "bis-affiliates")[NAME] == "yes"
        assert f"{VOLKHOV} (OFAC SDN list)" in why(examination, "bis-affiliates")

    @pytest.mark.parametrize(
        ("programmes", "verdict"),
        [(["SDGT"], "yes"), (["CUBA", "NPWMD"], "yes"), (["Entity List (EL)"], "yes"), (["CUBA"], "indeterminate"), ([], "yes")],
    )
    def test_bis_goes_by_the_programmes_that_its_rule_names(
        self, nordlys: Founded, programmes: list[str], verdict: str, tmp_path: Path
    ) -> None:
        text = cast.LISTED.replace('"SDGT"', f'"{"] [".join(programmes)}"' if programmes else "-0-")
        cast.load_list(tmp_path, text, published=date(2026, 10, 2))
        company(nordlys, VOLKHOV, "50", owner=("Kari Moe", "100"))
        own(nordlys, "Nils Moe", "50")
        examination = scenes.examine(nordlys)
        assert words(examination, "ofac-50")[NAME] == "yes"
        assert words(examination, "bis-affiliates")[NAME] == verdict

    def test_a_rule_that_is_suspended_on_the_day_catches_nobody_by_ownership(
        self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        company(nordlys, VOLKHOV, "50", owner=("Kari Moe", "100"))
        own(nordlys, "Nils Moe", "50")
        monkeypatch.setattr("kyc.cases.round.timezone.localdate", lambda *_: date(2026, 3, 1))
        examination = scenes.examine(nordlys)
        assert words(examination, "bis-affiliates") == words(examination, "bis-affiliates") | {VOLKHOV: "yes", NAME: "no"}
        assert why(examination, "bis-affiliates").startswith("BIS Affiliates Rule: suspended.")
        assert words(examination, "ofac-50")[NAME] == "yes"

    def test_of_a_person_only_what_goes_by_lists_is_asked(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "100")
        examination = scenes.examine(nordlys)
        Party.objects.filter(pk=nordlys.party.pk).update(kind=Party.Kind.PERSON)
        facts = examining.gather(examination)
        assert determining.determine(facts, []).keys() == {"ofac-50", "bis-affiliates"}

    def test_no_party_costs_a_query(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "10")
        examination = scenes.examine(nordlys)

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                facts = examining.gather(examination)
                examining.write_determinations(facts, determining.determine(facts, list(Hit.objects.all())))
            return len(captured)

        assert queries()
        before = queries()
        for number in range(6):
            own(nordlys, f"Owner {number}", "10")
        assert queries() == before


class TestTerms:
    def test_owned_from_an_excluded_region_stops_an_approval(self, nordlys: Founded) -> None:
        abroad(nordlys, "Lotus Holdings Ltd", "51", "HK")
        own(nordlys, "Nils Moe", "49")
        examination = scenes.examine(nordlys)
        state, sentence = finding(examination, "terms")
        assert state == "bad" and "own 51 % of" in sentence and "(HK 51 %)" in sentence
        assert sentence in obstacles(examination.case)

    def test_a_trust_counts_where_it_is_administered(self, nordlys: Founded) -> None:
        """Not under whose law it stands."""
        trust = own(nordlys, "Moe Trust", "51", kind="trust").owner
        own(nordlys, "Ola Vik", "", owned=trust, interest="settlor")
        own(nordlys, "Kari Vik", "", owned=trust, interest="trustee")
        own(nordlys, "Liv Vik", "", owned=trust, interest="beneficiaryOfLegalArrangement")
        own(nordlys, "Nils Moe", "49")
        case = scenes.examine(nordlys).case
        before = case.examinations.latest("pk")
        assert words(before, "provider-terms")[NAME] == words(before, LOCATED)[NAME] == "indeterminate"
        assert "It depends on where Moe Trust has its headquarters" in why(before, "provider-terms")
        parties.correct(trust, name="Moe Trust", country="NO", hq_country="HK", by=nordlys.by)
        after = scenes.examine_anew(case)
        assert words(after, "provider-terms")[NAME] == words(after, LOCATED)[NAME] == "yes"

    def test_half_is_not_more_than_half(self, nordlys: Founded) -> None:
        abroad(nordlys, "Lotus Holdings Ltd", "50", "HK")
        own(nordlys, "Nils Moe", "50")
        assert not scenes.examine(nordlys).findings.filter(category="terms").exists()

    def test_an_unknown_headquarters_is_asked_about_and_stops_nothing(self, nordlys: Founded) -> None:
        abroad(nordlys, "Lotus Holdings Ltd", "51", "")
        own(nordlys, "Nils Moe", "49")
        examination = scenes.examine(nordlys)
        state, sentence = finding(examination, "terms")
        assert (
            state == "warn" and "It depends on where Lotus Holdings Ltd has its headquarters: in a region of the rule" in sentence
        )
        assert sentence not in obstacles(examination.case)

    def test_what_does_not_bind_finds_nothing(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "100")
        examination = scenes.examine(nordlys)
        assert words(examination, "eu-amlr")["Kari Moe"] == words(examination, "fincen-cdd")["Kari Moe"] == "yes"
        assert not examination.findings.filter(category__in=["terms", "concern"]).exists()


class TestConcern:
    def test_each_limb_has_a_word_of_its_own(self, nordlys: Founded) -> None:
        """A person in a country of concern is no company there; a company is, whoever stands above it."""
        abroad(nordlys, "Lotus Holdings Ltd", "51", "CN")
        own(nordlys, "Nils Moe", "49")
        examination = scenes.examine(nordlys)
        assert words(examination, LOCATED) == words(examination, CONTROLLED) == {NAME: "yes"}
        assert "Lotus Holdings Ltd is the ultimate parent" in why(examination, LOCATED)
        told = examination.findings.filter(category="concern")
        assert set(told.values_list("state", flat=True)) == {"info"}
        assert all("which is not law" in row.sentence for row in told)

    def test_a_missing_headquarters_is_said_and_is_no_finding(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "100")
        Party.objects.filter(pk=nordlys.party.pk).update(hq_country="")
        examination = scenes.examine(nordlys)
        assert words(examination, LOCATED) == {NAME: "indeterminate"}
        assert "has its headquarters is not stated." in why(examination, LOCATED)
        assert not examination.findings.filter(category="concern").exists()


class TestQuestions:
    def test_what_would_decide_is_kept_as_questions(self, nordlys: Founded) -> None:
        holding = company(nordlys, "Fjord Holding AS", "40")
        own(nordlys, "Kari Moe", "50-70", owned=holding)
        examination = scenes.examine(nordlys)
        found = Determination.objects.get(examination_id=examination.pk, regime=OF_OWNERS, party__name="Kari Moe")
        assert found.questions == [{"text": "How much of Fjord Holding AS does Kari Moe hold?", "party": holding.pk}]
        assert found.why[-1].endswith("under 62.5 % the answer is no, from 62.5 % on it is yes.")
        others = Determination.objects.filter(examination_id=examination.pk).exclude(verdict="indeterminate")
        assert set(map(len, others.values_list("questions", flat=True))) == {0}


class TestControl:
    def test_names_the_one_person_in_control_with_the_title(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "100")
        title = Role.objects.get(organisation=nordlys.organisation, kind=Role.Kind.CONTROLLER).title
        examination = scenes.examine(nordlys)
        assert words(examination, CONTROL) == {"Alice Olsen": "yes"}
        assert why(examination, CONTROL, "Alice Olsen").endswith(f"named as the one person in control: {title}.")

    def test_says_what_the_certification_lacks(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "20-30")
        case = scenes.examine(nordlys).case
        Role.objects.filter(organisation=nordlys.organisation, kind=Role.Kind.CONTROLLER).update(title="")
        examination = scenes.examine_anew(case)
        assert words(examination, CONTROL) == {NAME: "indeterminate"}
        told = why(examination, CONTROL)
        assert "Whether Kari Moe is an owner can't be decided." in told and "The title of Alice Olsen is missing." in told
        assert words(examination, CDD)["Kari Moe"] == "indeterminate"
