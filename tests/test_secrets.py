"""No secret stands in the tree: no key or credential of ours, none of others by the forms that scanners look for, and no
exception from the linters that look for unsafe code without its reason."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts import credentials
from kyc.keys import secret
from tests.running import BASE

FORMS = {
    "a key": secret.PATTERN,
    "a gateway's credential": re.compile(r"khgw_[0-9a-f]{8}_[\w-]{43}", re.ASCII),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----"),
    "an access key of AWS": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_\w{60,})"),
    "a token of GitLab": re.compile(r"\bglpat-[\w-]{20,}"),
    "a key of Google": re.compile(r"\bAIza[\w-]{35}"),
    "a token of Slack": re.compile(r"\bxox[abprs]-[\w-]{10,}"),
    "a key of Stripe": re.compile(r"\b[rs]k_live_[0-9A-Za-z]{20,}"),
    "a signed token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a password in an address": re.compile(r"\b(?:postgres(?:ql)?|rediss?|amqps?|https?)://[^\s:/@'\"{}<>]+:[^\s@'\"{}<>/]+@"),
}
# What has the form of one and is none, by its file: why.
SAMPLES = {"tests/config/test_settings.py": "addresses of hosts that nobody has, to see that their parts are read"}
# Lists and pictures, in which letters are no text of ours.
DATA = {".png", ".pdf", ".jpg", ".zip", ".gz", ".parquet", ".woff2"}
EXCEPTION = re.compile(r"# nosec\b(?! B\d{3}(, B\d{3})*  # \w)")


def tree() -> Iterator[Path]:
    """What is committed, and what would be next."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=BASE, capture_output=True, check=True).stdout.decode().split("\0")
    yield from (BASE / name for name in listed if name and Path(name).suffix not in DATA and (BASE / name).is_file())


def secrets_in(text: str) -> list[str]:
    found = [(what, match[0]) for what, form in FORMS.items() for match in form.finditer(text)]
    # A key with a wrong checksum opens nothing and is in no database.
    return [what for what, written in found if what != "a key" or secret.parse(written)]


def test_none_stands_in_the_tree() -> None:
    read, found = 0, {}
    for path in tree():
        read += 1
        if (whats := secrets_in(path.read_text(errors="replace"))) and (name := str(path.relative_to(BASE))) not in SAMPLES:
            found[name] = whats
    assert read > 500
    assert not found


def test_each_sample_is_still_one() -> None:
    assert all(secrets_in((BASE / name).read_text()) for name in SAMPLES)


@pytest.mark.django_db
def test_what_we_hand_out_is_found() -> None:
    """The negative control."""
    _, gateway = credentials.issue(name="edge", by=None)
    for written in (
        secret.generate().text, secret.generate(live=False).text, gateway,
        "-----BEGIN " + "PRIVATE KEY-----", "-----BEGIN " + "RSA PRIVATE KEY-----",
        "AKIA" + "Q" * 16, "ghp_" + "q" * 36, "eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + "." + "c" * 20,
        "postgresql://app" + ":hunter2@db/keyholder",
    ):  # fmt: skip
        assert secrets_in(f"SECRET = '{written}'"), written
    assert not secrets_in("kh_live_" + "0" * 58)


def test_each_exception_from_bandit_says_why() -> None:
    code = (path for path in tree() if path.suffix == ".py" and path != Path(__file__))
    assert not [str(path) for path in code if EXCEPTION.search(path.read_text())]
    assert EXCEPTION.search("x  # nosec") and EXCEPTION.search("x  # nosec B608")
    assert not EXCEPTION.search("x  # nosec B608  # names of our own")
