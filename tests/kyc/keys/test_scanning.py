"""docs/secret-scanning.json: the pattern by which those who look for secrets in public find keys, and nothing else."""

import base64
import json
import random
import re
import string
from pathlib import Path

import pytest

from accounts import credentials
from kyc.keys import secret
from tests.whole import IS_WHOLE

FILE = json.loads((Path(__file__).parents[3] / "docs/secret-scanning.json").read_text())
# Python spells the end of a text \Z.
PATTERN = re.compile(f"(?:{FILE['before']})({FILE['secret']})(?={FILE['after']})".replace(r"\z", r"\Z"), re.ASCII)
ROUND = [
    "{}",
    'KEY = "{}"',
    "key={}\n",
    "export KEYHOLDER_KEY={};",
    '{{"api_key":"{}"}}',
    "https://api.example/v1/models?key={}&n=1",
    "https://user:{}@api.example/",
    "Authorization: Bearer {}\r\n",
    "`{}`",
    "<key>{}</key>",
    "{}.",
    "curl -H 'X-Key: {}'",
    "token_{}_old",
    "ключ:{}",
    "- {} # live",
]
MANY = 1_000_000 if IS_WHOLE else 30_000


def found(text: str) -> list[str]:
    return PATTERN.findall(text)


@pytest.mark.parametrize("context", ROUND)
@pytest.mark.parametrize("live", [True, False])
def test_every_key_is_found_wherever_it_stands(context: str, live: bool) -> None:
    for _ in range(100):
        key = secret.generate(live=live).text
        assert found(context.format(key)) == [key]


def test_two_side_by_side_are_both_found() -> None:
    keys = [secret.generate().text for _ in range(50)]
    assert found(",".join(keys)) == keys


@pytest.mark.parametrize(
    "cut", [lambda key: key[:-1], lambda key: key + "0", lambda key: "a" + key, lambda key: key.replace("_", "-")]
)
def test_what_is_longer_or_shorter_is_not(cut: object) -> None:
    assert not any(found(cut(secret.generate().text)) for _ in range(100))  # type: ignore[operator]


@pytest.mark.django_db
def test_a_gateways_credential_is_another_thing() -> None:
    assert found(credentials.issue(name="edge", by=None)[1]) == []


@pytest.mark.soak
@pytest.mark.sample
def test_nothing_is_found_among_random_strings() -> None:
    """In base62, hexadecimal and base64, as long as a key or longer; also right behind a prefix, where the checksum tells."""
    made = random.Random(20261130)  # a seed, so that a failure can be looked at
    letters = string.ascii_letters + string.digits
    text = "\n".join(
        line
        for _ in range(MANY // 3)
        for line in (
            "".join(made.choices(letters, k=66)),
            made.randbytes(40).hex(),
            base64.b64encode(made.randbytes(50)).decode(),
        )
    )
    assert text.count("\n") > MANY - 4
    assert found(text) == []


@pytest.mark.soak
@pytest.mark.sample
def test_what_only_looks_like_a_key_its_checksum_tells() -> None:
    made = random.Random(1)
    looks = ["kh_live_" + "".join(made.choices(secret.ALPHABET, k=58)) for _ in range(MANY // 10)]
    assert all(found(one) for one in looks)
    assert [one for one in looks if secret.parse(one)] == []
