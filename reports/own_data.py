"""A member's own data: he asks for a copy or for erasure, sees until when he is answered, and takes the answer. Of what others of
his organisation asked he learns nothing."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import elevated
from accounts.models import Organisation
from accounts.permissions import NotPermitted
from accounts.private_files import private_file
from accounts.refused import Refused
from accounts.vault import Erased, FileErased
from kyc.onboarding.access import members_only
from kyc.onboarding.changing import Page
from kyc.onboarding.pages import page, posted
from reports import subjects
from reports.actions import NotReady
from reports.models import Report, SubjectRequest


class AskForm(Page):
    kind = forms.ChoiceField(
        label=gettext_lazy("What do you ask for?"),
        choices=[
            ("access", gettext_lazy("A copy of the data about me, and what we do with them")),
            ("erasure", gettext_lazy("That the data about me are erased, as far as nothing obliges us to keep them")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what you ask for."),
            "invalid_choice": gettext_lazy("Choose one of the two."),
        },
    )


@members_only
@require_safe
def own(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    answer = shown(request, organisation, AskForm(None))
    # Who went away from the question who he is, is not sent there again.
    return elevated.begin_file(request, answer) if did_recently_reauthenticate(request) else answer


def shown(request: HttpRequest, organisation: Organisation, form: AskForm) -> HttpResponse:
    asked = SubjectRequest.objects.filter(organisation=organisation, user=request.user).select_related("answer").order_by("-pk")
    today = timezone.now().date()
    rows = [(one, max(0, (one.due_on - today).days), is_erased(one)) for one in asked]
    return page(request, organisation, "own_data", steps=[], form=form, rows=rows)


@members_only
@require_POST
def ask(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    form, before = AskForm(posted(request)), SubjectRequest.objects.open().filter(user=request.user).count()
    if form.acted(lambda: subjects.ask(organisation, kind=form.cleaned_data["kind"], by=request.user)):
        if SubjectRequest.objects.open().filter(user=request.user).count() > before:
            messages.success(request, _("We have your request. Below you see until when we answer."))
        else:
            messages.info(request, _("You have asked for that already. Below you see until when we answer."))
        return redirect("own_data")
    return shown(request, organisation, form)


def confirmed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """An answer tells all about a person: whoever has only got hold of his session takes none. Once he has shown again who he
    is, his page begins the file."""

    @wraps(view)
    def guarded(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponseBase:
        own_answered(request, organisation, pk)
        if did_recently_reauthenticate(request):
            return view(request, organisation, pk)
        elevated.file_follows(request, request.path)
        first, *_others = get_adapter().get_reauthentication_methods(request.user)
        return redirect(f"{first['url']}?{urlencode({'next': reverse('own_data')})}")

    return guarded


@members_only
@require_POST
def withdraw(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """Takes back what he asked; what others asked is not found."""
    found = get_object_or_404(SubjectRequest.objects.filter(organisation=organisation, user=request.user), pk=pk)
    try:
        subjects.withdraw(found, by=request.user)
    except NotPermitted:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Your request is taken back."))
    return redirect("own_data")


@members_only
@require_safe
@confirmed
def pdf(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponseBase:
    asked = taken(request, organisation, pk, "pdf")
    try:
        return private_file(asked.answer.file, name=f"{asked.answer.number}.pdf", content_type="application/pdf")
    except FileErased:
        raise Http404 from None


@members_only
@require_safe
@confirmed
def facts(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """report.json, byte for byte: its SHA-256 is the one that the PDF bears."""
    asked = taken(request, organisation, pk, "json")
    answer = HttpResponse(str(asked.answer.facts), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{asked.answer.number}.json"'
    return answer


def is_erased(asked: SubjectRequest) -> bool:
    """Whether the answer has gone with its record class."""
    return asked.answer is not None and isinstance(asked.answer.facts, Erased)


def own_answered(request: HttpRequest, organisation: Organisation, pk: int) -> SubjectRequest:
    """His own request whose answer is made; nobody else finds anything."""
    rows = SubjectRequest.objects.filter(organisation=organisation, user=request.user).select_related("answer")
    found: SubjectRequest = get_object_or_404(rows, pk=pk)
    if found.answer is None or found.answer.state != Report.State.ISSUED or is_erased(found):
        raise Http404
    return found


def taken(request: HttpRequest, organisation: Organisation, pk: int, form: str) -> SubjectRequest:
    """That he takes it is written down."""
    found = own_answered(request, organisation, pk)
    try:
        if request.method != "HEAD":
            subjects.handed_over(found, form=form, by=request.user)
    except (NotPermitted, NotReady):
        raise Http404 from None
    return found
