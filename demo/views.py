"""Signing in as someone, and the mail the demo has caught. Exists in demo mode only."""

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import scope, second_factor
from accounts.models import User
from demo import seed
from demo.cast import CAST, PASSWORD, TOTP_SECRET
from demo.models import Mail


@require_safe
def cast(request: HttpRequest) -> HttpResponse:
    with scope.everything():
        there = seed.loaded()
    loading = {"there": there, "total": seed.TOTAL} if there < seed.TOTAL else None
    return render(request, "demo/cast.html", {"cast": CAST, "password": PASSWORD, "totp": TOTP_SECRET, "loading": loading})


@require_POST
def sign_in_as(request: HttpRequest) -> HttpResponse:
    email = request.POST.get("email", "")
    if email not in {person.email for person in CAST}:
        raise Http404
    user = get_object_or_404(User, email=email)
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    if user.is_staff:
        second_factor.record(request, "demo")
    return redirect("start")


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/mail.html", {"mails": Mail.objects.order_by("-pk")[:100]})
