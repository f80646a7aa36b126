"""Every page of the sign-in library is drawn in our frame and in our words, not in its bare look."""

import re
from pathlib import Path
from typing import Any

import allauth
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.adapter import AccountAdapter
from accounts.models import Message
from demo.cast import PASSWORD, TOTP_SECRET
from tests import cast

pytestmark = pytest.mark.django_db
FRAME = ('<link rel="stylesheet" href="/static/css/tokens.css">', '<header class="top">', '<main id="main" tabindex="-1">')
# What a reader sees is spelt "e-mail", the library's words too.
OTHER_SPELLING = re.compile(r"\b[Ee]mails?\b")
# Page of a stranger, of a customer without a second step, of one with it.
STRANGERS = {
    "account_login": "Sign in",
    "account_signup": "Sign up",
    "account_reset_password": "Forgotten password",
    "account_reset_password_done": "Look in your mail",
    "account_reset_password_from_key_done": "Your new password is set",
    "account_inactive": "This account is closed",
}
PLAIN = {
    "account_logout": "Sign out",
    "account_change_password": "Change your password",
    "account_email": "Your e-mail addresses",
    "account_reauthenticate": "Confirm that it is you",
    "mfa_index": "Two-step sign-in",
    "mfa_activate_totp": "Set up two-step sign-in",
    "mfa_list_webauthn": "Passkeys",
    "mfa_add_webauthn": "Add a passkey",
    "usersessions_list": "Where you are signed in",
}
SECURED = {
    "mfa_index": "Two-step sign-in",
    "mfa_deactivate_totp": "Switch off two-step sign-in",
    "mfa_view_recovery_codes": "Recovery codes",
    "mfa_generate_recovery_codes": "New recovery codes",
    "mfa_reauthenticate": "Confirm that it is you",
}
# Reached only on the way, by test_sign_in; redirects; a text file.
ELSEWHERE = {
    "account_email_verification_sent",
    "account_confirm_login_code",
    "account_reset_password_from_key",
    "mfa_authenticate",
    "account_set_password",
    "mfa_download_recovery_codes",
    # These need a passkey: tests/browser/test_passkeys.py walks them.
    "mfa_edit_webauthn",
    "mfa_login_webauthn",
    "mfa_remove_webauthn",
    "mfa_reauthenticate_webauthn",
    "session_end",
    "session_stay",
}


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


def named(patterns: list[URLPattern | URLResolver], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found |= named(pattern.url_patterns, path)
        elif path.startswith("account/"):
            found[pattern.name or path] = f"/{path}"
    return found


PATHS = named(get_resolver().url_patterns)


def read(page: str) -> str:
    """The page's words, those in empty fields among them."""
    placeholders = re.findall(r'placeholder="([^"]*)"', page)
    return " ".join([re.sub(r"<script.*?</script>|<[^>]*>", " ", page, flags=re.DOTALL), *placeholders])


def drawn(client: Client, name: str, heading: str) -> str:
    answer = client.get(PATHS[name])
    assert answer.status_code == 200, (name, answer.get("Location"))
    page = answer.content.decode()
    for part in FRAME:
        assert part in page, (name, part)
    headings = [re.sub(r"\s+", " ", found).strip() for found in re.findall(r"<h1>(.*?)</h1>", page, re.DOTALL)]
    assert headings == [heading], name
    (title,) = re.findall(r"<title>(.*?)</title>", page, re.DOTALL)
    assert title.strip().endswith("· Keyholder")
    assert title.strip() != "· Keyholder"
    assert "Menu:" not in page
    assert not OTHER_SPELLING.search(read(page)), name
    return page


def test_no_page_is_forgotten_here() -> None:
    assert STRANGERS.keys() | PLAIN.keys() | SECURED.keys() | ELSEWHERE == PATHS.keys()


@pytest.mark.parametrize("name", STRANGERS)
def test_a_strangers_page(name: str) -> None:
    drawn(Client(), name, STRANGERS[name])


@pytest.fixture
def customers(db: None) -> Client:
    client = cast.signed_in(cast.customer())
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.mark.parametrize("name", PLAIN)
def test_a_customers_page(customers: Client, name: str) -> None:
    drawn(customers, name, PLAIN[name])


def test_whoever_works_for_an_organisation_finds_it_and_the_way_back_there() -> None:
    nordlys = cast.founded(cast.customer())
    page = cast.signed_in(nordlys.by).get(PATHS["usersessions_list"]).content.decode()
    assert f'<span class="of" title="{nordlys.organisation.name}">' in page and 'href="/verification/"' in page
    other = cast.signed_in(cast.customer("charlie@other.example", "Charlie")).get(PATHS["usersessions_list"]).content.decode()
    assert nordlys.organisation.name not in other and 'class="of"' not in other


@pytest.mark.parametrize("name", SECURED)
def test_a_page_of_one_with_a_second_step(customers: Client, name: str) -> None:
    alice = cast.User.objects.get()
    TOTP.activate(alice, TOTP_SECRET)
    RecoveryCodes.activate(alice)
    page = drawn(customers, name, SECURED[name])
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()
    assert all((code in page) == (name == "mfa_view_recovery_codes") for code in codes)
    assert TOTP_SECRET not in page


def test_the_page_that_waits_for_the_code_and_its_refusal() -> None:
    client = Client()
    client.post(PATHS["account_signup"], {"email": "nora@sudlys.example", "password1": "a long pass phrase of words"})
    page = drawn(client, "account_email_verification_sent", "Confirm your e-mail")
    assert "nora@sudlys.example" in page


def test_the_page_that_asks_for_the_second_step() -> None:
    client = Client()
    client.post(PATHS["account_login"], {"login": cast.staff("approver").email, "password": PASSWORD})
    drawn(client, "mfa_authenticate", "Second step")


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_an_empty_form_says_beside_each_field_what_is_missing(name: str) -> None:
    answer = Client().post(PATHS[name], {})
    assert answer.status_code == 200
    form: Any = answer.context["form"]
    assert form.errors
    page = answer.content.decode()
    for field in form.errors:
        assert f'id="id_{field}"' in page
    assert page.count("This is needed.") >= len(form.errors)


def test_a_second_address_is_added_confirmed_by_code_and_made_the_main_one(customers: Client) -> None:
    url, new = PATHS["account_email"], "alice@sudlys.example"
    assert "You sign in with any confirmed one" in customers.get(url).content.decode()
    answer = customers.post(url, {"action_add": "", "email": new})
    assert answer["Location"] == PATHS["account_email_verification_sent"]
    code = re.search(r"^[A-Z0-9]{3,}(-[A-Z0-9]{3,})?$", Message.objects.get(to=new).text, re.MULTILINE)
    assert code
    customers.post(answer["Location"], {"code": code[0]})
    customers.post(url, {"action_primary": "", "email": new})
    assert cast.User.objects.get().email == new
    page = drawn(customers, "account_email", "Your e-mail addresses")
    assert page.count(">confirmed<") == 2


def test_every_template_of_ours_stands_where_the_library_looks() -> None:
    """One that is misspelt or no longer asked for would lie here unread, and the bare one be shown."""
    library, ours = Path(allauth.__file__).parent / "templates", Path(__file__).parents[2] / "templates"
    for folder in ("account", "mfa", "usersessions"):
        for template in (ours / folder).rglob("*.*"):
            found = library / template.relative_to(ours)
            assert found.exists(), template


def numbers(text: Any) -> tuple[str, ...]:
    """A sentence, or its singular and its plural."""
    return (text,) if isinstance(text, str) else tuple(text)


def entries(catalogue: Any) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {numbers(entry.id): numbers(entry.string) for entry in catalogue if entry.id}


def test_the_compiled_words_are_those_that_are_written() -> None:
    folder = Path(__file__).parents[2] / "accounts/locale/en/LC_MESSAGES"
    written, compiled = read_po((folder / "django.po").open("rb")), read_mo((folder / "django.mo").open("rb"))
    assert entries(compiled) == entries(written)
    assert len(compiled) > 20


def test_refusals_are_spelt_so_too() -> None:
    said = [str(sentence) for sentence in AccountAdapter.error_messages.values()]
    assert not [sentence for sentence in said if OTHER_SPELLING.search(sentence)]
    assert "You cannot remove your primary e-mail address." in said


@pytest.mark.parametrize(
    ("typed", "said"), [("nobody", "Write an e-mail address such as name@company.example."), ("", "This is needed.")]
)
def test_a_field_says_so_too(typed: str, said: str) -> None:
    form = Client().post(PATHS["account_reset_password"], {"email": typed}).context["form"]
    assert form["email"].label == "E-mail"
    assert form.errors["email"] == [said]
