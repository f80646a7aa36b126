"""In production the start takes everything from the environment, or ends with a sentence."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.config.forked import Forge
from tests.running import BASE, environment, free_port

COMPLETE = {
    "DATABASE_URL": "postgresql://app@/keyholder?host=/nowhere",
    "BROKER_URL": "redis://127.0.0.1:1",
    "SECRET_KEY": "a secret of this test",
    "KEY_PEPPERS": "1:a pepper of this test",
    "AUDIT_SIGNING_KEY": "YSBzaWduaW5nIGtleSBvZiB0aGlzIHRlc3QsIDMyIEI=",
    "REPORT_SIGNER": "/nowhere/signer.pem",
    "REPORT_ROOTS": "/nowhere/roots.pem",
    "VAULT_KEYS": "1:a key-encryption key of this test and long enough",
    "VAULT_INDEX_KEY": "an index key of this test",
    "ALLOWED_HOSTS": "keyholder.example",
    "EMAIL_HOST": "mail.example",
    "SITE_URL": "https://keyholder.example",
    "TRUSTED_PROXIES": "1",
}
ONE_KEY = "AUDIT_SIGNING_KEY is one key. Put the public keys of those that signed before it into AUDIT_PAST_KEYS."
TWO_KEYS = f"{COMPLETE['AUDIT_SIGNING_KEY']},{COMPLETE['AUDIT_SIGNING_KEY']}"
STRONG = "8Hq2-xV5c_Zt9LrPb4Nw7KdYj3Ms6GfAu1Qe0RoTiXhBvSgWyClEnUzDkJpFmOa"
NO_CACHE = "CACHE_URL is not set, and BROKER_URL names no Valkey or Redis that could be the cache as well; see README.md."
NO_PROXIES = "TRUSTED_PROXIES is not set. With an https SITE_URL say how many proxies stand before Keyholder, 0 where none does."
NO_ROOTS = "TIMESTAMP_ROOTS is not set. With TIMESTAMP_URL name the file of certificates (PEM) by which its stamps are believed."
NO_TIME = "TIMESTAMP_URL is not set. With REPORT_LEVEL B-T or B-LT name the authority that says when a report was signed."
NO_CHAIN = "REPORT_CHAIN is not set. With a token in REPORT_SIGNER name the file of its certificates (PEM), the signer's first."
BAD_CACHE = "CACHE_URL must start with redis://, rediss:// or unix:// ."
BAD_ROLES = "OIDC_ROLES must be written as group:role,group:role, each group once."
PROVIDER = {
    "OIDC_ISSUER": "https://id.example",
    "OIDC_CLIENT_ID": "keyholder",
    "OIDC_CLIENT_SECRET": "hunter2",
    "OIDC_ROLES": "kyc-analysts:analyst,urn:kyc:approvers:approver",
}
NEEDED = sorted(set(COMPLETE) - {"DATABASE_URL", "TRUSTED_PROXIES"})
PROGRAMS = {
    "manage.py": ["python", "manage.py", "check"],
    "worker": ["celery", "--quiet", "-A", "config.celery", "worker"],
    "beat": ["celery", "--quiet", "-A", "config.celery", "beat", "--scheduler", "config.sweep:Sweeper"],
    "web": [
        "granian",
        "--interface",
        "wsgi",
        "--no-ws",
        "--blocking-threads",
        "2",
        "--log-level",
        "critical",
        "config.wsgi:application",
    ],
}


Ended = subprocess.CompletedProcess[str]
Starts = Callable[..., Ended]
WITHIN = 30


def given(state: Path, **variables: str) -> dict[str, str]:
    return {name: value for name, value in environment(state, **variables).items() if value != "unset"}


def started(state: Path, *command: str, **variables: str) -> Ended:
    program = str(Path(sys.executable).parent / command[0])
    env = given(state, **variables)
    return subprocess.run([program, *command[1:]], cwd=BASE, env=env, capture_output=True, text=True, timeout=WITHIN)


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    forge = Forge()
    yield forge
    forge.end()


@pytest.fixture
def forked(forge: Forge) -> Starts:
    """As `started`, without loading anew what others wrote. Each program is also started in full, once."""

    def start(state: Path, *command: str, **variables: Any) -> Ended:
        program = list(command[1:]) if command[0] == "python" else [str(Path(sys.executable).parent / command[0]), *command[1:]]
        return forge.run(*program, env=given(state, **variables), timeout=WITHIN)

    return start


class TestProduction:
    def test_it_starts_with_all_it_needs_and_makes_nothing_of_its_own(self, tmp_path: Path) -> None:
        done = started(tmp_path / "state", *PROGRAMS["manage.py"], **COMPLETE)
        assert (done.returncode, done.stderr) == (0, "")
        assert not (tmp_path / "state").exists()

    def test_these_are_all_the_names_that_the_settings_ask_for(self) -> None:
        asked = re.findall(r"needed\(\"(\w+)\"", (BASE / "config/settings.py").read_text())
        assert sorted(asked) == NEEDED
        readme = (BASE / "README.md").read_text()
        assert [name for name in COMPLETE if f"`{name}`" not in readme] == []

    @pytest.mark.parametrize(("name", "value"), [*((name, "unset") for name in NEEDED), ("SECRET_KEY", "")])
    def test_without_one_of_them_it_ends_with_a_sentence(self, tmp_path: Path, forked: Starts, name: str, value: str) -> None:
        done = forked(tmp_path, *PROGRAMS["manage.py"], **{**COMPLETE, name: value})
        assert done.returncode == 2
        assert done.stderr == f"{name} is not set. Keyholder does not start without it outside demo mode; see README.md.\n"

    @pytest.mark.parametrize(
        ("program", "left"),
        [
            *(
                ("manage.py", left)
                for left in ("DATABASE_OWNER_URL", "SECRET_KEY", "KEY_PEPPERS", "AUDIT_SIGNING_KEY", "VAULT_KEYS")
            ),
            ("launcher", "VAULT_INDEX_KEY"),
        ],
    )
    def test_one_that_has_lost_its_database_is_no_demo(self, tmp_path: Path, forked: Starts, program: str, left: str) -> None:
        command = PROGRAMS.get(program, ["python", "-m", "config.services", "run"])
        done = forked(tmp_path / "state", *command, **{left: COMPLETE.get(left, "postgresql://owner@127.0.0.1:1/keyholder")})
        assert done.returncode in {1, 2}
        assert done.stderr.startswith(f"{left} is set and DATABASE_URL is not. ")
        assert not (tmp_path / "state").exists()

    @pytest.mark.parametrize("program", ["worker", "beat", "web"])
    def test_so_does_every_other_program(self, tmp_path: Path, program: str) -> None:
        port = {"GRANIAN_PORT": str(free_port())}
        done = started(tmp_path, *PROGRAMS[program], **{**COMPLETE, **port, "SECRET_KEY": "unset"})
        assert done.returncode != 0
        assert done.stderr.startswith("SECRET_KEY is not set. ")
        assert done.stderr.count("\n") == 1

    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("DATABASE_URL", "", "DATABASE_URL must start with postgresql:// ."),
            ("DATABASE_URL", "mysql://app@db/keyholder", "DATABASE_URL must start with postgresql:// ."),
            ("KEY_PEPPERS", "hunter2", "KEY_PEPPERS must be written as 1:secret,2:secret; the highest number signs."),
            (
                "ESTATE_FORMS",
                "sk-:12",
                "ESTATE_FORMS must be written as sk-:12:48, with commas between: how keys begin, by how many "
                "characters they are found, how many they have.",
            ),
            (
                "ESTATE_FORMS",
                "sk-:25:48",
                "ESTATE_FORMS names keys of 20 to 200 characters, found by at most 24 of them, more than they all begin with.",
            ),
            (
                "ESTATE_PEPPERS",
                "hunter2",
                "ESTATE_PEPPERS must be written as 1:secret,2:secret; the highest number signs nothing.",
            ),
            ("KEY_PEPPERS", "one:hunter2", "KEY_PEPPERS must be written as 1:secret,2:secret; the highest number signs."),
            ("KEY_PEPPERS", "1:", "KEY_PEPPERS must be written as 1:secret,2:secret; the highest number signs."),
            ("PAPER", "hunter2", "PAPER must be A4 or Letter."),
            ("AUDIT_SIGNING_KEY", "hunter2", "AUDIT_SIGNING_KEY must be 32 bytes in base64."),
            ("AUDIT_SIGNING_KEY", "aHVudGVyMg==", "AUDIT_SIGNING_KEY must be 32 bytes in base64."),
            ("AUDIT_SIGNING_KEY", TWO_KEYS, ONE_KEY),
            ("AUDIT_PAST_KEYS", "hunter2", "AUDIT_PAST_KEYS must be 32 bytes in base64."),
            ("TIMESTAMP_URL", "ftp://hunter2", "TIMESTAMP_URL must start with https:// or http:// ."),
            ("TIMESTAMP_URL", "https://hunter2", NO_ROOTS),
            ("TEXT_URL", "https://hunter2", "TEXT_SECRET is not set. It is needed beside TEXT_URL; see README.md."),
            ("DNS_SERVERS", "hunter2", "DNS_SERVERS must be addresses such as 9.9.9.9 or 127.0.0.1[5353], with commas between."),
            ("REPORT_LEVEL", "B-LTA", "REPORT_LEVEL must be B-B, B-T or B-LT."),
            ("REPORT_LEVEL", "B-LT", NO_TIME),
            ("REPORT_SIGNER", "pkcs11:token=hunter2", NO_CHAIN),
            ("VAULT_KEYS", "hunter2", "VAULT_KEYS must be written as 1:secret,2:secret; the highest number wraps."),
            ("VAULT_KEYS", "1:hunter2", "Every secret in VAULT_KEYS must have 32 characters or more."),
            ("EMAIL_PORT", "smtp", "EMAIL_PORT must be a number."),
            ("TRUSTED_PROXIES", "10.0.0.1", "TRUSTED_PROXIES must be a number."),
            ("TRUSTED_PROXIES", "-1", "TRUSTED_PROXIES must be a number."),
            ("TRUSTED_PROXIES", "unset", NO_PROXIES),
            ("TRUSTED_PROXIES", "", NO_PROXIES),
            ("HSTS_SUBDOMAINS", "yes", "HSTS_SUBDOMAINS must be 1 or 0."),
            ("HSTS_PRELOAD", "true", "HSTS_PRELOAD must be 1 or 0."),
            ("OIDC_TRUSTS_MFA", "yes", "OIDC_TRUSTS_MFA must be 1 or 0."),
            ("OIDC_ISSUER", "id.example", "OIDC_ISSUER must start with https:// (or http:// and be on this machine)."),
            ("OIDC_ISSUER", "http://id.example", "OIDC_ISSUER must start with https:// (or http:// and be on this machine)."),
            ("OIDC_ISSUER", "https://[", "OIDC_ISSUER is no address."),
            ("OIDC_ISSUER", f"https://{'a' * 200}", "OIDC_ISSUER must have 200 characters or fewer."),
            ("SITE_URL", "keyholder.example", "SITE_URL must start with https:// (or http:// where nobody else can listen)."),
            ("BROKER_URL", "amqp://user:hunter2@rabbit/keyholder", NO_CACHE),
            ("BROKER_URL", "amqps://rabbit/", NO_CACHE),
            ("BROKER_URL", "sqs://hunter2@", NO_CACHE),
            ("CACHE_URL", "amqp://user:hunter2@rabbit/keyholder", BAD_CACHE),
            ("CACHE_URL", "memcached://hunter2@cache", BAD_CACHE),
            ("CACHE_URL", "hunter2", BAD_CACHE),
        ],
    )
    def test_what_it_cannot_read_is_told_without_its_value(
        self, tmp_path: Path, forked: Starts, name: str, value: str, sentence: str
    ) -> None:
        done = forked(tmp_path, *PROGRAMS["manage.py"], **{**COMPLETE, name: value})
        assert (done.returncode, done.stderr) == (2, f"{sentence}\n")

    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("OIDC_CLIENT_ID", "", "OIDC_CLIENT_ID is not set. It is needed beside OIDC_ISSUER; see README.md."),
            ("OIDC_CLIENT_SECRET", "unset", "OIDC_CLIENT_SECRET is not set. It is needed beside OIDC_ISSUER; see README.md."),
            ("OIDC_ROLES", "unset", BAD_ROLES),
            ("OIDC_ROLES", "hunter2", BAD_ROLES),
            ("OIDC_ROLES", "kyc:", BAD_ROLES),
            ("OIDC_ROLES", "kyc:analyst,kyc:approver", BAD_ROLES),
            ("OIDC_ROLES", "kyc:king", "OIDC_ROLES names king, which is no role. "),
        ],
    )
    @pytest.mark.parametrize("program", ["manage.py", "web"])
    def test_an_identity_provider_by_halves_is_none(
        self, tmp_path: Path, forked: Starts, program: str, name: str, value: str, sentence: str
    ) -> None:
        port = {"GRANIAN_PORT": str(free_port())} if program == "web" else {}
        done = forked(tmp_path, *PROGRAMS[program], **{**COMPLETE, **PROVIDER, **port, name: value})
        assert done.returncode != 0
        assert done.stderr.startswith(sentence) and done.stderr.count("\n") == 1

    @pytest.mark.parametrize(("variables", "there"), [({}, False), ({"OIDC_ISSUER": ""}, False), ({"whole": ""}, True)])
    def test_its_addresses_are_there_only_where_it_is_named(
        self, tmp_path: Path, forked: Starts, variables: dict[str, str], there: bool
    ) -> None:
        asked = (
            "import django; django.setup(); from django.urls import resolve, Resolver404\n"
            "for path in ('oidc/login/', 'oidc/callback/', '3rdparty/', '3rdparty/signup/'):\n"
            "    try: print(resolve(f'/account/{path}').url_name)\n"
            "    except Resolver404: print('none')"
        )
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings"} | (PROVIDER if "whole" in variables else variables)
        done = forked(tmp_path, "python", "-c", asked, **{**COMPLETE, **settings})
        ours = ["oidc_login", "oidc_callback"] if there else ["none"] * 2
        assert (done.stdout.split(), done.stderr) == ([*ours, "none", "none"], "")

    @pytest.mark.parametrize(
        ("broker", "cache", "used"),
        [
            ("amqp://rabbit/", "redis://valkey/1", "redis://valkey/1"),
            ("redis://valkey/0", "unset", "redis://valkey/0"),
            ("rediss://valkey/0", "", "rediss://valkey/0"),
            ("redis+socket:///run/valkey.sock", "unset", "unix:///run/valkey.sock"),
            ("redis+socket://:secret@/run/valkey.sock?virtual_host=/2", "unset", "unix://:secret@/run/valkey.sock?db=2"),
            ("redis://valkey/0", "unix:///run/cache.sock", "unix:///run/cache.sock"),
        ],
    )
    def test_the_cache_is_its_own_or_the_brokers_valkey(
        self, tmp_path: Path, forked: Starts, broker: str, cache: str, used: str
    ) -> None:
        asked = "from config import settings; print(settings.CACHE_URL)"
        done = forked(tmp_path, "python", "-c", asked, **{**COMPLETE, "BROKER_URL": broker, "CACHE_URL": cache})
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{used}\n", "")

    def test_the_schema_changes_only_in_the_owners_role(self, tmp_path: Path, forked: Starts) -> None:
        done = forked(tmp_path, "python", "manage.py", "migrate", **COMPLETE)
        assert done.returncode == 2
        assert done.stderr.startswith("DATABASE_OWNER_URL is not set: ")


class TestDeployment:
    def check(self, forked: Starts, state: Path, **variables: str) -> Ended:
        command = ["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
        return forked(state, *command, **{**COMPLETE, "SECRET_KEY": STRONG, **variables})

    def test_djangos_own_check_finds_nothing(self, tmp_path: Path, forked: Starts) -> None:
        done = self.check(forked, tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "System check identified no issues (2 silenced).\n"

    def test_it_would_find_an_address_without_tls(self, tmp_path: Path, forked: Starts) -> None:
        done = self.check(forked, tmp_path, SITE_URL="http://keyholder.example")
        assert done.returncode == 1
        for found in ("W004", "W008", "W012", "W016"):
            assert f"(security.{found})" in done.stderr

    @pytest.mark.parametrize(("proxies", "told"), [("0", "0 None"), ("2", "2 ('HTTP_X_FORWARDED_PROTO', 'https')")])
    def test_proxies_are_believed_only_where_they_are_named(
        self, tmp_path: Path, forked: Starts, proxies: str, told: str
    ) -> None:
        asked = "from config import settings as s; print(s.ALLAUTH_TRUSTED_PROXY_COUNT, s.SECURE_PROXY_SSL_HEADER)"
        done = forked(tmp_path, "python", "-c", asked, **{**COMPLETE, "TRUSTED_PROXIES": proxies})
        assert (done.stdout, done.stderr) == (f"{told}\n", "")

    @pytest.mark.parametrize(("site", "prefix", "is_secure"), [("https", "__Host-", True), ("http", "", False)])
    def test_cookies_are_this_hosts_alone_where_there_is_tls(
        self, tmp_path: Path, forked: Starts, site: str, prefix: str, is_secure: bool
    ) -> None:
        asked = (
            "from config import settings as s\n"
            "for kind in ('SESSION', 'CSRF', 'LANGUAGE'): print(*(getattr(s, f'{kind}_COOKIE_{part}')"
            " for part in ('NAME', 'SECURE', 'HTTPONLY', 'SAMESITE')))\n"
            "print(s.OURS_ALONE + '.', hasattr(s, 'SESSION_COOKIE_DOMAIN'))"
        )
        done = forked(tmp_path, "python", "-c", asked, **{**COMPLETE, "SITE_URL": f"{site}://keyholder.example"})
        names = (f"{prefix}{name} {is_secure} True Lax" for name in ("sessionid", "csrftoken", "language"))
        assert (done.stdout.splitlines(), done.stderr) == ([*names, f"{prefix}. False"], "")

    def test_plain_http_asks_for_no_proxies(self, tmp_path: Path, forked: Starts) -> None:
        asked = "from config import settings as s; print(s.TRUSTED_PROXIES)"
        plain = {**COMPLETE, "SITE_URL": "http://keyholder.example", "TRUSTED_PROXIES": "unset"}
        done = forked(tmp_path, "python", "-c", asked, **plain)
        assert (done.stdout, done.stderr) == ("0\n", "")

    @pytest.mark.parametrize(
        ("variables", "told"),
        [({}, "31536000 False False"), ({"HSTS_SUBDOMAINS": "1"}, "31536000 True False"),
         ({"HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"}, "31536000 True True")],
    )  # fmt: skip
    def test_other_hosts_are_bound_to_https_only_where_that_is_asked(
        self, tmp_path: Path, forked: Starts, variables: dict[str, str], told: str
    ) -> None:
        asked = (
            "from config import settings as s;"
            "print(s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)"
        )
        done = forked(tmp_path, "python", "-c", asked, **{**COMPLETE, **variables})
        assert (done.stdout, done.stderr) == (f"{told}\n", "")

    def test_the_readme_names_every_variable_that_the_settings_read(self) -> None:
        source = (BASE / "config/settings.py").read_text()
        read = set(re.findall(r"(?:needed|number|switch|issuer|beside|environ\.get|environ)[\[(]\"([A-Z_]+)\"", source))
        readme = (BASE / "README.md").read_text()
        read |= set(re.findall(r"beside\(\"[A-Z_]+\", \"([A-Z_]+)\"", source))
        assert {"OIDC_ISSUER", "OIDC_CLIENT_SECRET", "DATABASE_URL", "TRUSTED_PROXIES", "SITE_URL", "VAULT_DIR"} <= read
        assert sorted(name for name in read - {"KEYHOLDER_DB_ROLE"} if f"`{name}`" not in readme) == []
