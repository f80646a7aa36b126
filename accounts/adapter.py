"""allauth's hooks: its mail goes through our outbox."""

import logging
import time
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.email_verification_by_code import EMAIL_VERIFICATION_CODE_SESSION_KEY
from allauth.account.internal.flows.manage_email import email_already_exists
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts import access_log, limits, messages, oidc, passwords, scope, second_factor, seeds
from accounts.models import User
from accounts.signing_up import CODE

LONGEST_ADDRESS = 254


def wrong(code: str, what: str) -> None:
    """Tells the log of a code or passkey that was not right."""
    if code == "incorrect_code":
        request = context.request
        access_log.told(request, f"wrong {what}", level=logging.WARNING, **access_log.of_person(request.user))


class MFAAdapter(DefaultMFAAdapter):
    """What codes are made of stands sealed in the database: whoever reads a row or an old backup makes none."""

    def encrypt(self, text: str) -> str:
        return seeds.sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        return seeds.opened(encrypted_text)

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        wrong(code, "second factor")
        return super().validation_error(code, *args)


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Whatever the library says of a mail, its text may name the address that it goes to."""
        told = {name: self.at_home(value) for name, value in {"email": email, **context}.items()}
        mail: EmailMultiAlternatives = self.render_mail(template_prefix, email, told)
        html = next((str(body) for body, kind in getattr(mail, "alternatives", []) if kind == "text/html"), "")
        # It is about the person's account, and of no organisation. The library's pages say nobody's business.
        with scope.everything():
            messages.queue(to=email, subject=mail.subject, text=str(mail.body), html=html)

    def at_home(self, value: Any) -> Any:
        """A link of a mail leads where the product says that it stands, by whatever name the browser has asked for it."""
        asked = self.request.build_absolute_uri("/") if self.request else ""
        is_link = asked and isinstance(value, str) and value.startswith(asked)
        return f"{settings.SITE_URL}/{value.removeprefix(asked)}" if is_link else value

    def clean_email(self, email: str) -> str:
        """No address is longer than 254 characters (RFC 5321, 4.5.3.1.3, less its brackets), and no column takes more. No mail
        ever reaches one under .invalid (RFC 2606); the product's own robots stand there."""
        email = str(super().clean_email(email))
        if len(email) > LONGEST_ADDRESS:
            told = _("No e-mail address is longer than %(most)s characters. Look at it again.")
            raise ValidationError(told % {"most": LONGEST_ADDRESS})
        if email.rstrip(".").lower().endswith(".invalid"):
            raise ValidationError(_("No mail can reach this address. Write one at which you read mail."))
        return email

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        # The library takes back what stands here when the password was right.
        self._login_failed_rl_usage = passwords.try_one(request, str(credentials.get("email", "")))

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """After a password was set anew by mail, which only the owner can."""
        passwords.forget(request, str(credentials.get("email", "")))

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        if code == "too_many_login_attempts":
            raise ImmediateHttpResponse(limits.refused(context.request))
        wrong(code, "code from the mail")
        return super().validation_error(code, *args)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Robots decide sandboxes and never sign in, whatever password or passkey somebody gave them. Whoever belongs to the
        identity provider signs in through that."""
        if user.is_robot:
            return self.respond_user_inactive(request, user)
        through = (kwargs.get("signal_kwargs") or {}).get("sociallogin")
        if through is None and oidc.is_bound(user):
            return oidc.led_there(request)
        if (answer := super().pre_login(request, user, **kwargs)) is None and through:
            oidc.trust(request, user, through)
        return answer

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.mfa.stages.AuthenticateStage": "accounts.oidc.FactorStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def generate_email_verification_code(self) -> str:
        """A code that is sent anew works as long as the first one did: the library counts from the first."""
        if pending := self.request.session.get(EMAIL_VERIFICATION_CODE_SESSION_KEY):
            pending["at"] = time.time()
        code = str(super().generate_email_verification_code())
        setattr(self.request, CODE, code)
        return code

    def send_account_already_exists_mail(self, email: str) -> None:
        """The library takes whoever signs up for one it knows, because no account is made before the code: here the mail
        goes by whether there is one."""
        if email_already_exists(email)[1]:
            super().send_account_already_exists_mail(email)
        else:
            self.send_mail("account/email/email_confirmation", email, {"code": getattr(self.request, CODE)})

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not before a first factor where the password has just been typed to sign in: once is enough."""
        required: bool = super().is_reauthentication_required(app=app, **kwargs)
        return required and not (app == "allauth.mfa" and second_factor.enrols_at_once(self.request))

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Officers confirm by a factor wherever they have one: a password that was spied out opens nothing."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if user.is_staff and second_factor.count(user):
            return [method for method in methods if method["id"] != "reauthenticate"]
        return methods

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under the installation's own address, whatever host the request named."""
        asked = urlsplit(super().get_reset_password_from_key_url(key))
        return f"{settings.SITE_URL}{asked.path}"
