"""Means of payment: several, each with its source, never a whole card number."""

import pytest
from django.test import Client
from django.urls import reverse

from kyc.parties import payments
from kyc.parties.models import PaymentMeans
from tests.cast import Founded

PAYMENT = reverse("onboarding:payment")
BANK = {"kind": "bank", "holder": "Nordlys", "institution": "DNB", "country": "NO", "reference": "NO93 8601 1117 947",
        "source": "revenue"}  # fmt: skip
WALLET = {"kind": "wallet", "holder": "Nordlys", "institution": "Fjordvault", "country": "NO", "reference": "0xabc123",
          "network": "Ethereum", "source": "capital"}  # fmt: skip
CREDIT = {"kind": "credit", "source": "other", "source_details": "Credits of the fund"}


class TestPayment:
    @pytest.mark.parametrize("told", [BANK, WALLET, CREDIT])
    def test_is_named_beside_what_was_named_before(self, alices: Client, nordlys: Founded, told: dict[str, str]) -> None:
        assert alices.post(PAYMENT, told).status_code == 302
        page = alices.get(PAYMENT).content.decode()
        assert PaymentMeans.objects.live().count() == 2
        assert told.get("institution", told.get("source_details")) in page  # type: ignore[operator]  # one of them is there
        assert "8601 1117" not in page

    def test_sent_twice_is_named_once(self, alices: Client, nordlys: Founded) -> None:
        assert alices.post(PAYMENT, BANK).status_code == 302
        assert "You have already named this one." in alices.post(PAYMENT, BANK).content.decode()
        assert PaymentMeans.objects.filter(kind="bank").count() == 1

    @pytest.mark.parametrize(
        ("told", "wrong"),
        [
            ({}, ["kind", "source"]),
            ({**BANK, "reference": ""}, ["reference"]),
            ({**BANK, "country": ""}, ["country"]),
            ({**BANK, "holder": "\u202egnp"}, ["holder"]),
            ({**BANK, "holder": "x" * 100_000}, ["holder"]),
        ],
    )
    def test_what_is_wrong_is_said_beside_the_field(
        self, alices: Client, nordlys: Founded, told: dict[str, str], wrong: list[str]
    ) -> None:
        answer = alices.post(PAYMENT, told)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == wrong
        assert PaymentMeans.objects.count() == 1

    def test_a_whole_card_number_is_not_even_shown_again(self, alices: Client, nordlys: Founded) -> None:
        answer = alices.post(PAYMENT, {**BANK, "kind": "card", "last_four": "4111111111111111"})
        assert "4111111111111111" not in answer.content.decode()

    def test_an_account_whose_number_only_passes_the_check_digit_is_taken(self, alices: Client, nordlys: Founded) -> None:
        assert alices.post(PAYMENT, {**BANK, "reference": "1234567812345670"}).status_code == 302

    def test_the_token_of_a_card_is_taken_and_not_shown(self, alices: Client, nordlys: Founded) -> None:
        card = {**BANK, "kind": "card", "last_four": "1881", "reference": "tok_1NvXzz"}
        assert alices.post(PAYMENT, card).status_code == 302
        assert PaymentMeans.objects.latest("pk").reference == "tok_1NvXzz"
        assert "tok_1NvXzz" not in alices.get(PAYMENT).content.decode()

    def test_is_asked_before_it_is_removed(self, alices: Client, nordlys: Founded) -> None:
        gone = reverse("onboarding:payment_remove", args=[PaymentMeans.objects.get().pk])
        assert "4242" in alices.get(gone).content.decode()
        assert PaymentMeans.objects.live().exists()
        assert alices.post(gone)["Location"] == PAYMENT
        assert not PaymentMeans.objects.live().exists()

    def test_a_strangers_is_a_missing_one(self, alices: Client, nordlys: Founded, other: Founded) -> None:
        theirs = payments.declare(other.organisation, **WALLET, by=other.by)
        assert alices.get(reverse("onboarding:payment_remove", args=[theirs.pk])).status_code == 404
