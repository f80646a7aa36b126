"""Where a person is signed in, and ending one of these sessions from another."""

import re

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

# Read from top to bottom: browsers name those they descend from as well.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "Mac"),
           ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def device(user_agent: str) -> str:
    """What a browser calls itself, in words that its owner knows: "Firefox on Windows"."""
    browser = next((name for sign, name in BROWSERS if re.search(rf"{sign}\w*/", user_agent)), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:60] or _("An unknown browser")


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """The session is signed out at its next request."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    session.end()
    messages.success(request, _("%(device)s is signed out.") % {"device": device(session.user_agent)})
    return redirect("usersessions_list")
