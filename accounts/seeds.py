"""What codes are made of stands sealed in a row of the database, and opens in that row alone: copied into another person's, it
makes no code that signs in there.

The sign-in library seals and opens it without saying whose it is. So each of its ways to a seed goes through `of_row` or
`of_person`, and what comes any other way is refused.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP

from accounts import codes, vault

PURPOSE = "seeds of second factors"
ROW: ContextVar[str] = ContextVar("row")


@contextmanager
def of(user: int, kind: str) -> Iterator[None]:
    """A person has one row of each kind that has a seed."""
    token = ROW.set(f"{kind} of person {user}")
    try:
        yield
    finally:
        ROW.reset(token)


def sealed(text: str) -> str:
    """Raises LookupError where nobody has said in which row it will stand."""
    return vault.locked(text, purpose=PURPOSE, row=ROW.get())


def opened(text: str) -> str:
    """Raises Tampered, and LookupError where nobody has said in which row it stands."""
    return vault.unlocked(text, purpose=PURPOSE, row=ROW.get())


def of_row(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of what wraps a row."""

    @wraps(method)
    def called(self: TOTP | RecoveryCodes, *args: Any, **kwargs: Any) -> Any:
        with of(self.instance.user_id, self.instance.type):
            return method(self, *args, **kwargs)

    return called


def of_person(method: Any, kind: str) -> Any:
    """The class method that makes a person's row."""

    @wraps(method)
    def called(cls: type, user: Any, *args: Any, **kwargs: Any) -> Any:
        with of(user.pk, kind):
            return method.__func__(cls, user, *args, **kwargs)

    return classmethod(called)


def bind() -> None:
    """The library has no hook for it; tests/accounts/test_adapter.py and test_codes.py fail once it takes another way."""
    TOTP.activate = of_person(TOTP.activate, Authenticator.Type.TOTP)
    TOTP.validate_code = of_row(TOTP.validate_code)
    TOTP._mark_code_used = of_row(codes.mark_used)
    RecoveryCodes.activate = of_person(RecoveryCodes.activate, Authenticator.Type.RECOVERY_CODES)
    RecoveryCodes.generate_codes = of_row(RecoveryCodes.generate_codes)
    RecoveryCodes._get_migrated_codes = of_row(RecoveryCodes._get_migrated_codes)
