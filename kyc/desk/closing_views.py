"""Legal holds, and the closing of an account, on the desk."""

from functools import partial

from django import forms as django_forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import legal_holds
from accounts.guards import staff
from accounts.models import LegalHold
from accounts.permissions import Permission
from accounts.refused import Refused
from kyc.desk import keeping
from kyc.desk.views import fetched, tried
from kyc.keys import closing

P = Permission
TAB = "kept"
A_PAGE = 50


@staff(P.LEGAL_HOLD)
@require_POST
def place(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), keeping.LegalHoldForm(request.POST)
    act = partial(legal_holds.place, found.organisation, by=request.user)
    return tried(request, found, form, act, done=_("The legal hold is in force."), tab=TAB, legal_form=form)


@staff(P.LEGAL_HOLD)
@require_POST
def lift(request: HttpRequest, pk: int, hold: int) -> HttpResponse:
    """Of the case's organisation; one on everybody's records is lifted where all are listed."""
    found = fetched(request, pk)
    target = get_object_or_404(LegalHold, pk=hold, organisation=found.organisation)
    form = keeping.LegalLiftForm(hold, request.POST)
    act = partial(legal_holds.lift, target, by=request.user)
    done = _("The legal hold is lifted.")
    return tried(request, found, form, act, done=done, tab=TAB, legal_lift_form=form, legal_lift_pk=hold)


@staff(P.DECISION_TAKE)
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), keeping.CloseAccountForm(request.POST)
    act = partial(closing.close, found.organisation, by=request.user)
    return tried(request, found, form, act, done=_("The account is closed."), tab=TAB, close_form=form)


@staff(P.DECISION_TAKE)
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), django_forms.Form(request.POST)
    act = partial(closing.reopen, found.organisation, by=request.user)
    done = _("The account is open again. The customer begins from the notice, and is verified anew.")
    return tried(request, found, form, act, done=done, tab=TAB)


@staff(P.LEGAL_HOLD)
def everybodys(request: HttpRequest) -> HttpResponse:
    """All in force, placing one where no case is at hand, and below those that were lifted."""
    form = keeping.LegalHoldOfForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            legal_holds.place(**form.cleaned_data, by=request.user)
        except Refused as refused:
            field = getattr(refused, "field", None)
            form.add_error(field if field in form.fields else None, str(refused))
        else:
            messages.success(request, _("The legal hold is in force."))
            return redirect("desk:legal_holds")
    return listed(request, form=form)


def listed(
    request: HttpRequest, *, form: django_forms.Form, lifting: keeping.LegalLiftForm | None = None, number: int = 0
) -> HttpResponse:
    live = LegalHold.objects.live().select_related("organisation", "placed_by").order_by("-pk")
    rows = [(hold, lifting if lifting and hold.pk == number else keeping.LegalLiftForm(hold.pk)) for hold in live]
    past = LegalHold.objects.filter(lifted_at__isnull=False).select_related("organisation", "lifted_by")
    page = Paginator(past.order_by("-lifted_at", "-pk"), A_PAGE).get_page(request.GET.get("page"))
    is_refused = bool(form.errors or (lifting and lifting.errors))
    shown = {
        "rows": rows,
        "form": form,
        "lifted": page,
        "newer_url": f"?page={page.number - 1}#lifted" if page.has_previous() else "",
        "older_url": f"?page={page.number + 1}#lifted" if page.has_next() else "",
    }
    return render(request, "desk/legal_holds.html", shown, status=422 if is_refused else 200)


@staff(P.LEGAL_HOLD)
@require_POST
def lift_everybodys(request: HttpRequest, hold: int) -> HttpResponse:
    target = get_object_or_404(LegalHold, pk=hold)
    form = keeping.LegalLiftForm(hold, request.POST)
    if form.is_valid():
        try:
            legal_holds.lift(target, **form.cleaned_data, by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The legal hold is lifted."))
            return redirect("desk:legal_holds")
    return listed(request, form=keeping.LegalHoldOfForm(), lifting=form, number=hold)
