"""Means and source of payment."""

import pytest

from accounts.models import AuditEvent
from kyc.parties import payments
from kyc.parties.models import PaymentMeans
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded
from tests.stage import scene

pytestmark = pytest.mark.django_db
BASE = {"holder": "Nordlys AS", "institution": "DNB", "country": "NO", "source": "revenue"}


@scene
def nordlys() -> Founded:
    return founded(customer(), told=False)


class TestDeclare:
    @pytest.mark.parametrize(
        ("told", "last_four"),
        [
            ({"kind": "card", "last_four": "4242"}, "4242"),
            ({"kind": "card", "last_four": " 0001 ", "reference": "tok_1NvX"}, "0001"),
            ({"kind": "bank", "reference": "NO93 8601 1117 947"}, "7947"),
            ({"kind": "wallet", "reference": "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "network": "Bitcoin"}, "5mdq"),
        ],
    )
    def test_it_is_told_from_others_by_its_end(self, nordlys: Founded, told: dict[str, str], last_four: str) -> None:
        means = payments.declare(nordlys.organisation, **{**BASE, **told}, by=nordlys.by)
        assert PaymentMeans.objects.get(pk=means.pk).last_four == last_four
        assert AuditEvent.objects.filter(verb="payment.declared").count() == 1

    def test_credits_need_no_bank(self, nordlys: Founded) -> None:
        means = payments.declare(nordlys.organisation, kind="credit", source="grant", by=nordlys.by)
        assert (means.institution, means.country) == ("", "")

    @pytest.mark.parametrize(
        ("told", "field"),
        [
            ({"kind": "cheque"}, "kind"),
            ({"kind": "card", "last_four": "424"}, "last_four"),
            ({"kind": "card", "last_four": "42424"}, "last_four"),
            ({"kind": "card", "last_four": "4242", "reference": "4242 4242 4242 4242"}, "reference"),
            ({"kind": "card", "last_four": "4242", "holder": "4242-4242-4242-4242"}, "holder"),
            ({"kind": "card", "last_four": "4242", "institution": ""}, "institution"),
            ({"kind": "card", "last_four": "4242", "country": "XX"}, "country"),
            ({"kind": "card", "last_four": "4242", "network": "4242 4242 4242 4242"}, "network"),
            ({"kind": "card", "last_four": "4242", "reference": "1234567812345670"}, "reference"),
            ({"kind": "bank", "reference": "4242 4242 4242 4242"}, "reference"),
            ({"kind": "bank", "reference": "3782 822463 10005"}, "reference"),
            ({"kind": "bank", "reference": ""}, "reference"),
            ({"kind": "wallet", "reference": "bc1q", "network": ""}, "network"),
            ({"kind": "card", "last_four": "4242", "source": "luck"}, "source"),
            ({"kind": "card", "last_four": "4242", "source": "other"}, "source_details"),
        ],
    )
    def test_bad_input_names_its_field_and_keeps_nothing(self, nordlys: Founded, told: dict[str, str], field: str) -> None:
        with pytest.raises(BadText) as bad:
            payments.declare(nordlys.organisation, **{**BASE, **told}, by=nordlys.by)
        assert bad.value.field == field
        assert not PaymentMeans.objects.exists()


class TestIsCardNumber:
    @pytest.mark.parametrize(
        "number",
        [
            "4242424242424242", "4222222222222", "5555555555554444", "2223003122003222", "2720992593213211", "378282246310005",
            "6011111111111117", "3056930009020004", "30569309025904", "3566002020360505", "6200000000000005",
        ],
    )  # fmt: skip
    def test_what_schemes_issue_is_one_also_where_an_account_may_stand(self, number: str) -> None:
        assert payments.is_card_number(number, may_be_account=True)

    @pytest.mark.parametrize("number", ["1234567812345670", "000123456789010002", "8000000000000003", "271000000007"])
    def test_what_only_passes_the_check_digit_may_be_an_account(self, number: str) -> None:
        assert not payments.is_card_number(number, may_be_account=True)
        assert payments.is_card_number(number)

    def test_an_account_that_looks_like_a_card_is_named_with_its_bank(self, nordlys: Founded) -> None:
        with pytest.raises(BadText, match="as an IBAN, or with the bank’s code and a slash"):
            payments.declare(nordlys.organisation, **BASE, kind="bank", reference="4242424242424242", by=nordlys.by)
        means = payments.declare(nordlys.organisation, **BASE, kind="bank", reference="8601/4242424242424242", by=nordlys.by)
        assert means.last_four == "4242"


class TestEnd:
    def test_it_ends_once(self, nordlys: Founded) -> None:
        means = payments.declare(nordlys.organisation, **BASE, kind="card", last_four="4242", by=nordlys.by)
        for _ in range(2):
            payments.end(means, by=nordlys.by)
        assert not PaymentMeans.objects.live().exists()
        assert AuditEvent.objects.filter(verb="payment.ended").count() == 1
