"""Actions that do most harm ask for the second factor again: whoever has only got hold of a session does none of them.

What was asked is kept sealed in the session, under a secret that stands in the address of the page that asks for the factor, so
that each of many tabs goes on with its own. It is done in the very request that shows the factor, once, by the same view with
all its checks. Files are not kept; no such action takes any.
"""

import json
import secrets
import time
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from accounts import second_factor, vault

View = Callable[..., HttpResponseBase]
What = str | Promise | Callable[..., str]

KEPT, FILE, FIELD = "elevation", "elevated_file", "confirm"
# Of one session; an older one is dropped.
MOST = 5
GOOD_FOR = 10 * 60
LARGEST = 64 * 1024
READS = ("GET", "HEAD")


def elevated(what: What, *, file_of: str = "") -> Callable[[View], View]:
    """For views below `guards.staff`. `what` the person is about to do, in words for the page that asks: whoever is lured there
    sees it. A POST is elevated, and a GET only where it answers with a file, which the page called `file_of`, of the same row if
    it is of one, then begins."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            is_open = request.method in READS and not file_of
            if is_open or second_factor.shown_lately(request):
                return view(request, *args, **kwargs)
            words = what(request, *args, **kwargs) if callable(what) else str(what)
            return asked_first(request, words, page=with_query(request, file_of) if file_of else page_of(request))

        return guarded

    return guard


def with_query(request: HttpRequest, name: str) -> str:
    row = request.resolver_match.kwargs if request.resolver_match else {}
    return f"{reverse(name, kwargs=row)}?{request.GET.urlencode()}".rstrip("?")


def page_of(request: HttpRequest) -> str:
    """Where the form stood: there it leads where nothing is kept any more."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc != request.get_host() or came_from.path.startswith("/account/"):
        return reverse("start")
    return came_from._replace(scheme="", netloc="", fragment="").geturl()


def asked_first(request: HttpRequest, what: str, *, page: str) -> HttpResponse:
    token = keep(request, what, page=page)
    back = urlsplit(page)
    page = back._replace(query="&".join(filter(None, (back.query, f"{FIELD}={token}")))).geturl()
    asks = f"{reverse(second_factor.page(request.user))}?{urlencode({'next': page})}"
    return HttpResponseClientRedirect(asks) if request.htmx else redirect(asks)  # type: ignore[attr-defined]  # django-htmx


def keep(request: HttpRequest, what: str, *, page: str) -> str:
    token = secrets.token_urlsafe(24)
    fields = request.POST.copy()
    fields.pop("csrfmiddlewaretoken", None)
    asked = {
        "user": request.user.pk,
        "at": time.time(),
        "what": what,
        "page": page,
        "method": request.method,
        "path": request.path,
        "path_info": request.path_info,
        "query": request.GET.urlencode(),
        "fields": fields.urlencode(),
    }
    if len(asked["fields"]) > LARGEST:
        messages.warning(request, _("This is too much to be kept. Confirm, and send it again."))
        return token
    kept = list(request.session.get(KEPT, {}).items())[1 - MOST :]
    request.session[KEPT] = {**dict(kept), place(token): vault.sealed(json.dumps(asked), purpose=f"{KEPT}:{token}")}
    request.session[STATE_SESSION_KEY] = GOES_ON
    return token


def place(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def token_in(page: str | None) -> str:
    return parse_qs(urlsplit(page or "").query).get(FIELD, [""])[0]


def found(request: HttpRequest, token: str) -> dict[str, Any] | None:
    """What was kept under this secret, for the same person and not for long."""
    text = vault.opened(request.session.get(KEPT, {}).get(place(token), ""), purpose=f"{KEPT}:{token}")
    asked = json.loads(text) if text else None
    is_good = asked and asked["user"] == request.user.pk and time.time() - asked["at"] < GOOD_FOR
    return asked if is_good else None


def words(request: HttpRequest) -> str:
    """What the page that asks for the factor will go on with."""
    asked = found(request, token_in(get_next_redirect_url(request)))
    return str(asked["what"]) if asked else ""


# As the sign-in library keeps it: it calls `go_on` once a factor was shown.
GOES_ON = {"state": {}, "callback": "accounts.elevated.go_on"}


def go_on(request: HttpRequest, state: dict[str, Any]) -> HttpResponseBase | None:
    page = get_next_redirect_url(request)
    token = token_in(page)
    asked = found(request, token)
    others = {name: text for name, text in request.session.get(KEPT, {}).items() if name != place(token)}
    request.session[KEPT] = others
    if others:
        request.session[STATE_SESSION_KEY] = GOES_ON
    if asked is None:
        return redirect(page) if page else None
    if asked["method"] != "POST":
        file_follows(request, f"{asked['path']}?{asked['query']}".rstrip("?"))
        return redirect(asked["page"])
    return done(request, asked)


def done(request: HttpRequest, asked: dict[str, Any]) -> HttpResponseBase:
    """The request as it was, in the place of the one that showed the factor."""
    request.path, request.path_info = asked["path"], asked["path_info"]
    request.META |= {"PATH_INFO": asked["path_info"], "QUERY_STRING": asked["query"]}
    request.GET, request.POST = QueryDict(asked["query"]), QueryDict(asked["fields"])
    match = request.resolver_match = resolve(asked["path_info"])
    answer: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return answer


def file_follows(request: HttpRequest, address: str) -> None:
    """As an answer to what confirms who he is, a file would leave its reader standing on the page that asked for it: so another
    page begins it."""
    request.session[FILE] = address


def begin_file(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Has the page begin the download that its reader has just confirmed."""
    if address := request.session.pop(FILE, ""):
        response["Refresh"] = f"0; url={address}"
    return response
