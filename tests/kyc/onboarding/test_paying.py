"""Means of payment: several, each with its source, never a whole card number."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from kyc.parties import payments
from kyc.parties.models import PaymentMeans
from tests.cast import Founded

PAYMENT = reverse("onboarding:payment")
BANK = {"kind": "bank", "holder": "Nordlys", "institution": "DNB", "country": "NO", "reference": "NO93 8601 1117 947",
        "source": "revenue"}  # fmt: skip
OTHER = "DE89 3704 0044 0532 0130 00"
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
            ({**BANK, "reference": "GB00 1234 BADIBAN"}, ["reference"]),
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


class TestChange:
    @pytest.fixture
    def bank(self, nordlys: Founded) -> PaymentMeans:
        return payments.declare(nordlys.organisation, **BANK, by=nordlys.by)

    def at(self, means: PaymentMeans) -> str:
        return reverse("onboarding:payment_change", args=[means.pk])

    def sent(self, client: Client, means: PaymentMeans, **changed: str) -> HttpResponse:
        form = client.get(self.at(means)).context["form"]
        return client.post(self.at(means), {**form.initial, "shown": form["shown"].value(), **changed})

    def test_the_list_leads_there_and_the_number_is_not_shown(self, alices: Client, bank: PaymentMeans) -> None:
        assert self.at(bank) in alices.get(PAYMENT).content.decode()
        page = alices.get(self.at(bank)).content.decode()
        assert "8601 1117" not in page
        assert "keep the one that ends in" in page

    def test_what_is_not_typed_anew_stays(self, alices: Client, bank: PaymentMeans) -> None:
        assert self.sent(alices, bank, institution="Sparebanken")["Location"] == PAYMENT
        bank.refresh_from_db()
        assert (bank.institution, bank.reference, bank.last_four) == ("Sparebanken", BANK["reference"], "7947")
        assert PaymentMeans.objects.live().count() == 2
        assert AuditEvent.objects.filter(verb="payment.changed").count() == 1

    def test_another_kind_needs_a_number_of_its_own(self, alices: Client, bank: PaymentMeans) -> None:
        answer = self.sent(alices, bank, kind="wallet", network="Ethereum")
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["reference"]

    def test_it_becomes_no_other_that_is_named(self, alices: Client, nordlys: Founded, bank: PaymentMeans) -> None:
        other = payments.declare(nordlys.organisation, **{**BANK, "reference": "DE89370400440532013000"}, by=nordlys.by)
        assert "You have already named this one." in self.sent(alices, other, reference=BANK["reference"]).content.decode()

    def test_a_later_tab_overwrites_nothing_it_has_not_shown(self, alices: Client, bank: PaymentMeans) -> None:
        opened = alices.get(self.at(bank)).context["form"]["shown"].value()
        assert self.sent(alices, bank, institution="First").status_code == 302
        later = self.sent(alices, bank, institution="Second", shown=opened)
        assert later.status_code == 422
        assert list(later.context["form"].errors) == ["__all__", "institution"]

    def test_another_number_is_another_means_and_the_old_one_ends(self, alices: Client, bank: PaymentMeans) -> None:
        PaymentMeans.objects.filter(pk=bank.pk).update(valid_from="2026-01-01")
        assert self.sent(alices, bank, reference=OTHER)["Location"] == PAYMENT
        old, new = PaymentMeans.objects.get(pk=bank.pk), PaymentMeans.objects.latest("pk")
        today = timezone.localdate()
        assert (old.reference, str(old.valid_from), old.valid_to) == (BANK["reference"], "2026-01-01", today)
        assert (new.reference, new.valid_from, new.valid_to) == (OTHER, today, None)
        assert AuditEvent.objects.get(verb="payment.changed").target_id == str(new.pk)

    def test_a_number_written_otherwise_is_the_same(self, alices: Client, bank: PaymentMeans) -> None:
        assert self.sent(alices, bank, reference=BANK["reference"].replace(" ", ""))["Location"] == PAYMENT
        bank.refresh_from_db()
        assert (bank.reference, bank.valid_to) == (BANK["reference"].replace(" ", ""), None)

    def test_a_later_tab_overwrites_no_number_either(self, alices: Client, bank: PaymentMeans) -> None:
        form = alices.get(self.at(bank)).context["form"]
        shown = {**form.initial, "shown": form["shown"].value()}
        self.sent(alices, bank, reference=OTHER)
        later = alices.post(self.at(bank), {**shown, "reference": "DE02 1203 0000 0000 2020 51"})
        assert later["Location"] == PAYMENT
        assert str(payments.ENDED) in alices.get(PAYMENT).content.decode()
        assert [means.reference for means in PaymentMeans.objects.live().filter(kind="bank")] == [OTHER]

    def test_what_was_removed_meanwhile_is_not_changed(self, nordlys: Founded, bank: PaymentMeans) -> None:
        payments.end(bank, by=nordlys.by)
        with pytest.raises(payments.Ended):
            payments.change(bank, **BANK, by=nordlys.by)

    def test_a_strangers_is_a_missing_one(self, alices: Client, other: Founded) -> None:
        theirs = payments.declare(other.organisation, **WALLET, by=other.by)
        assert alices.get(self.at(theirs)).status_code == 404
