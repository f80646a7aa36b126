"""Deleting a sign-in with which nothing was begun yet."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _

from accounts import leaving
from accounts.refused import Refused
from kyc.onboarding.access import customers_only


@customers_only
def leave(request: HttpRequest) -> HttpResponse:
    """Asks once more, and does it."""
    if request.organisation:
        return redirect("onboarding:overview")
    form = forms.Form()
    if request.method == "POST":
        form = forms.Form(request.POST)
        form.is_valid()
        try:
            leaving.leave(request.user, by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            logout(request)
            messages.success(request, _("Your account is deleted."))
            return redirect(resolve_url(settings.LOGIN_URL))
    return render(request, "onboarding/leave.html", {"form": form}, status=422 if form.errors else 200)
