"""docs/security.md says what the code does: its tables are compared with it, so that neither changes alone."""

import logging
import re
from importlib import metadata
from typing import Any

import pytest
from allauth.account import app_settings
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from accounts import elevated, permissions, resume, work
from accounts.permissions import ROLES, SESSIONS, Permission
from accounts.vault import SealedField
from kyc.api import guessing, views
from kyc.desk import queue
from kyc.evidence.taking import kinds
from kyc.onboarding import members, prove
from kyc.ownership import sheet
from kyc.parties.models import Party
from tests import test_sources
from tests.accounts.test_tries import DOORS
from tests.running import BASE

TEXT = (BASE / "docs/security.md").read_text()
MB = 1024 * 1024
# Of the development of others' libraries: what pip and its kin bring into every environment.
IN_COMPARTMENT = ("incidents", "involvements", "notes", "referrals", "networks", "rulings")
TOOLS = {"pip", "setuptools", "wheel", "uv"}
PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.+!-]+)", re.MULTILINE)


def section(title: str) -> str:
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def table(title: str, number: int = 0) -> dict[str, list[str]]:
    """The rows below a heading, by what stands first in each; of several tables that one."""
    blocks = re.findall(r"(?:^\|.*\|\n)+", section(title), re.MULTILINE)
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in blocks[number].splitlines()]
    return {row[0]: row[1:] for row in rows[2:]}


def test_every_section_has_its_rows() -> None:
    """The negative control of what follows: a table that is not found fails."""
    with pytest.raises(AssertionError):
        section("Nothing of the kind")
    assert len(re.findall(r"^##+ ", TEXT, re.MULTILINE)) == 16


class TestWaysIn:
    def test_all_tries_are_told_with_their_number(self) -> None:
        thousands = {
            "a gateway's credential": guessing.BAD_CREDENTIALS,
            "a key": guessing.BAD_KEYS,
            "monitoring's token": work.WRONG_TOKENS,
        }
        told = {name: int(row[0]) for name, row in table("Tries").items()}
        assert told == {name: thousands.get(name, door.allowed) for name, door in DOORS.items()}

    def test_no_other_than_are_told(self) -> None:
        told = table("Ways in")
        assert [row for row in told.values() if not all(row)] == []
        assert {name.partition(" (")[0] for name in told} == {
            "customer", "staff", "staff of a provider", "who lost a second factor", "who forgot the password",
            "person invited to prove himself", "person invited to act for an organisation",
            "customer's telephone, by a computer's link", "reader outside whom an officer gave a report's link", "gateway",
            "monitoring",
        }  # fmt: skip
        assert settings.AUTHENTICATION_BACKENDS == ["allauth.account.auth_backends.AuthenticationBackend"]
        assert settings.MFA_PASSKEY_LOGIN_ENABLED and set(settings.MFA_SUPPORTED_TYPES) == {"totp", "webauthn", "recovery_codes"}
        assert not app_settings.LOGIN_BY_CODE_ENABLED and not app_settings.PASSWORD_RESET_BY_CODE_ENABLED
        assert settings.PASSWORD_RESET_TIMEOUT == 3 * 24 * 3600
        assert [*settings.SOCIALACCOUNT_PROVIDERS] == ["openid_connect"]
        assert settings.REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] == []
        assert [view for view in vars(views).values() if getattr(view, "authentication_classes", None)] == [views.Introspect]

    def test_how_many_sessions_and_whose_provider_is_told(self) -> None:
        told = section("Sessions")
        assert "Any number of sessions may last beside each other" in told
        assert "session that began at a provider of identities is limited like any other" in told
        assert app_settings.SESSION_REMEMBER is None and settings.SESSION_COOKIE_AGE >= 24 * 3600, "only the limits end one"

    def test_so_are_sessions(self) -> None:
        told = {name: tuple(map(int, row)) for name, row in table("Sessions").items()}
        limits = {
            role or "customer": (one.idle.total_seconds() / 60, one.absolute.total_seconds() / 3600)
            for role, one in SESSIONS.items()
        }
        assert told == limits
        assert f"again after {int(permissions.ELEVATED_FOR.total_seconds() / 60)} minutes" in section("Sessions")

    def test_passwords_are_hashed_as_told(self) -> None:
        hasher = Argon2PasswordHasher
        told = f"{hasher.memory_cost:,} KiB, {hasher.time_cost} rounds, {hasher.parallelism} lanes"
        assert told in section("Passwords")
        assert settings.PASSWORD_HASHERS[-1:] == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
        assert hasher.memory_cost >= 19 * 1024 and hasher.time_cost >= 2, "OWASP's least"
        shortest = next(one["OPTIONS"]["min_length"] for one in settings.AUTH_PASSWORD_VALIDATORS if "OPTIONS" in one)
        assert shortest == 12 and section("Passwords").strip().startswith("Twelve characters or more")

    def test_what_asks_for_a_factor_again_is_what_is_told(self) -> None:
        """In words there; here by the views, so that another one is seen."""
        files = [path for path in test_sources.OWN if "@elevated" in path.read_text()]
        assert sorted(path.relative_to(BASE).as_posix() for path in files) == [
            "accounts/colleagues.py", "accounts/gateways.py", "kyc/desk/estate_import.py", "reports/pack_pages.py",
            "reports/subject_pages.py", "reports/trail.py", "reports/views.py",
        ]  # fmt: skip
        shape = r"@elevated(?:\.elevated)?\(.*\)\n(?:@.*\n)*def (\w+)"
        asking = re.findall(shape, "".join(path.read_text() for path in files))
        assert sorted(asking) == [
            "add", "begin", "change_role", "decide", "download_of_a_person", "download_of_evidence", "end",
            "end_sessions", "export", "issue",
            "pack_of", "reset_second_factor", "revoke",
        ]  # fmt: skip
        assert elevated.READS == ("GET", "HEAD")


class TestWhatMayBeTyped:
    def test_is_told_field_by_field(self) -> None:
        told = table("What may be typed")
        assert len(told) >= 9 and all(all(row) for row in told.values())
        assert f"at most {Party._meta.get_field('name').max_length}" in told["name"][0]
        assert f"{views.LONGEST_BODY // MB} MB at most" in told["token of an API question"][0]

    def test_what_must_fit_together_is_told_and_where_it_stands(self) -> None:
        told = section("What may be typed").partition("What must fit together")[2]
        named = re.findall(r"`(kyc/cases/\w+\.py)`", told)
        assert named == ["kyc/cases/completeness.py", "kyc/cases/contradicted.py"]
        assert all((BASE / file).is_file() for file in named)


class TestWhoMay:
    def test_permissions_are_those_of_the_roles(self) -> None:
        rows = table("Who may what")
        roles = re.search(r"^\| permission \| (.*) \|$", section("Who may what"), re.MULTILINE)
        assert roles
        told = {
            role: {name for name, row in rows.items() if row[place] == "x"} for place, role in enumerate(roles[1].split(" | "))
        }
        assert told == {str(role): set(map(str, held)) for role, held in ROLES.items()}

    def test_fields_are_told(self) -> None:
        told = section("Who may what").partition("\nFields: ")[2]
        assert {name for name in map(str, Permission) if f"`{name}`" in told} == {"field_reveal", "document_view"}
        assert "Nobody writes `staff_role`" in told


class TestClasses:
    def test_each_says_how_it_is_kept(self) -> None:
        told = table("Classes of data")
        assert list(told) == [
            "secret",
            "sealed",
            "confined",
            "of two customers",
            "asked of the lists",
            "personal",
            "record",
            "open",
        ]
        assert all(len(row) == 5 and all(row) for row in told.values())
        sealed = {field.name for model in apps.get_models() for field in model._meta.fields if isinstance(field, SealedField)}
        named = {"document": "document", "number": "register", "birth": "birth", "address": "address", "phone": "telephone"}
        assert len(sealed) > 5
        assert [
            word for word, said in named.items() if any(word in one for one in sealed) and said not in told["sealed"][0]
        ] == []
        confined = " ".join(told["confined"]).lower()
        assert [name for name in IN_COMPARTMENT if name not in confined] == []


class TestCosts:
    def test_what_costs_much_is_told_with_its_bounds(self) -> None:
        told = table("What costs much")
        assert len(told) >= 8 and all(all(row) for row in told.values())
        for bound in (f"{kinds.LARGEST // MB} MB", f"{kinds.MOST_PAGES} pages", f"{sheet.PATIENCE} seconds", "60 seconds"):
            assert bound in section("What costs much"), bound


class TestLimits:
    def test_of_what_is_sent(self) -> None:
        told = {name: row[0] for name, row in table("What may be typed", 1).items()}
        assert told == {
            "a request": f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE // MB} MB, {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} fields, "
            f"{settings.DATA_UPLOAD_MAX_NUMBER_FILES} files",
            "an upload": f"{kinds.LARGEST // MB} MB",
            "mail of invitations, by organisation and day": prove.INVITATIONS.partition("/")[0],
            "mail of invitations to members, by organisation and day": members.INVITATIONS.partition("/")[0],
            "a question of a gateway": f"{views.LONGEST_BODY // MB} MB",
            "forms kept while their writer signs in again": f"{resume.LARGEST // 1024} KiB, {resume.GOOD_FOR // 3600} hours",
            "rows of a page of the queue": str(queue.PAGE),
            "a statement of the database": "60 seconds",
        }
        assert "statement_timeout=60000" in str(settings.DATABASES["default"]["OPTIONS"])

    def test_of_files(self) -> None:
        for limit in (f"{kinds.LARGEST // MB} MB", f"{kinds.MOST_PAGES} pages", f"{kinds.MOST_PIXELS:,} pixels"):
            assert limit in section("Files") and limit in section("What costs much"), limit
        assert f"{sheet.PATIENCE} seconds" in section("What costs much")
        for word in ("PDF, JPEG, PNG, WebP and HEIC", f"{kinds.SECONDS} seconds", f"{kinds.MEMORY // MB} MB"):
            assert word in section("Files"), word


class TestCryptography:
    def test_every_file_that_does_any_is_named(self) -> None:
        doing = re.compile(r"^(?:import|from) (?:hmac|cryptography)|^import jwt|sign\(", re.MULTILINE)
        # What compares or verifies with what another one of them made, and what makes a key known.
        others = {"accounts/proving.py", "accounts/vault/shredding.py", "kyc/keys/introspection.py", "accounts/vault/subjects.py"}
        others |= {"reports/verification.py", "reports/management/commands/verify_report.py", "reports/pack.py"}
        found = {
            file
            for file in test_sources.NAMES
            if doing.search((BASE / file).read_text()) and not file.startswith(("demo/", "config/"))
        }
        named = set(re.findall(r"`((?:accounts|kyc|reports)/[\w/]+\.py)`", section("Cryptography")))
        silent = {file for file in found - named - others if not file.startswith("kyc/") or "hmac" in (BASE / file).read_text()}
        assert silent == set()
        assert {file for file in named if not (BASE / file).is_file()} == set()

    def test_every_key_of_the_settings_has_its_policy(self) -> None:
        keys = {name for name in dir(settings) if re.search(r"(?:_KEYS?|PEPPERS)$", name) and name.isupper()}
        keys -= {"SIGNING_KEYS", "AUDIT_PAST_KEYS", "PAST_KEYS", "SECRET_KEY_FALLBACKS", "EMAIL_SSL_KEYFILE"}
        told = table("Keys")
        assert {f"`{name}`" for name in keys} <= set(told), keys
        assert all(all(cells) for cells in told.values())


class TestLogs:
    def test_every_logger_of_ours_is_named(self) -> None:
        given = re.compile(r"getLogger\((__name__|\"[\w.]+\")\)")
        named = section("Logs")
        for file in test_sources.NAMES:
            for name in given.findall((BASE / file).read_text()):
                module = file.removesuffix(".py").replace("/", ".")
                logger = module if name == "__name__" else name.strip('"')
                assert f"`{logger}`" in named, logger

    def test_they_go_to_standard_error_and_nowhere_else(self) -> None:
        """Also those that a library adds by itself."""
        assert {handler["class"] for handler in settings.LOGGING["handlers"].values()} == {"logging.StreamHandler"}
        open_files = [
            handler
            for logger in (logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict))
            for handler in logger.handlers
            if isinstance(handler, logging.FileHandler) and handler.baseFilename != "/dev/null"
        ]
        assert open_files == []
        assert settings.ADMINS == [] or settings.ADMINS == ()


class TestLibraries:
    def required(self) -> dict[str, str]:
        return {canonicalize_name(name): version for name, version in PINNED.findall((BASE / "requirements.txt").read_text())}

    def test_each_is_pinned_to_one_version_and_its_files(self) -> None:
        blocks = re.split(r"^(?=[\w.-]+(?:\[[\w,-]+\])?==)", (BASE / "requirements.txt").read_text(), flags=re.MULTILINE)
        named = [block for block in blocks if PINNED.match(block)]
        assert len(named) == len(self.required()) > 100
        assert [block.splitlines()[0] for block in named if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", block)] == []

    def test_what_is_installed_is_what_is_listed(self) -> None:
        required = self.required()
        installed = {canonicalize_name(one.metadata["Name"]): one.version for one in metadata.distributions()}
        assert {name: version for name, version in installed.items() if name not in TOOLS and required.get(name) != version} == {}

    def test_each_that_we_chose_is_listed_and_says_why(self) -> None:
        lines = (BASE / "pyproject.toml").read_text().partition("dependencies = [")[2].partition("\n[tool.")[0].splitlines()
        chosen = [
            (place, Requirement(line.strip().strip(",").strip('"')))
            for place, line in enumerate(lines)
            if line.strip().startswith('"')
        ]
        assert len(chosen) > 30
        assert [one.name for _, one in chosen if canonicalize_name(one.name) not in self.required()] == []
        for place, one in chosen:
            above = [line.strip() for line in lines[:place] if not line.strip().startswith('"')]
            assert above[-1].startswith("#") or above[-2].startswith("#"), one.name

    def test_times_to_mend_are_told(self) -> None:
        days: dict[str, Any] = {name: row[0] for name, row in table("Libraries").items()}
        assert [int(days[name].split()[0]) for name in ("critical, or being used", "high", "medium", "low")] == [2, 7, 30, 90]
