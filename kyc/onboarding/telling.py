"""A verified customer tells of a change, or confirms that nothing has changed."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from kyc.cases import telling
from kyc.cases.models import Case, Entity
from kyc.onboarding import steps
from kyc.onboarding.access import members_only
from kyc.onboarding.changing import Page
from kyc.onboarding.forms import SendForm
from kyc.onboarding.pages import page, posted
from kyc.onboarding.words import WORDS
from kyc.parties import profiles
from kyc.rules import packs


class ChangeForm(Page):
    parts = forms.MultipleChoiceField(
        label=gettext_lazy("What has changed, or will soon?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose what has changed. If nothing has, say so below."),
            "invalid_choice": gettext_lazy("Choose from the list."),
        },
    )
    words = forms.CharField(
        label=gettext_lazy("In a sentence, if you like"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Such as: Kari Moe sold her share to Fjord AS on 3 November."),
    )

    def __init__(self, *args: object, organisation: Organisation, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parts"].choices = list(telling.parts(organisation).items())  # type: ignore[attr-defined]  # its own


@members_only
def tell(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """What has changed, chosen; the pages of these then open. Beneath, the way of one of whom nothing has changed."""
    case = steps.current_case(organisation)
    is_more = case is not None and case.is_watched and case.submitted_at is None
    is_decided = case is not None and case.state == Case.State.APPROVED
    if not (is_more or (is_decided and telling.was_verified(organisation))):
        return redirect("onboarding:overview")
    is_confirming = "confirm" in request.POST
    form = ChangeForm(None if is_confirming else posted(request), organisation=organisation)
    sending = SendForm(posted(request) if is_confirming else None, statement=statement(organisation))
    if not is_confirming and form.acted(lambda: told(request, organisation, form)):
        messages.success(request, _("Thank you. Change what has changed, then send it."))
        return redirect("onboarding:overview")
    if is_confirming and sending.acted(lambda: confirmed(request, organisation, sending)):
        messages.success(request, _("Confirmed. We look at it, and write to you only if we need something."))
        return redirect("onboarding:overview")
    entity = Entity.objects.live().filter(organisation=organisation).first()
    context = {
        "change": form,
        "sending": sending,
        "entity": entity,
        "is_more": is_more,
        "days": packs.current().days("change"),
        "steps": [],
    }
    return page(request, organisation, "change", form=sending if is_confirming else form, **context)


@members_only
def take_back(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """After all nothing has changed: what was touched meanwhile is sent as it stands; where nothing was, it is forgotten."""
    case = steps.current_case(organisation)
    if case is None or not case.is_watched:
        return redirect("onboarding:overview")
    if telling.is_forgettable(case):
        mistaken = Page(posted(request))
        if mistaken.acted(lambda: telling.forget(case, by=request.user)):
            messages.success(request, _("Taken back. What was verified stands, and there is nothing to send."))
            return redirect("onboarding:overview")
        return page(request, organisation, "change_none", form=mistaken, is_forgettable=True, steps=[])
    form = SendForm(posted(request), statement=statement(organisation))
    if form.acted(lambda: telling.take_back(case, declared_true=form.cleaned_data["declared_true"], by=request.user)):
        messages.success(request, _("Sent as it stands. We look at it, and write to you only if we need something."))
        return redirect("onboarding:overview")
    return page(request, organisation, "change_none", form=form, steps=[])


def told(request: HttpRequest, organisation: Organisation, form: ChangeForm) -> None:
    cleaned = form.cleaned_data
    telling.tell(organisation, changed=cleaned["parts"], words=cleaned["words"], by=request.user)


def confirmed(request: HttpRequest, organisation: Organisation, form: SendForm) -> None:
    telling.confirm(organisation, declared_true=form.cleaned_data["declared_true"], by=request.user)


def statement(organisation: Organisation) -> str:
    return str(WORDS[profiles.customer_class(organisation)]["true"])
