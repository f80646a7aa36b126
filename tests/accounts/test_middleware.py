"""What every request carries, and what staff reach before a second factor stands behind their session."""

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from accounts.models import Organisation, User
from accounts.permissions import StaffRole
from demo.cast import PASSWORD, TOTP_SECRET
from tests import cast

ENROL = "/account/2fa/totp/activate/"
SHOW = "/account/2fa/reauthenticate/"
# Paths that begin, or seem to begin, like an open one.
CLOSED = ("/", "/start/", "/desk/cases/", "/reports/", "/verification/", "/account/email/", "/account/password/change/",
          "/account/sessions/", "/nowhere/")  # fmt: skip
KEEPING = ("/account/2fa/", ENROL, "/account/2fa/totp/deactivate/", "/account/2fa/recovery-codes/", "/account/reauthenticate/",
           "/account/2fa/recovery-codes/generate/", "/account/2fa/recovery-codes/download/")  # fmt: skip
TRICKS = ("/static/../desk/cases/", "/demo/../desk/cases/", "//desk/cases/", "/./desk/cases/", "/account/2fa/../../desk/cases/",
          "/healthz/../desk/cases/", "/desk/cases/?/static/", "/STATIC/../desk/cases/", "/static/..;/desk/cases/",
          "/healthzz", "/static/%2e%2e/desk/cases/", "/account/logout/../../desk/cases/")  # fmt: skip


def asked(client: Client, path: str, **more: Any) -> Any:
    """The path exactly as given: the test client would read //desk/ as a host."""
    return client.get("/", PATH_INFO=path.partition("?")[0], QUERY_STRING=path.partition("?")[2], **more)


def password_only(person: User) -> Client:
    """Signed in, but no second factor was shown in this session."""
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def code_now() -> str:
    return totp.format_hotp_value(totp.hotp_value(TOTP_SECRET, int(time.time()) // 30))


@pytest.fixture
def bare(db: None) -> User:
    """Staff without a second factor."""
    person = cast.staff("approver", "New")
    Authenticator.objects.filter(user=person).delete()
    return person


@pytest.mark.django_db
class TestRequestId:
    @pytest.mark.parametrize(
        "path", ["/", "/healthz", "/readyz", "/nowhere/", "/desk/cases/", "/account/login/", "/api/v1/schema/"]
    )
    def test_every_answer_names_its_request(self, path: str) -> None:
        first, second = (Client().get(path)["X-Request-Id"] for _ in range(2))
        assert len(first) == 16
        assert int(first, 16) != int(second, 16)

    def test_one_from_outside_is_not_believed(self) -> None:
        answer = Client().get("/", headers={"X-Request-Id": "forged"})
        assert answer["X-Request-Id"] != "forged"

    def test_a_refused_form_has_one_too(self) -> None:
        answer = Client(enforce_csrf_checks=True).post("/account/login/", {})
        assert answer.status_code == 403
        assert answer["X-Request-Id"]


@pytest.mark.django_db
class TestStaffWithoutAFactor:
    @pytest.mark.parametrize("path", CLOSED)
    def test_are_led_to_enrolment(self, bare: User, path: str) -> None:
        client = password_only(bare)
        assert client.get(path)["Location"] == ENROL
        assert client.post(path)["Location"] == ENROL

    @pytest.mark.parametrize("role", StaffRole.values)
    def test_whatever_their_role(self, db: None, role: str) -> None:
        client = password_only(User.objects.create_user("new@keyholder.example", "x", staff_role=role))
        assert client.get("/desk/cases/")["Location"] == ENROL

    @pytest.mark.parametrize("path", TRICKS)
    def test_find_no_way_round(self, bare: User, path: str) -> None:
        answer = asked(password_only(bare), path)
        assert answer.status_code == 404 or answer["Location"] == ENROL

    def test_reach_enrolment_sign_out_and_health(self, bare: User) -> None:
        client = password_only(bare)
        assert client.get(ENROL)["Location"].startswith("/account/reauthenticate/")
        assert client.get("/account/logout/").status_code == 200
        assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
class TestStaffWhoseFactorWasNotShown:
    @pytest.mark.parametrize("path", [*CLOSED, *KEEPING])
    def test_are_asked_for_it(self, db: None, path: str) -> None:
        client = password_only(cast.staff("approver", "Rui"))
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 302
            assert answer["Location"].startswith(f"{SHOW}?next=%2F"), path

    @pytest.mark.parametrize("path", TRICKS)
    def test_find_no_way_round(self, db: None, path: str) -> None:
        answer = asked(password_only(cast.staff("approver", "Rui")), path)
        assert answer.status_code == 404 or answer["Location"].startswith(SHOW)

    def test_cannot_switch_it_off_or_read_recovery_codes_with_the_password_alone(self, db: None) -> None:
        rui = cast.staff("approver", "Rui")
        RecoveryCodes.activate(rui)
        client = password_only(rui)
        client.post("/account/reauthenticate/", {"password": "demo-keyholder-2026"})
        code = RecoveryCodes(Authenticator.objects.get(user=rui, type="recovery_codes")).get_unused_codes()[0]
        for path in ("/account/2fa/recovery-codes/", "/account/2fa/recovery-codes/download/"):
            assert code not in client.get(path, follow=True).content.decode()
        client.post("/account/2fa/totp/deactivate/")
        assert Authenticator.objects.filter(user=rui, type="totp").exists()

    def test_go_on_with_a_right_code_and_only_with_it(self, db: None) -> None:
        client = password_only(cast.staff("approver", "Rui"))
        assert client.post(SHOW, {"code": "000000"}).status_code == 200
        assert client.get("/desk/cases/")["Location"].startswith(SHOW)
        answer = client.post(f"{SHOW}?next=/desk/cases/", {"code": code_now(), "next": "/desk/cases/"})
        assert answer["Location"] == "/desk/cases/"
        assert client.get("/desk/cases/").status_code == 200

    def test_are_not_led_away_afterwards(self, db: None) -> None:
        client = password_only(cast.staff("approver", "Rui"))
        asked(client, "//evil.example/")
        answer = client.post(f"{SHOW}?next=//evil.example/", {"code": code_now(), "next": "//evil.example/"})
        assert answer.status_code == 302
        assert "evil" not in answer["Location"]

    def test_still_sign_out(self, db: None) -> None:
        client = password_only(cast.staff("approver", "Rui"))
        client.post("/account/logout/")
        assert client.get("/desk/cases/")["Location"].startswith("/account/login/")

    def test_a_factor_shown_by_another_person_in_this_session_counts_for_nothing(self, db: None) -> None:
        client = cast.signed_in(cast.staff("approver", "Rui"))
        assert client.get("/desk/cases/").status_code == 200
        client.force_login(cast.staff("analyst", "Ana"), backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.get("/desk/cases/")["Location"].startswith(SHOW)


@pytest.mark.django_db
class TestTheLastFactor:
    """Passkey and app are worth the same; officers keep one of them."""

    def passkey(self, person: User) -> str:
        made = Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "key"})
        return f"/account/2fa/webauthn/keys/{made.pk}/remove/"

    def test_stays_and_another_may_go(self, db: None) -> None:
        rui = cast.staff("approver", "Rui")
        client, app = cast.signed_in(rui), "/account/2fa/totp/deactivate/"
        RecoveryCodes.activate(rui)
        for method in (client.get, client.post):
            assert method(app).status_code == 404
        key = self.passkey(rui)
        assert [client.get(path).status_code for path in (app, key)] == [302, 302]
        Authenticator.objects.filter(user=rui, type="totp").delete()
        for method in (client.get, client.post):
            assert method(key).status_code == 404
        assert Authenticator.objects.filter(user=rui, type="webauthn").exists()

    def test_customers_may_do_without(self, db: None) -> None:
        client = password_only(cast.customer())
        assert client.get(self.passkey(User.objects.get())).status_code == 302

    def test_one_with_passkeys_only_is_asked_for_a_passkey(self, db: None) -> None:
        rui = cast.staff("approver", "Rui")
        Authenticator.objects.filter(user=rui).delete()
        self.passkey(rui)
        answer = password_only(rui).get("/desk/cases/")
        assert answer["Location"] == "/account/2fa/webauthn/reauthenticate/?next=%2Fdesk%2Fcases%2F"

    def test_an_officers_password_confirms_nothing_once_he_has_a_factor(self, db: None) -> None:
        client = cast.signed_in(cast.staff("approver", "Rui"))
        answer = client.post("/account/reauthenticate/", {"password": PASSWORD})
        assert answer["Location"] == SHOW
        assert client.get("/account/2fa/recovery-codes/generate/")["Location"].startswith(SHOW)


@pytest.mark.django_db
class TestCustomers:
    def test_are_not_asked(self) -> None:
        alice = cast.customer()
        cast.founded(alice)
        assert password_only(alice).get("/verification/").status_code == 200

    def test_become_staff_and_are_asked_on_the_next_request(self) -> None:
        alice = cast.customer()
        client = password_only(alice)
        assert client.get("/verification/begin/").status_code == 200
        User.objects.filter(pk=alice.pk).update(staff_role="analyst")
        assert client.get("/verification/begin/")["Location"] == ENROL


@pytest.mark.django_db(transaction=True)
class TestHistoryContext:
    def test_names_who_asked(self) -> None:
        alice = cast.customer()
        client = password_only(alice)
        notice = client.get("/verification/begin/").context["version"]
        answer = client.post("/verification/begin/", {"name": "Nordlys", "your_name": "Alice", "notice": notice})
        context = Organisation.pgh_event_model.objects.get().pgh_context  # type: ignore[attr-defined]
        assert context == {"user": alice.pk, "request": answer["X-Request-Id"]}

    def test_does_not_leak_into_what_comes_after(self) -> None:
        self.test_names_who_asked()
        made = Organisation.objects.create(name="By a worker")
        event = Organisation.pgh_event_model.objects.get(pgh_obj_id=made.pk)  # type: ignore[attr-defined]
        assert event.pgh_context is None
