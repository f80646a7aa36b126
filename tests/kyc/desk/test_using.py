"""Class, programme, intended use and payment on the case page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from kyc.cases.models import Case
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
