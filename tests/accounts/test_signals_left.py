"""What signing up and signing in leave, in the life of a customer."""

from typing import Any

import pytest
from django.test import Client

from accounts import devices, scope, signals, signals_left
from accounts.models import Organisation, Signal, User
from tests import cast

PASSWORD = "correct horse battery staple"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def left(organisation: Organisation) -> dict[str, set[Any]]:
    found: dict[str, set[Any]] = {}
    with scope.whole():
        for type, value in Signal.objects.filter(organisation=organisation).values_list("type", "value"):
            found.setdefault(type, set()).add(value)
    return found


def signed_in(user: User, **headers: str) -> Client:
    user.set_password(PASSWORD)
    user.save()
    client = Client(REMOTE_ADDR="203.0.113.7", headers={"user-agent": FIREFOX, **headers})
    assert client.post("/account/login/", {"login": user.email, "password": PASSWORD}).status_code == 302
    return client


@pytest.mark.django_db
class TestSignIn:
    def test_leaves_address_browser_and_mailbox_of_each_account(self) -> None:
        alice = cast.customer("alice17@nordlys.example")
        founded = [cast.founded(alice, name=name).organisation for name in ("Nordlys", "Sørlys")]
        signed_in(alice)
        for organisation in founded:
            found = left(organisation)
            assert signals.value("login_ip", "203.0.113.7") in found["login_ip"]
            assert found["user_agent"] == {signals.value("user_agent", FIREFOX)}
            assert signals.value("email", "alice17@nordlys.example") in found["email"]
            assert signals.value("email", "alice#@nordlys.example") in found["email"]
            assert signals.value("domain", "nordlys.example") in found["domain"]
            assert len(found["device"]) == 1
        assert left(founded[0])["device"] == left(founded[1])["device"]

    def test_of_staff_leaves_none_and_gives_no_cookie(self) -> None:
        client = signed_in(cast.staff("analyst", "Ana"))
        assert devices.cookie() not in client.cookies
        with scope.whole():
            assert not Signal.objects.exists()

    def test_from_this_very_machine_tells_nothing_of_where(self) -> None:
        alice = cast.customer()
        organisation = cast.founded(alice).organisation
        alice.set_password(PASSWORD)
        alice.save()
        Client(REMOTE_ADDR="127.0.0.1").post("/account/login/", {"login": alice.email, "password": PASSWORD})
        assert "login_ip" not in left(organisation) and "device" in left(organisation)


@pytest.mark.django_db
class TestFounding:
    def test_leaves_the_same_since_the_account_was_not_there_before(self) -> None:
        client = signed_in(cast.customer())
        page = client.get("/start/", follow=True)
        version = page.context["version"]
        client.post(page.request["PATH_INFO"], {"name": "Nordlys", "your_name": "Alice Olsen", "notice": version})
        found = left(Organisation.objects.get())
        assert {"email", "domain", "login_ip", "user_agent", "device"} <= found.keys()


class TestOfEmail:
    @pytest.mark.parametrize(
        ("email", "row"),
        [
            ("anna.k2041@x.example", ["anna.k2041@x.example", "anna.k#@x.example"]),
            ("anna@x.example", ["anna@x.example"]),
            ("a1@x.example", ["a1@x.example"]),
            ("12345@x.example", ["12345@x.example", "123#@x.example"]),
        ],
    )
    def test_a_row_of_numbered_mailboxes_has_a_stem(self, email: str, row: list[str]) -> None:
        assert signals_left.of_email(email) == {"email": row, "domain": ["x.example"]}
