"""What one page says of another ("Kari Lund was removed") travels in a cookie, sealed: it names people, and a browser keeps what
it is given on a disk that we do not know. In a session it would undo what another tab has just put there."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage

from accounts import vault

PURPOSE = "notices"


class SealedCookies(CookieStorage):
    @property
    def cookie_name(self) -> str:  # type: ignore[override]  # a name in the class; ours is the settings'
        return f"{settings.OURS_ALONE}messages"

    def _encode_parts(self, messages: Any, encode_empty: bool = False) -> str | None:
        signed = super()._encode_parts(messages, encode_empty=encode_empty)
        return vault.sealed(signed, purpose=PURPOSE) if signed else signed

    def _decode(self, data: str | None) -> Any:
        return super()._decode(vault.opened(data, purpose=PURPOSE) if data else data)


class Notices(FallbackStorage):
    """What is too long for a cookie stands in the session."""

    storage_classes = (SealedCookies, SessionStorage)
