"""The page a stranger sees first, and what is answered where no view can. A machine is told so as the API declines everything."""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.defaults import bad_request, page_not_found, server_error

from accounts import limits
from kyc.api import errors

# More fields or files than one form has, or a head of one, which bears the file's name, that is longer than any.
FORM_TURNED_AWAY = (TooManyFieldsSent, TooManyFilesSent, MultiPartParserError)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("start") if request.user.is_authenticated else render(request, "home.html")


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, with the cause where it is of the form; 413 where the request was only too large."""
    if errors.is_asked(request) and (told := errors.declined(exception)):
        return told
    if isinstance(exception, FORM_TURNED_AWAY):
        return bad_request(request, exception, template_name="400_form.html")
    if not isinstance(exception, RequestDataTooBig):
        return bad_request(request, exception)
    response = bad_request(request, exception, template_name="413.html")
    response.status_code = 413
    return response


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    told = errors.declined(exception) if errors.is_asked(request) else None
    return told or page_not_found(request, exception)


def too_many(request: HttpRequest) -> HttpResponse:
    """429; the sign-in library asks for it."""
    return limits.refused(request)


def broken(request: HttpRequest) -> HttpResponse:
    """500."""
    return errors.broken() if errors.is_asked(request) else server_error(request)
