"""A gateway's own credential."""

import base64

import pytest

from accounts import credentials
from accounts.models import GatewayCredential
from kyc.api.authentication import shown
from tests.cast import signed_in
from tests.kyc.api.conftest import Ask
from tests.kyc.cases import scenes
from tests.kyc.keys.scenes import Issued


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


class TestShown:
    @pytest.mark.parametrize(
        ("header", "text"),
        [
            ("Bearer khgw_1", "khgw_1"),
            ("bearer khgw_1", "khgw_1"),
            ("BEARER   khgw_1  ", "khgw_1"),
            (basic("edge:khgw_1"), "khgw_1"),
            (basic(":khgw_1"), "khgw_1"),
            (basic("a:b:c").replace("Basic", "bAsIc"), "b:c"),
            (basic("khgw_1"), ""),
            ("", ""),
            ("Bearer", ""),
            ("Bearer ", ""),
            ("khgw_1", ""),
            ("Token khgw_1", ""),
            ("Digest khgw_1", ""),
            ("Basic", ""),
            ("Basic !!!", ""),
            ("Basic YQ", ""),
            (basic("x:é"), ""),
            (basic("x:a\0b"), ""),
            ("Bearer a\0b", ""),
            ("Bearer é", ""),
            (basic("x:a\nb"), ""),
        ],
    )
    def test_is_the_credential_or_nothing(self, header: str, text: str) -> None:
        assert shown(header) == text


@pytest.mark.django_db
class TestGatewayAuthentication:
    @pytest.mark.parametrize("write", ["Bearer {}", "bearer {}", "basic"])
    def test_lets_a_gateway_ask(self, ask: Ask, gateway: str, write: str) -> None:
        header = basic(f"edge:{gateway}") if write == "basic" else write.format(gateway)
        assert ask(b'{"token": "x"}', Authorization=header).status_code == 200

    @pytest.mark.parametrize(
        "header",
        [
            "", "Bearer", "Bearer ", "Bearer x", "Bearer khgw_", "Bearer khgw_00000000_" + "A" * 43, "Basic", "Basic !",
            basic("edge:wrong"), basic("x:\0" + "k" * 20), basic("x:khgw_\0aaaaaaaa"), "Bearer \xff", "Bearer " + "k" * 10_000,
            "Token x", "Negotiate",
        ],
    )  # fmt: skip
    def test_asks_all_others_for_a_credential(self, ask: Ask, header: str) -> None:
        answer = ask(b'{"token": "x"}', Authorization=header)
        assert answer.status_code == 401, answer.content
        is_shown = header.strip() not in {"", "Bearer", "Basic", "Token x", "Negotiate"}
        error = ', error="invalid_token"' if is_shown else ""
        assert answer["WWW-Authenticate"] == f'Bearer realm="keyholder"{error}'
        assert answer.json()["error"] == "invalid_token"
        told = "This gateway credential is not known, or it has been revoked." if is_shown else "Show a gateway credential:"
        assert answer.json()["error_description"].startswith(told)

    def test_not_one_letter_may_differ(self, ask: Ask, gateway: str) -> None:
        for place in (0, 6, 12, 13, len(gateway) // 2, len(gateway) - 1):
            changed = gateway[:place] + ("A" if gateway[place] != "A" else "B") + gateway[place + 1 :]
            assert ask(b'{"token": "x"}', credential=changed).status_code == 401
        assert ask(b'{"token": "x"}', credential=gateway + "A").status_code == 401

    def test_a_revoked_one_is_refused_on_the_next_call(self, ask: Ask, gateway: str) -> None:
        assert ask(b'{"token": "x"}').status_code == 200
        omar = scenes.person("omar2@keyholder.example", "Omar", "administrator")
        credentials.revoke(GatewayCredential.objects.get(), by=omar)
        assert ask(b'{"token": "x"}').status_code == 401

    def test_a_customers_key_is_no_gateways_credential(self, ask: Ask, linked: Issued) -> None:
        assert ask(b'{"token": "x"}', credential=linked.secret).status_code == 401

    def test_a_signed_in_officer_is_no_gateway(self, db: None) -> None:
        client = signed_in(scenes.person("rui2@keyholder.example", "Rui", ""))
        answer = client.post("/api/v1/introspect", b'{"token": "x"}', content_type="application/json")
        assert answer.status_code == 401

    def test_without_one_nothing_of_the_question_is_read(self, ask: Ask) -> None:
        """A stranger learns nothing about what is a good question."""
        answers = [ask(data, credential="x") for data in (b"", b"{", b'{"token": "x"}', b"[" * 100_000)]
        assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
