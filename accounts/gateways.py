"""The administrator's pages of the gateways' credentials: what is in use, issue one, revoke one."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import credentials, resume
from accounts.alphabet import by_name
from accounts.elevated import elevated
from accounts.guards import staff
from accounts.models import GatewayCredential
from accounts.permissions import Permission
from accounts.refused import Refused

UNPROCESSABLE = 422
COLUMNS = [
    {"label": label}
    for label in (gettext_lazy("Gateway"), gettext_lazy("Begins with"), gettext_lazy("Knows"), gettext_lazy("Issued, UTC"))
]


class CredentialForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=credentials.LONGEST_NAME,
        help_text=gettext_lazy("By which you tell it from others."),
    )
    for_test = forms.BooleanField(
        label=gettext_lazy("For tests: it knows the keys of sandboxes, and no customer’s"), required=False
    )

    certificate = forms.CharField(
        label=gettext_lazy("SHA-256 of its client certificate"),
        required=False,
        max_length=200,
        help_text=gettext_lazy(
            "With it the credential is good together with that certificate alone. Left empty, it is good by itself."
        ),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        # No choice where no proxy is believed about certificates; whoever sends one all the same is told so.
        if not settings.CLIENT_CERT_PROXIES and not self.data.get("certificate"):
            del self.fields["certificate"]
        resume.fill(self)


@staff(Permission.GATEWAYS_MANAGE)
def page(request: HttpRequest) -> HttpResponse:
    """Those in use by name, and below them what was revoked, the latest first."""
    rows = list(GatewayCredential.objects.order_by(*by_name(), "pk"))
    revoked = sorted((row for row in rows if row.revoked_at), key=lambda row: row.revoked_at, reverse=True)
    shown = {"columns": COLUMNS, "live": [row for row in rows if not row.revoked_at], "revoked": revoked}
    return render(request, "accounts/gateways.html", shown)


def issuing(request: HttpRequest) -> str:
    return _("Issue a credential for the gateway %(name)s") % {"name": request.POST.get("name", "")[: credentials.LONGEST_NAME]}


def revoking(request: HttpRequest, pk: int) -> str:
    return _("Revoke the credential of the gateway %(name)s") % {"name": get_object_or_404(GatewayCredential, pk=pk).name}


@staff(Permission.GATEWAYS_MANAGE)
@elevated(issuing)
def issue(request: HttpRequest) -> HttpResponse:
    """The answer is the one page that ever shows the credential."""
    form = CredentialForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            credential, secret = credentials.issue(**form.cleaned_data, by=request.user)
        except Refused as refused:
            form.add_error(getattr(refused, "field", None), str(refused))
        else:
            return render(request, "accounts/gateway_issued.html", {"credential": credential, "secret": secret})
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "accounts/gateway_issue.html", {"form": form}, status=status)


@staff(Permission.GATEWAYS_MANAGE)
@require_POST
@elevated(revoking)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    credential = get_object_or_404(GatewayCredential, pk=pk)
    try:
        credentials.revoke(credential, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The credential of %(name)s works no longer.") % {"name": credential.name})
    return redirect("gateways")
