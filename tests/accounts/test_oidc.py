"""Staff sign in through the identity provider of their house: the whole way there and back, over HTTP, and every lie on it."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client

from accounts import oidc, second_factor, staff
from accounts.models import AuditEvent, Message, User
from demo.cast import PASSWORD
from tests import cast
from tests.accounts.provider import CALLBACK, LOGIN, Provider, running
from tests.accounts.test_middleware import code_now

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib"),
    pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning"),
]
ROLES = {"kyc-analysts": "analyst", "kyc-leads": "analyst", "kyc-approvers": "approver"}
ENROL = "/account/2fa/totp/activate/"
FAILED = "Acme ID did not confirm who you are"
IN_2100 = 4_102_444_800


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with pytest.MonkeyPatch.context() as patch, running() as provider:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        yield provider


@pytest.fixture
def provider(db: None, server: Provider, settings: Any) -> Provider:
    """The installation is one that names it."""
    cache.clear()
    server.forget()
    settings.ROOT_URLCONF = "tests.accounts.oidc_urls"
    settings.OIDC_ISSUER, settings.OIDC_NAME, settings.OIDC_ROLES = server.issuer, "Acme ID", ROLES
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "keyholder", "hunter2"
    return server


def who(client: Client) -> str:
    return str(client.session.get("_auth_user_id", ""))


def recorded() -> list[tuple[str, dict[str, Any]]]:
    return [(event.verb, event.details) for event in AuditEvent.objects.filter(verb__startswith="staff.").order_by("pk")]


def not_in(client: Client, answer: Any, sentence: str, status: int) -> None:
    """Told so, not signed in, and nothing was made."""
    assert (answer.status_code, who(client)) == (status, "")
    page = answer.content.decode()
    assert "You are not signed in" in page and sentence in page


@pytest.mark.django_db
class TestWithoutAProvider:
    def test_nothing_of_it_shows_or_is_there(self) -> None:
        assert "oidc" not in Client().get("/account/login/").content.decode()
        for path in (LOGIN, CALLBACK, "/account/3rdparty/", "/account/3rdparty/signup/", "/account/oidc/x/login/"):
            assert Client().get(path).status_code == 404


class TestBegin:
    def test_the_sign_in_page_leads_there(self, provider: Provider) -> None:
        page = Client().get("/account/login/?next=/reports/").content.decode()
        assert "Sign in with Acme ID" in page
        assert f'href="{LOGIN}?next=/reports/"' in page

    def test_what_is_asked_is_bound_to_this_browser(self, provider: Provider, settings: Any) -> None:
        settings.SITE_URL = "https://keyholder.example"
        first, second = (Client().get(LOGIN)["Location"] for _ in range(2))
        assert first.startswith(f"{provider.issuer}/oauth2/authorize?")
        asked, again = ({name: value[0] for name, value in parse_qs(urlsplit(url).query).items()} for url in (first, second))
        assert asked["redirect_uri"] == f"https://keyholder.example{CALLBACK}"
        assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
        assert set(asked["scope"].split()) == {"openid", "profile", "email"}
        for name in ("state", "nonce", "code_challenge"):
            assert len(asked[name]) >= 16 and asked[name] != again[name]

    def test_nothing_of_it_comes_from_the_request(self, provider: Provider) -> None:
        asked = Client().get(f"{LOGIN}?scope=admin&auth_params=prompt%3Dnone&process=connect", headers={"host": "localhost"})
        assert "admin" not in asked["Location"] and "prompt" not in asked["Location"]

    def test_another_site_sends_nobody_there(self, provider: Provider) -> None:
        answer = Client().get(LOGIN, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer["Location"] == "/account/login/"
        assert provider.asked == []

    @pytest.mark.parametrize("method", ["post", "put", "delete", "head"])
    def test_it_is_a_link(self, provider: Provider, method: str) -> None:
        for path in (LOGIN, CALLBACK):
            assert getattr(Client(), method)(path).status_code == 405

    def test_one_address_tries_so_often_a_minute(self, provider: Provider) -> None:
        answers = [Client().get(LOGIN).status_code for _ in range(31)]
        assert answers == [302] * 30 + [429]

    def test_a_provider_that_does_not_answer_is_said_to(self, provider: Provider, settings: Any) -> None:
        settings.OIDC_ISSUER = "http://127.0.0.1:9"
        client = Client()
        not_in(client, client.get(LOGIN), "Acme ID does not answer", 503)

    @pytest.mark.parametrize(
        "lie",
        [
            lambda said: said | {"issuer": "https://evil.example"},
            lambda said: {name: value for name, value in said.items() if name != "issuer"},
            lambda said: said | {"authorization_endpoint": "javascript:alert(1)"},
            lambda said: said | {"token_endpoint": "ftp://evil.example"},
            lambda said: said | {"jwks_uri": 7},
            lambda said: [said],
        ],
    )
    def test_one_that_is_another_is_not_gone_to(self, provider: Provider, lie: Any) -> None:
        provider.lies["/.well-known/openid-configuration"] = lie
        client = Client()
        not_in(client, client.get(LOGIN), FAILED, 400)


class TestLedElsewhere:
    """The provider's word is fetched where the provider says, and nowhere that an answer leads to."""

    @pytest.mark.parametrize("of", ["/.well-known/openid-configuration", "/oauth2/token", "/jwks"])
    def test_nobody_goes(self, provider: Provider, of: str) -> None:
        provider.person("ana", "kyc-analysts")
        provider.leads[of] = f"{provider.issuer}/elsewhere"
        client = Client()
        begun = client.get(LOGIN)
        answer = client.get(provider.confirms(begun, "ana")) if begun.status_code == 302 else begun
        assert answer.status_code in {400, 503}
        assert of in {path for path, _ in provider.asked}
        assert "/elsewhere" not in {path for path, _ in provider.asked}
        assert not User.objects.filter(email="ana@keyholder.example").exists()


class TestFirstSignIn:
    def test_makes_an_account_in_the_groups_role(self, provider: Provider) -> None:
        provider.person("ana", "sales", "kyc-analysts")
        client = Client()
        answer = provider.sign_in(client, "ana")
        ana = User.objects.get()
        assert (answer.status_code, answer["Location"], who(client)) == (302, "/start/", str(ana.pk))
        assert (ana.email, ana.name, ana.staff_role) == ("ana@keyholder.example", "Ana", "analyst")
        assert not ana.has_usable_password() and not Message.objects.exists()
        operator = f"identity provider {provider.issuer}"
        assert recorded() == [
            ("staff.added", {"role": "analyst", "mailed": False, "operator": operator}),
            ("staff.identity_joined", {"operator": operator}),
        ]

    def test_it_then_asks_for_a_second_factor_before_anything_else(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        client = Client()
        provider.sign_in(client, "ana")
        assert client.get("/desk/cases/")["Location"] == ENROL
        page = client.get(ENROL)
        assert page.context["form"].secret in page.content.decode()

    def test_what_is_kept_is_the_key_and_no_token(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        client = Client()
        provider.sign_in(client, "ana")
        link = SocialAccount.objects.get()
        assert (link.provider, link.uid, link.extra_data) == (provider.issuer, "ana", {})
        assert not SocialToken.objects.exists()
        kept = json.dumps(dict(client.session.items()))
        assert "access_token" not in kept and "eyJ" not in kept

    def test_the_code_is_fetched_with_what_was_promised(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        client = Client()
        asked = client.get(LOGIN)
        client.get(provider.confirms(asked, "ana"))
        sent = dict(provider.asked)["/oauth2/token"]
        challenge = parse_qs(urlsplit(asked["Location"]).query)["code_challenge"][0]
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
        assert (sent["client_id"], sent["client_secret"]) == ("keyholder", "hunter2")

    def test_two_groups_of_one_role_are_no_question(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts", "kyc-leads")
        provider.sign_in(Client(), "ana")
        assert User.objects.get().staff_role == "analyst"

    def test_groups_may_stand_at_the_userinfo_address_only(self, provider: Provider) -> None:
        provider.person("ana")
        provider.lies["/userinfo"] = lambda told: told | {"groups": ["kyc-approvers"]}
        provider.people["ana"].pop("groups")
        provider.sign_in(Client(), "ana")
        assert User.objects.get().staff_role == "approver"

    def test_another_claim_may_name_them(self, provider: Provider, settings: Any) -> None:
        settings.OIDC_GROUPS_CLAIM = "roles"
        provider.person("ana", "kyc-approvers", roles="kyc-analysts")
        provider.sign_in(Client(), "ana")
        assert User.objects.get().staff_role == "analyst"

    @pytest.mark.parametrize(("asked", "led"), [("/reports/", "/reports/"), ("https://evil.example/", "/start/")])
    def test_leads_on_to_where_one_wanted_to_be(self, provider: Provider, asked: str, led: str) -> None:
        provider.person("ana", "kyc-analysts")
        assert provider.sign_in(Client(), "ana", f"{LOGIN}?next={asked}")["Location"] == led


class TestRefusals:
    @pytest.mark.parametrize("groups", [[], ["sales"], ["KYC-ANALYSTS"], None, {"kyc-analysts": 1}, 7])
    def test_in_no_group_one_is_told_whom_to_ask(self, provider: Provider, groups: Any) -> None:
        provider.person("eve", **{"groups": groups})
        client = Client()
        not_in(client, provider.sign_in(client, "eve"), "None of your groups at Acme ID may work here.", 403)
        assert not User.objects.exists() and not SocialAccount.objects.exists()
        assert "ask whoever gives out its groups" in provider.sign_in(client, "eve").content.decode()

    def test_groups_of_two_roles_are_named(self, provider: Provider) -> None:
        provider.person("eve", "kyc-analysts", "kyc-approvers", "sales")
        client = Client()
        sentence = "several roles: kyc-analysts (analyst), kyc-approvers (approver). Ask"
        not_in(client, provider.sign_in(client, "eve"), sentence, 403)
        assert not User.objects.exists()

    @pytest.mark.parametrize(
        "claims",
        [
            {"email_verified": False},
            {"email_verified": None},
            {"email_verified": "false"},
            {"email_verified": 1.5},
            {"email": None},
            {"email": ""},
        ],
    )
    def test_an_address_that_nobody_has_verified(self, provider: Provider, claims: dict[str, Any]) -> None:
        provider.person("eve", "kyc-analysts", **claims)
        client = Client()
        not_in(client, provider.sign_in(client, "eve"), "does not say that your e-mail address is verified", 403)
        assert not User.objects.exists()

    def test_a_word_at_userinfo_verifies_no_address_of_the_token(self, provider: Provider) -> None:
        provider.person("eve", "kyc-analysts", email="rui@keyholder.example", email_verified=None)
        provider.lies["/userinfo"] = lambda told: told | {"email": "eve@keyholder.example", "email_verified": True}
        provider.sign_in(Client(), "eve")
        assert User.objects.get().email == "eve@keyholder.example"

    @pytest.mark.parametrize("is_member", [True, False])
    def test_a_customers_address(self, provider: Provider, is_member: bool) -> None:
        alice = cast.customer()
        if is_member:
            cast.founded(alice)
        provider.person("alice", "kyc-approvers", email="ALICE@nordlys.example")
        client = Client()
        not_in(client, provider.sign_in(client, "alice"), "Staff have accounts of their own", 403)
        alice.refresh_from_db()
        assert (alice.staff_role, SocialAccount.objects.count()) == ("", 0)

    def test_a_customer_who_is_signed_in_gets_no_tie_by_asking_for_one(self, provider: Provider) -> None:
        alice = cast.customer()
        client = cast.signed_in(alice)
        provider.person("eve", "sales")
        provider.sign_in(client, "eve", f"{LOGIN}?process=connect")
        assert not SocialAccount.objects.exists()

    def test_a_customers_second_address_that_is_verified(self, provider: Provider) -> None:
        EmailAddress.objects.create(user=cast.customer(), email="second@nordlys.example", verified=True, primary=False)
        provider.person("eve", "kyc-approvers", email="second@nordlys.example")
        client = Client()
        not_in(client, provider.sign_in(client, "eve"), "Staff have accounts of their own", 403)


class TestAccountsThatWereThere:
    def test_an_administrators_is_joined_and_asks_for_its_own_factor(self, provider: Provider) -> None:
        rui = cast.staff("approver", "Rui")
        provider.person("sub-of-rui", "kyc-approvers", email="Rui@keyholder.example")
        client = Client()
        assert provider.sign_in(client, "sub-of-rui")["Location"] == "/account/2fa/authenticate/"
        assert who(client) == ""
        assert client.post("/account/2fa/authenticate/", {"code": code_now()})["Location"] == "/start/"
        assert (who(client), client.get("/desk/cases/").status_code) == (str(rui.pk), 200)
        assert [verb for verb, _ in recorded()] == ["staff.identity_joined"]

    def test_from_then_on_it_is_signed_in_that_way_only(self, provider: Provider, settings: Any) -> None:
        cast.staff("approver", "Rui")
        login = {"login": "rui@keyholder.example", "password": PASSWORD}
        assert Client().post("/account/login/", login)["Location"] == "/account/2fa/authenticate/"
        provider.person("rui", "kyc-approvers")
        provider.sign_in(Client(), "rui")
        client = Client()
        not_in(client, client.post("/account/login/", login), "Your account is one of Acme ID.", 403)
        settings.OIDC_ISSUER = ""
        assert Client().post("/account/login/", login)["Location"] == "/account/2fa/authenticate/"

    def test_the_role_follows_the_groups(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        provider.sign_in(Client(), "ana")
        provider.person("ana", "kyc-approvers")
        provider.sign_in(Client(), "ana")
        assert User.objects.get().staff_role == "approver"
        changed = {"before": "analyst", "after": "approver", "operator": f"identity provider {provider.issuer}"}
        assert recorded()[2:] == [("staff.role_changed", changed)]
        provider.sign_in(Client(), "ana")
        assert len(recorded()) == 3

    def test_whoever_has_left_all_groups_is_shut_out_everywhere_and_may_come_back(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        first, second = Client(), Client()
        provider.sign_in(first, "ana")
        provider.person("ana", "sales")
        not_in(second, provider.sign_in(second, "ana"), "None of your groups", 403)
        ana = User.objects.get()
        assert (ana.is_active, ana.staff_role) == (False, "")
        assert first.get("/desk/cases/")["Location"].startswith("/account/login/")
        assert recorded()[-1][1] | {"operator": ""} == {"before": "analyst", "after": "", "operator": ""}
        provider.person("ana", "kyc-approvers")
        provider.sign_in(second, "ana")
        assert who(second) == str(ana.pk)
        assert User.objects.get().staff_role == "approver"

    def test_what_an_administrator_has_ended_no_group_opens(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        provider.sign_in(Client(), "ana")
        staff.change_role(User.objects.get(), role="", by=cast.staff("administrator", "Omar"))
        client = Client()
        not_in(client, provider.sign_in(client, "ana"), "Your account here is closed.", 403)
        provider.person("ana", "sales")
        provider.sign_in(client, "ana")
        provider.person("ana", "kyc-analysts")
        not_in(client, provider.sign_in(client, "ana"), "Your account here is closed.", 403)

    def test_nor_one_that_was_never_joined(self, provider: Provider) -> None:
        staff.change_role(cast.staff("analyst", "Ana"), role="", by=None)
        provider.person("ana", "kyc-analysts")
        client = Client()
        not_in(client, provider.sign_in(client, "ana"), "Your account here is closed.", 403)
        assert not SocialAccount.objects.exists()

    def test_an_address_given_to_somebody_new_opens_nothing(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        provider.sign_in(Client(), "ana")
        provider.person("another", "kyc-approvers", email="ana@keyholder.example")
        client = Client()
        not_in(client, provider.sign_in(client, "another"), "belongs to somebody else at Acme ID", 403)
        assert User.objects.get().staff_role == "analyst"

    def test_the_same_person_under_a_new_address_is_the_same(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        provider.sign_in(Client(), "ana")
        provider.person("ana", "kyc-analysts", email="ana.lund@keyholder.example")
        client = Client()
        provider.sign_in(client, "ana")
        assert who(client) == str(User.objects.get().pk)

    def test_the_same_subject_of_another_issuer_is_another(self, provider: Provider) -> None:
        rui = cast.staff("approver", "Rui")
        SocialAccount.objects.create(user=rui, provider="https://former.example", uid="ana")
        provider.person("ana", "kyc-analysts")
        client = Client()
        provider.sign_in(client, "ana")
        assert who(client) not in {"", str(rui.pk)}

    def test_one_that_acts_for_a_customer_by_now_is_refused(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        provider.sign_in(Client(), "ana")
        ana = User.objects.get()
        User.objects.filter(pk=ana.pk).update(staff_role="")
        cast.founded(User.objects.get())
        client = Client()
        not_in(client, provider.sign_in(client, "ana"), "acts for a customer", 403)


class TestSecondFactor:
    @pytest.mark.parametrize(
        ("trusted", "claims", "asks"),
        [
            (False, {"amr": ["pwd", "mfa"]}, True),
            (True, {}, True),
            (True, {"amr": ["pwd"]}, True),
            (True, {"amr": "mfa"}, True),
            (True, {"acr": "1"}, True),
            (True, {"amr": ["pwd", "mfa"]}, False),
            (True, {"acr": "https://refeds.org/profile/mfa"}, False),
        ],
    )
    def test_is_our_own_unless_the_operator_trusts_the_providers(
        self, provider: Provider, settings: Any, trusted: bool, claims: dict[str, Any], asks: bool
    ) -> None:
        settings.OIDC_TRUSTS_MFA = trusted
        cast.staff("approver", "Rui")
        provider.person("rui", "kyc-approvers", **claims)
        provider.person("new", "kyc-approvers", **claims)
        client = Client()
        assert provider.sign_in(client, "rui")["Location"] == ("/account/2fa/authenticate/" if asks else "/start/")
        assert client.get("/desk/cases/").status_code == (302 if asks else 200)
        without = Client()
        provider.sign_in(without, "new")
        answer = without.get("/desk/cases/")
        assert answer.get("Location", "") == (ENROL if asks else "")

    def test_only_the_signed_token_says_so(self, provider: Provider, settings: Any) -> None:
        settings.OIDC_TRUSTS_MFA = True
        cast.staff("approver", "Rui")
        provider.person("rui", "kyc-approvers", groups=None)
        provider.lies["/userinfo"] = lambda told: told | {"amr": ["mfa"], "groups": ["kyc-approvers"]}
        assert provider.sign_in(Client(), "rui")["Location"] == "/account/2fa/authenticate/"

    def test_the_word_holds_for_that_session_alone(self, provider: Provider, settings: Any) -> None:
        settings.OIDC_TRUSTS_MFA = True
        cast.staff("approver", "Rui")
        provider.person("rui", "kyc-approvers", amr=["mfa"])
        client = Client()
        provider.sign_in(client, "rui")
        client.post("/account/logout/")
        provider.person("rui", "kyc-approvers")
        assert provider.sign_in(client, "rui")["Location"] == "/account/2fa/authenticate/"

    def test_once_the_operator_trusts_it_no_more_ours_is_asked_for_at_the_next_request(
        self, provider: Provider, settings: Any
    ) -> None:
        settings.OIDC_TRUSTS_MFA = True
        cast.staff("approver", "Rui")
        clients = {subject: Client() for subject in ("rui", "new")}
        for subject, client in clients.items():
            provider.person(subject, "kyc-approvers", amr=["mfa"])
            provider.sign_in(client, subject)
            assert client.get("/desk/cases/").status_code == 200
        settings.OIDC_TRUSTS_MFA = False
        assert clients["rui"].get("/desk/cases/")["Location"].startswith("/account/2fa/reauthenticate/")
        assert clients["new"].get("/desk/cases/")["Location"] == ENROL

    def test_a_factor_of_ours_stays_the_last_one(self, provider: Provider, settings: Any) -> None:
        settings.OIDC_TRUSTS_MFA = True
        rui = cast.staff("approver", "Rui")
        provider.person("rui", "kyc-approvers", amr=["mfa"])
        client = Client()
        provider.sign_in(client, "rui")
        assert client.get("/account/2fa/totp/deactivate/").status_code == 404
        assert Authenticator.objects.filter(user=rui, type__in=second_factor.FACTORS).exists()


OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def forged(key: Any, algorithm: str, **headers: Any) -> Any:
    """The same words, signed by somebody else."""

    def lie(said: dict[str, Any]) -> dict[str, Any]:
        claims = jwt.decode(said["id_token"], options={"verify_signature": False})
        return said | {"id_token": jwt.encode(claims, key, algorithm=algorithm, headers=headers)}

    return lie


def with_public_key_as_secret(said: dict[str, Any]) -> dict[str, Any]:
    """The old trick: what everybody knows, taken for a shared secret."""
    issuer = jwt.decode(said["id_token"], options={"verify_signature": False})["iss"]
    modulus = requests.get(f"{issuer}/jwks", timeout=5).json()["keys"][0]["n"]
    return forged(modulus, "HS256")(said)  # type: ignore[no-any-return]  # a dictionary


class TestLies:
    """What the provider, or somebody between, says; each is signed as it should be unless the signature is the lie."""

    def told_off(self, provider: Provider, status: int = 400) -> None:
        client = Client()
        answer = provider.sign_in(client, "ana")
        not_in(client, answer, FAILED if status == 400 else "does not answer", status)
        assert not User.objects.exists() and not SocialAccount.objects.exists()
        assert "traceback" not in answer.content.decode().lower()

    def test_without_one_it_works(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        client = Client()
        assert provider.sign_in(client, "ana").status_code == 302
        assert who(client)

    @pytest.mark.parametrize(
        "claims",
        [
            {"nonce": "another"},
            {"nonce": ""},
            {"iss": "https://evil.example"},
            {"aud": ["another"]},
            {"aud": "another"},
            {"aud": ["keyholder", "another"]},
            {"azp": "another"},
            {"exp": 1},
            {"iat": IN_2100},
            {"nbf": IN_2100},
            {"exp": "soon"},
        ],
        ids=str,
    )
    def test_in_what_the_token_says(self, provider: Provider, claims: dict[str, Any]) -> None:
        provider.person("ana", "kyc-analysts", **claims)
        self.told_off(provider)

    @pytest.mark.parametrize(
        "lie",
        [
            forged(OTHER_KEY, "RS256"),
            forged("hunter2", "HS256"),
            forged(None, "none"),
            forged(OTHER_KEY, "RS256", kid="of another"),
            with_public_key_as_secret,
            lambda said: said | {"id_token": said["id_token"][:-4] + "AAAA"},
            lambda said: said | {"id_token": "no.token.atall"},
            lambda said: said | {"id_token": 7},
            lambda said: {name: value for name, value in said.items() if name != "id_token"},
            lambda said: {name: value for name, value in said.items() if name != "access_token"},
            lambda said: {},
        ],
        ids=["another key", "our secret", "none", "unknown kid", "public key", "altered", "garbage", "number", "no token",
             "no access", "nothing"],
    )  # fmt: skip
    def test_in_who_signed_it(self, provider: Provider, lie: Any) -> None:
        provider.person("ana", "kyc-analysts")
        provider.lies["/oauth2/token"] = lie
        self.told_off(provider)

    @pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": [{"kty": "oct", "k": "aHVudGVyMg"}]}, ["x"]], ids=str)
    def test_in_its_keys(self, provider: Provider, keys: Any) -> None:
        provider.person("ana", "kyc-analysts")
        provider.lies["/jwks"] = lambda said: keys
        self.told_off(provider)

    @pytest.mark.parametrize("told", [{"sub": "another", "groups": ["kyc-approvers"]}, {"groups": ["kyc-approvers"]}, ["x"]])
    def test_of_somebody_else(self, provider: Provider, told: Any) -> None:
        provider.person("ana", groups=None)
        provider.lies["/userinfo"] = lambda said: told
        self.told_off(provider)

    @pytest.mark.parametrize("subject", ["", None, 7, "s" * 192], ids=["empty", "null", "number", "long"])
    def test_of_nobody(self, provider: Provider, subject: Any) -> None:
        provider.person("ana", "kyc-analysts")
        provider.lies["/oauth2/token"] = lambda said: provider.signed(said, sub=subject)
        self.told_off(provider)

    def test_a_token_signed_anew_by_the_provider_is_believed(self, provider: Provider) -> None:
        """So that it is the subject that was not."""
        provider.person("ana", "kyc-analysts")
        provider.lies["/oauth2/token"] = lambda said: provider.signed(said, sub="another")
        provider.sign_in(Client(), "ana")
        assert SocialAccount.objects.get().uid == "another"


class TestCallback:
    def test_a_second_time_it_leads_nowhere(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        client = Client()
        back = provider.confirms(client.get(LOGIN), "ana")
        assert client.get(back).status_code == 302
        client.post("/account/logout/")
        not_in(client, client.get(back), FAILED, 400)

    def test_it_belongs_to_the_browser_that_began(self, provider: Provider) -> None:
        """Else somebody signs another in as himself."""
        provider.person("ana", "kyc-analysts")
        back = provider.confirms(Client().get(LOGIN), "ana")
        other = Client()
        other.get(LOGIN)
        not_in(other, other.get(back), FAILED, 400)

    @pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?code=x&state=x", "?error=access_denied", "?iss=x&state=x"])
    def test_made_up_it_says_so(self, provider: Provider, query: str) -> None:
        client = Client()
        client.get(LOGIN)
        not_in(client, client.get(CALLBACK + query), FAILED, 400)

    def test_a_code_that_was_not_given_to_this_browser(self, provider: Provider) -> None:
        """The state is right, the code was stolen: the nonce in its token is the other's."""
        provider.person("ana", "kyc-analysts")
        stolen = parse_qs(urlsplit(provider.confirms(Client().get(LOGIN), "ana")).query)["code"][0]
        thief = Client()
        state = parse_qs(urlsplit(thief.get(LOGIN)["Location"]).query)["state"][0]
        not_in(thief, thief.get(CALLBACK, {"code": stolen, "state": state}), FAILED, 400)

    def test_of_another_issuer(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        client = Client()
        back = provider.confirms(client.get(LOGIN), "ana")
        not_in(client, client.get(f"{back}&iss=https://evil.example"), FAILED, 400)

    def test_whoever_thinks_better_of_it_comes_back_to_the_sign_in(self, provider: Provider) -> None:
        client = Client()
        state = parse_qs(urlsplit(client.get(LOGIN)["Location"]).query)["state"][0]
        answer = client.get(CALLBACK, {"error": "access_denied", "state": state})
        not_in(client, answer, FAILED, 400)
        assert 'href="/account/login/"' in answer.content.decode()

    def test_a_provider_that_goes_away_on_the_way(self, provider: Provider) -> None:
        provider.person("ana", "kyc-analysts")
        provider.lies["/.well-known/openid-configuration"] = lambda said: said | {"token_endpoint": "http://127.0.0.1:9/token"}
        client = Client()
        not_in(client, provider.sign_in(client, "ana"), "Acme ID does not answer", 503)


class TestIsSafe:
    @pytest.mark.parametrize(
        ("issuer", "address", "told"),
        [
            ("https://id.example", "https://id.example/token", True),
            ("https://id.example", "http://id.example/token", False),
            ("http://127.0.0.1", "http://127.0.0.1/token", True),
            ("https://id.example", "file:///etc/passwd", False),
            ("https://id.example", "", False),
            ("https://id.example", None, False),
        ],
    )
    def test_without_tls_only_where_the_issuer_has_none(self, settings: Any, issuer: str, address: Any, told: bool) -> None:
        settings.OIDC_ISSUER = issuer
        assert oidc.is_safe(address) is told
