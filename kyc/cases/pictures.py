"""The ownership picture as a file on its way to whoever may see it on a page."""

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from accounts.private_files import SANDBOX, safe
from kyc.cases.structure import Declared, file
from kyc.ownership.drawing import Undrawable


def picture_file(found: Declared, *, title: str, name: str) -> HttpResponse:
    """A download that no browser runs."""
    try:
        drawn = file(found, title, on=timezone.now())
    except Undrawable:
        drawn = ""
    if not drawn:
        raise Http404
    response = HttpResponse(drawn, content_type="image/svg+xml")
    response["Content-Disposition"] = content_disposition_header(True, safe(name))
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = SANDBOX
    return response
