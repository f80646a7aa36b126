"""Passkeys: a key of the device or of a password manager, which signs in without a password.

What a browser hands over is anybody's text. The library reads it trustingly, so here it is looked at first, and whatever the
library still stumbles over is refused as a passkey that is not right.
"""

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext_lazy as _

NOT_TAKEN = _("Keyholder could not take this passkey. Try again, or use another way.")
INCORRECT = "incorrect_code"
# What of the answer is bytes, written as text.
CODED = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")
# What reading hostile bytes ends in: short ones, ones without a bottom, ones of another kind than was thought.
STUMBLES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error)


def is_credential(found: Any) -> bool:
    """Whether it has the shape of what the standard calls a credential, in text that the database can hold."""
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in ("id", "rawId")):
        return False
    response, extensions = found.get("response"), found.get("clientExtensionResults", {})
    if not isinstance(response, dict) or not isinstance(extensions, dict):
        return False
    if not isinstance(extensions.get("credProps", {}), dict):
        return False
    return all(isinstance(response.get(name), str | None) for name in CODED) and is_storable(found)


def is_storable(found: dict[str, Any]) -> bool:
    """PostgreSQL takes neither NUL nor half a character, nor what is no number, in JSON."""
    try:
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return "\\u0000" not in json.dumps(found)


class CredentialField(forms.JSONField):
    widget = forms.HiddenInput
    default_error_messages = {"required": NOT_TAKEN, "invalid": NOT_TAKEN}

    def to_python(self, value: Any) -> Any:
        try:
            found = super().to_python(value)
        except (RecursionError, ValueError):
            raise ValidationError(NOT_TAKEN, code="invalid") from None
        if found is not None and not is_credential(found):
            raise ValidationError(NOT_TAKEN, code="invalid")
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Nothing of it is shown again: each answers one question, and the page asks a new one."""
        return InvalidJSONInput("")


@contextmanager
def looked_at() -> Iterator[None]:
    try:
        yield
    except STUMBLES:
        # Told to the log as every wrong factor is.
        get_adapter().validation_error(INCORRECT)
        raise ValidationError(NOT_TAKEN, code=INCORRECT) from None
    except ValidationError as error:
        if getattr(error, "code", None) != INCORRECT:
            raise
        raise ValidationError(NOT_TAKEN, code=INCORRECT) from None


class AddPasskeyForm(AddWebAuthnForm):
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=100,
        help_text=_("So that you can tell it from others, such as the device it is on."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    credential = CredentialField()
    passwordless = forms.BooleanField(
        label=_("Sign in with it alone, without the password"),
        required=False,
        initial=True,
        help_text=_("It then asks for your fingerprint, your face or a PIN. Leave it out for a simple security key."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {"name": _("Passkey"), **kwargs.get("initial", {})}})

    def clean(self) -> dict[str, Any]:
        with looked_at():
            found: dict[str, Any] = super().clean()
        return found


class Shown(AuthenticateWebAuthnForm):
    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        with looked_at():
            return super().clean_credential()


class SecondStepForm(Shown):
    """After the password."""


class SignInForm(Shown, LoginWebAuthnForm):
    """In place of it."""


class ShownAgainForm(Shown, ReauthenticateWebAuthnForm):
    """Before what asks for it anew."""
