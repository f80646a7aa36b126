"""Who asked for what, and whether it was granted."""

import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import access_log, credentials
from accounts.models import AuditEvent, User
from demo.cast import PASSWORD
from kyc.rules import packs
from tests import cast

pytestmark = pytest.mark.django_db
Told = Callable[[], list[dict[str, Any]]]
SIGN_IN = "/account/login/"


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    """What was written since it was last asked."""
    cache.clear()
    caplog.set_level(logging.INFO, "keyholder")

    def lines() -> list[dict[str, Any]]:
        records = [one for one in caplog.records if one.name.startswith("keyholder")]
        found = [{"said": one.getMessage(), "level": one.levelname, **one.facts} for one in records]
        caplog.clear()
        return [{name: value for name, value in line.items() if value is not None} for line in found]

    return lines


def of(who: User) -> dict[str, Any]:
    return {"user": who.pk, "role": who.staff_role}


class TestWhatWasRefused:
    def test_to_a_stranger(self, told: Told) -> None:
        Client().get(reverse("desk:queue"))
        (line,) = told()
        assert line == {
            "said": "refused", "level": "WARNING", "status": 302, "method": "GET", "view": "desk:queue", "address": "127.0.0.1"
        }  # fmt: skip

    @pytest.mark.parametrize("view", ["desk:queue", "audit", "staff", "reports:list", "jobs"])
    def test_to_whom_it_is_none_of_his_business(self, told: Told, view: str) -> None:
        charlie = cast.customer("charlie@outside.example", "Charlie")
        client = cast.signed_in(charlie)
        told()
        client.get(reverse(view))
        (line,) = told()
        assert line.items() >= {"said": "refused", "level": "WARNING", "status": 404, "view": view, **of(charlie)}.items()

    def test_of_anothers_it_says_which(self, told: Told) -> None:
        draft = cast.founded(cast.customer())
        charlie = cast.customer("charlie@outside.example", "Charlie")
        cast.founded(charlie, name="Outside GmbH", person="Charlie")
        client = cast.signed_in(charlie)
        told()
        client.post(reverse("onboarding:person", args=[draft.controller.pk]), {"name": "Mine"})
        (line,) = told()
        assert line.items() >= {"said": "refused", "view": "onboarding:person", "of": {"pk": draft.controller.pk}}.items()
        assert line.items() >= of(charlie).items()

    def test_to_staff_without_a_second_factor(self, told: Told) -> None:
        bare = User.objects.create_user("bare@keyholder.example", "x", name="Bare", staff_role="approver")
        client = Client()
        client.force_login(bare, backend="allauth.account.auth_backends.AuthenticationBackend")
        told()
        client.get(reverse("desk:queue"))
        (line,) = told()
        assert line.items() >= {"said": "refused", "level": "WARNING", **of(bare)}.items()

    def test_a_forged_form(self, told: Told) -> None:
        Client(enforce_csrf_checks=True).post(SIGN_IN, {"login": "x"})
        (line,) = told()
        assert line.items() >= {"said": "refused", "level": "WARNING", "status": 403, "view": "account_login"}.items()

    def test_one_try_too_many(self, told: Told) -> None:
        for _ in range(11):
            Client().post(SIGN_IN, {"login": "alice@nordlys.example", "password": "wrong"})
        line = told()[-1]
        assert line.items() >= {"said": "refused", "level": "WARNING", "status": 429, "view": "account_login"}.items()

    def test_a_machine(self, told: Told) -> None:
        Client().post(reverse("api:introspect"), {"token": "kh_live_x"}, headers={"Authorization": "Bearer khgw_no"})
        (line,) = told()
        assert line.items() >= {"said": "refused", "level": "WARNING", "status": 401, "view": "api:introspect"}.items()

    def test_what_was_only_typed_wrongly_is_no_attempt(self, told: Told) -> None:
        alice = cast.customer()
        client = cast.signed_in(alice)
        told()
        client.post(reverse("onboarding:create"), {})
        (line,) = told()
        assert (line["said"], line["level"], line["status"]) == ("refused", "INFO", 422)


class TestWhatWasGranted:
    def test_is_told_as_well(self, told: Told) -> None:
        ana = cast.staff("analyst")
        client = cast.signed_in(ana)
        told()
        client.get(reverse("desk:queue"))
        (line,) = told()
        assert line.items() >= {"said": "granted", "level": "INFO", "status": 200, "view": "desk:queue", **of(ana)}.items()

    def test_to_a_gateway(self, told: Told) -> None:
        credential, secret = credentials.issue(name="edge", by=cast.staff("administrator"))
        shown = {"Authorization": f"Bearer {secret}"}
        Client().post(reverse("api:introspect"), {"token": "kh_live_x"}, content_type="application/json", headers=shown)
        (line,) = told()
        assert line.items() >= {"said": "granted", "view": "api:introspect", "gateway": credential.pk}.items()
        assert "user" not in line

    def test_not_that_the_process_lives(self, told: Told) -> None:
        Client().get("/healthz")
        assert told() == []


class TestWhatIsNeverWritten:
    @pytest.mark.parametrize(
        "address", ["/verification/prove/PLANTED/", "/desk/cases/?q=PLANTED", "/PLANTED/", "/start/#PLANTED"]
    )
    def test_an_address(self, told: Told, caplog: pytest.LogCaptureFixture, address: str) -> None:
        client = cast.signed_in(cast.staff("analyst"))
        client.get(address)
        assert "PLANTED" not in caplog.text and "PLANTED" not in json.dumps(told())

    def test_what_was_sent(self, told: Told, caplog: pytest.LogCaptureFixture) -> None:
        alice = cast.customer()
        for login, password in (("PLANTED@nordlys.example", "PLANTED"), ("PLANTED", "PLANTED"), (alice.email, "PLANTED")):
            Client().post(SIGN_IN, {"login": login, "password": password})
        assert "PLANTED" not in caplog.text and "PLANTED" not in json.dumps(told())
        assert alice.email not in caplog.text


class TestSigningIn:
    def test_and_out(self, told: Told) -> None:
        alice = cast.customer()
        client = Client()
        client.post(SIGN_IN, {"login": alice.email, "password": PASSWORD})
        line = told()[0]
        assert line == {
            "said": "signed in", "level": "INFO", **of(alice), "methods": ["password"], "address": "127.0.0.1"
        }  # fmt: skip
        client.post("/account/logout/")
        out, request = told()
        assert out.items() >= {"said": "signed out", **of(alice)}.items()
        assert request.items() >= {"view": "account_logout", **of(alice)}.items(), "who it was is known"

    def test_with_a_wrong_password(self, told: Told) -> None:
        alice = cast.customer()
        Client().post(SIGN_IN, {"login": alice.email.upper(), "password": "wrong"})
        Client().post(SIGN_IN, {"login": "nobody@where.example", "password": "wrong"})
        known, unknown = (line for line in told() if line["said"] == "wrong password")
        assert known == {"said": "wrong password", "level": "WARNING", "user": alice.pk, "address": "127.0.0.1"}
        assert unknown == {"said": "wrong password", "level": "WARNING", "address": "127.0.0.1"}

    def test_with_a_wrong_second_factor(self, told: Told) -> None:
        ana = cast.staff("analyst")
        client = Client()
        client.post(SIGN_IN, {"login": ana.email, "password": PASSWORD})
        assert told()[-1]["said"] == "refused" or client.session
        client.post("/account/2fa/authenticate/", {"code": "000000"})
        assert "wrong second factor" in {line["said"] for line in told()}
        assert "signed in" not in {line["said"] for line in told()}

    def test_both_factors_are_named(self, told: Told) -> None:
        from tests.accounts.test_sign_in import TOTP_SECRET, totp_now

        ana = cast.staff("analyst")
        client = Client()
        client.post(SIGN_IN, {"login": ana.email, "password": PASSWORD})
        client.post("/account/2fa/authenticate/", {"code": totp_now(TOTP_SECRET)})
        (line,) = (line for line in told() if line["said"] == "signed in")
        assert line.items() >= {**of(ana), "methods": ["password", "totp"]}.items()

    def test_with_a_wrong_code_from_the_mail(self, told: Told) -> None:
        client = Client()
        client.post("/account/signup/", {"email": "nora@sudlys.example", "password1": "a long pass phrase of words"})
        client.post("/account/confirm-email/", {"code": "WRONG-CODE"})
        assert "wrong code from the mail" in {line["said"] for line in told()}


def test_the_number_of_the_request_stands_in_the_answer_and_in_the_audit() -> None:
    """So that a line, an audit row and what a person reports are found together."""
    client = cast.signed_in(cast.customer())
    sent = {"name": "Sudlys AS", "your_name": "Alice", "notice": packs.current().notice_version}
    answer = client.post(reverse("onboarding:create"), sent)
    events = AuditEvent.objects.filter(request_id=answer["X-Request-Id"])
    assert answer.status_code == 422 or events.exists()
    assert re.fullmatch(r"[0-9a-f]{16}", answer["X-Request-Id"])


def test_a_line_is_asked_for_by_nobody_where_nobody_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer to a gateway takes a millisecond; a demo and the tests write no such line."""
    monkeypatch.setattr(access_log.access, "level", logging.ERROR)
    access_log.access.manager._clear_cache()
    monkeypatch.setattr(access_log, "of_view", lambda request: pytest.fail("it was put together"))
    assert Client().get(reverse("desk:queue")).status_code == 302
