"""Signed heads, the key that signs them, and the file outside the database."""

import base64
import json
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts import heads

AT = datetime(2026, 11, 28, 9, 5, 3, 120, tzinfo=UTC)
GOOD = {"version": 1, "size": 3, "root": "00" * 32, "at": "2026-11-28T09:05:03.000120Z", "key": "ab", "signature": "AA=="}


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path) -> Path:
    settings.AUDIT_KEY_FILE = tmp_path / "state" / "key"
    settings.AUDIT_HEADS_DIR = tmp_path / "heads"
    return tmp_path


def signed(size: int = 3) -> heads.Head:
    return heads.signed(size=size, root=bytes([size % 256]) * 32, at=AT)


class TestIsSigned:
    def test_what_was_signed_here_is(self) -> None:
        assert heads.is_signed(signed())

    @pytest.mark.parametrize(
        "other",
        [{"size": 4}, {"root": b"\1" * 32}, {"at": AT.replace(microsecond=0)}, {"key": "ab"}, {"signature": b"\0" * 64}],
        ids=lambda other: " ".join(other),
    )
    def test_what_was_changed_since_is_not(self, other: dict[str, Any]) -> None:
        assert not heads.is_signed(replace(signed(), **other))

    def test_a_strangers_is_not_until_his_key_is_named_as_one_of_ours(self, settings: Any) -> None:
        before = signed()
        public = base64.b64encode(heads.raw(heads.signing_key().public_key())).decode()
        settings.AUDIT_SIGNING_KEY = base64.b64encode(b"another key of this very test..!").decode()
        assert heads.is_signed(signed())
        assert not heads.is_signed(before)
        settings.AUDIT_PAST_KEYS = [public]
        assert heads.is_signed(before)


class TestLine:
    def test_is_read_back(self) -> None:
        assert heads.parsed(signed().line()) == signed()

    def test_says_what_a_stranger_needs(self) -> None:
        assert json.loads(signed().line()).keys() == {"version", "size", "root", "at", "key", "signature"}

    @pytest.mark.parametrize(
        "line",
        [
            "", "{", "[]", "null", '"x"', "{}",
            *(json.dumps({name: value for name, value in GOOD.items() if name != left_out}) for left_out in GOOD),
            *(json.dumps(GOOD | other) for other in (
                {"version": 2}, {"size": "3"}, {"size": 0}, {"size": True}, {"size": 1.5}, {"root": "00"}, {"root": "zz" * 32},
                {"at": "yesterday"}, {"key": 3}, {"signature": "%"},
            )),
        ],
    )  # fmt: skip
    def test_that_is_no_head_is_refused(self, line: str) -> None:
        with pytest.raises(heads.Unreadable):
            heads.parsed(line)

    def test_of_a_file_is_named_by_its_number(self) -> None:
        with pytest.raises(heads.Unreadable, match=r"^line 3: it is not a head"):
            list(heads.read([signed().line(), "\n", "x\n"]))
        assert [head.size for head in heads.read([signed(3).line(), "\n", signed(5).line()])] == [3, 5]


class TestSigningKey:
    def test_is_made_once_and_is_ours_alone(self, settings: Any) -> None:
        first = heads.raw(heads.signing_key().public_key())
        assert heads.raw(heads.signing_key().public_key()) == first
        assert stat.S_IMODE(settings.AUDIT_KEY_FILE.stat().st_mode) == 0o600
        assert [path.name for path in settings.AUDIT_KEY_FILE.parent.iterdir()] == ["key"]

    def test_of_many_who_make_it_at_once_is_one(self, settings: Any) -> None:
        found: set[str] = set()
        threads = [threading.Thread(target=lambda: found.add(heads.kept(settings.AUDIT_KEY_FILE))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 1

    def test_of_the_environment_goes_before(self, settings: Any) -> None:
        settings.AUDIT_SIGNING_KEY = base64.b64encode(b"another key of this very test..!").decode()
        expected = Ed25519PrivateKey.from_private_bytes(b"another key of this very test..!")
        assert heads.raw(heads.signing_key().public_key()) == heads.raw(expected.public_key())
        assert not settings.AUDIT_KEY_FILE.exists()


class TestFile:
    def test_begins_empty_and_ends_with_the_last_head(self) -> None:
        with heads.opened() as file:
            assert heads.last_exported(file) is None
            heads.append(file, [signed(1), signed(2)])
        with heads.opened() as file:
            assert heads.last_exported(file) == signed(2)
        assert [head.size for head in heads.read(heads.path().read_text().splitlines())] == [1, 2]
        assert stat.S_IMODE(heads.path().stat().st_mode) == 0o600

    @pytest.mark.parametrize("count", [0, 1, 40])
    def test_a_torn_line_is_cut_off_and_the_whole_ones_stay(self, count: int) -> None:
        whole = [signed(size) for size in range(1, count + 1)]
        with heads.opened() as file:
            heads.append(file, whole)
            file.write(signed(count + 1).line().encode()[:50])
        with heads.opened() as file:
            assert heads.last_exported(file) == (whole[-1] if whole else None)
            heads.append(file, [signed(count + 1)])
        assert list(heads.read(heads.path().read_text().splitlines())) == [*whole, signed(count + 1)]

    def test_a_line_that_is_no_head_is_not_passed_over(self) -> None:
        with heads.opened() as file:
            file.write(b"x\n")
        with heads.opened() as file, pytest.raises(heads.Unreadable):
            heads.last_exported(file)
