"""Keys of the customer that were issued elsewhere: each becomes one like any other when somebody answers for it."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.models import Organisation
from kyc.cases.models import Entity
from kyc.keys import campaign
from kyc.keys.estate_models import ImportedKey
from kyc.onboarding.access import members_only
from kyc.onboarding.changing import Page
from kyc.onboarding.key_forms import AnswerForm
from kyc.onboarding.pages import page, posted


def left(organisation: Organisation) -> QuerySet[ImportedKey]:
    """Those that are still what they were."""
    rows = ImportedKey.objects.filter(organisation=organisation, became__isnull=True, revoked_at__isnull=True)
    return rows.select_related("project", "remediation").order_by("pk")


@members_only
def adopt(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """Who answers for it from now on."""
    key = get_object_or_404(left(organisation), pk=pk)
    if not Entity.objects.live().filter(organisation=organisation).exists():
        messages.info(request, _("Say who answers for %(key)s once you are verified.") % {"key": key})
        return redirect("onboarding:keys")
    form = AnswerForm(posted(request), organisation=organisation)
    if form.acted(lambda: campaign.adopt(key, **form.cleaned_data, by=request.user)):
        who = form.cleaned_data["responsible"].name
        messages.success(request, _("%(person)s answers for %(name)s now.") % {"person": who, "name": key})
        return redirect("onboarding:keys")
    return page(request, organisation, "key_elsewhere", steps=[], form=form, key=key)


@members_only
def revoke(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    key = get_object_or_404(left(organisation), pk=pk)
    form = Page(posted(request))
    if form.acted(lambda: campaign.revoke(key, by=request.user)):
        messages.success(request, _("%(name)s is revoked and cannot be used any more.") % {"name": key})
        return redirect("onboarding:keys")
    return page(request, organisation, "key_elsewhere_revoke", steps=[], form=form, key=key)
