"""Signing up: no account is made before the code from the mail has come back. Until then what was typed waits in the session
that typed it, so that nobody takes an address by naming it: whoever reads its mail makes the account, with his own password.
An address that has an account already runs through the same work, so that neither page nor clock tells it from another."""

from typing import Any

from allauth.account.forms import SignupForm
from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import EmailAddress, Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import ConfirmEmailVerificationCodeView
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User

# Of the sign-up in the session: the password, as a hash.
PASSWORD = "keyholder_password"  # noqa: S105  # nosec B105  # a name, no password
# Of the request: the code that its mail carries.
CODE = "keyholder_sign_up_code"


class SignUpForm(SignupForm):
    def try_save(self, request: HttpRequest) -> tuple[None, HttpResponse]:
        """Sends a code, or to an address that has an account the word that it has (see accounts.adapter), and makes nothing."""
        state = {PASSWORD: make_password(self.cleaned_data["password1"])}
        email = self.cleaned_data["email"]
        login = Login(user=None, email=email, signup=True, state=state, redirect_url=get_next_redirect_url(request))
        return None, perform_login(request, login)


def create(*, email: str, password: str) -> User:
    """The account of who typed the code that was sent to `email`; `password` is the hash. Raises IntegrityError where another
    typed one of the same address in the same moment."""
    with transaction.atomic():
        user = User.objects.create(email=email, password=password)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


class ConfirmView(ConfirmEmailVerificationCodeView):
    """Takes the code of a sign-up and of an address that a user adds."""

    _process: EmailVerificationProcess

    @property
    def is_sign_up(self) -> bool:
        return bool(self.stage and not self._process.user)

    def _verify_form_valid(self, form: Any) -> HttpResponse:
        if not self.is_sign_up:
            return super()._verify_form_valid(form)
        asked: Login = self.stage.login
        try:
            user = create(email=self._process.email, password=asked.state[PASSWORD])
        except IntegrityError:
            return self.stage.abort()
        self._process.abort()
        login = Login(user=user, email=user.email, signup=True, redirect_url=asked.redirect_url)
        return perform_login(self.request, login)

    def _resend_form_valid(self, form: Any) -> HttpResponse:
        """The library sends no second mail where it knows no account."""
        if not self.is_sign_up:
            return super()._resend_form_valid(form)
        self._process.generate_code()
        self._process.send()
        self._process.record_resend()
        self._process.persist()
        return redirect(self.passthrough_next_url(self.request.path))


confirm = ConfirmView.as_view()
