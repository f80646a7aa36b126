"""Class, programme, intended use and payment on the case page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from kyc.cases.models import Case, FlagRuling
from kyc.desk import using
from kyc.parties import payments, profiles, questionnaires
from kyc.parties.models import PaymentMeans, Questionnaire
from tests.cast import ANSWERS

ACCOUNT = "NO9386011117947"


@pytest.fixture
def by(case: Case) -> User:
    return User.objects.get(email="alice@nordlys.example")


def page(client: Client, case: Case) -> str:
    return client.get(f"/desk/cases/{case.pk}/", {"tab": "use"}).content.decode()


class TestFacts:
    def test_answers_are_told_in_words_with_who_signed_until_when(self, as_ana: Client, case: Case) -> None:
        told = page(as_ana, case)
        for words in (
            "In which country does it have its headquarters?</dt><dd>Norway",
            "Companies that are our customers",
            "No, only to answer",
            "signed by Alice Olsen on",
            "good until",
        ):
            assert words in told
        assert "Red flag" not in told
        assert "no longer good" not in told

    def test_what_must_be_asked_about_is_a_red_flag(self, as_ana: Client, case: Case, by: User) -> None:
        answers = ANSWERS | {"resale": "resale", "onward_controls": "We know them."}
        questionnaires.sign(case.organisation, answers=answers, signed_name="Alice Olsen", by=by)
        assert "<strong>Red flag.</strong> Resale of access was declared." in page(as_ana, case)

    @pytest.mark.parametrize(
        ("days_left", "told"),
        [(31, "signed, good until "), (30, "expires on "), (-1, "expired on ")],
    )
    def test_the_case_page_tells_the_term_beside_every_tab(
        self, as_ana: Client, case: Case, monkeypatch: pytest.MonkeyPatch, days_left: int, told: str
    ) -> None:
        last = Questionnaire.objects.get().expires_on
        monkeypatch.setattr(timezone, "localdate", lambda *at: last - timedelta(days=days_left))
        assert f"{told}{date_format(last, 'j F Y')}" in as_ana.get(f"/desk/cases/{case.pk}/").content.decode()

    def test_expired_answers_say_so(self, as_ana: Client, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
        day = Questionnaire.objects.get().expires_on + timedelta(days=1)
        monkeypatch.setattr(timezone, "localdate", lambda *at: day)
        assert not using.facts(case.organisation)["is_current"]

    def test_class_and_programme_with_who_runs_it(self, as_ana: Client, case: Case, by: User) -> None:
        profiles.choose(case.organisation, customer_class="research", programme="education", programme_run_by="NTNU", by=by)
        told = page(as_ana, case)
        for words in ("A university or research institution", "An education programme", "NTNU"):
            assert words in told

    def test_means_are_told_apart_by_their_end_and_never_shown_whole(self, as_ana: Client, case: Case, by: User) -> None:
        payments.declare(
            case.organisation, kind="bank", holder="Nordlys", institution="DNB", country="NO", reference=ACCOUNT,
            source="other", source_details="Sale of a boat", by=by,
        )  # fmt: skip
        payments.end(PaymentMeans.objects.get(kind="card"), by=by)
        told = page(as_ana, case)
        assert "ending in 7947 · Nordlys · DNB · Norway · Sale of a boat" in told
        assert "ending in 4242" in told
        assert told.index("ending in 7947") < told.index("ending in 4242")
        assert ACCOUNT not in told

    def test_nothing_told_is_said_to_be_nothing(self, as_ana: Client, case: Case, by: User) -> None:
        Questionnaire.objects.update(superseded_at=timezone.now())
        payments.end(PaymentMeans.objects.get(), by=by)
        told = page(as_ana, case)
        assert "Nothing was signed" in told
        assert "None was named" in told


class TestRuleFlag:
    @pytest.fixture
    def signed(self, case: Case, by: User) -> Questionnaire:
        answers = ANSWERS | {"resale": "resale", "onward_controls": "We know them."}
        return questionnaires.sign(case.organisation, answers=answers, signed_name="Alice Olsen", by=by)

    def rule(self, client: Client, case: Case, signed: Questionnaire, question: str = "resale", **told: str) -> Any:
        return client.post(f"/desk/cases/{case.pk}/questionnaires/{signed.pk}/{question}/rule/", told)

    def test_one_is_explained_and_shown_so(self, as_ana: Client, case: Case, signed: Questionnaire) -> None:
        assert "Say how it is explained" in page(as_ana, case)
        assert self.rule(as_ana, case, signed, ruling="explained", note="They name each customer.").status_code == 302
        told = page(as_ana, case)
        assert "<strong>Red flag, explained.</strong> Resale of access was declared." in told
        assert "They name each customer." in told
        assert "ruled on a red flag" in told

    def test_one_that_stands_is_shown_so(self, as_ana: Client, case: Case, signed: Questionnaire) -> None:
        self.rule(as_ana, case, signed, ruling="stands", note="They will not say.")
        assert "<strong>Red flag that stands.</strong> Resale of access was declared." in page(as_ana, case)

    @pytest.mark.parametrize(
        ("told", "field", "sentence"),
        [
            ({"note": "Because."}, "ruling", "Say whether it is explained."),
            ({"ruling": "maybe", "note": "Because."}, "ruling", "Choose one from the list."),
            ({"ruling": "stands"}, "note", "Write what you asked and what was answered."),
            ({"ruling": "stands", "note": "x" * 2001}, "note", "This is too long: at most 2000 characters."),
        ],
    )
    def test_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(
        self, as_ana: Client, case: Case, signed: Questionnaire, told: dict[str, str], field: str, sentence: str
    ) -> None:
        answer = self.rule(as_ana, case, signed, **told)
        assert answer.status_code == 422
        assert answer.context["flag_form"].errors == {field: [sentence]}
        assert told.get("note", "") in answer.content.decode()
        assert not FlagRuling.objects.exists()

    @pytest.mark.parametrize("question", ["weapons", "moon"])
    def test_what_raises_no_flag_is_not_found(self, as_ana: Client, case: Case, signed: Questionnaire, question: str) -> None:
        assert self.rule(as_ana, case, signed, question, ruling="stands", note="No.").status_code == 404
        assert self.rule(as_ana, case, signed, ruling="stands", note="No.").status_code == 302
