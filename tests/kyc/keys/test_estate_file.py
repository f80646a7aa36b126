"""A file of keys that were issued elsewhere, as it is read."""

import csv
import io
from base64 import b64encode, urlsafe_b64encode
from contextlib import suppress
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.tables import BadTable
from kyc.keys import foreign
from kyc.keys.estate_file import COLUMNS, Fault, Line, read

TODAY = date(2026, 11, 30)
FORMS = [("sk-", 11, 43)]
SECRET = "sk-abcd1234" + "Z" * 32
DIGEST = sha256(SECRET.encode())
GOOD = {
    "account": "acct-7", "name": "Sørvik AS", "email": "Bo@Sorvik.example", "country": "NO", "project": "Ada",
    "key_prefix": "sk-abcd1234", "last_four": "ZZZZ", "digest": DIGEST.hexdigest(), "scheme": "sha256", "issued_on": "2024-02-29",
    "responsible_email": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(settings: Any) -> None:
    settings.ESTATE_FORMS, settings.ESTATE_PEPPERS = FORMS, {"3": "their-pepper"}


def written(*rows: dict[str, str]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def found(*rows: dict[str, str]) -> list[Line | Fault]:
    return list(read(io.StringIO(written(*rows), newline=""), source="estate.csv", today=TODAY))


def test_a_row_is_a_key_of_an_account() -> None:
    assert found(GOOD) == [
        Line(2, "acct-7", "Sørvik AS", "bo@sorvik.example", "NO", "Ada", "sk-abcd1234", "ZZZZ", DIGEST.hexdigest(), "sha256",
             date(2024, 2, 29), "")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [DIGEST.hexdigest().upper(), b64encode(DIGEST.digest()).decode(), urlsafe_b64encode(DIGEST.digest()).decode().rstrip("=")],
)
def test_a_digest_in_any_usual_form_is_the_same(text: str) -> None:
    [line] = found(GOOD | {"digest": text})
    assert isinstance(line, Line) and foreign.matches(SECRET, line.digest, line.scheme)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"account": ""}, "account is empty"),
        ({"email": "nobody"}, "email is no e-mail address"),
        ({"responsible_email": "nobody"}, "responsible_email is no e-mail address"),
        ({"country": "no"}, "country is none"),
        ({"name": "https://evil.example"}, "name is the address of a page"),
        ({"name": "\u200b"}, "name is empty"),
        ({"key_prefix": "sk"}, "key_prefix is no beginning"),
        ({"key_prefix": "kh_live_abc"}, "key_prefix is no beginning"),
        ({"last_four": "12345"}, "last_four has more"),
        ({"digest": "0" * 63}, "digest is not 256 bits"),
        ({"scheme": "bcrypt"}, "scheme is neither"),
        ({"scheme": "hmac-sha256:4"}, "ESTATE_PEPPERS has no pepper"),
        ({"issued_on": "2027-01-01"}, "issued_on lies in the future"),
        ({"issued_on": "29.2.2024"}, "issued_on is no day"),
    ],
)
def test_what_is_wrong_is_told_by_line(change: dict[str, str], sentence: str) -> None:
    [fault] = found(GOOD | change)
    assert isinstance(fault, Fault) and fault.number == 2 and fault.sentence.startswith(sentence)


OURS = "kh_live_" + "a" * 58


@pytest.mark.parametrize("secret", [SECRET, OURS])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_whole_key_is_refused_wherever_it_stands_and_never_repeated(column: str, secret: str) -> None:
    [fault] = found(GOOD | {column: secret})
    assert isinstance(fault, Fault) and fault.sentence.startswith("a whole key stands in it")
    assert secret not in fault.sentence and secret[12:] not in fault.sentence


def test_neither_is_one_that_looks_like_a_digest(settings: Any) -> None:
    secret = DIGEST.hexdigest()
    settings.ESTATE_FORMS = [(secret[:2], 8, 64)]
    [fault] = found(GOOD | {"key_prefix": secret[:8], "digest": secret})
    assert isinstance(fault, Fault) and "whole key" in fault.sentence
    [line] = found(GOOD | {"key_prefix": secret[:8], "digest": sha256(secret.encode()).hexdigest()})
    assert isinstance(line, Line)


def test_a_key_stands_there_once_and_an_account_is_one() -> None:
    others = [
        GOOD,
        GOOD | {"project": "B"},
        GOOD | {"key_prefix": "sk-zzzz1234", "email": "x@sorvik.example"},
        GOOD | {"key_prefix": "sk-zzzz1234", "account": "acct-8"},
    ]
    assert [getattr(one, "sentence", "") for one in found(*others)] == [
        "", "the key of line 2 begins the same", "the account has another name, email or country in line 2",
        "another account has this email in line 2, and whoever signs up with it acts in one",
    ]  # fmt: skip


TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@given(st.lists(st.fixed_dictionaries({name: TEXT | st.just(GOOD[name]) for name in COLUMNS}), max_size=4))
def test_odd_files_are_read_or_refused_and_repeat_nothing(rows: list[dict[str, str]]) -> None:
    told = found(*rows, GOOD | {"account": SECRET})
    assert SECRET not in str(told) and len(told) <= len(rows) + 1
    for line in told:
        if isinstance(line, Line):
            assert line.account and line.name and len(line.digest) == 64 and line.issued_on <= TODAY


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_a_table_or_bad(data: bytes) -> None:
    with suppress(BadTable):
        lines = io.StringIO(written() + data.decode("latin-1"), newline="")
        assert all(isinstance(one, Fault) for one in read(lines, source="x", today=TODAY))


def test_without_a_form_nothing_but_our_own_is_a_key(settings: Any) -> None:
    assert foreign.parse(SECRET) is not None and foreign.parse(SECRET + "x") is None
    settings.ESTATE_FORMS = []
    assert foreign.parse(SECRET) is None
