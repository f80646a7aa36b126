"""What we keep of a customer and until when; and closing the account. Of legal holds and other inner matters nothing is said."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, keeping, organisations, retention
from accounts.models import Organisation
from kyc.cases.models import Entity
from kyc.keys import closing
from kyc.keys.models import Key
from kyc.onboarding.access import members_only
from kyc.onboarding.changing import Page
from kyc.onboarding.pages import page, posted


class CloseForm(Page):
    name = forms.CharField(
        label=gettext_lazy("Name of the organisation"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Write the name of the organisation, so that this is not done by mistake.")},
    )


def in_short(organisation: Organisation) -> str:
    """For the foot of a page, without asking the database while the account is open."""
    if not organisation.is_closed:
        told = _(
            "We keep what you tell and send us for as long as you are a customer, and for at most %(years)s years after that: "
            "longer only where a law, a court or an agency asks us to."
        )
        return told % {"years": retention.longest_years()}
    until = max(filter(None, (one.until for one in retention.of(organisation))), default=None)
    if until is None:
        return _("We keep some of what you sent for longer, because a law asks us to.")
    told = _(
        "We keep the last of what you told and sent us until %(day)s at the latest: longer only where a law, a court or an "
        "agency asks us to."
    )
    return told % {"day": date_format(until, "j F Y")}


@members_only
def kept(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """The statement, to be read or printed: final once the account is closed."""
    return page(request, organisation, "kept", steps=[], **facts(organisation))


@members_only
def statement(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """The same for machines, to be kept."""
    answer = HttpResponse(encoded(written(organisation, facts(organisation))), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="statement-{organisation.pk}.json"'
    if request.method != "HEAD":
        audit.record("organisation.statement_downloaded", target=organisation, by=request.user)
    return answer


def facts(organisation: Organisation) -> dict[str, Any]:
    return {
        # A class that has nothing to tell the customer is our own matter.
        "rows": [keeping.told(one) for one in retention.of(organisation) if one.record_class.told],
        "keys": Key.objects.filter(organisation=organisation).select_related("responsible").order_by("pk"),
        "entities": Entity.objects.filter(organisation=organisation).order_by("pk"),
        "by_member": closing.is_by_member(organisation),
        "may_begin_anew": closing.may_begin_anew(organisation),
        # By the day, as what it says: so paper and JSON of one day are the same statement, by the same SHA-256.
        "made_on": timezone.now().date(),
    }


def encoded(statement: dict[str, Any]) -> bytes:
    """As machines get it, alone or attached to paper: the same bytes."""
    return json.dumps(statement, ensure_ascii=False, indent=2).encode()


def written(organisation: Organisation, found: dict[str, Any]) -> dict[str, Any]:
    return {
        "statement": "records_kept",
        "provider": settings.PROVIDER_NAME,
        "organisation": {"number": organisation.pk, "name": organisation.name},
        "made_on": found["made_on"].isoformat(),
        "account_closed_at": organisation.closed_at.isoformat(timespec="seconds") if organisation.closed_at else None,
        "account_closed_by": ("customer" if found["by_member"] else "provider") if organisation.closed_at else None,
        "records": [
            {
                "what": row.what,
                "kept_until": str(row.until) if row.until else None,
                "why": row.why,
                "bases": [
                    {"citation": basis.citation, "instrument": basis.instrument, "status": basis.status_text}
                    for basis in row.bases
                ],
                "note": row.note,
            }
            for row in found["rows"]
        ],
        "entities": [
            {
                "reference": entity.reference,
                "name": entity.name,
                "from": entity.valid_from.isoformat(timespec="seconds"),
                "until": (entity.ended_at or entity.valid_until).isoformat(timespec="seconds"),
            }
            for entity in found["entities"]
        ],
        "keys": [
            {
                "name": key.name,
                "key": str(key),
                "responsible": key.responsible.name,
                "issued_at": key.issued_at.isoformat(timespec="seconds"),
                "revoked_at": key.revoked_at.isoformat(timespec="seconds") if key.revoked_at else None,
            }
            for key in found["keys"]
        ],
        "questions": settings.CONTACT_EMAIL,
    }


@members_only
def close(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """What follows from it in plain words; done only by who owns the account and types its name."""
    if organisation.is_closed:
        return redirect("onboarding:kept")
    form = CloseForm(posted(request))
    if form.acted(lambda: closing.close_own(organisation, name=form.cleaned_data["name"], by=request.user)):
        messages.success(request, _("Your account is closed. Keep the statement below."))
        return redirect("onboarding:kept")
    live = Key.objects.filter(organisation=organisation).exclude(state=Key.State.REVOKED).count()
    is_owner = organisations.is_owner(request.user, organisation)
    return page(request, organisation, "close", steps=[], form=form, live_keys=live, is_owner=is_owner)
