"""An exact number is found by a keyed hash, which says nothing without its key and goes with its subject."""

from typing import Any

import pytest

from accounts.vault import searching, shredding
from accounts.vault.models import SearchDigest
from kyc.parties import payments
from kyc.parties.models import Party
from tests import cast


class TestDigest:
    @pytest.mark.parametrize(
        ("purpose", "written"),
        [
            ("phone", ["+47 77 00 00 00", "47 7700 0000", "(+47) 77-00-00-00"]),
            ("number", ["DE 918 334 207", "de918334207", "DE-918.334.207"]),
            ("payment", ["NO93 8601 1117 947", "no9386011117947"]),
        ],
        ids=["phone", "number", "payment"],
    )
    def test_is_of_what_counts(self, purpose: str, written: list[str]) -> None:
        assert len({searching.digest(text, purpose=purpose) for text in written}) == 1

    def test_differs_by_purpose_and_by_key(self, settings: Any) -> None:
        found = {searching.digest("918334207", purpose=purpose) for purpose in searching.NORMALISED}
        settings.VAULT_INDEX_KEY = "another"
        found.add(searching.digest("918334207", purpose="number"))
        assert len(found) == len(searching.NORMALISED) + 1

    @pytest.mark.parametrize("text", ["", "1234", "+-()", "12 34"])
    def test_is_not_made_of_what_anybody_would_guess(self, text: str) -> None:
        assert searching.digest(text, purpose="phone") == ""


@pytest.mark.django_db
class TestMatches:
    def places(self, text: str) -> set[tuple[str, int]]:
        return set(searching.matches(text).values_list("place", "row"))

    def test_is_found_exactly_and_in_no_part(self) -> None:
        party = cast.founded(cast.customer()).party
        assert self.places("918 334 207") == {("kyc_party.registration_number", party.pk)}
        assert self.places("+47 77 00 00 00") == {("kyc_party.phone", party.pk)}
        assert self.places("91833420") == self.places("77000000") == self.places("") == set()

    def test_follows_the_value(self) -> None:
        party = cast.founded(cast.customer()).party
        party.registration_number, party.phone = "111222333", ""
        party.save()
        assert self.places("918334207") == self.places("4777000000") == set()
        assert self.places("111222333") == {("kyc_party.registration_number", party.pk)}

    def test_finds_means_of_payment(self) -> None:
        found = cast.founded(cast.customer())
        means = payments.declare(
            found.organisation, kind="bank", holder="A", institution="DNB", country="NO", reference="NO93 8601 1117 947",
            source="revenue", by=found.by,
        )  # fmt: skip
        assert self.places("NO9386011117947") == {("kyc_paymentmeans.reference", means.pk)}

    def test_goes_with_its_subject(self) -> None:
        found = cast.founded(cast.customer())
        assert SearchDigest.objects.exists()
        shredding.shred(Party.objects.get(pk=found.party.pk).sealed_for, reason="retention ended", by=None)
        assert not SearchDigest.objects.exists()
