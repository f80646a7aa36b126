"""A document is opened without having been checked for viruses: an approver's word, in the demo alone."""

from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.desk.forms import DeskForm
from kyc.desk.views import fetched, tried
from kyc.evidence import intake
from kyc.evidence.models import Document


class ReleaseForm(DeskForm):
    missing = {"reason": gettext_lazy("Say why it may be opened without having been checked.")}

    reason = forms.CharField(label=gettext_lazy("Why it may be opened unchecked"), max_length=1000)

    def __init__(self, number: int, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"release_{number}_%s", **kwargs)


@staff(Permission.DECISION_TAKE)
@require_POST
def release(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(Document.objects.filter(removed_at__isnull=True), pk=document, organisation=found.organisation)
    form = ReleaseForm(document, request.POST)
    act = partial(intake.release, target, by=request.user)
    return tried(request, found, form, act, done=_("Released."), tab="documents", release_form=form, release_pk=document)
