"""On the case page: companies that another customer named too."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.formats import date_format

from accounts.models import User
from kyc.cases import examining
from kyc.cases.models import Case
from kyc.cases.obstacles import obstacles
from kyc.ownership import diverging
from kyc.ownership.models import Divergence
from kyc.parties.models import Party, Sameness
from tests import cast
from tests.kyc.desk.conftest import made

pytestmark = pytest.mark.django_db
LEI = "5493001KJTIIGC8Y1R12"


@pytest.fixture
def sorvik(case: Case) -> Case:
    """Another customer's, whose company bears the same LEI."""
    other = made("Sorvik AS", email="bo@sorvik.example")
    Party.objects.filter(kind="company").update(lei=LEI)
    return other


def page(client: Client, case: Case) -> str:
    text = client.get(f"/desk/cases/{case.pk}/", {"tab": "people"}).content.decode()
    found = re.search(r'id="elsewhere".*?</section>', text, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def company(case: Case) -> Party:
    return Party.objects.get(organisation=case.organisation, kind="company")


def rule(client: Client, case: Case, other: Case, **said: str) -> Any:
    return client.post(f"/desk/cases/{case.pk}/parties/{company(case).pk}/same/{company(other).pk}/", said)


def tell(party: Party, **said: str) -> None:
    """The customer says so, and the checks have compared it."""
    Party.objects.filter(pk=party.pk).update(**said)
    diverging.settle(party.organisation_id)


def settle(client: Client, case: Case, row: Divergence, **said: str) -> Any:
    return client.post(f"/desk/cases/{case.pk}/divergences/{row.pk}/", said)


class TestElsewhere:
    def test_names_the_other_customer_and_by_what(self, as_ana: Client, case: Case, sorvik: Case) -> None:
        shown = page(as_ana, case)
        assert "Nordlys Modelling AS is named by Sorvik AS too, by the same LEI, the same number in the Brønnøysund" in shown
        assert sorvik.number in shown and "to rule on" in shown
        assert "Sorvik AS is named by Nordlys Modelling AS too" in page(as_ana, sorvik)

    def test_says_nothing_where_nobody_shares_a_number(self, as_ana: Client, case: Case) -> None:
        assert page(as_ana, case) == ""

    def test_tells_nothing_of_who_has_not_sent_anything(self, as_ana: Client, case: Case, sorvik: Case) -> None:
        Case.objects.filter(pk=sorvik.pk).update(state="draft", submitted_at=None, submitted_by=None)
        assert page(as_ana, case) == ""

    def test_an_officer_rules_with_a_reason_and_it_stands_at_both(
        self, as_ana: Client, ana: User, case: Case, sorvik: Case
    ) -> None:
        assert rule(as_ana, case, sorvik, ruling="same", reason="One LEI.").status_code == 302
        assert Sameness.objects.get().ruled_by == ana
        for one in (case, sorvik):
            assert "The same company" in page(as_ana, one) and "One LEI. Ana Maric" in page(as_ana, one)
        assert rule(as_ana, sorvik, case, ruling="different", reason="Mistyped there.").status_code == 302
        assert "Not the same" in page(as_ana, case) and "Mistyped there." in page(as_ana, case)

    def test_is_told_what_the_ruling_comes_to(self, as_ana: Client, case: Case, sorvik: Case) -> None:
        said = {}
        for ruling in ("same", "different"):
            rule(as_ana, case, sorvik, ruling=ruling, reason="One LEI.")
            said[ruling] = as_ana.get(f"/desk/cases/{case.pk}/?tab=people").content.decode()
        assert "Ruled: the same company. Nothing is merged" in said["same"] and "stay apart" not in said["same"]
        assert "Ruled: not the same company. The two stay apart" in said["different"]

    def test_what_the_two_declared_differently_is_told_at_both_and_in_the_list(
        self, as_ana: Client, case: Case, sorvik: Case
    ) -> None:
        mine, listed = company(case), "/desk/cases/differences/"
        Party.objects.filter(pk=mine.pk).update(hq_country="SE", legal_form="ASA")
        assert "difference" not in page(as_ana, case)
        rule(as_ana, case, sorvik, ruling="same", reason="One LEI.")
        for one, sides in ((case, ("ASA AS", "Sweden Norway")), (sorvik, ("AS ASA", "Norway Sweden"))):
            shown = page(as_ana, one)
            assert "2 differences" in shown and f"Legal form {sides[0]}" in shown and f"Run from {sides[1]}" in shown
            assert f"/desk/cases/{one.pk}/?tab=people#divergence-" in as_ana.get(listed).content.decode()
        tell(mine, hq_country="NO", legal_form="AS")
        assert "What the two customers declared of it agrees." in page(as_ana, case)
        assert "#divergence-" not in as_ana.get(listed).content.decode()
        tell(mine, hq_country="SE")
        rule(as_ana, sorvik, case, ruling="different", reason="Mistyped there.")
        assert "difference" not in page(as_ana, case)
        assert "#divergence-" not in as_ana.get(listed).content.decode()

    def test_an_officer_settles_it_with_a_reason_that_stands_at_both(self, as_ana: Client, case: Case, sorvik: Case) -> None:
        tell(company(case), hq_country="SE")
        rule(as_ana, case, sorvik, ruling="same", reason="One LEI.")
        row = Divergence.objects.get()
        assert "14 d left" in page(as_ana, case)
        answer = settle(as_ana, sorvik, row, resolution="", reason="Moved in 2024.")
        assert answer.status_code == 422 and "Say how it ended." in answer.content.decode()
        assert settle(as_ana, sorvik, row, resolution="first", reason="Moved in 2024.").status_code == 302
        for one, sides in ((case, "here Sweden , there Norway"), (sorvik, "here Norway , there Sweden")):
            shown = page(as_ana, one)
            assert "Nordlys Modelling AS is right : Run from ," in shown and sides in shown
            assert "Moved in 2024. Ana Maric" in shown
            assert "difference" not in shown and "left to settle" in shown
        late = settle(as_ana, case, row, resolution="both", reason="Once more.").content.decode()
        assert "This has ended meanwhile" in late

    def test_stands_against_an_approval_of_either_in_words_that_tell_of_nobody(
        self, as_ana: Client, case: Case, sorvik: Case
    ) -> None:
        tell(company(case), hq_country="SE")
        before = {one.pk: obstacles(one) for one in (case, sorvik)}
        rule(as_ana, case, sorvik, ruling="same", reason="One LEI.")
        day = date_format(Divergence.objects.get().due_on, "j F Y")
        for one in (case, sorvik):
            [more] = [sentence for sentence in obstacles(one) if sentence not in before[one.pk]]
            assert more == (
                f"1 point about a company in this case is not settled, to be settled by {day}. Settle it under “People and "
                "ownership”."
            )
        settle(as_ana, case, Divergence.objects.get(), resolution="both", reason="Moved in 2024.")
        assert {one.pk: obstacles(one) for one in (case, sorvik)} == before

    def test_the_next_round_of_checks_opens_what_differs_since(self, as_ana: Client, case: Case, sorvik: Case) -> None:
        rule(as_ana, case, sorvik, ruling="same", reason="One LEI.")
        Party.objects.filter(pk=company(sorvik).pk).update(hq_country="DK")
        examining.ask_again(sorvik)
        examining.run()
        assert "Run from Norway Denmark" in page(as_ana, case)

    def test_what_is_missing_is_said_and_what_was_typed_stays(self, as_ana: Client, case: Case, sorvik: Case) -> None:
        answer = rule(as_ana, case, sorvik, ruling="", reason="One LEI.")
        text = answer.content.decode()
        assert answer.status_code == 422 and "Say whether it is the same company." in text and "One LEI.</textarea>" in text
        assert "Write by what you tell" in rule(as_ana, case, sorvik, ruling="same", reason=" ").content.decode()
        assert not Sameness.objects.exists()

    def test_who_only_reads_rules_on_nothing(self, auditor: User, case: Case, sorvik: Case) -> None:
        reading = cast.signed_in(auditor)
        assert "is named by Sorvik AS too" in page(reading, case) and "By what you tell" not in page(reading, case)
        assert rule(reading, case, sorvik, ruling="same", reason="One LEI.").status_code in {403, 404}

    def test_the_customer_learns_nothing(self, as_ana: Client, alice: User, case: Case, sorvik: Case) -> None:
        rule(as_ana, case, sorvik, ruling="same", reason="One LEI.")
        as_alice = cast.signed_in(alice)
        tell(company(sorvik), legal_form="ASA")
        assert "1 difference" in page(as_ana, case)
        for path in ("/verification/", "/verification/check/", "/verification/owners/", "/verification/company/"):
            answer = as_alice.get(path, follow=True)
            told = answer.content.decode()
            assert answer.status_code == 200 and "Nordlys" in told, path
            assert "Sorvik" not in told and "ASA" not in told and "difference" not in told and "not settled" not in told, path
