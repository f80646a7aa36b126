"""What a key may be bound to, as people write it."""

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from kyc.keys import terms
from kyc.keys.terms import BadTerms, Terms
from kyc.rules import packs

# RFC 9449's own example of a thumbprint, and the SHA-256 of nothing.
PRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
EMPTY = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
bits = st.integers(0, 2**32 - 1)


class TestNetworks:
    @given(bits, st.integers(0, 32))
    def test_what_has_host_bits_set_is_refused_with_the_network_meant(self, address: int, length: int) -> None:
        written = f"{ipaddress.IPv4Address(address)}/{length}"
        meant = str(ipaddress.ip_network(written, strict=False))
        if meant == written:
            assert terms.networks([written]) == [written]
        else:
            with pytest.raises(BadTerms) as refused:
                terms.networks([written])
            assert f"Write {meant} for the network" in str(refused.value)
            assert terms.networks([meant]) == [meant]

    @pytest.mark.parametrize(
        "line", ["10.0.0.0/33", "10.0.0", "::1%eth0", "2001:db8::/129", "١٠.0.0.0/8", "10.0.0.0/8/8", "a" * 99]
    )
    def test_what_is_none_is_named(self, line: str) -> None:
        with pytest.raises(BadTerms) as refused:
            terms.networks(["192.0.2.0/24", line])
        assert refused.value.field == "networks" and line[:60] in str(refused.value)

    def test_every_wrong_line_is_told_at_once(self) -> None:
        with pytest.raises(BadTerms) as refused:
            terms.networks(["one", "192.0.2.0/24", "two"])
        assert "“one”" in str(refused.value) and "“two”" in str(refused.value)

    def test_as_many_as_policy_allows(self) -> None:
        most = packs.current().most_key_networks
        lines = [f"198.51.{n}.0/24" for n in range(most + 1)]
        assert len(terms.networks(lines[:most])) == most
        with pytest.raises(BadTerms, match=f"At most {most}"):
            terms.networks(lines)


class TestExpiry:
    @pytest.mark.parametrize("days", [1, 90, 365])
    def test_a_number_is_so_many_days_from_now(self, days: int) -> None:
        assert abs(terms.until(f" {days} ") - timezone.now() - timedelta(days=days)) < timedelta(seconds=5)

    def test_a_day_is_good_to_its_end_and_reads_as_that_day(self) -> None:
        day = timezone.now().astimezone(UTC).date() + timedelta(days=10)
        assert terms.until(day.isoformat()) == datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)

    @pytest.mark.parametrize(
        "text", ["", "-1", "0", "366", "99999", "1999-01-01", "9999-12-31", "2027-02-30", "٩٠", "1e2", "90 days"]
    )
    def test_what_is_neither_or_too_long_is_refused(self, text: str) -> None:
        with pytest.raises(BadTerms) as refused:
            terms.until(text)
        assert refused.value.field == "expires"


class TestNearlyAnywhere:
    def test_names_those_that_hardly_limit_anything(self) -> None:
        wide = ["0.0.0.0/0", "0.0.0.0/1", "::/0", "2000::/3"]
        assert terms.nearly_anywhere([*wide, "203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32"]) == wide


class TestConfirmation:
    @pytest.mark.parametrize("kind", ["x5t#S256", "jkt"])
    @pytest.mark.parametrize(
        ("text", "kept"),
        [(PRINT, PRINT), (f" {PRINT}= ", PRINT), (HEX, EMPTY), (HEX.upper(), EMPTY), (":".join([HEX[:32], HEX[32:]]), EMPTY)],
    )
    def test_as_tools_print_it(self, kind: str, text: str, kept: str) -> None:
        assert terms.confirmation(kind, text) == {kind: kept}

    @pytest.mark.parametrize(
        ("kind", "text"), [("jkt", ""), ("jkt", PRINT[:-1]), ("", PRINT), ("kid", PRINT), ("jkt", PRINT + "A")]
    )
    def test_anything_else_is_refused(self, kind: str, text: str) -> None:
        with pytest.raises(BadTerms):
            terms.confirmation(kind, text)

    def test_none_is_none(self) -> None:
        assert terms.confirmation("", " ") == {}


@pytest.mark.parametrize("text", ["9999-12-31", "9999-12-30", "3000-01-01"])
def test_a_day_far_off_is_told_of_the_longest_life(text: str) -> None:
    with pytest.raises(BadTerms, match="A key lives 365 days at most: until"):
        terms.until(text)


class TestTerms:
    def test_nothing_chosen_is_what_the_catalogue_offers_for_the_longest_life(self) -> None:
        found: dict[str, Any] = Terms().columns()
        assert (found["scopes"], found["tiers"]) == (["inference", "embeddings"], ["small", "standard"])
        assert (found["allowed_networks"], found["confirmation"], found["is_service"]) == ([], {}, False)
        assert abs(found["expires_at"] - timezone.now() - timedelta(days=365)) < timedelta(seconds=5)

    @pytest.mark.parametrize(
        "bad", [{"scopes": ["root"]}, {"tiers": ["root"]}, {"networks": ["x"]}, {"confirmation": {"jkt": "x"}}]
    )
    def test_an_action_takes_nothing_that_a_form_would_refuse(self, bad: dict[str, Any]) -> None:
        with pytest.raises(BadTerms):
            Terms(**bad).columns()


class TestMapped:
    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
            ("::ffff:203.0.113.7", "203.0.113.7/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::/0", "::/0"),
            ("2001:db8::/32", "2001:db8::/32"),
        ],
    )
    def test_ipv4_within_ipv6_is_read_as_what_it_is(self, written: str, read: str) -> None:
        assert terms.networks([written]) == [read]
