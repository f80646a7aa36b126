"""What a page does with a form that was sent to it: the action, or the page again with why not and all that was typed."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.refused import Refused


def act(form: forms.Form, verb: Callable[..., Any]) -> Any:
    """What came of it with what the form says; nothing where the form then tells why not."""
    if not form.is_valid():
        return None
    try:
        return verb(**form.cleaned_data)
    except Refused as refused:
        field = getattr(refused, "field", None)
        form.add_error(field if field in form.fields else None, str(refused))
        return None


def tried(
    request: HttpRequest, form: forms.Form, verb: Callable[..., Any], done: str, *, to: str, again: Callable[[], HttpResponse]
) -> HttpResponse:
    """Does it, tells `done` and leads to an address; or `again` shows the page."""
    if not act(form, verb):
        return again()
    messages.success(request, done)
    return redirect(to)
