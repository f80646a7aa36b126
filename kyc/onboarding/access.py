"""Who sees the customer's pages: a member, for his own organisation; support while it looks; nobody else learns of them."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts import scope
from accounts.models import Organisation
from accounts.organisations import organisation_of
from kyc.onboarding import looks, steps

Page = Callable[..., HttpResponse]
NO_STORE = cache_control(private=True, no_store=True)


def customers_only(view: Page) -> Page:
    """A signed-in customer's page, never kept by a cache. Of the database it sees his own organisation,
    which the request names."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @NO_STORE
    @login_required
    @wraps(view)
    def page(request: HttpRequest, **kwargs: object) -> HttpResponse:
        if request.user.is_staff:
            with scope.of_officer(request.user):
                answer = looks.through(request, lambda: view(request, **kwargs))
            if answer is None:
                raise Http404
            return answer
        with scope.everything():
            request.organisation = organisation_of(request.user)
            scope.enter(request.organisation.pk if request.organisation else None)
            return view(request, **kwargs)

    return page


def members_only(view: Page) -> Page:
    """Calls `view(request, organisation, ...)` with the member's own organisation; sends others to make one."""

    @customers_only
    @wraps(view)
    def page(request: HttpRequest, **kwargs: object) -> HttpResponse:
        if request.organisation is None:
            return redirect("onboarding:create")
        return view(request, request.organisation, **kwargs)

    return page


def while_open(step: str) -> Callable[[Page], Page]:
    """As while_editable, for the pages of one step: only where it is asked, and not while other things are asked for; the use
    also once it is verified."""

    def made(view: Page) -> Page:
        @members_only
        @wraps(view)
        def page(request: HttpRequest, organisation: Organisation, **kwargs: object) -> HttpResponse:
            way = steps.way(organisation)
            if way.case is None:
                return redirect("onboarding:create")
            if step not in way.open:
                messages.info(request, why_closed(organisation, way, step))
                return redirect("onboarding:overview")
            request.way = way
            return view(request, organisation, **kwargs)

        return page

    return made


def why_closed(organisation: Organisation, way: steps.Way, step: str) -> Promise:
    if way.case is not None and not way.case.is_editable:
        return steps.closed(organisation, way.case)
    return steps.NOT_ASKED if step in way.names else steps.NOT_YOURS


def while_editable(view: Page) -> Page:
    """As members_only, for pages that change what was told: only while the case is the customer's to fill in."""

    @members_only
    @wraps(view)
    def page(request: HttpRequest, organisation: Organisation, **kwargs: object) -> HttpResponse:
        case = steps.current_case(organisation)
        if case is None:
            return redirect("onboarding:create")
        if not case.is_editable:
            messages.info(request, steps.closed(organisation, case))
            return redirect("onboarding:overview")
        return view(request, organisation, **kwargs)

    return page
