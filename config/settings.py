"""One settings file. Demo mode is on exactly when DATABASE_URL is unset; production takes all from the environment."""

import os
import re
import sys
from base64 import b64decode
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from config import clamd, installation, postgres, services, valkey

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = installation.DATA
DEMO = "DATABASE_URL" not in os.environ
TESTING = "pytest" in sys.modules


def refuse(sentence: str) -> NoReturn:
    """Ends the start, whichever program it is of: manage.py, celery and granian all come through here first."""
    print(sentence, file=sys.stderr)
    raise SystemExit(2)


if sentence := installation.why_no_demo():
    refuse(sentence)


def needed(name: str, demo: str) -> str:
    """The environment's value; in demo mode a fixed one; else the start ends with a sentence."""
    value = os.environ.get(name)
    if value:
        return value
    if DEMO:
        return demo
    refuse(f"{name} is not set. Keyholder does not start without it outside demo mode; see README.md.")


def numbered(name: str, written: str, *, does: str, shortest: int = 1) -> dict[str, str]:
    found = {version: secret for version, _, secret in (part.partition(":") for part in written.strip().split(","))}
    if not all(version.isdecimal() and secret for version, secret in found.items()):
        refuse(f"{name} must be written as 1:secret,2:secret; the highest number {does}.")
    if min(map(len, found.values())) < shortest:
        refuse(f"Every secret in {name} must have {shortest} characters or more.")
    return found


def forms(name: str, written: str) -> list[tuple[str, int, int]]:
    """How keys are written: what they begin with, by how many characters they are found, and how many they have."""
    found = []
    for part in filter(None, written.split(",")):
        begins, *numbers = part.rsplit(":", 2)
        if len(begins) < 2 or begins.startswith("kh_") or len(numbers) < 2 or not all(map(str.isdecimal, numbers)):
            told = "how keys begin, by how many characters they are found, how many they have"
            refuse(f"{name} must be written as sk-:12:48, with commas between: {told}.")
        found_by, length = map(int, numbers)
        if not len(begins) < found_by <= 24 or not max(20, found_by + 8) <= length <= 200:
            refuse(f"{name} names keys of 20 to 200 characters, found by at most 24 of them, more than they all begin with.")
        found.append((begins, found_by, length))
    return found


def keys(name: str, written: str) -> list[str]:
    """Ed25519 keys of 32 bytes in base64, with commas between."""
    found = [one.strip() for one in written.split(",") if one.strip()]
    try:
        are_keys = all(len(b64decode(one, validate=True)) == 32 for one in found)
    except ValueError:
        are_keys = False
    if not are_keys:
        refuse(f"{name} must be 32 bytes in base64.")
    return found


def issuer(name: str) -> str:
    """An identity provider's address, which is its name as well, to the character. Empty where none is named."""
    written = os.environ.get(name, "")
    try:
        parts = urlsplit(written)
    except ValueError:
        refuse(f"{name} is no address.")
    is_here = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"}
    if written and not (is_here or (parts.scheme == "https" and parts.hostname)):
        refuse(f"{name} must start with https:// (or http:// and be on this machine).")
    if len(written) > 200:
        refuse(f"{name} must have 200 characters or fewer.")
    return written


def list_address(source: str, first: str) -> str:
    """As LIST_OFAC_SDN_URL names it."""
    name = f"LIST_{source.upper().replace('-', '_')}_URL"
    written = os.environ.get(name, first)
    try:
        parts = urlsplit(written)
    except ValueError:
        refuse(f"{name} is no address.")
    if written and not (parts.scheme == "https" and parts.hostname):
        refuse(f"{name} must start with https:// .")
    return written


def beside(other: str, name: str) -> str:
    """What must be there where `other` is."""
    value = os.environ.get(name, "")
    if os.environ.get(other) and not value:
        refuse(f"{name} is not set. It is needed beside {other}; see README.md.")
    return value


def roles(name: str, written: str) -> dict[str, str]:
    """Groups and what they may be, as group:role,group:role; a group's name may have colons itself."""
    parts = [one.rpartition(":") for one in written.split(",") if one.strip()]
    found = {group.strip(): role.strip() for group, _colon, role in parts}
    if not found or not all(group and role for group, role in found.items()) or len(found) < len(parts):
        refuse(f"{name} must be written as group:role,group:role, each group once.")
    return found


def number(name: str, default: int) -> int:
    written = os.environ.get(name, str(default))
    if not written.isdecimal():
        refuse(f"{name} must be a number.")
    return int(written)


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(part.strip()) for part in os.environ.get(name, "").split(",") if part.strip()]
    except ValueError:
        refuse(f"{name} must be addresses or networks such as 10.0.0.0/8, with commas between.")


def servers(name: str) -> list[tuple[str, int]]:
    """Addresses of machines, each with the port after it in brackets: 9.9.9.9 or 127.0.0.1[5353]."""
    found = []
    for part in filter(None, (part.strip() for part in os.environ.get(name, "").split(","))):
        address, _sep, port = part.removesuffix("]").partition("[")
        try:
            found.append((str(ip_address(address)), int(port or 53)))
        except ValueError:
            refuse(f"{name} must be addresses such as 9.9.9.9 or 127.0.0.1[5353], with commas between.")
    return found


def is_webhook_secret(written: str) -> bool:
    """Whether it is one as Standard Webhooks write them."""
    try:
        return written.startswith("whsec_") and len(b64decode(written.removeprefix("whsec_"), validate=True)) >= 24
    except ValueError:
        return False


def switch(name: str) -> bool:
    written = os.environ.get(name, "") or "0"
    if written not in {"0", "1"}:
        refuse(f"{name} must be 1 or 0.")
    return written == "1"


def cache(written: str, broker: str) -> str:
    """The cache's URL as Django's Redis backend reads it; unless named, the broker's Valkey serves as both."""
    if written:
        if urlsplit(written).scheme not in {"redis", "rediss", "unix"}:
            refuse("CACHE_URL must start with redis://, rediss:// or unix:// .")
        return written
    parts = urlsplit(broker)
    if parts.scheme == "redis+socket":
        number = dict(parse_qsl(parts.query)).get("virtual_host", "").strip("/")
        return f"unix://{parts.netloc}{parts.path}" + (f"?db={number}" if number else "")
    if parts.scheme not in {"redis", "rediss"}:
        refuse("CACHE_URL is not set, and BROKER_URL names no Valkey or Redis that could be the cache as well; see README.md.")
    return broker


# A web process sees the rows of no organisation until a request says whose business it is (accounts/scope.py).
IS_WEB = "config.wsgi" in sys.modules
# Which writes when keys were last used; tests say when themselves (kyc/keys/uses.py).
KEEPS_USES = IS_WEB and not TESTING
CONNECTION = "-c statement_timeout=60000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=120000"
EVERYTHING = f"-c kh.first=0 -c kh.last={2**63 - 1}"


def database(url: str) -> dict[str, object]:
    """A PostgreSQL URL as Django wants it; a socket folder stands in the `host` query."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        refuse("DATABASE_URL must start with postgresql:// .")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", str(parts.port or "")),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "options": CONNECTION if IS_WEB else f"{CONNECTION} {EVERYTHING}",
            **query,
        },
        "TEST": {"NAME": "test_keyholder"},
    }


if DEMO:
    services.ensure()
    DB_URLS = {role: postgres.url(role) for role in postgres.ROLES}
else:
    DB_URLS = {
        "app": os.environ["DATABASE_URL"],
        "owner": os.environ.get("DATABASE_OWNER_URL", ""),
        "eraser": os.environ.get("DATABASE_ERASER_URL", ""),
    }
    if os.environ.get("KEYHOLDER_DB_ROLE") == "owner" and not DB_URLS["owner"]:
        refuse("DATABASE_OWNER_URL is not set: this command changes the schema and needs the owner's role.")
    if os.environ.get("KEYHOLDER_DB_ROLE") == "eraser" and not DB_URLS["eraser"]:
        refuse("DATABASE_ERASER_URL is not set: this command erases data and needs the eraser's role.")

DB_ROLE = os.environ.get("KEYHOLDER_DB_ROLE", "app")
DATABASES = {"default": database(DB_URLS[DB_ROLE])}
# Of those that are there; only the eraser may be missing, and then nothing is disposed of.
DB_ROLE_NAMES = {role: urlsplit(url).username or role for role, url in DB_URLS.items() if url or role != "eraser"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_URL = needed("BROKER_URL", valkey.url())
CELERY_BROKER_URL = BROKER_URL
CACHE_URL = cache(os.environ.get("CACHE_URL", ""), BROKER_URL)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if TESTING
    else {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

SECRET_KEY = needed("SECRET_KEY", "demo only: invented data needs no secret, production refuses to start with none")
# Versioned peppers for key digests: "1:secret,2:secret"; the highest version signs, all verify.
KEY_PEPPERS = numbered("KEY_PEPPERS", needed("KEY_PEPPERS", "1:demo-pepper-of-no-value"), does="signs")
# Keys that were issued before this product stood here: how they are written, and the peppers of their digests. Nothing is signed
# with them.
ESTATE_FORMS = forms("ESTATE_FORMS", os.environ.get("ESTATE_FORMS", ""))
ESTATE_PEPPERS = (
    numbered("ESTATE_PEPPERS", os.environ["ESTATE_PEPPERS"], does="signs nothing") if os.environ.get("ESTATE_PEPPERS") else {}
)
# Key-encryption keys of the vault: the highest version wraps the keys of subjects, all unwrap (accounts/vault). In demo mode
# they stand in a file, so that even a copied demo folder without it shows nothing.
VAULT_KEYS_FILE = installation.kept("vault-keys", prefix="1:") if DEMO else None
VAULT_KEYS = numbered(
    "VAULT_KEYS", needed("VAULT_KEYS", VAULT_KEYS_FILE.read_text() if VAULT_KEYS_FILE else ""), does="wraps", shortest=32
)
# Exact numbers are found by hashes under this one. It never changes, else nothing is found any more.
VAULT_INDEX_KEY = needed("VAULT_INDEX_KEY", installation.kept("vault-index-key").read_text().strip() if DEMO else "")
# Signs the heads of the audit tree; in demo mode one that is made here. Public keys that signed before it verify still.
SIGNING_KEYS = keys("AUDIT_SIGNING_KEY", needed("AUDIT_SIGNING_KEY", ""))
if len(SIGNING_KEYS) > 1:
    refuse("AUDIT_SIGNING_KEY is one key. Put the public keys of those that signed before it into AUDIT_PAST_KEYS.")
AUDIT_SIGNING_KEY = next(iter(SIGNING_KEYS), "")
AUDIT_KEY_FILE = DATA_DIR / "audit-signing-key"
AUDIT_PAST_KEYS = keys("AUDIT_PAST_KEYS", os.environ.get("AUDIT_PAST_KEYS", ""))
AUDIT_HEADS_DIR = Path(os.environ.get("AUDIT_HEADS_DIR", str(DATA_DIR / "audit-heads")))
# A monitoring server that shows it reads /metrics; with none set nobody does.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
# A file of public keys by which reports of keys found in public are believed: JSON as GitHub gives it at
# /meta/public_keys/secret_scanning, fetched by an administrator. Without it no report is believed.
LEAK_FINDERS = os.environ.get("LEAK_FINDERS", "")
# An authority outside that says when a head was there, and the certificates it is believed by.
TIMESTAMP_URL = os.environ.get("TIMESTAMP_URL", "")
TIMESTAMP_ROOTS = os.environ.get("TIMESTAMP_ROOTS", "")
if TIMESTAMP_URL and urlsplit(TIMESTAMP_URL).scheme not in {"http", "https"}:
    refuse("TIMESTAMP_URL must start with https:// or http:// .")
# What reports are signed with: a file of key and certificates (PEM or PKCS#12), or a key on a token (a PKCS#11 URI) whose
# certificates stand in REPORT_CHAIN; in demo mode an authority of this installation's own. By REPORT_ROOTS readers believe it.
REPORT_SIGNER, REPORT_ROOTS = needed("REPORT_SIGNER", ""), needed("REPORT_ROOTS", "")
REPORT_SIGNER_PASSPHRASE = os.environ.get("REPORT_SIGNER_PASSPHRASE", "")
REPORT_CHAIN = os.environ.get("REPORT_CHAIN", "")
REPORT_AUTHORITY_DIR = DATA_DIR / "report-authority"
# PAdES: the signature alone, with a time of TIMESTAMP_URL, or also with what is needed to check it for long.
REPORT_LEVEL = os.environ.get("REPORT_LEVEL", "") or "B-B"
if REPORT_LEVEL not in {"B-B", "B-T", "B-LT"}:
    refuse("REPORT_LEVEL must be B-B, B-T or B-LT.")
if REPORT_LEVEL != "B-B" and not TIMESTAMP_URL:
    refuse("TIMESTAMP_URL is not set. With REPORT_LEVEL B-T or B-LT name the authority that says when a report was signed.")
if REPORT_SIGNER.startswith("pkcs11:") and not REPORT_CHAIN:
    refuse("REPORT_CHAIN is not set. With a token in REPORT_SIGNER name the file of its certificates (PEM), the signer's first.")
if TIMESTAMP_URL and not TIMESTAMP_ROOTS:
    refuse("TIMESTAMP_ROOTS is not set. With TIMESTAMP_URL name the file of certificates (PEM) by which its stamps are believed.")
# Text messages with codes: a gateway that takes them as signed POSTs. Without one none is offered; the demo shows them.
TEXT_URL, TEXT_SECRET = os.environ.get("TEXT_URL", ""), beside("TEXT_URL", "TEXT_SECRET")
TEXT_SENDER = "demo.mailbox.show_text" if DEMO else "kyc.evidence.texting.post" if TEXT_URL else ""
if TEXT_URL and urlsplit(TEXT_URL).scheme not in {"http", "https"}:
    refuse("TEXT_URL must start with https:// or http:// .")
# Services outside that verify people: one that speaks Standard Webhooks, and Stripe Identity. Each is offered once it is named.
VERIFICATION_URL, VERIFICATION_NAME = os.environ.get("VERIFICATION_URL", ""), os.environ.get("VERIFICATION_NAME", "")
VERIFICATION_SECRETS = [one for one in beside("VERIFICATION_URL", "VERIFICATION_SECRETS").split(",") if one]
if VERIFICATION_URL and urlsplit(VERIFICATION_URL).scheme not in {"http", "https"}:
    refuse("VERIFICATION_URL must start with https:// or http:// .")
if not all(map(is_webhook_secret, filter(None, [TEXT_SECRET, *VERIFICATION_SECRETS]))):
    refuse("TEXT_SECRET and VERIFICATION_SECRETS must be written as whsec_ and the base64 of 24 random bytes or more.")
STRIPE_KEY, STRIPE_URL = os.environ.get("STRIPE_KEY", ""), "https://api.stripe.com"
STRIPE_SECRETS = [one for one in beside("STRIPE_KEY", "STRIPE_SECRETS").split(",") if one]
# Resolvers that are asked whether a customer's domain is his; without any, those of the machine.
DNS_SERVERS = servers("DNS_SERVERS")
# Where each list comes from: its publisher's own address unless the environment names another; empty, it is not fetched.
LIST_ADDRESSES = {
    "ofac-sdn": "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/SDN.XML",
    "ofac-cons": "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/CONSOLIDATED.XML",
    "us-csl": "https://data.trade.gov/downloadable_consolidated_screening_list/v1/consolidated.csv",
    "un-sc": "https://scsanctions.un.org/resources/xml/en/consolidated.xml",
    "eu-fsf": "https://webgate.ec.europa.eu/fsd/fsf/public/files/xmlFullSanctionsList_1_1/content?token=dG9rZW4tMjAxNw",
    "uk-ofsi": "https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.xml",
    "csv": "",
    "ftm": "",
    "own": "",
}
LISTS = {} if DEMO else {source: url for source, first in LIST_ADDRESSES.items() if (url := list_address(source, first))}
# To where a publisher may lead on beside its own host.
LIST_HOSTS = frozenset(filter(None, os.environ.get("LIST_HOSTS", "").split(",")))
# Staff sign in through the identity provider of their own house (OpenID Connect) where one is named.
OIDC_ISSUER = issuer("OIDC_ISSUER")
OIDC_CLIENT_ID = beside("OIDC_ISSUER", "OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = beside("OIDC_ISSUER", "OIDC_CLIENT_SECRET")
OIDC_NAME = os.environ.get("OIDC_NAME", "") or urlsplit(OIDC_ISSUER).hostname or ""
OIDC_GROUPS_CLAIM = os.environ.get("OIDC_GROUPS_CLAIM", "") or "groups"
OIDC_ROLES = roles("OIDC_ROLES", os.environ.get("OIDC_ROLES", "")) if OIDC_ISSUER else {}
# Whether its word counts that a second factor was shown; by default staff show one here, whatever it says.
OIDC_TRUSTS_MFA = switch("OIDC_TRUSTS_MFA")
ALLOWED_HOSTS = needed("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if origin]
SITE_URL = needed("SITE_URL", f"http://localhost:{os.environ.get('KEYHOLDER_PORT', '8000')}").rstrip("/")
if urlsplit(SITE_URL).scheme not in {"http", "https"}:
    refuse("SITE_URL must start with https:// (or http:// where nobody else can listen).")
IS_SECURE = SITE_URL.startswith("https://")
# How many proxies stand before the web process and append to X-Forwarded-For. With none, no such header is believed. Behind a
# proxy that ends TLS and is not named, every request would be led to https for ever, so https asks for the number, be it 0.
if IS_SECURE and not os.environ.get("TRUSTED_PROXIES"):
    refuse("TRUSTED_PROXIES is not set. With an https SITE_URL say how many proxies stand before Keyholder, 0 where none does.")
TRUSTED_PROXIES = number("TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
# Who is believed about the client certificates that gateways show, with a secret beside it; nobody is unless told.
CLIENT_CERT_PROXIES = networks("CLIENT_CERT_PROXIES")
CLIENT_CERT_SECRET = beside("CLIENT_CERT_PROXIES", "CLIENT_CERT_SECRET")
if CLIENT_CERT_PROXIES and len(CLIENT_CERT_SECRET) < 32:
    refuse("CLIENT_CERT_SECRET is too short. Make 32 characters or more by chance, and give them to the proxies alone.")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
PROVIDER_NAME = os.environ.get("PROVIDER_NAME", "Example AI, Inc." if DEMO else "")
# The paper that reports are set on, where whoever asks for one says nothing else.
PAPER = os.environ.get("PAPER", "A4")
if PAPER not in ("A4", "Letter"):
    refuse("PAPER must be A4 or Letter.")
DEBUG = False

INSTALLED_APPS = [
    "config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "pgtrigger",
    "pghistory",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "kyc",
    "reports",
    *(["demo"] if DEMO else []),
]
MIDDLEWARE = [
    "accounts.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "accounts.headers.MachinesMiddleware",
    "kyc.api.lane.LaneMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.FormAddressMiddleware",
    "accounts.devices.DeviceMiddleware",
    "accounts.middleware.RequestIdMiddleware",
    "accounts.access_log.AccessLogMiddleware",
    "accounts.middleware.CharsetMiddleware",
    "accounts.sessions.LimitsMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "accounts.resume.ResumeMiddleware",
    "accounts.middleware.HistoryContextMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.page",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.password_rules.NotBreached"},
    {"NAME": "accounts.password_rules.NotOurWords"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/start/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"signup": "accounts.signing_up.SignUpForm"}
# Wrong passwords are counted by the adapter; these are the wrong codes of one person, who has shown his password.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
# ASVS 5.0, 6.5.5: ten minutes at most.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 2
# Signing up waits for the first code and for each that is sent anew.
ACCOUNT_LOGIN_TIMEOUT = (1 + ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND) * ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Whoever changes his addresses, second factors or sessions confirms who he is, unless he did so in the last five minutes.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_PREVENT_ENUMERATION = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_TOTP_ISSUER = "Keyholder"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "accounts.passkeys.AddPasskeyForm",
    "authenticate_webauthn": "accounts.passkeys.SecondStepForm",
    "login_webauthn": "accounts.passkeys.SignInForm",
    "reauthenticate_webauthn": "accounts.passkeys.ShownAgainForm",
}
# Browsers take http://localhost for safe; the library does not, and the demo has no certificate.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO
SOCIALACCOUNT_ADAPTER = "accounts.oidc.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"provider_class": "accounts.oidc.StaffProvider"}}
SOCIALACCOUNT_STORE_TOKENS = False
# Browsers take a name with this prefix only from this very host, with TLS and for all of its addresses: no other host, be it one
# below or beside, plants or reads such a cookie.
OURS_ALONE = "__Host-" if IS_SECURE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = (
    f"{OURS_ALONE}{name}" for name in ("sessionid", "csrftoken", "language")
)
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
# Pages carry the token in their forms; no script of ours reads the cookie.
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = IS_SECURE
MESSAGE_STORAGE = "accounts.notices.Notices"
# Longer than any session lasts, so that who comes back later is told why it ended. accounts/permissions.py has the limits.
SESSION_COOKIE_AGE = 48 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_SECURE
SECURE_SSL_REDIRECT = IS_SECURE
# What asks whether the process lives does so from inside, without TLS. A machine that sends its credential in clear is told that
# it is wrong (accounts/headers.py): led to https, it would do so for ever and nobody would notice.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^api/", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_SECURE else 0
# These bind the operator's other hosts as well, preload for years, so only the operator can want them: both checks of Django's
# that ask for them are silent.
SECURE_HSTS_INCLUDE_SUBDOMAINS = switch("HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = switch("HSTS_PRELOAD")
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Sites beside our own to which the answer to a form may lead (accounts/headers.py).
FORM_ACTIONS: tuple[str, ...] = ()

EMAIL_BACKEND = "demo.mailbox.Backend" if DEMO else "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = needed("EMAIL_HOST", "localhost")
EMAIL_PORT = number("EMAIL_PORT", 587)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = True
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("FROM_EMAIL", "Keyholder <verification@keyholder.example>")
# Where customers write to; without one of its own, where their mail comes from.
CONTACT_EMAIL = os.environ.get("CONTACT_EMAIL", "") or parseaddr(DEFAULT_FROM_EMAIL)[1]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Only for a front server that serves them itself: the web process finds them in the checkout.
STATIC_ROOT = os.environ.get("STATIC_ROOT")
WHITENOISE_USE_FINDERS = True
# No other site reads even a style sheet.
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "accounts.vault.VaultStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
VAULT_DIR = Path(os.environ.get("VAULT_DIR", str(DATA_DIR / ("test-files" if TESTING else "files"))))
# Where clamd answers: the path of its socket, or host:port. With none, what customers send waits, and nobody opens it.
CLAMAV_SOCKET = os.environ.get("CLAMAV_SOCKET", str(clamd.socket()) if DEMO else "")
if CLAMAV_SOCKET and not re.fullmatch(r"/.+|[^/:]+:[0-9]{1,5}", CLAMAV_SOCKET):
    refuse("CLAMAV_SOCKET must be the path of clamd's socket, or host:port.")
# How long the oldest backup that is kept lasts: a certificate of disposal says when the last copy is gone.
BACKUP_DAYS = number("BACKUP_DAYS", 35)
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
# An upload never touches the disk in clear, which a temporary file of it would; all of one request together are of this size at
# most, which is room for the two sides of a card.
FILE_UPLOAD_HANDLERS = ["accounts.uploads.InMemory"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
DEFAULT_EXCEPTION_REPORTER_FILTER = "accounts.error_reports.NothingOfPeople"
DEFAULT_EXCEPTION_REPORTER = "accounts.error_reports.Reporter"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "kyc.api.errors.shaped",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Keyholder",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": True,
    "ENFORCE_NON_BLANK_FIELDS": True,
}


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "accounts.lines.Line"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "weasyprint": {"level": "ERROR"},
        "pikepdf": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        # Says of a refusal which address it was of, some of which are secret; keyholder.access says who and what.
        "django.request": {"level": "ERROR"},
        # Of what was granted each line too (accounts/access_log.py), but not on the screen of a demo.
        "keyholder": {"level": "ERROR" if DEMO else "INFO"},
    },
    "root": {"handlers": ["console"], "level": "WARNING" if TESTING else "INFO"},
}
