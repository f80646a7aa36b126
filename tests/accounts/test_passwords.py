"""Wrong passwords are counted where they are typed; the owner is kept out by nobody far away."""

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import passwords
from accounts.models import Message
from demo.cast import PASSWORD
from tests import cast

pytestmark = pytest.mark.django_db
HOME, FAR = "192.0.2.1", "198.51.100.7"
NEW = "a wholly new pass phrase"


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


def tried(email: str, password: str = "wrong", *, address: str = FAR) -> Any:
    return Client().post("/account/login/", {"login": email, "password": password}, REMOTE_ADDR=address)


def used_up(email: str, *, address: str = FAR) -> Any:
    for _ in range(5):
        assert tried(email, address=address).status_code == 200
    return tried(email, address=address)


class TestTryOne:
    def test_after_five_says_when_it_goes_on(self) -> None:
        alice = cast.customer()
        answer = used_up(alice.email)
        assert answer.status_code == 429
        assert "You can try again in 5 minutes." in answer.content.decode()
        assert 290 <= int(answer["Retry-After"]) <= 300
        assert f'href="{reverse("account_reset_password")}">Set a new password</a>' in answer.content.decode()

    def test_even_the_right_one_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        alice, now = cast.customer(), time.time()
        used_up(alice.email)
        assert tried(alice.email, PASSWORD).status_code == 429
        monkeypatch.setattr(time, "time", lambda: now + 310)
        assert tried(alice.email, PASSWORD).status_code == 302

    @pytest.mark.parametrize("written", ["{}", " {} "], ids=["plain", "blanks"])
    def test_who_types_elsewhere_keeps_no_member_of_staff_out(self, written: str) -> None:
        rui = cast.staff("approver")
        assert used_up(written.format(rui.email.upper())).status_code == 429
        answer = tried(rui.email, PASSWORD, address=HOME)
        assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_authenticate"))

    def test_a_right_one_uses_nothing_up(self) -> None:
        alice = cast.customer()
        assert [tried(alice.email, PASSWORD).status_code for _ in range(7)] == [302] * 7

    def test_an_address_without_an_account_is_counted_alike(self) -> None:
        cast.customer()
        for email in ("alice@nordlys.example", "nobody@nordlys.example"):
            cache.clear()
            assert used_up(email).status_code == 429

    def test_many_addresses_close_the_account_but_not_to_where_its_owner_was(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(passwords, "EVERYWHERE", "3/h/key")
        alice = cast.customer()
        assert tried(alice.email, PASSWORD, address=HOME).status_code == 302
        codes = [tried(alice.email, address=f"203.0.113.{n}").status_code for n in range(4)]
        assert codes == [200, 200, 200, 429]
        assert tried(alice.email, PASSWORD, address="203.0.113.9").status_code == 429
        assert tried(alice.email, PASSWORD, address=HOME).status_code == 302

    def test_many_addresses_guess_no_more_than_twenty_and_the_owner_waits_a_quarter_of_an_hour(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        alice, now = cast.customer(), time.time()
        answers = [tried(alice.email, f"wrong {n}", address=f"198.51.{n}.7") for n in range(50)]
        assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 30
        assert 890 <= int(answers[-1]["Retry-After"]) <= 900
        assert "You can try again in 15 minutes." in answers[-1].content.decode()
        # Whoever is refused counts no more, so that going on keeps the owner out no longer.
        monkeypatch.setattr(time, "time", lambda: now + 910)
        assert tried(alice.email, PASSWORD, address=HOME).status_code == 302


class TestForget:
    def test_a_password_set_anew_by_mail_opens_again(self) -> None:
        alice = cast.customer()
        used_up(alice.email, address=HOME)
        client = Client(REMOTE_ADDR=HOME)
        client.post("/account/password/reset/", {"email": alice.email})
        link = next(word for word in Message.objects.get(to=alice.email).text.split() if "/account/password/" in word)
        page = client.get(f"/account/{link.partition('/account/')[2]}", follow=True)
        client.post(page.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
        assert tried(alice.email, NEW, address=HOME).status_code == 302


class TestWrongCodes:
    def test_after_five_say_when_it_goes_on(self) -> None:
        client = Client()
        client.post("/account/login/", {"login": cast.staff("approver").email, "password": PASSWORD})
        answers = [client.post(reverse("mfa_authenticate"), {"code": "000000"}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert "You can try again in 5 minutes." in answers[-1].content.decode()
