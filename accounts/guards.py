"""Doors: a stranger signs in first, and whoever has no business here finds nothing, nor does what he asks the database."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.cache import never_cache

from accounts import scope
from accounts.permissions import Permission

View = Callable[..., HttpResponse]
METHODS = ("GET", "HEAD", "POST")


def staff(permission: Permission, *, in_parts: bool = False) -> Callable[[View], View]:
    """A page for officers, in one transaction; `in_parts` where the view opens its scopes itself, because what it does cannot
    stand in one."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.can(permission):
                raise Http404
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            if in_parts:
                return view(request, *args, **kwargs)
            with scope.of_officer(request.user):
                return view(request, *args, **kwargs)

        return never_cache(login_required(guarded))

    return guard
