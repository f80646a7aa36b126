"""What a customer says, confirmed by himself as long as his account is open: by codes, on his domain, by services outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from accounts.refused import Refused
from kyc.evidence import code_sending, confirmations, domain_watch, outside_checks, texting
from kyc.evidence.confirmation_models import OPEN, Confirmation, ConfirmationCode, DomainChallenge, OutsideCheck
from kyc.evidence.confirming import domains
from kyc.evidence.outside import services
from kyc.onboarding.access import members_only
from kyc.onboarding.changing import Page
from kyc.onboarding.fields import Text
from kyc.onboarding.pages import page, posted
from kyc.parties.models import Party
from kyc.rules import packs

C, W = ConfirmationCode.Channel, Confirmation.What
# By what is typed on the page of a code.
HEADS: dict[str, Promise] = {
    C.EMAIL: gettext_lazy("Confirm an e-mail address"),
    C.PHONE: gettext_lazy("Confirm a telephone number"),
    C.POST: gettext_lazy("Confirm an address by our letter"),
    C.DOMAIN: gettext_lazy("Confirm a domain by a mailbox"),
}


class CodeForm(Page):
    code = Text(label=gettext_lazy("The code"), max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = packs.current().confirmations
        told = {"digits": rules.code("digits"), "tries": rules.code("tries")}
        self.fields["code"].help_text = _("%(digits)s digits. It can be tried %(tries)s times.") % told
        self.fields["code"].widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric"}


@dataclass(frozen=True)
class Line:
    """One thing that a party says: by which confirmation it stands, or where it is confirmed."""

    what: str
    value: str
    confirmed: Confirmation | None
    url: str
    # The services that may do so, by name and address.
    more: tuple[tuple[str, str], ...] = ()


def party_or_404(organisation: Organisation, pk: int) -> Party:
    return get_object_or_404(Party.objects.current().filter(organisation=organisation), pk=pk)


@members_only
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    parties = list(Party.objects.current().filter(organisation=organisation).select_related("organisation").order_by("pk"))
    standing, open_letters = confirmations.standing(organisation, parties), written_to(organisation)
    found = [(party, lines(party, standing.get(party.pk, {}), has_letter=party.pk in open_letters)) for party in parties]
    return page(request, organisation, "confirm", parties=[(party, told) for party, told in found if told])


def lines(party: Party, standing: Mapping[str, Confirmation], *, has_letter: bool) -> list[Line]:
    said = confirmations.said(party)
    at = {
        W.EMAIL: reverse("onboarding:confirm_code", args=[party.pk, C.EMAIL]),
        W.PHONE: reverse("onboarding:confirm_code", args=[party.pk, C.PHONE]) if texting.is_offered() else "",
        W.ADDRESS: reverse("onboarding:confirm_code", args=[party.pk, C.POST]) if has_letter else "",
        W.DOMAIN: reverse("onboarding:confirm_domain", args=[party.pk]),
    }
    found = [
        Line(str(W(what).label), said[what], standing.get(what), url)
        for what, url in at.items()
        if what in said and (url or what in standing)
    ]
    offered = services.offered() if W.IDENTITY in said else []
    checks = tuple((one.name, reverse("onboarding:confirm_service", args=[party.pk, one.code])) for one in offered)
    if checks or W.IDENTITY in standing:
        found.append(Line(str(W.IDENTITY.label), party.name, standing.get(W.IDENTITY), "", checks))
    return found


def written_to(organisation: Organisation) -> set[int]:
    """The parties to which a letter is under way whose code is still good."""
    letters = ConfirmationCode.objects.filter(organisation=organisation, channel=C.POST, state__in=OPEN)
    return set(letters.filter(expires_at__gt=timezone.now()).values_list("party", flat=True))


def last_code(party: Party, channel: str) -> ConfirmationCode | None:
    return ConfirmationCode.objects.filter(party=party, channel=channel).order_by("-pk").first()


@members_only
def code(request: HttpRequest, organisation: Organisation, pk: int, channel: str) -> HttpResponse:
    """Where the code is asked for, and typed."""
    party = party_or_404(organisation, pk)
    if channel not in C.values:
        raise Http404
    form = CodeForm(posted(request))
    if form.acted(lambda: code_sending.enter(party, channel=channel, code=form.cleaned_data["code"], by=request.user)):
        messages.success(request, _("Confirmed."))
        return redirect("onboarding:confirm")
    last = last_code(party, channel)
    return page(
        request,
        organisation,
        "confirm_code",
        form=form,
        party=party,
        channel=channel,
        head=HEADS[channel],
        to=confirmations.said(party).get(code_sending.SHOWS[C(channel)][0], ""),
        sent=last,
        may_type=last is not None and last.state in OPEN,
        **terms(channel),
        mailboxes=domains.KEEPERS if channel == C.DOMAIN else (),
        back=reverse("onboarding:confirm"),
    )


def terms(channel: str) -> dict[str, int]:
    """For how long such a code is good, as the page says it."""
    rules = packs.current().confirmations
    if channel == C.POST:
        return {"days": rules.code_days_by_post(at_home=True), "days_abroad": rules.code_days_by_post(at_home=False)}
    minutes = rules.code_minutes(channel)
    return {"minutes": minutes, "hours": minutes // 60}


@members_only
def send(request: HttpRequest, organisation: Organisation, pk: int, channel: str) -> HttpResponse:
    party = party_or_404(organisation, pk)
    if channel not in C.values:
        raise Http404
    if request.method == "POST":
        try:
            code_sending.ask(party, channel=channel, mailbox=request.POST.get("mailbox", ""), by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("A code is on its way."))
    return redirect("onboarding:confirm_code", pk=pk, channel=channel)


@members_only
def domain(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """What is to be published and where, and how it stands. The first post begins it, each further one has it looked for."""
    party, form = party_or_404(organisation, pk), Page(posted(request))
    if form.acted(lambda: begin_or_look(request, party)):
        return redirect("onboarding:confirm_domain", pk=pk)
    row = standing_challenge(party)
    return page(
        request,
        organisation,
        "confirm_domain",
        form=form,
        party=party,
        challenge=row,
        every_days=packs.current().confirmations.domain("every_days"),
        record=domains.record_name(row.domain) if row else "",
        value=domains.value(row.token) if row else "",
        file=f"https://{domains.ascii_name(row.domain)}{domains.PATH}" if row else "",
    )


def standing_challenge(party: Party) -> DomainChallenge | None:
    rows = DomainChallenge.objects.filter(party=party, domain=party.domain).exclude(state=DomainChallenge.State.ENDED)
    return rows.order_by("-pk").first()


def begin_or_look(request: HttpRequest, party: Party) -> None:
    row = standing_challenge(party)
    if row is None or row.state == DomainChallenge.State.LOST:
        domain_watch.challenge(party, by=request.user)
    else:
        domain_watch.look(row, by=request.user)


@members_only
def service(request: HttpRequest, organisation: Organisation, pk: int, service: str) -> HttpResponse:
    """What the service does, and how it stands. Its page is a link: no form of ours leads to another site."""
    party, asked = party_or_404(organisation, pk), services.SERVICES.get(service)
    if asked is None or not party.is_person:
        raise Http404
    path = reverse("onboarding:confirm_service", args=[pk, service])
    if request.method == "POST" and not asked.is_offered():
        messages.error(request, _("This verification service is not offered."))
        return redirect(path)
    form = Page(posted(request))
    is_begun = form.acted(lambda: begin(request, form, party, service, path))
    begun = OutsideCheck.objects.filter(party=party, service=service, state__in=OutsideCheck.OPEN + OutsideCheck.FINAL)
    last = begun.order_by("-pk").first()
    leads_to = form.saved if is_begun else ""
    return page(
        request,
        organisation,
        "confirm_service",
        form=form,
        party=party,
        service=asked.name or _("a verification service"),
        is_offered=asked.is_offered(),
        check=last,
        leads_to=leads_to,
    )


def begin(request: HttpRequest, form: Page, party: Party, service: str, path: str) -> None:
    form.saved = outside_checks.start(party, service=service, path=path, by=request.user)
