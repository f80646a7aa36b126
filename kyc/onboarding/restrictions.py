"""What was done to a customer's keys, as he is told it, and his appeal."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from kyc.keys import appeals
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.onboarding.access import members_only
from kyc.onboarding.changing import Page
from kyc.onboarding.fields import SentFile
from kyc.onboarding.pages import page, posted


class AppealForm(Page):
    words = forms.CharField(
        label=gettext_lazy("Why it is wrong, in your own words"),
        max_length=appeals.LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Write in your own words why it should end.")},
    )
    file = SentFile(label=gettext_lazy("A document that shows it"), required=False)


@members_only
def one(request: HttpRequest, organisation: Organisation, handle: str) -> HttpResponse:
    found = get_object_or_404(Restriction.objects.filter(organisation=organisation).select_related("hold"), handle=handle)
    sent = list(Appeal.objects.filter(restriction=found).select_related("document", "sent_by").order_by("-pk"))
    form = AppealForm(posted(request), request.FILES or None)

    def act() -> None:
        appeals.send(found, words=form.cleaned_data["words"], file=form.cleaned_data["file"], by=request.user)

    if form.acted(act):
        messages.success(
            request, _("Your appeal is here. Somebody who had no part in this reads it, and answers you by e-mail and here.")
        )
        return redirect("onboarding:restriction", found.handle)
    is_live = Restriction.objects.live().filter(pk=found.pk).exists()
    may_appeal = is_live and not any(appeal.is_open for appeal in sent)
    return page(
        request,
        organisation,
        "restriction",
        steps=[],
        restriction=found,
        appeals=sent,
        form=form,
        is_live=is_live,
        may_appeal=may_appeal,
    )


def told(organisation: Organisation) -> list[dict[str, Any]]:
    """What stands against its keys now, for the overview."""
    rows = Restriction.objects.live().filter(organisation=organisation).prefetch_related("appeals").order_by("pk")
    return [{"restriction": row, "is_appealed": any(appeal.is_open for appeal in row.appeals.all())} for row in rows]
