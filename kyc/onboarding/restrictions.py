"""What was done to a customer's keys, as he is told it, and his appeal."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from kyc.directives import notifying
from kyc.keys import appeals, pools
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
        limits=[one for one in pools.standing(organisation) if one.pool.restriction_id == found.pk],
        appeals=sent,
        form=form,
        is_live=is_live,
        would_show=would_show(found) if found.is_by_order and is_live else [],
        may_appeal=may_appeal,
    )


# What a customer can do about each fact that would show him to be outside (kyc/directives/population.py).
TO_SHOW: dict[str, Promise] = {
    "customer.status": gettext_lazy("A document that shows that you, the customer, are a US person."),
    "responsible.status": gettext_lazy("A document that shows that whoever answers for a key is a US person."),
    "customer.headquarters": gettext_lazy("A document that shows where you have your headquarters."),
    "customer.parent": gettext_lazy("A document that shows who your ultimate parent is, and where it has its headquarters."),
    "customer.formed": gettext_lazy("A document that shows where you were formed."),
    "key.used_from": gettext_lazy("A document that shows where you are."),
    "customer.concern": gettext_lazy("Documents that show where you have your headquarters and who controls you."),
    "customer.owners": gettext_lazy("Who owns you, as far up as it goes."),
    "customer.who": gettext_lazy("That you are verified: send what your case still needs."),
}


def would_show(restriction: Restriction) -> list[Promise]:
    """What is missing of the customer's keys for what it tells of, each once, in the order of the facts."""
    missing = notifying.missing(restriction)
    return [sentence for code, sentence in TO_SHOW.items() if code in missing]


def limiting(organisation: Organisation) -> list[dict[str, Any]]:
    """As `told`, of how much they may use alone."""
    return [one for one in told(organisation) if one["restriction"].kind == Restriction.Kind.LIMIT]


def told(organisation: Organisation) -> list[dict[str, Any]]:
    """What stands against its keys now, for the overview."""
    rows = Restriction.objects.live().filter(organisation=organisation).prefetch_related("appeals").order_by("pk")
    return [{"restriction": row, "is_appealed": any(appeal.is_open for appeal in row.appeals.all())} for row in rows]
