"""One row: what counts, what is refused and with which sentence."""

import base64
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.usage.rows import HASHES, KNOWN, MOST, BadRow, Reader, Row, Whose, is_address, is_hash

NOW = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
KEY = "kh_live_abcdefghijkl"
READER = Reader({KEY: Whose(7, 3)}, NOW)
GOOD: dict[str, Any] = {"key": KEY, "hour": "2026-11-30T08:00:00Z", "model": "sonnet-5", "requests": 9}


def reason(**more: Any) -> str:
    with pytest.raises(BadRow) as raised:
        READER.read({**GOOD, **more})
    return str(raised.value)


class TestRead:
    def test_the_least(self) -> None:
        hour = datetime(2026, 11, 30, 8, tzinfo=UTC)
        assert READER.read(GOOD) == Row(hour, 3, 7, "sonnet-5", 9, 0, 0, 0, 0, 0, "", "", None, "", "", "", "", False)

    @pytest.mark.parametrize("name", ["key", "hour", "model", "requests"])
    def test_what_is_needed(self, name: str) -> None:
        with pytest.raises(BadRow, match=f"^{name}: This is needed"):
            READER.read({known: value for known, value in GOOD.items() if known != name})

    @pytest.mark.parametrize("row", [None, [], "x", 7])
    def test_a_row_is_an_object(self, row: Any) -> None:
        with pytest.raises(BadRow, match="no object"):
            READER.read(row)

    @pytest.mark.parametrize("field", ["prompt", "ip", "messages", "api_key"])
    def test_no_other_field_and_its_name_is_not_repeated(self, field: str) -> None:
        assert "not known here" in reason(**{field: "x"}) and field not in reason(**{field: "x"})

    @pytest.mark.parametrize("value", [-1, 1.0, "1", None, True, MOST + 1, 2**70])
    def test_counters_are_whole_numbers(self, value: Any) -> None:
        assert reason(requests=value).startswith("requests: ")

    def test_no_more_errors_than_requests(self) -> None:
        assert "more of them than requests" in reason(errors=10)
        assert "more of them than requests" in reason(refusals=10)
        assert "no request is both" in reason(errors=5, refusals=5)
        assert READER.read({**GOOD, "errors": 5, "refusals": 4}).errors == 5

    @pytest.mark.parametrize("counted", [{"tokens_in": 1}, {"tokens_out": 1}, {"cost": 1, "currency": "EUR"}])
    def test_nothing_without_a_request(self, counted: dict[str, Any]) -> None:
        none = {"requests": 0, "tokens_in": 0, "tokens_out": 0, "errors": 0, "refusals": 0}
        assert reason(**none | counted).startswith("requests: Tokens and costs are told with their request")
        assert READER.read({**GOOD, **none}).requests == 0

    @pytest.mark.parametrize(
        ("hour", "says"),
        [
            ("2026-11-30T08:00:00", "in UTC"), ("2026-11-30T08:00:00+01:00", "in UTC"), ("2026-11-30T08:10:00Z", "whole hour"),
            ("2026-11-30T09:00:00Z", "not begun"), ("2126-11-30T09:00:00Z", "not begun"),
            ("2026-09-01T00:00:00Z", "older than 62"),
            ("yesterday", "2026-11-30T08:00:00Z"), (1_764_000_000, "2026-11-30T08:00:00Z"), (None, "2026-11-30T08:00:00Z"),
        ],
    )  # fmt: skip
    def test_the_hour(self, hour: Any, says: str) -> None:
        assert says in reason(hour=hour)

    def test_a_clock_may_be_a_little_ahead(self) -> None:
        early = Reader({KEY: Whose(7, 3)}, datetime(2026, 11, 30, 7, 56, tzinfo=UTC))
        assert early.read(GOOD).hour == datetime(2026, 11, 30, 8, tzinfo=UTC)

    @pytest.mark.parametrize(("hours", "is_late"), [(0, False), (6, False), (7, True), (24 * 60, True)])
    def test_late_is_what_is_told_long_after_its_hour(self, hours: int, is_late: bool) -> None:
        hour = NOW.replace(minute=0) - timedelta(hours=hours)
        assert READER.read({**GOOD, "hour": hour.isoformat()}).is_late is is_late

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("model", "a b"), ("model", "Write me a poem"), ("model", "x" * 101), ("model", ""),
            ("model", "é"), ("model", "a\tb"),
            ("model", "alice@nordlys.example"), ("model", "@20250929"), ("country", "ZZ"), ("country", "EU"), ("currency", "ZZZ"),
            ("currency", "XXX"), ("ip_hash", "alice-at-example-com"), ("end_user", "alice-olsen-of-nordlys-modelling-as"),
            ("ip_hash", "a" * 31), ("template", "t13d1516h2_8daaf6152771_e5627efa2ab1"),
            ("country", "no"), ("country", "NOR"), ("country", "N\n"), ("asn", -1), ("asn", "64512"), ("asn", True),
            ("currency", "eur"), ("key", None), ("key", "kh_live_zzzzzzzzzzzz"), ("template", "short"), ("client", "a b" * 9),
            ("template", "Please-summarise-the-following-text-for-me"), ("template", "PleaseSummariseTheFollowingTextForMe"),
            ("template", "WRITE_ME_A_POEM_ABOUT_TWO_CATS_in_Oslo"), ("end_user", 7), ("end_user", "alice@nordlys.example"),
        ],
    )  # fmt: skip
    def test_anything_that_could_be_words_is_refused_and_not_repeated(self, field: str, value: Any) -> None:
        told = reason(**{field: value})
        assert told.startswith(f"{field}: ")
        assert not isinstance(value, str) or len(value) < 8 or value not in told

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("model", "claude-sonnet-4-5@20250929"), ("model", "org/model:free"), ("country", "XK"), ("ip_hash", "5F" * 16),
            ("end_user", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"), ("client", "t13d1516h2_8daaf6152771_e5627efa2ab1"),
        ],
    )  # fmt: skip
    def test_what_is_taken(self, field: str, value: str) -> None:
        assert value in READER.read({**GOOD, field: value})

    @pytest.mark.parametrize("country", ["XX", "T1"])
    def test_a_country_that_nobody_knows_is_not_told(self, country: str) -> None:
        assert READER.read({**GOOD, "country": country}).country == ""

    def test_hashes_in_base64url_pass(self) -> None:
        written = [base64.urlsafe_b64encode(sha256(str(n).encode()).digest()).decode().rstrip("=") for n in range(20_000)]
        assert [one for one in written if not is_hash("template", one)] == []

    @given(st.binary(min_size=24, max_size=64))
    def test_any_hash_in_hex_passes(self, digest: bytes) -> None:
        hexed = digest.hex()[:86]
        assert READER.read({**GOOD, "ip_hash": hexed}).ip_hash == hexed

    def test_no_hour_that_was_over_before_the_key_was_issued(self) -> None:
        young = Reader({KEY: Whose(7, 3, datetime(2026, 11, 30, 7, 20, tzinfo=UTC))}, NOW)
        assert young.read({**GOOD, "hour": "2026-11-30T07:00:00Z"}).requests == 9
        with pytest.raises(BadRow, match=r"^hour: The key was not issued yet"):
            young.read({**GOOD, "hour": "2026-11-30T06:00:00Z"})

    def test_cost_has_a_currency(self) -> None:
        assert reason(cost=5).startswith("currency: ")
        assert READER.read({**GOOD, "cost": 5, "currency": "EUR"}).cost == 5

    @given(st.ip_addresses(), st.sampled_from([*HASHES, "model"]))
    def test_no_address_ever_passes(self, address: Any, field: str) -> None:
        for written in (str(address), f"[{address}]", f"{address}/24", f" {address}", address.exploded):
            with pytest.raises(BadRow):
                READER.read({**GOOD, field: written})

    @given(st.dictionaries(st.sampled_from(sorted(KNOWN)), st.text(max_size=20) | st.integers() | st.none() | st.booleans()))
    def test_whatever_comes_is_read_or_refused(self, more: dict[str, Any]) -> None:
        try:
            row = READER.read({**GOOD, **more})
        except BadRow:
            return
        assert not set("\t\n\\") & set("".join(map(str, row)))


class TestIsAddress:
    @pytest.mark.parametrize(
        "text", ["203.0.113.9", "203.0.113.9:443", "2001:db8::1", "[2001:db8::1]:443", "fe80::1%eth0", "10.0.0.0/8"]
    )
    def test_in_whatever_form(self, text: str) -> None:
        assert is_address(text)

    @pytest.mark.parametrize("text", ["", "sonnet-5", "1.2.3", "a" * 32, "gpt-4.1", "300.1.1.1"])
    def test_what_is_none(self, text: str) -> None:
        assert not is_address(text)
