"""A ruling that was wrong: who overturns it, and who confirms that."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.desk import forms
from kyc.desk.views import fetched, read_proposal, tried
from kyc.screening import overturning
from kyc.screening.models import Hit

HIT_RULE = Permission.HIT_RULE


@staff(HIT_RULE)
@require_POST
def overturn(request: HttpRequest, pk: int, hit: int) -> HttpResponse:
    form_of = partial(forms.OverturnForm, data=request.POST)
    return of_hit(request, pk, hit, lambda target: partial(overturning.overturn, target), form_of, told, "overturn_form")


def told(hit: Hit) -> str:
    if hit.is_doubted:
        return _("A second person confirms it. Until then the ruling stands.")
    return _("Overturned.")


def of_hit(
    request: HttpRequest,
    pk: int,
    hit: int,
    act_of: Callable[[Hit], Callable[..., Hit]],
    form_of: Callable[[Hit], forms.DeskForm],
    done: str | Callable[[Hit], str],
    name: str,
) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(Hit, pk=hit, organisation=found.organisation)
    form, act = form_of(target), partial(act_of(target), by=request.user)
    filled: dict[str, Any] = {name: form, "overturned_pk": hit}
    return tried(request, found, form, act, done=done, tab="screening", place=lambda: f"hit-{hit}", **filled)


def of_proposal(
    request: HttpRequest, pk: int, hit: int, act: Callable[..., Hit], done: str, *, noted: bool = True
) -> HttpResponse:
    def act_of(target: Hit) -> Callable[..., Hit]:
        proposal = read_proposal(request, overturned_hit=target)
        return partial(act, proposal) if noted else lambda note, by: act(proposal, by=by)

    form_of = partial(forms.DoubtForm, data=request.POST if noted else {})
    return of_hit(request, pk, hit, act_of, form_of, done, "doubt_form")


@staff(HIT_RULE)
@require_POST
def confirm(request: HttpRequest, pk: int, hit: int) -> HttpResponse:
    return of_proposal(request, pk, hit, overturning.confirm, _("Confirmed: the ruling is overturned."))


@staff(HIT_RULE)
@require_POST
def send_back(request: HttpRequest, pk: int, hit: int) -> HttpResponse:
    return of_proposal(request, pk, hit, overturning.send_back, _("The ruling stands."))


@staff(HIT_RULE)
@require_POST
def withdraw(request: HttpRequest, pk: int, hit: int) -> HttpResponse:
    return of_proposal(request, pk, hit, overturning.withdraw, _("Withdrawn; the ruling stands."), noted=False)
