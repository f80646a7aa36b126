"""Doors: a stranger signs in first, and whoever has no business here finds nothing."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.cache import never_cache

from accounts.permissions import Permission

View = Callable[..., HttpResponse]
METHODS = ("GET", "HEAD", "POST")


def staff(permission: Permission) -> Callable[[View], View]:
    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.can(permission):
                raise Http404
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            return view(request, *args, **kwargs)

        return never_cache(login_required(guarded))

    return guard
