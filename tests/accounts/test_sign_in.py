"""Signing up, in and out through the real sign-in library, as a browser does it; the codes come from the queued mail."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.hashers import check_password
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Message, User
from demo.cast import PASSWORD, TOTP_SECRET
from tests import cast

pytestmark = pytest.mark.django_db
WRONG_CODE = "This code is not right. Look at it again and type it as it stands there."
TOO_LONG = "No e-mail address is longer than 254 characters. Look at it again."
LONGEST = "a" * (254 - len("@b.example")) + "@b.example"
PHRASE = "a long pass phrase of words"
CODE = re.compile(r"^([A-Z0-9]{3,}(?:-[A-Z0-9]{3,})?)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    """Rate limits count in the cache, which outlives a test."""
    cache.clear()


def newest_mail(to: str) -> Message:
    return Message.objects.filter(to=to).latest("pk")


def code_for(email: str) -> str:
    found = CODE.search(newest_mail(email).text)
    assert found
    return found[1]


def totp_now(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def signed_up(email: str = "nora@sudlys.example") -> Client:
    client = Client()
    answer = client.post("/account/signup/", {"email": email, "password1": PHRASE})
    assert (answer.status_code, answer["Location"]) == (302, "/account/confirm-email/")
    return client


def who(client: Client) -> str:
    return client.session.get("_auth_user_id", "")


def text(answer: Any) -> str:
    """What a reader sees, without what differs from one request to the next."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[\w-]+"', "", answer.content.decode())


class TestSignUp:
    def test_with_the_code_from_the_mail_leads_to_the_first_question(self) -> None:
        client = signed_up()
        assert who(client) == ""
        answer = client.post("/account/confirm-email/", {"code": code_for("nora@sudlys.example")})
        assert answer["Location"] == "/start/"
        nora = User.objects.get(email="nora@sudlys.example")
        assert who(client) == str(nora.pk)
        assert EmailAddress.objects.get(user=nora).verified
        assert client.get("/start/")["Location"] == "/verification/begin/"
        assert (nora.staff_role, nora.is_staff) == ("", False)

    def test_a_wrong_code_gets_a_sentence_and_after_three_no_more_chance(self) -> None:
        client = signed_up()
        right = code_for("nora@sudlys.example")
        answer = client.post("/account/confirm-email/", {"code": "WRO-NGX"})
        assert answer.status_code == 200
        assert answer.context["verify_form"].errors["code"] == [WRONG_CODE]
        assert WRONG_CODE in answer.content.decode()
        for _ in range(3):
            client.post("/account/confirm-email/", {"code": "WRO-NGX"})
        client.post("/account/confirm-email/", {"code": right})
        assert who(client) == ""
        assert not EmailAddress.objects.filter(verified=True).exists()

    def test_one_persons_code_is_nothing_in_anothers_browser(self) -> None:
        signed_up()
        other = signed_up("mallory@x.example")
        other.post("/account/confirm-email/", {"code": code_for("nora@sudlys.example")})
        assert who(other) == ""

    def test_an_unverified_address_reaches_nothing(self) -> None:
        client = signed_up()
        for path in ("/start/", "/verification/", "/verification/begin/", "/desk/cases/", "/reports/", "/account/2fa/"):
            assert client.get(path)["Location"].startswith("/account/login/"), path
        cache.clear()  # one code in ten seconds
        again = Client()
        answer = again.post("/account/login/", {"login": "nora@sudlys.example", "password": PHRASE})
        assert "E-mail or password is not right." in answer.content.decode()
        assert who(again) == ""
        assert again.get("/verification/begin/")["Location"].startswith("/account/login/")

    def test_nobody_signs_up_as_staff(self) -> None:
        client = Client()
        client.post(
            "/account/signup/", {"email": "eve@x.example", "password1": PHRASE, "staff_role": "approver", "is_staff": "1"}
        )
        client.post("/account/confirm-email/", {"code": code_for("eve@x.example")})
        assert User.objects.get(email="eve@x.example").staff_role == ""

    def test_without_the_code_no_account_is_made(self) -> None:
        signed_up()
        assert "without the code no account is made" in newest_mail("nora@sudlys.example").text
        assert not User.objects.exists()
        assert not EmailAddress.objects.exists()

    def test_whoever_reads_the_mail_makes_the_account_with_his_own_password(self) -> None:
        nora = signed_up()
        code = code_for("nora@sudlys.example")
        cache.clear()  # one code in ten seconds
        mallory = Client()
        mallory.post("/account/signup/", {"email": "nora@sudlys.example", "password1": "another pass phrase"})
        assert newest_mail("nora@sudlys.example").subject == "Your code for Keyholder"
        assert nora.post("/account/confirm-email/", {"code": code})["Location"] == "/start/"
        assert User.objects.get(email="nora@sudlys.example").check_password(PHRASE)
        answer = mallory.post("/account/confirm-email/", {"code": code_for("nora@sudlys.example")})
        assert who(mallory) == "" and answer.status_code == 200
        assert User.objects.count() == 1

    def test_a_second_one_typed_in_the_same_moment_makes_no_second_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        client = signed_up()
        code = code_for("nora@sudlys.example")
        cast.customer("nora@sudlys.example", "Nora")
        monkeypatch.setattr("allauth.account.forms.email_already_exists", lambda **values: (values["email"], False))
        assert client.post("/account/confirm-email/", {"code": code})["Location"] == "/account/login/"
        assert who(client) == ""

    @pytest.mark.parametrize("letters", [255 - len("@b.example"), 300])
    def test_an_address_longer_than_any_is_told_so(self, letters: int) -> None:
        answer = Client().post("/account/signup/", {"email": "a" * letters + "@b.example", "password1": PHRASE})
        assert (answer.status_code, answer.context["form"].errors["email"]) == (200, [TOO_LONG])
        assert TOO_LONG in answer.content.decode()

    def test_the_longest_address_is_taken(self) -> None:
        signed_up(LONGEST)
        assert newest_mail(LONGEST)

    @pytest.mark.parametrize("password", ["short", "password1234", "nora@sudlys.example", ""])
    def test_a_weak_password_is_told_so(self, password: str) -> None:
        answer = Client().post("/account/signup/", {"email": "nora@sudlys.example", "password1": password})
        assert answer.status_code == 200
        assert answer.context["form"].errors["password1"]
        assert not User.objects.exists()

    def test_the_code_stands_in_no_subject_and_no_history(self) -> None:
        signed_up()
        code = code_for("nora@sudlys.example")
        assert code not in newest_mail("nora@sudlys.example").subject
        assert code not in str(list(Message.pgh_event_model.objects.values()))  # type: ignore[attr-defined]


class TestAnotherCode:
    PAGE = "/account/confirm-email/"
    RESEND = {"action": "resend"}  # sent as it is
    BUTTON = 'form="resend">Send a new code</button>'

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Moves the time on, for the library's limits too."""
        start, passed = time.time(), [0.0]
        monkeypatch.setattr(time, "time", lambda: start + passed[0])
        return lambda minutes: passed.__setitem__(0, passed[0] + minutes * 60)

    def test_is_sent_by_a_button_and_takes_the_firsts_place(self, clock: Any) -> None:
        client = signed_up()
        first = code_for("nora@sudlys.example")
        assert self.BUTTON in client.get(self.PAGE).content.decode()
        clock(1)
        assert client.post(self.PAGE, self.RESEND)["Location"] == self.PAGE
        second = code_for("nora@sudlys.example")
        assert second != first
        assert client.post(self.PAGE, {"code": first}).status_code == 200
        assert who(client) == ""
        assert client.post(self.PAGE, {"code": second})["Location"] == "/start/"
        assert EmailAddress.objects.get(email="nora@sudlys.example").verified

    @pytest.mark.parametrize("minutes", [2, 10])
    def test_page_and_mail_say_for_how_many_minutes_it_works(self, settings: Any, minutes: int) -> None:
        settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = minutes * 60
        page = signed_up().get("/account/confirm-email/").content.decode()
        assert f"It works for {minutes} minutes." in page
        assert f"It works for {minutes} minutes." in newest_mail("nora@sudlys.example").text

    def test_each_works_as_long_as_it_says(self, clock: Any) -> None:
        client = signed_up()
        for _ in range(2):
            clock(9)
            client.post(self.PAGE, self.RESEND)
        clock(9)
        assert client.post(self.PAGE, {"code": code_for("nora@sudlys.example")})["Location"] == "/start/"

    def test_none_works_longer(self, clock: Any) -> None:
        client = signed_up()
        clock(9)
        client.post(self.PAGE, self.RESEND)
        clock(10.1)
        assert client.post(self.PAGE, {"code": code_for("nora@sudlys.example")})["Location"] == "/account/login/"
        assert who(client) == ""

    def test_comes_twice_then_the_page_says_how_to_get_one(self, clock: Any) -> None:
        client = signed_up()
        for _ in range(3):
            clock(1)
            client.post(self.PAGE, self.RESEND)
        assert Message.objects.filter(to="nora@sudlys.example").count() == 3
        page = client.get(self.PAGE).content.decode()
        assert "Send a new code" not in page
        assert "cancel and sign up again" in page

    def test_asked_for_at_once_the_one_on_its_way_still_works(self) -> None:
        client = signed_up()
        code = code_for("nora@sudlys.example")
        assert client.post(self.PAGE, self.RESEND).status_code == 429
        assert Message.objects.filter(to="nora@sudlys.example").count() == 1
        assert client.post(self.PAGE, {"code": code})["Location"] == "/start/"

    def test_answers_alike_whether_the_address_has_an_account(self, clock: Any) -> None:
        cast.customer()
        pages = []
        for email in ("alice@nordlys.example", "nobody@nordlys.example"):
            client = signed_up(email)
            at_once = client.post(self.PAGE, self.RESEND)
            clock(1)
            later = client.post(self.PAGE, self.RESEND)
            page = text(client.get(self.PAGE)).replace(email, "EMAIL")
            pages.append((at_once.status_code, text(at_once), later.status_code, later["Location"], page))
        assert pages[0] == pages[1]
        assert "Send a new code" in pages[0][-1]


class TestEnumeration:
    """Whether an address has an account is told to its owner by mail, and to nobody on a page."""

    def test_sign_up_answers_alike(self) -> None:
        cast.customer()
        pages = []
        for email in ("alice@nordlys.example", "nobody@nordlys.example"):
            client = signed_up(email)
            page = text(client.get("/account/confirm-email/"))
            assert email in page
            pages.append(page.replace(email, "EMAIL"))
            wrong = client.post("/account/confirm-email/", {"code": "WRO-NGX"})
            assert wrong.status_code == 200
            pages.append(text(wrong).replace(email, "EMAIL"))
        assert pages[:2] == pages[2:]
        told = newest_mail("alice@nordlys.example")
        assert told.subject == "You have an account at Keyholder already"
        assert "tried to sign up with alice@nordlys.example. That address has an account already." in told.text
        assert newest_mail("nobody@nordlys.example").subject == "Your code for Keyholder"
        assert User.objects.filter(email="alice@nordlys.example").count() == 1

    def test_sign_up_does_the_same_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The hash takes nearly all of the time; the statements are as many."""
        cast.customer()
        hashed: list[str] = []
        monkeypatch.setattr("accounts.signing_up.make_password", lambda typed: hashed.append(typed) or "hash")
        statements = []
        for email in ("alice@nordlys.example", "nobody@nordlys.example"):
            with CaptureQueriesContext(connection) as queries:
                signed_up(email)
            statements.append([re.sub(r"'.*", "", one["sql"]) for one in queries.captured_queries])
        assert hashed == [PHRASE, PHRASE]
        assert len(statements[0]) == len(statements[1])

    def test_sign_up_with_a_known_address_changes_nothing_about_it(self) -> None:
        alice = cast.customer()
        signed_up("ALICE@nordlys.example")
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)
        assert not alice.check_password(PHRASE)

    def test_a_forgotten_password_answers_alike(self) -> None:
        cast.customer()
        answers = []
        for email in ("alice@nordlys.example", "nobody@nordlys.example"):
            answer = Client().post("/account/password/reset/", {"email": email})
            answers.append((answer.status_code, answer["Location"], answer.content, sorted(answer.cookies)))
        assert answers[0] == answers[1]
        assert newest_mail("alice@nordlys.example").subject == "Set a new password for Keyholder"
        assert newest_mail("nobody@nordlys.example").subject == "No account with this address"

    def test_signing_in_answers_alike(self) -> None:
        cast.customer()
        pages = []
        for email in ("alice@nordlys.example", "nobody@nordlys.example"):
            answer = Client().post("/account/login/", {"login": email, "password": "not the password"})
            assert answer.status_code == 200
            pages.append(text(answer).replace(email, "EMAIL"))
        assert pages[0] == pages[1]


class TestSignIn:
    def test_a_wrong_password_gets_one_sentence(self) -> None:
        cast.customer()
        client = Client()
        answer = client.post("/account/login/", {"login": "alice@nordlys.example", "password": "wrong"})
        sentence = "E-mail or password is not right."
        assert answer.context["form"].errors["__all__"] == [sentence]
        assert sentence in answer.content.decode()
        assert who(client) == ""

    def test_the_right_one_leads_to_the_work(self, settings: Any) -> None:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
        alice = cast.customer()
        assert alice.password.startswith("argon2$argon2id$")
        assert check_password(PASSWORD, alice.password)
        client = Client()
        answer = client.post("/account/login/", {"login": " ALICE@nordlys.example", "password": PASSWORD})
        assert answer["Location"] == "/start/"
        assert who(client) == str(alice.pk)

    def test_after_five_wrong_ones_even_the_right_one_waits(self) -> None:
        cast.customer()
        client = Client()
        for _ in range(6):
            client.post("/account/login/", {"login": "alice@nordlys.example", "password": "wrong"})
        answer = client.post("/account/login/", {"login": "alice@nordlys.example", "password": PASSWORD})
        assert "Too many" in answer.content.decode()
        assert who(client) == ""

    def test_one_who_left_does_not_come_in(self) -> None:
        alice = cast.customer()
        alice.is_active = False
        alice.save()
        client = Client()
        client.post("/account/login/", {"login": "alice@nordlys.example", "password": PASSWORD})
        assert who(client) == ""

    def test_one_who_left_is_out_on_the_next_request(self) -> None:
        alice = cast.customer()
        client = cast.signed_in(alice)
        assert client.get("/verification/begin/").status_code == 200
        User.objects.update(is_active=False)
        assert client.get("/verification/begin/")["Location"].startswith("/account/login/")

    def test_it_does_not_lead_to_another_site(self) -> None:
        cast.customer()
        values = {"login": "alice@nordlys.example", "password": PASSWORD, "next": "https://evil.example/"}
        assert Client().post("/account/login/", values)["Location"] == "/start/"

    def test_signing_out_takes_a_form_and_ends_the_session(self) -> None:
        client = cast.signed_in(cast.customer())
        assert client.get("/account/logout/").status_code == 200
        assert who(client)
        assert client.post("/account/logout/")["Location"] == "/"
        assert who(client) == ""
        assert client.get("/verification/")["Location"].startswith("/account/login/")


class TestSecondStep:
    def test_staff_sign_in_with_password_and_code(self) -> None:
        rui = cast.staff("approver", "Rui")
        client = Client()
        answer = client.post("/account/login/", {"login": rui.email, "password": PASSWORD})
        assert answer["Location"] == "/account/2fa/authenticate/"
        assert who(client) == ""
        assert client.post("/account/2fa/authenticate/", {"code": "000000"}).status_code == 200
        assert who(client) == ""
        answer = client.post("/account/2fa/authenticate/", {"code": totp_now(TOTP_SECRET)})
        assert answer["Location"] == "/start/"
        assert client.get("/desk/cases/").status_code == 200

    def test_a_code_works_once(self) -> None:
        rui = cast.staff("approver", "Rui")
        code = totp_now(TOTP_SECRET)
        seen = []
        for _ in range(2):
            client = Client()
            client.post("/account/login/", {"login": rui.email, "password": PASSWORD})
            client.post("/account/2fa/authenticate/", {"code": code})
            seen.append(who(client))
        assert seen == [str(rui.pk), ""]

    @pytest.mark.django_db(transaction=True)
    def test_new_staff_enrol_with_a_real_code_and_get_recovery_codes(self) -> None:
        new = cast.staff("analyst", "New")
        Authenticator.objects.filter(user=new).delete()
        client = Client()
        answer = client.post("/account/login/", {"login": new.email, "password": PASSWORD}, follow=True)
        assert answer.redirect_chain[-1][0] == "/account/2fa/totp/activate/"
        secret = answer.context["form"].secret
        assert secret in answer.content.decode()
        assert client.get("/desk/cases/")["Location"] == "/account/2fa/totp/activate/"
        assert client.post("/account/2fa/totp/activate/", {"code": "000000"}).status_code == 200
        assert not Authenticator.objects.filter(user=new).exists()
        answer = client.post("/account/2fa/totp/activate/", {"code": totp_now(secret)}, follow=True)
        assert answer.redirect_chain[-1][0] == "/account/2fa/recovery-codes/"
        codes = Authenticator.objects.get(user=new, type="recovery_codes").wrap().get_unused_codes()
        assert len(set(codes)) == 10
        assert all(code in answer.content.decode() for code in codes)
        assert client.get("/desk/cases/").status_code == 200, "enrolling showed the factor"
        # One of them opens the door when the phone is lost, once.
        for expected in (302, 200):
            other = Client()
            other.post("/account/login/", {"login": new.email, "password": PASSWORD})
            assert other.post("/account/2fa/authenticate/", {"code": codes[0]}).status_code == expected

    def test_staff_cannot_switch_it_off(self) -> None:
        rui = cast.staff("approver", "Rui")
        client = cast.signed_in(rui)
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        assert client.get("/account/2fa/totp/deactivate/").status_code == 404
        assert client.post("/account/2fa/totp/deactivate/").status_code == 404
        assert Authenticator.objects.filter(user=rui).exists()
        assert "/account/2fa/totp/deactivate/" not in client.get("/account/2fa/").content.decode()

    def test_staff_who_lost_it_are_led_to_enrolment_again(self) -> None:
        rui = cast.staff("approver", "Rui")
        client = cast.signed_in(rui)
        Authenticator.objects.filter(user=rui).delete()
        assert client.get("/desk/cases/")["Location"] == "/account/2fa/totp/activate/"


class TestForgottenPassword:
    @pytest.mark.parametrize("letters", [255 - len("@b.example"), 300])
    def test_of_an_address_longer_than_any_is_told_so(self, letters: int) -> None:
        answer = Client().post("/account/password/reset/", {"email": "a" * letters + "@b.example"})
        assert (answer.status_code, answer.context["form"].errors["email"]) == (200, [TOO_LONG])
        assert TOO_LONG in answer.content.decode()

    def link(self) -> str:
        Client().post("/account/password/reset/", {"email": "alice@nordlys.example"})
        found = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", newest_mail("alice@nordlys.example").text)
        assert found
        return found[1]

    def test_the_link_carries_our_address_whatever_host_was_asked(self, settings: Any) -> None:
        settings.SITE_URL = "https://kyc.provider.example"
        alice = cast.customer()
        Client().post("/account/password/reset/", {"email": alice.email}, headers={"host": "localhost:9"})
        assert "https://kyc.provider.example/account/password/reset/key/" in newest_mail(alice.email).text
        assert "localhost:9" not in newest_mail(alice.email).text

    def test_a_new_one_by_the_link_in_the_mail(self) -> None:
        alice = cast.customer()
        client = Client()
        page = client.get(self.link(), follow=True)
        assert page.status_code == 200
        answer = client.post(page.request["PATH_INFO"], {"password1": PHRASE, "password2": PHRASE})
        assert answer["Location"] == "/account/password/reset/key/done/"
        alice.refresh_from_db()
        assert alice.check_password(PHRASE)
        assert who(client) == "", "who resets a password signs in with it"

    def test_the_link_works_once(self) -> None:
        cast.customer()
        link, client = self.link(), Client()
        page = client.get(link, follow=True)
        client.post(page.request["PATH_INFO"], {"password1": PHRASE, "password2": PHRASE})
        assert "This link no longer works" in Client().get(link, follow=True).content.decode()

    def test_a_forged_link_says_the_same(self) -> None:
        cast.customer()
        forged = Client().get("/account/password/reset/key/1-forged-key/", follow=True)
        assert "This link no longer works" in forged.content.decode()

    def test_staff_still_show_their_second_factor(self) -> None:
        rui = cast.staff("approver", "Rui")
        Client().post("/account/password/reset/", {"email": rui.email})
        found = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", newest_mail(rui.email).text)
        assert found
        client = Client()
        page = client.get(found[1], follow=True)
        client.post(page.request["PATH_INFO"], {"password1": PHRASE, "password2": PHRASE})
        answer = client.post("/account/login/", {"login": rui.email, "password": PHRASE})
        assert answer["Location"] == "/account/2fa/authenticate/"
        assert who(client) == ""


class TestPasswords:
    """As NIST SP 800-63B has them. Which nobody may choose, tests/accounts/test_password_rules.py says."""

    def chosen(self, password: str) -> User:
        """By the form where one's password is changed, which says why it takes none."""
        cache.clear()
        alice = User.objects.filter(email="alice@nordlys.example").first() or cast.customer()
        alice.set_password(PASSWORD)
        alice.save()
        client = cast.signed_in(alice)
        sent = {"oldpassword": PASSWORD, "password1": password, "password2": password}
        answer = client.post("/account/password/change/", sent)
        assert answer.status_code == 302, answer.context["form"].errors
        return alice

    def comes_in(self, password: str) -> bool:
        client = Client()
        client.post("/account/login/", {"login": "alice@nordlys.example", "password": password})
        return bool(who(client))

    @pytest.mark.parametrize(
        "password",
        [
            "zylophon gravel ",
            "  two blanks before it",
            "ZYLOPHON gravel Tide",
            "z" * 3 + "y5! lanternfish " * 4,
            "Ωμέγα καὶ θάλασσα",
            "莲花在清晨的湖面上慢慢开放着",
            "🦊🐢🌊🧭🪁🎻🥨🛶🧶🪐🌵🫖",
            "'; DROP TABLE x; --<b>",
        ],
    )
    def test_are_any_letters_and_judged_as_typed(self, password: str) -> None:
        self.chosen(password)
        assert self.comes_in(password)
        for other in (password.strip(), password.upper(), password.lower(), password[:-1], password[:32], f"{password} "):
            assert other == password or not self.comes_in(other), repr(other)
            cache.clear()

    @pytest.mark.parametrize("length", [64, 128, 1000])
    def test_may_be_long_and_are_not_cut(self, length: int) -> None:
        password = "".join(chr(97 + (number * number + number // 7) % 26) for number in range(length))
        self.chosen(password)
        assert self.comes_in(password)
        assert not self.comes_in(password[:-1])

    def test_ask_for_no_kinds_of_letters(self) -> None:
        for password in ("lanternfishgravel", "830174926583017", "LANTERNFISHGRAVEL", "!!--??..,,;;::##"):
            assert self.chosen(password)

    def test_are_typed_hidden_and_left_to_whatever_keeps_them(self) -> None:
        alice = cast.signed_in(cast.customer())
        read = []
        for client, path in (
            (Client(), "/account/login/"),
            (Client(), "/account/signup/"),
            (alice, "/account/password/change/"),
            (alice, "/account/reauthenticate/"),
            (Client(), self.reset()),
        ):
            page = client.get(path, follow=True).content.decode()
            fields = [tag for tag in re.findall(r"<input[^>]*>", page) if "password" in tag]
            assert fields, path
            for tag in fields:
                assert 'type="password"' in tag, f"{path}: {tag}"
                assert re.search(r'autocomplete="(?:current|new)-password"', tag), f"{path}: {tag}"
                assert not re.search(r"onpaste|readonly|maxlength", tag), f"{path}: {tag}"
            read += fields
        assert len(read) >= 7
        script = (Path(__file__).parents[2] / "static/js/keyholder.js").read_text()
        assert "paste" not in script

    def reset(self) -> str:
        Client().post("/account/password/reset/", {"email": "alice@nordlys.example"})
        found = re.search(r"/account/password/reset/key/\S+", newest_mail("alice@nordlys.example").text)
        assert found
        return found[0]


class TestNotices:
    """What the owner of an account is told by mail when its sign-in changes."""

    def test_of_a_changed_password(self) -> None:
        alice = cast.customer()
        client = cast.signed_in(alice)
        client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": PHRASE, "password2": PHRASE})
        mail = newest_mail(alice.email)
        assert mail.subject == "Your password was changed"
        assert mail.text.startswith("Hello,\n\nYour password was changed.")
        assert "It was done on" in mail.text
        assert who(client) == str(alice.pk)

    @pytest.mark.django_db(transaction=True)
    def test_of_a_second_step_switched_on_and_off(self) -> None:
        alice = cast.customer()
        client = cast.signed_in(alice)
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        secret = client.get("/account/2fa/totp/activate/").context["form"].secret
        client.post("/account/2fa/totp/activate/", {"code": totp_now(secret)})
        client.post("/account/2fa/totp/deactivate/")
        subjects = list(Message.objects.filter(to=alice.email).order_by("pk").values_list("subject", flat=True))
        assert len(subjects) >= 2
        for message in Message.objects.filter(to=alice.email):
            assert message.text.startswith("Hello,\n\n")
            assert message.text.rstrip().splitlines()[-2] == "The verification team"
            assert secret not in message.text


@pytest.mark.django_db
class TestRobots:
    @pytest.mark.parametrize("email", ["sandbox-analyst@robots.invalid", "x@ROBOTS.INVALID", "x@other.invalid"])
    def test_nobody_signs_up_at_an_address_that_no_mail_reaches(self, email: str) -> None:
        cache.clear()
        answer = Client().post("/account/signup/", {"email": email, "password1": "a long enough word 1"})
        assert "No mail can reach this address." in answer.content.decode()
        assert not User.objects.exists()

    def test_never_sign_in(self) -> None:
        cache.clear()
        robot = User.objects.create_user("r@robots.invalid", PASSWORD, staff_role="analyst", is_robot=True)
        EmailAddress.objects.create(user=robot, email=robot.email, verified=True, primary=True)
        client = Client()
        answer = client.post("/account/login/", {"login": robot.email, "password": PASSWORD})
        assert answer["Location"] == "/account/inactive/"
        assert "_auth_user_id" not in client.session


class TestFirstFactor:
    def test_a_new_colleague_types_his_password_once_to_sign_in_and_enrols(self, client: Client) -> None:
        rui = cast.staff("approver", "Rui")
        Authenticator.objects.filter(user=rui).delete()
        answer = client.post("/account/login/", {"login": rui.email, "password": PASSWORD}, follow=True)
        assert answer.redirect_chain[-1][0] == "/account/2fa/totp/activate/" and answer.status_code == 200

    def test_later_he_is_asked_who_he_is(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        rui = cast.staff("approver", "Rui")
        Authenticator.objects.filter(user=rui).delete()
        client.post("/account/login/", {"login": rui.email, "password": PASSWORD})
        later = time.time() + 301
        monkeypatch.setattr("time.time", lambda: later)
        assert client.get("/account/2fa/totp/activate/")["Location"].startswith("/account/reauthenticate/")
