"""Where a person is signed in, how long that lasts, and ending one of these sessions from another.

What decides stands in the database. When the sign-in was stands in the session, which nothing but a sign-in sets anew. When a
person last asked for something stands in the row of allauth's that tells of the session, written once a minute: the session
itself is left alone, because writing it would undo what another tab has just put into it. The cache only spares the look at
that row within the minute, so while it is away the row is read each time and nobody's session gets longer or shorter by that.
"""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, HttpResponseStopPolling, reswap

from accounts import shared
from accounts.models import User
from accounts.permissions import SESSIONS

Handler = Callable[[HttpRequest], HttpResponse]

# In the session and in its row: when the person signed in; in the row: when he last asked for something. Seconds since 1970.
SIGNED_IN, ACTIVE = "signed_in_at", "active_at"
# What the browser throws away with the session: pages that it could still go back to, and whatever a page of ours put aside.
CLEARED = '"cache", "storage"'
# How often the row is written at most. A session may end by so many seconds too early, and never too late.
EVERY = 60
# Read from top to bottom: browsers name those they descend from as well.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "Mac"),
           ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def on_sign_in(*, request: HttpRequest, **_: object) -> None:
    """Django's signal."""
    request.session[SIGNED_IN] = time.time()


def seen_at(session_key: str | None) -> str:
    """Where it is noted that a person used a session within the minute."""
    return f"seen:{sha256(str(session_key).encode()).hexdigest()}"


def asks_by_itself(request: HttpRequest) -> bool:
    """Whether an open page asks, not a person. Whoever forges this can only make his own session shorter."""
    return request.headers.get("Asked-By") == "page"


def row_of(request: HttpRequest) -> UserSession | None:
    return UserSession.objects.filter(session_key=request.session.session_key, user=request.user.pk).first()


def active_at(row: UserSession) -> float:
    """A row without the time was made by a sign-in or a change of password, both of which a person did."""
    return float(row.data.get(ACTIVE) or row.created_at.timestamp())


def why_over(request: HttpRequest) -> str:
    """In a sentence why the session has ended, or nothing while it goes on; then it is noted that it was used."""
    now, limits = time.time(), SESSIONS[request.user.staff_role]
    signed_in = float(request.session.get(SIGNED_IN, 0))
    if now - signed_in >= limits.absolute.total_seconds():
        told = _("You were signed out, because you signed in more than %(long)s ago. Sign in again to go on.")
        return told % {"long": in_words(limits.absolute)}
    if not asks_by_itself(request) and shared.found(seen_at(request.session.session_key)):
        return ""
    row = row_of(request)
    last = active_at(row) if row else signed_in
    if now - last >= limits.idle.total_seconds():
        told = _("You were signed out, because nothing was asked for during %(long)s. Sign in again to go on.")
        return told % {"long": in_words(limits.idle)}
    see(request, row, now=now, signed_in=signed_in, last=last)
    return ""


def see(request: HttpRequest, row: UserSession | None, *, now: float, signed_in: float, last: float) -> None:
    """Notes from where and with what the session was last used, and whether a person did it: once a minute, since more says
    nothing more."""
    is_person = not asks_by_itself(request)
    before = last if is_person else row.last_seen_at.timestamp() if row else 0
    is_told = row is not None and ACTIVE in row.data
    if is_told and now - before < EVERY:
        return
    if row is None:
        UserSession.objects.create_from_request(request)
    agent = request.headers.get("User-Agent", "")[: UserSession._meta.get_field("user_agent").max_length]
    found = {"last_seen_at": timezone.now(), "ip": get_adapter().get_client_ip(request), "user_agent": agent}
    if is_person or not is_told:
        found["data"] = {SIGNED_IN: signed_in, ACTIVE: now if is_person else last}
    UserSession.objects.filter(session_key=request.session.session_key, user=request.user.pk).update(**found)
    if is_person:
        shared.note(seen_at(request.session.session_key), "1", seconds=EVERY)


def left(request: HttpRequest) -> dict[str, int]:
    """In how many seconds a session ends without use, counted from this request on, and in how many in any case: for the page,
    which warns of it (WCAG 2.2.1)."""
    limits, lasted = SESSIONS[request.user.staff_role], time.time() - float(request.session.get(SIGNED_IN, 0))
    # The note of this request may be one of up to a minute ago.
    return {"idle": int(limits.idle.total_seconds()) - EVERY, "absolute": int(limits.absolute.total_seconds() - lasted)}


class LimitsMiddleware:
    """Ends a session that nobody has used for as long as its person's role allows, or that has lasted long enough."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_in = request.user.is_authenticated
        if was_in and (why := why_over(request)):
            if asks_by_itself(request):
                # What somebody may be writing on that page stays; sent, it leads to the sign-in and is kept.
                return stopped()
            UserSession.objects.filter(session_key=request.session.session_key).delete()
            logout(request)
            messages.warning(request, why)
        response = self.get_response(request)
        if was_in and SESSION_KEY not in request.session:
            response["Clear-Site-Data"] = CLEARED
        is_part = bool(request.htmx) and not request.user.is_authenticated  # type: ignore[attr-defined]  # django-htmx
        return instead(request, response) if is_part and leads_to_sign_in(response) else response


def leads_to_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and urlsplit(response["Location"]).path == resolve_url(settings.LOGIN_URL)


def stopped() -> HttpResponse:
    """Asks the page to stop asking, and to change nothing."""
    return reswap(HttpResponseStopPolling(), "none")


def instead(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The sign-in stands in no part of a page: the whole page goes there, unless nobody has asked for anything."""
    if asks_by_itself(request):
        return stopped()
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    next_page = page._replace(scheme="", netloc="", fragment="").geturl() if page.netloc == request.get_host() else "/"
    return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': next_page})}")


def in_words(time_span: timedelta) -> str:
    minutes = int(time_span.total_seconds() // 60)
    if minutes % 60:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return ngettext("%(n)d hour", "%(n)d hours", minutes // 60) % {"n": minutes // 60}


def device(user_agent: str) -> str:
    """What a browser calls itself, in words that its owner knows: "Firefox on Windows"."""
    browser = next((name for sign, name in BROWSERS if re.search(rf"{sign}\w*/", user_agent)), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:60] or _("An unknown browser")


def lasting(user: User) -> list[UserSession]:
    """The sessions of a person that have not ended, the newest use first, each with the instants at which it ends at the latest
    and if it isn't used. What time has ended is taken away."""
    limits, now, found = SESSIONS[user.staff_role], timezone.now(), []
    for row in UserSession.objects.purge_and_list(user):
        signed_in = float(row.data.get(SIGNED_IN) or row.created_at.timestamp())
        row.ends_at = datetime.fromtimestamp(signed_in, UTC) + limits.absolute
        row.idle_ends_at = min(datetime.fromtimestamp(active_at(row), UTC) + limits.idle, row.ends_at)
        if row.idle_ends_at <= now:
            row.end()
        else:
            found.append(row)
    return sorted(found, key=lambda row: row.last_seen_at, reverse=True)


class SessionsView(ListUserSessionsView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Not the library's, which reads the same rows once more.
        shown: dict[str, Any] = super(ListUserSessionsView, self).get_context_data(**kwargs)
        limits, sessions = SESSIONS[self.request.user.staff_role], lasting(self.request.user)
        return {
            **shown,
            "sessions": sessions,
            "session_count": len(sessions),
            "idle": in_words(limits.idle),
            "absolute": in_words(limits.absolute),
        }


# Whoever has only got hold of a session does not end the owner's others, which would tell him that he is alone.
page = login_required(reauthentication_required(SessionsView.as_view(), allow_get=True))


@login_required
@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """What a person asks for who goes on with an open page: that he asks is noted, as with everything."""
    return HttpResponse(status=204)


@login_required
@require_POST
@reauthentication_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """The session is signed out at its next request."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    session.end()
    messages.success(request, _("%(device)s is signed out.") % {"device": device(session.user_agent)})
    return redirect("usersessions_list")
