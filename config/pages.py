"""The page a stranger sees first."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.defaults import bad_request


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("start") if request.user.is_authenticated else render(request, "home.html")


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; 413 where the request was only too large. A machine is told so as the API declines everything."""
    if not isinstance(exception, RequestDataTooBig):
        return bad_request(request, exception)
    if request.path_info.startswith("/api/"):
        return JsonResponse({"error": "invalid_request", "error_description": "The body is too large."}, status=413)
    response = bad_request(request, exception, template_name="413.html")
    response.status_code = 413
    return response
