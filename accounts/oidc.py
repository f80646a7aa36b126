"""Staff sign in through the identity provider of their own house (OpenID Connect), where OIDC_ISSUER names one.

The library keeps the state, speaks PKCE and fetches the token. Ours are the nonce, whether the token is believed
(accounts/id_tokens.py), and who gets in, as what (accounts/joining.py). None of the library's own addresses for it are there.
"""

import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from requests import RequestException

from accounts import id_tokens, joining, limits, second_factor
from accounts.joining import Identity
from accounts.models import User
from accounts.refused import Refused

logger = logging.getLogger(__name__)
ATTEMPTS = "30/m/ip"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
# The library keeps no longer key of a person than this.
LONGEST_SUBJECT = SocialAccount._meta.get_field("uid").max_length
LIMITED = "oidc"
# By these words a provider says that at least two factors were shown: RFC 8176, OpenID's PAPE, REFEDS.
SEVERAL_FACTORS = {"mfa"}
CLASSES_OF_SEVERAL = {
    "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
    "https://refeds.org/profile/mfa",
}


class ProvidersWay(OpenIDConnectOAuth2Adapter):
    """The conversation with the provider."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself, if it is the one that was asked."""
        said: dict[str, Any] = super().openid_config
        if not isinstance(said, dict) or said.get("issuer") != settings.OIDC_ISSUER:
            raise OAuth2Error("the provider says that it is another")
        if not all(is_safe(said.get(name)) for name in ENDPOINTS):
            raise OAuth2Error("the provider names an address that is none, or one that anybody can read along")
        return said

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Under the installation's own address, whatever host the request named."""
        return settings.SITE_URL + reverse("oidc_callback")

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        return SocialToken(token=str(data["access_token"]))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        try:
            said = id_tokens.verified(
                kwargs["response"].get("id_token"),
                keys=self.fetched(self.openid_config["jwks_uri"]),
                issuer=settings.OIDC_ISSUER,
                client=settings.OIDC_CLIENT_ID,
                nonce=self.nonce,
            )
        except id_tokens.NotBelieved as error:
            raise OAuth2Error(f"the token is not believed: {error}") from error
        account = SocialAccount(provider=settings.OIDC_ISSUER, uid=str(said["sub"]), extra_data={})
        if not 0 < len(account.uid) <= LONGEST_SUBJECT:
            raise OAuth2Error("the subject is none, or too long")
        login = SocialLogin(provider=self.get_provider(), account=account)
        login.identity = identity_of(said, self.more(token, said))
        return login

    def more(self, token: SocialToken, said: dict[str, Any]) -> dict[str, Any]:
        """What it tells of the person beside the token, which some keep short. It must be of the same person."""
        address = self.openid_config.get("userinfo_endpoint")
        if all(name in said for name in ("email", "email_verified", settings.OIDC_GROUPS_CLAIM)) or not is_safe(address):
            return {}
        told = self.fetched(str(address), headers={"Authorization": f"Bearer {token.token}"})
        if not isinstance(told, dict) or told.get("sub") != said["sub"]:
            raise OAuth2Error("the provider tells of somebody else")
        return told

    def fetched(self, address: str, **options: Any) -> Any:
        with get_adapter().get_requests_session() as session:
            answer = session.request("GET", address, allow_redirects=False, **options)
            answer.raise_for_status()
            return answer.json()


def is_safe(address: object) -> bool:
    """With TLS; without it only where the issuer, which the operator chose, has none either."""
    schemes = {"https", urlsplit(settings.OIDC_ISSUER).scheme}
    return isinstance(address, str) and urlsplit(address).scheme in schemes


def identity_of(said: dict[str, Any], told: dict[str, Any]) -> Identity:
    """`said` is signed, so it comes first. Of the address both halves are of one source."""
    mail = said if "email" in said and "email_verified" in said else told
    groups = said.get(settings.OIDC_GROUPS_CLAIM, told.get(settings.OIDC_GROUPS_CLAIM, ()))
    methods = said.get("amr")
    return Identity(
        issuer=settings.OIDC_ISSUER,
        subject=said["sub"],
        email=str(mail.get("email", "")).strip().lower(),
        is_verified=mail.get("email_verified") in (True, "true"),
        name=str(said.get("name", told.get("name", ""))),
        groups=tuple(map(str, groups)) if isinstance(groups, list) else (groups,) if isinstance(groups, str) else (),
        showed_factor=(isinstance(methods, list) and not SEVERAL_FACTORS.isdisjoint(map(str, methods)))
        or str(said.get("acr", "")) in CLASSES_OF_SEVERAL,
    )


class StaffProvider(OpenIDConnectProvider):
    oauth2_adapter_class = ProvidersWay

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Nothing of what is asked comes from the request but where it leads in the end."""
        nonce = secrets.token_urlsafe(32)
        asked = {"process": AuthProcess.LOGIN, "nonce": nonce, "auth_params": {"nonce": nonce}}
        return asked | ({"next_url": there} if (there := get_next_redirect_url(request)) else {})


class SocialAdapter(DefaultSocialAccountAdapter):
    """The library's hooks."""

    def list_apps(self, request: HttpRequest | None, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """The one of the settings. What stands in the library's table of providers counts for nothing."""
        app = SocialApp(
            provider=StaffProvider.id,
            provider_id=settings.OIDC_ISSUER,
            name=settings.OIDC_NAME[:40],
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={
                "server_url": f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration",
                "oauth_pkce_enabled": True,
            },
        )
        return [app] if settings.OIDC_ISSUER else []

    def get_requests_session(self) -> Any:
        """Goes where the provider's own word leads, and to no other address that an answer names."""
        session = super().get_requests_session()
        session.max_redirects = 0
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Before the library looks for an account by itself, or makes one."""
        try:
            sociallogin.account = joining.admit(sociallogin.identity)
        except Refused as error:
            logger.warning("A sign-in through the identity provider was refused: %s", type(error).__name__)
            raise ImmediateHttpResponse(refused(request, str(error), status=403)) from error
        except IntegrityError as error:
            again = _("The same address is signing in elsewhere at this very moment. Sign in again.")
            raise ImmediateHttpResponse(refused(request, again, status=409)) from error
        sociallogin.user = sociallogin.account.user

    def on_authentication_error(self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None,
                                extra_context: Any = None) -> None:  # fmt: skip
        logger.warning("Signing in through the identity provider failed: %s %s", error, exception or "")
        raise ImmediateHttpResponse(failed(request, exception))


def trust(request: HttpRequest, user: User, sociallogin: SocialLogin) -> None:
    """Takes the provider's word for a second factor, where the operator has said so."""
    if settings.OIDC_TRUSTS_MFA and sociallogin.identity.showed_factor:
        record_authentication(request, user, "mfa", type=second_factor.PROVIDER)


def is_bound(user: User) -> bool:
    """Whether `user` comes in through the provider and no other way: whoever has left its groups would keep a password."""
    return bool(settings.OIDC_ISSUER) and SocialAccount.objects.filter(user=user, provider=settings.OIDC_ISSUER).exists()


def led_there(request: HttpRequest) -> HttpResponse:
    told = _("Your account is one of %(provider)s. Sign in there, without the password or passkey of this page.")
    return refused(request, told % {"provider": settings.OIDC_NAME}, status=403)


class FactorStage(AuthenticateStage):
    """Asks for the second factor, unless the provider's was taken for it."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return bool(super()._should_handle(request)) and not second_factor.vouched(request, self.login.user)


class CallbackView(OAuth2CallbackView):
    adapter: ProvidersWay

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, answer = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        return state, answer


def refused(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    return render(request, "accounts/oidc_refused.html", {"sentence": sentence}, status=status)


def failed(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    if isinstance(exception, RequestException):
        told = _("%(provider)s does not answer. Try again in a while; if it goes on, tell whoever runs this installation.")
        return refused(request, told % {"provider": settings.OIDC_NAME}, status=503)
    told = _("%(provider)s did not confirm who you are, or too much time has passed. Sign in again.")
    return refused(request, told % {"provider": settings.OIDC_NAME}, status=400)


UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)


@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """Leads to the provider. A link and no form, since a form may lead nowhere but to ourselves; and from no other site."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return redirect(settings.LOGIN_URL)
    if limits.spent(request, LIMITED, ATTEMPTS):
        return limits.refused(request, limits.wait(request, LIMITED, ATTEMPTS))
    try:
        return get_adapter().get_provider(request, StaffProvider.id).redirect_from_request(request)
    except (RequestException, OAuth2Error, *UNREADABLE) as error:
        logger.warning("Signing in through the identity provider could not begin: %s", error)
        return failed(request, error)


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    if request.GET.get("iss", settings.OIDC_ISSUER) != settings.OIDC_ISSUER:
        return failed(request)
    try:
        return CallbackView.adapter_view(ProvidersWay(request, StaffProvider.id))(request)
    except (RequestException, *UNREADABLE) as error:
        logger.warning("What the identity provider answered can't be read: %s", type(error).__name__)
        return failed(request, error)


urlpatterns = [
    path("login/", begin, name="oidc_login"),
    path("callback/", callback, name="oidc_callback"),
]
