"""The page a stranger sees first."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.defaults import bad_request


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("start") if request.user.is_authenticated else render(request, "home.html")


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; 413 where the request was only too large."""
    if not isinstance(exception, RequestDataTooBig):
        return bad_request(request, exception)
    response = bad_request(request, exception, template_name="413.html")
    response.status_code = 413
    return response
