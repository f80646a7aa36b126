"""What was typed survives a session that has ended: kept for its writer alone, and filled in again once he has signed in."""

import json
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

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
# What the page that is being drawn fills in.
filling: ContextVar[Fields | None] = ContextVar("filling", default=None)


def fill(form: forms.Form) -> None:
    """To be called by forms that people fill in: shows what was typed before, if it was typed into this form."""
    kept = filling.get()
    common = kept.keys() & form.fields.keys() if kept and not form.is_bound else set()
    if not kept or 2 * len(common) <= len(kept):
        return
    for name in common:
        several = isinstance(form.fields[name], forms.MultipleChoiceField)
        form.initial[name] = kept[name] if several else kept[name][-1]


def typed(request: HttpRequest) -> Fields:
    fields = {name: [str(value) for value in values] for name, values in request.POST.lists() if not SECRET.search(name)}
    return fields if len(json.dumps(fields)) <= LARGEST else {}


def last_user(request: HttpRequest) -> int | None:
    try:
        return int(signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=REMEMBERED))
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
            COOKIE,
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
        page = self.page_of(request)
        request.session[KEPT] = {"user": user, "path": request.path, "page": page, "fields": fields, "at": int(time.time())}
        response["Location"] = f"{login}?{urlencode({'next': page})}"
        messages.warning(request, _("You were signed out before this was sent. Sign in, and what you typed is there again."))
        return response

    def page_of(self, request: HttpRequest) -> str:
        """The page on which the form stood, which isn't always where it is sent to."""
        came_from = urlsplit(request.headers.get("Referer", ""))
        if came_from.netloc != request.get_host() or came_from.path.startswith("/account/"):
            return request.get_full_path()
        return came_from._replace(scheme="", netloc="", fragment="").geturl()

    def returned(self, request: HttpRequest) -> Fields | None:
        """What this page fills in: only for the same person on the same page, and not for ever."""
        kept: dict[str, Any] | None = request.session.get(KEPT)
        if not kept:
            return None
        is_his = kept["user"] == request.user.pk and time.time() - kept["at"] < GOOD_FOR
        is_sent = request.method == "POST" and request.path == kept["path"]
        if not is_his or is_sent:
            del request.session[KEPT]
            return None
        if request.method != "GET" or request.path != urlsplit(kept["page"]).path:
            return None
        messages.warning(
            request,
            _("You were signed out before this was sent, so nothing was saved yet. What you typed is filled in; send it now."),
        )
        return kept["fields"]
