"""The page a stranger sees first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render


def home(request: HttpRequest) -> HttpResponse:
    return redirect("start") if request.user.is_authenticated else render(request, "home.html")
