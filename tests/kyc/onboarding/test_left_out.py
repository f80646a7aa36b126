"""What a customer says of its companies by which a US rule on owners leaves them out."""

import pytest
from django.test import Client
from django.urls import reverse

from kyc.onboarding.left_out import WORDS, asked_of
from kyc.ownership import actions as ownership
from kyc.parties import exclusions
from kyc.parties.models import Exclusion, Party
from kyc.rules import packs
from tests.cast import Founded
from tests.kyc.cases import scenes

LISTED = {"ground": "listed_company", "reference": "NYSE: NORD"}


def url(name: str, *args: object) -> str:
    return reverse(f"onboarding:{name}", args=args)


def company(found: Founded, name: str, share: str, *, owned: Party | None = None) -> Party:
    return ownership.declare_owner(
        found.organisation, owned=owned or found.party, kind="company", name=name, country="NO", hq_country="NO", share=share,
        by=found.by,
    ).owner  # fmt: skip


class TestWords:
    def test_are_there_for_every_ground_that_can_be_claimed(self) -> None:
        assert {*WORDS} == {one.code for one in packs.current().exclusions.values() if not one.only_as_far}


class TestAskedOf:
    def test_the_customer_and_whoever_holds_the_line_or_may(self, nordlys: Founded) -> None:
        big, small, unknown = (company(nordlys, name, share) for name, share in (("B AS", "30"), ("S AS", "20"), ("U AS", "")))
        above = company(nordlys, "A AS", "90", owned=big)
        assert asked_of(nordlys.party) == {nordlys.party.pk, big.pk, unknown.pk, above.pk}
        assert small.pk not in asked_of(nordlys.party)

    def test_nobody_before_it_is_known_whose(self) -> None:
        assert asked_of(None) == set()


class TestClaim:
    def test_is_asked_in_plain_words_with_what_would_show_it(self, alices: Client, nordlys: Founded) -> None:
        page = alices.get(url("exclusion", nordlys.party.pk)).content.decode()
        assert "Listed on the NYSE, NYSE American or Nasdaq" in page and "Shown by: the exchange’s own page" in page
        assert "state’s register" not in page and "private banking" not in page

    def test_several_are_kept_and_shown_wherever_owners_are(self, alices: Client, nordlys: Founded) -> None:
        ownership.declare_owner(nordlys.organisation, owned=nordlys.party, owner=nordlys.controller, share="100", by=nordlys.by)
        here = url("exclusion", nordlys.party.pk)
        for typed in (LISTED, {"ground": "registered_issuer", "reference": "SEC file 1-12345"}):
            assert alices.post(here, typed)["Location"] == here
        for page in (here, url("owners"), url("check")):
            told = alices.get(page).content.decode()
            assert "NYSE: NORD" in told and "SEC file 1-12345" in told
        assert f"{url('documents')}?kind=licence" in alices.get(here).content.decode()

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"ground": ""}, "If none of these fits, leave this page: nothing is needed."),
            ({"ground": "nonprofit"}, "Choose what it is from the list."),
            ({"reference": ""}, "This is needed."),
        ],
    )
    def test_is_refused_in_a_sentence_and_keeps_what_was_typed(
        self, alices: Client, nordlys: Founded, typed: dict[str, str], sentence: str
    ) -> None:
        answer = alices.post(url("exclusion", nordlys.party.pk), LISTED | typed)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert sentence in page and not Exclusion.objects.exists()
        assert "reference" in typed or "NYSE: NORD" in page

    def test_is_not_there_for_whom_it_changes_nothing_nor_for_others(
        self, alices: Client, nordlys: Founded, other: Founded
    ) -> None:
        small = company(nordlys, "S AS", "20")
        for party in (small, nordlys.controller, other.party):
            for answer in (alices.get(url("exclusion", party.pk)), alices.post(url("exclusion", party.pk), LISTED)):
                assert answer.status_code == 404
        assert not Exclusion.objects.exists()

    def test_is_closed_while_the_case_is_examined(self, alices: Client, nordlys: Founded) -> None:
        scenes.ready(nordlys)
        assert alices.post(url("exclusion", nordlys.party.pk), LISTED)["Location"] == url("overview")
        assert not Exclusion.objects.exists()


class TestWithdraw:
    def test_asks_first_and_stays_on_record(self, alices: Client, nordlys: Founded) -> None:
        row = exclusions.claim(nordlys.party, **LISTED, by=nordlys.by)
        here = url("exclusion_withdraw", nordlys.party.pk, row.pk)
        assert "Take back what you said of" in alices.get(here).content.decode()
        assert alices.post(here)["Location"] == url("exclusion", nordlys.party.pk)
        row.refresh_from_db()
        assert row.valid_to
        assert alices.post(here).status_code == 404

    def test_not_of_others(self, alices: Client, other: Founded) -> None:
        row = exclusions.claim(other.party, **LISTED, by=other.by)
        assert alices.post(url("exclusion_withdraw", other.party.pk, row.pk)).status_code == 404
