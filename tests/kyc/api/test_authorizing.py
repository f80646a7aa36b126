"""GET /api/v1/authorize, for proxies that judge by the status."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import credentials
from accounts.models import GatewayCredential, User
from kyc.api import guessing
from kyc.keys import actions as keys
from kyc.keys.models import Key
from tests.kyc.api.conftest import Ask
from tests.kyc.api.test_views import sample_key
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db


@pytest.fixture
def authorize(gateway: str) -> Ask:
    def asked(key: str = "", **headers: str) -> Any:
        sent = {"X-Gateway-Credential": gateway} | ({"Authorization": f"Bearer {key}"} if key else {}) | headers
        answer = Client(raise_request_exception=False).get("/api/v1/authorize", headers=sent)
        assert answer.content == b"" and answer["Cache-Control"] == "no-store"
        return answer

    return asked


class TestAuthorize:
    def test_a_good_key_passes_with_whose_it_is(self, authorize: Ask, linked: Issued, reads: Any) -> None:
        Key.objects.update(scopes=["chat", "models.read"], tiers=["standard"])
        with reads(1):
            answer = authorize(linked.secret)
        assert answer.status_code == 204
        told = {name: answer[name] for name in ("X-Key", "X-Scope", "X-Tiers", "X-Project", "X-Organisation")}
        assert told == {
            "X-Key": linked.key.prefix, "X-Scope": "chat models.read", "X-Tiers": "standard", "X-Project": "Default",
            "X-Organisation": str(linked.key.organisation_id),
        }  # fmt: skip
        assert answer["X-Entity"] and answer["X-Assurance"] and answer["X-Expires"].isdecimal()

    def test_the_key_may_stand_in_a_header_of_its_own(self, authorize: Ask, linked: Issued) -> None:
        assert authorize(**{"X-Api-Key": linked.secret}).status_code == 204
        assert authorize(linked.secret, **{"X-Api-Key": "another"}).status_code == 401

    @pytest.mark.parametrize("key", ["", "x", "kh_live_no"])
    def test_what_is_no_key_is_not_known(self, authorize: Ask, key: str) -> None:
        answer = authorize(key)
        assert (answer.status_code, answer["X-Reason"]) == (401, "key_unknown")
        assert answer["WWW-Authenticate"] == 'Bearer realm="keys", error="invalid_token"'

    def test_one_that_may_not_act_is_refused_with_the_reason(self, authorize: Ask, linked: Issued, rui: User) -> None:
        keys.revoke(linked.key, by=rui)
        answer = authorize(linked.secret)
        assert (answer.status_code, answer["X-Reason"]) == (403, "key_revoked")
        assert answer["X-Requirement"] and answer["X-Fix"].startswith("http")

    @pytest.mark.parametrize("name", ["Pröjekt 北", "a\r\nX-Admin: 1", "x%y"])
    def test_no_name_breaks_out_of_its_header(self, authorize: Ask, linked: Issued, name: str) -> None:
        linked.key.project.name = name
        linked.key.project.save()
        answer = authorize(linked.secret)
        assert answer.status_code == 204 and "X-Admin" not in answer.headers
        assert answer["X-Project"].isascii() and answer["X-Project"].isprintable()

    @pytest.mark.parametrize("credential", ["", "x", "khgw_00000000_" + "A" * 43, "\xff", "é"])
    def test_a_stranger_is_refused_whatever_key_he_shows(self, authorize: Ask, linked: Issued, credential: str) -> None:
        answer = authorize(linked.secret, **{"X-Gateway-Credential": credential})
        assert (answer.status_code, answer["X-Reason"]) == (403, "gateway_unknown")

    def test_a_revoked_proxy_is_refused_on_the_next_call(self, authorize: Ask, linked: Issued) -> None:
        assert authorize(linked.secret).status_code == 204
        credentials.revoke(GatewayCredential.objects.get(), by=None)
        assert authorize(linked.secret).status_code == 403

    def test_from_where(self, authorize: Ask, linked: Issued) -> None:
        Key.objects.update(allowed_networks=["192.0.2.0/24"])
        for address, status in (("192.0.2.1", 204), ("192.0.3.1", 403), ("", 403), ("nowhere", 400)):
            assert authorize(linked.secret, **{"X-Client-IP": address}).status_code == status
        assert (
            authorize(linked.secret, **{"X-Client-IP": "192.0.2.1", "X-Client-Country": "CU"})["X-Reason"] == "embargoed_region"
        )

    def test_a_proxy_for_test_knows_sandboxes_alone(self, authorize: Ask, linked: Issued) -> None:
        _, for_test = credentials.issue(name="staging", for_test=True, by=None)
        assert authorize(linked.secret, **{"X-Gateway-Credential": for_test}).status_code == 401
        assert authorize(sample_key(), **{"X-Gateway-Credential": for_test}).status_code == 204

    def test_whoever_guesses_is_slowed(self, authorize: Ask, linked: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
        cache.clear()
        for name in ("BAD_KEYS", "BAD_CREDENTIALS"):
            monkeypatch.setattr(guessing, name, 3)
        assert [authorize("x").status_code for _ in range(5)][-1] == 429
        assert authorize(linked.secret).status_code == 204
        answers = [authorize("x", **{"X-Gateway-Credential": "no"}) for _ in range(5)]
        assert answers[-1].status_code == 429 and int(answers[-1]["Retry-After"]) > 0
        cache.clear()

    def test_no_other_method(self, gateway: str) -> None:
        answer = Client().post("/api/v1/authorize", headers={"X-Gateway-Credential": gateway})
        assert answer.status_code == 405
