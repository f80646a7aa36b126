"""The customer's keys: listed, issued and shown once, revoked."""

import re
import secrets
from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import organisations
from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.cases.models import Entity
from kyc.keys import actions as keys
from kyc.keys import changing, lapsing, renewals, terms
from kyc.keys.models import Hold, Key, Leak
from kyc.onboarding import elsewhere_keys, shown_keys
from kyc.onboarding.access import members_only
from kyc.onboarding.changing import Page
from kyc.onboarding.key_forms import AnswerForm, ChangeForm, KeyForm, RollForm, stands
from kyc.onboarding.pages import page, posted

ONCE = "key_form"
# As secret_once numbers its forms.
MADE = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
# Makes a key for the form of that name, and gives it with its secret.
Act = Callable[[str], tuple[Key, str]]


def live_entity(organisation: Organisation) -> Entity | None:
    return Entity.objects.live().filter(organisation=organisation).first()


@members_only
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    rows = shown_keys.of(organisation)
    return page(
        request,
        organisation,
        "keys",
        steps=[],
        keys=rows,
        # Another key would be held, too.
        stops=any(Hold.RESTRICTION in row.sources for row in rows),
        entity=live_entity(organisation),
        use_hold=renewals.hold_of(organisation),
        elsewhere=elsewhere_keys.left(organisation),
        now=timezone.now(),
    )


@members_only
def one(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    key = key_or_404(organisation, pk)
    leaks = Leak.objects.filter(key=key).select_related("hold").order_by("-pk")
    is_owner = organisations.is_owner(request.user, organisation)
    return page(request, organisation, "key", steps=[], one=shown_keys.of(organisation, pk)[0], leaks=leaks, is_owner=is_owner)


@members_only
def responsible(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """Who answers for it from now on."""
    key = key_or_404(organisation, pk)
    if key.state == Key.State.REVOKED:
        messages.info(request, _("%(name)s is revoked and cannot be used any more.") % {"name": key.name})
        return redirect("onboarding:keys")
    form = AnswerForm(posted(request), organisation=organisation)
    if form.acted(lambda: lapsing.name_responsible(key, **form.told, by=request.user)):
        who = form.cleaned_data["responsible"].name
        messages.success(request, _("%(person)s answers for %(name)s now.") % {"person": who, "name": key.name})
        return redirect("onboarding:key", pk=key.pk)
    return page(request, organisation, "key_responsible", steps=[], form=form, key=key)


@members_only
def change(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """What it is called, from where it may be used, and that it ends sooner."""
    key = key_or_404(organisation, pk)
    try:
        changing.refuse_over(key)
    except changing.NotChanged as refusal:
        messages.info(request, str(refusal))
        return redirect("onboarding:keys")
    form = ChangeForm(posted(request), key=key)
    if form.acted(lambda: save(key, form, request.user)):
        warn_of_networks(request, key_or_404(organisation, pk))
        messages.success(request, _("Saved. Gateways go by it from the next call on."))
        return redirect("onboarding:key", pk=key.pk)
    return page(request, organisation, "key_change", steps=[], form=form, key=key)


@transaction.atomic
def save(key: Key, form: ChangeForm, by: User) -> None:
    organisations.locked(key.organisation, by=by)
    form.compare(stands(Key.objects.get(pk=key.pk)))
    changing.change(key, **form.told, by=by)


@members_only
@require_POST
def wake(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """A click on the key's page."""
    key = key_or_404(organisation, pk)
    form = Page(posted(request))
    woken: list[bool] = []
    if form.acted(lambda: woken.append(lapsing.wake(key, by=request.user))):
        if any(woken):
            messages.success(request, _("%(name)s is kept.") % {"name": key.name})
        else:
            messages.info(request, _("%(name)s asks for nothing: there is nothing to wake.") % {"name": key.name})
    for sentence in form.non_field_errors():
        messages.info(request, sentence)
    return redirect("onboarding:key", pk=key.pk)


@members_only
def issue(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """The secret stands in this answer and nowhere else. A form sent a second time issues no second key."""
    if live_entity(organisation) is None:
        messages.info(request, _("Keys can be issued once you are verified."))
        return redirect("onboarding:keys")
    form = KeyForm(posted(request), organisation=organisation)
    return secret_once(
        request, organisation, form, lambda once: keys.issue(organisation, **form.told, once=once, by=request.user)
    )


@members_only
def roll(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """As issue; the old key is asked about first."""
    key = key_or_404(organisation, pk)
    if not is_sent_again(request, key) and (sentence := keys.why_not_rolled(key)):
        messages.info(request, sentence)
        return redirect("onboarding:keys")
    form = RollForm(posted(request), key=key, hours=keys.overlaps(key))
    return secret_once(request, organisation, form, lambda once: keys.roll(key, **form.told, once=once, by=request.user), old=key)


def is_sent_again(request: HttpRequest, key: Key) -> bool:
    """Whether the form that came has rolled it already."""
    once = request.POST.get("once", "") if request.method == "POST" else ""
    return MADE.fullmatch(once) is not None and Key.objects.filter(replaces=key, once=once).exists()


def secret_once(request: HttpRequest, organisation: Organisation, form: Page, act: Act, old: Key | None = None) -> HttpResponse:
    """The page that asks, or the one answer that shows the new key's secret; a form that was used leads back to the list."""
    if request.method == "POST" and form.is_valid():
        once = request.POST.get("once", "")
        try:
            if not once or once != request.session.get(ONCE):
                raise keys.IssuedAlready(keys.USED)
            key, secret = act(once)
        except keys.IssuedAlready as refusal:
            messages.info(request, str(refusal))
            return redirect("onboarding:keys")
        except Refused as refusal:
            field = getattr(refusal, "field", None)
            form.refused(refusal, field if field in form.fields else None)
        else:
            request.session.pop(ONCE, None)
            warn_of_networks(request, key)
            if old:
                old.refresh_from_db()
            return page(request, organisation, "key_issued", steps=[], key=key, secret=secret, old=old)
    request.session[ONCE] = secrets.token_urlsafe(16)
    shown = "key_roll" if old else "key_issue"
    return page(request, organisation, shown, steps=[], form=form, once=request.session[ONCE], key=old)


def warn_of_networks(request: HttpRequest, key: Key) -> None:
    """That they were taken as written says nothing of whether they were meant."""
    if wide := terms.nearly_anywhere(key.allowed_networks):
        told = {"name": key.name, "networks": ", ".join(wide)}
        messages.warning(request, _("%(name)s may be used from nearly anywhere: %(networks)s holds very many addresses.") % told)


def key_or_404(organisation: Organisation, pk: int) -> Key:
    return get_object_or_404(Key.objects.filter(organisation=organisation).select_related("project", "responsible"), pk=pk)


@members_only
def revoke(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    key = key_or_404(organisation, pk)
    if key.state == Key.State.REVOKED:
        messages.info(request, _("%(name)s is revoked and cannot be used any more.") % {"name": key.name})
        return redirect("onboarding:keys")
    form = Page(posted(request))
    if form.acted(lambda: keys.revoke(key, reason=_("by the customer"), by=request.user)):
        messages.success(request, _("%(name)s is revoked and cannot be used any more.") % {"name": key.name})
        return redirect("onboarding:keys")
    return page(request, organisation, "key_revoke", steps=[], form=form, key=key)
