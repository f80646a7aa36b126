"""What was typed survives a session that has ended: kept for its writer alone, and filled in again once he has signed in.

It is kept sealed in the cache, for two hours; the session that carries its writer to the sign-in and back knows only where.
"""

import json
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from stdnum import luhn

from accounts import shared, vault
from accounts.models import User

Handler = Callable[[HttpRequest], HttpResponse]
Fields = dict[str, list[str]]

# Whose browser it is: the session that knew it is gone when this is asked.
COOKIE, REMEMBERED = "last_user", 30 * 24 * 3600
KEPT = "resume"
LARGEST = 64 * 1024
GOOD_FOR = 2 * 3600
# Never kept, whatever the form: what opens something, and what belongs to the session that ended.
SECRET = re.compile(r"pass(word|phrase)|secret|token|credential|^code$|^once$", re.IGNORECASE)
DIGITS = re.compile(r"\d(?:[\s.-]?\d){11,18}", re.ASCII)
# Fields that forms declare as never to be kept. When something is kept, nobody knows yet of which form it is.
unkept: set[str] = set()


@dataclass
class Filling:
    """What may be filled in on the page that is being drawn: what was typed into the form sent to `action`."""

    request: HttpRequest
    action: str
    fields: Fields
    is_own: bool
    said: bool = field(default=False)

    def typed_into(self, *actions: str) -> Fields:
        """Without an action a form is sent to the page on which it stands."""
        is_it = self.action in actions if actions else self.is_own
        return self.fields if is_it else {}

    def say(self) -> None:
        if not self.said:
            told = _(
                "You were signed out before this was sent, so nothing was saved yet. What you typed is filled in; send it now."
            )
            messages.warning(self.request, told)
        self.said = True


filling: ContextVar[Filling | None] = ContextVar("filling", default=None)


def never_keep(*names: str) -> None:
    """Of these fields nothing is kept."""
    unkept.update(names)


def typed_into(*actions: str) -> Fields:
    """What was typed before into the form that is sent to one of these."""
    kept = filling.get()
    return kept.typed_into(*actions) if kept else {}


def fill(form: forms.Form, *actions: str) -> None:
    """To be called by forms that people fill in, with the paths they are sent to where that isn't their page's own: shows
    what was typed before, if it was typed into this form."""
    kept, typed = filling.get(), typed_into(*actions)
    if kept is None or form.is_bound or not any(form.add_prefix(name) in typed for name in form.fields):
        return
    for name, one in form.fields.items():
        values = typed.get(form.add_prefix(name))
        if isinstance(one, forms.MultipleChoiceField):
            # Nothing is sent of boxes that aren't ticked.
            form.initial[name] = values or []
        elif values:
            form.initial[name] = values[-1]
    kept.say()


def holds_card_number(text: str) -> bool:
    return any(luhn.is_valid(re.sub(r"\D", "", found[0])) for found in DIGITS.finditer(text))


def is_kept(name: str, values: list[str]) -> bool:
    return not SECRET.search(name) and name not in unkept and not any(map(holds_card_number, values))


def typed(request: HttpRequest) -> Fields:
    sent = ((name, [str(value) for value in values]) for name, values in request.POST.lists())
    fields = {name: values for name, values in sent if is_kept(name, values)}
    return fields if len(json.dumps(fields)) <= LARGEST else {}


def place(token: str) -> str:
    """Where it lies in the cache, which gives away nothing that opens it."""
    return f"{KEPT}:{sha256(token.encode()).hexdigest()}"


def kept_at(token: str) -> dict[str, Any] | None:
    text = vault.opened(shared.found(place(token)) or "", purpose=f"{KEPT}:{token}")
    return json.loads(text) if text else None


def cookie() -> str:
    return f"{settings.OURS_ALONE}{COOKIE}"


def last_user(request: HttpRequest) -> int | None:
    try:
        return int(signing.loads(request.COOKIES.get(cookie(), ""), salt=COOKIE, max_age=REMEMBERED))
    except (signing.BadSignature, ValueError, TypeError):
        return None


class ResumeMiddleware:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.keep(request, self.get_response(request))
        before = filling.set(self.returned(request))
        try:
            response = self.get_response(request)
        finally:
            filling.reset(before)
        # Read anew, since the view may have signed somebody in; the API puts a gateway's credential in the user's place.
        if isinstance(request.user, User) and last_user(request) != request.user.pk:
            self.remember(request, response)
        return response

    def remember(self, request: HttpRequest, response: HttpResponse) -> None:
        response.set_cookie(
            cookie(),
            signing.dumps(request.user.pk, salt=COOKIE),
            max_age=REMEMBERED,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )

    def keep(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Where a form was turned away to the sign-in."""
        login = resolve_url(settings.LOGIN_URL)
        turned_away = response.status_code == 302 and urlsplit(response["Location"]).path == login
        if request.method != "POST" or not turned_away or request.path.startswith("/account/"):
            return response
        user, fields = last_user(request), typed(request)
        if user is None or not fields:
            return response
        page, token = self.page_of(request), secrets.token_urlsafe(24)
        kept = {"user": user, "path": request.path, "action": request.get_full_path(), "page": page, "fields": fields}
        sealed = vault.sealed(json.dumps(kept), purpose=f"{KEPT}:{token}")
        response["Location"] = f"{login}?{urlencode({'next': page})}"
        if not shared.note(place(token), sealed, seconds=GOOD_FOR):
            messages.warning(
                request, _("You were signed out before this was sent, so nothing was saved. Sign in and type it anew.")
            )
            return response
        request.session[KEPT] = token
        messages.warning(request, _("You were signed out before this was sent. Sign in, and what you typed is there again."))
        return response

    def page_of(self, request: HttpRequest) -> str:
        """The page on which the form stood, which isn't always where it is sent to."""
        came_from = urlsplit(request.headers.get("Referer", ""))
        if came_from.netloc != request.get_host() or came_from.path.startswith("/account/"):
            return request.get_full_path()
        return came_from._replace(scheme="", netloc="", fragment="").geturl()

    def returned(self, request: HttpRequest) -> Filling | None:
        """What this page may fill in: only for the same person on the same page, and not for ever."""
        if not (token := request.session.get(KEPT)):
            return None
        kept = kept_at(token)
        is_sent = kept is not None and request.method == "POST" and request.path == kept["path"]
        if kept is None or kept["user"] != request.user.pk or is_sent:
            del request.session[KEPT]
            shared.forget(place(token))
            return None
        if request.method != "GET" or request.path != urlsplit(kept["page"]).path:
            return None
        is_own = kept["action"] == request.get_full_path()
        return Filling(request, kept["path"], kept["fields"], is_own)
