"""A person proves himself by a link: the member who asks for it, and the page that the link opens without an account."""

from collections.abc import Callable
from functools import wraps

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts import limits, organisations, scope
from accounts.models import Organisation
from accounts.refused import Refused
from kyc.evidence import invitations
from kyc.evidence.models import Invitation
from kyc.onboarding.access import members_only
from kyc.onboarding.changing import Page
from kyc.onboarding.fields import SentFile
from kyc.onboarding.forms import DocumentForm, Text
from kyc.onboarding.pages import page, posted
from kyc.parties.models import Party

# By address: a whole office may sit behind one. Mail by organisation, so that nobody is pestered under our name.
LOOKS, SENDINGS, INVITATIONS = "120/h/ip", "30/h/ip", "30/d/key"
PRIVATE = {
    "Cache-Control": "private, no-store",
    # The address is the key to the page, so no other site may learn it, nor a search engine keep it.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


class TooMany(Refused):
    """So many invitations in one day are not about one customer's people."""


class SentMeanwhile(Refused):
    """Since the page was drawn."""


class InviteForm(Page):
    email = Text(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        help_text=gettext_lazy("The person's own. The link works for whoever reads this mailbox, so nobody else should."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    # The invitation before, as the page showed it.
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def refuse_sent_meanwhile(self, last: Invitation | None) -> None:
        """A second press, or another member's, would end the link that has just been sent."""
        now = number(last)
        if self.cleaned_data["shown"] not in {"", now}:
            self.data = self.data.copy()
            self.data["shown"] = now
            raise SentMeanwhile(_("A link has been sent meanwhile, as you see above. Send again only to end that one."))


class ProveForm(Page):
    kind = forms.ChoiceField(
        label=gettext_lazy("What it is"),
        choices=[(kind.value, kind.label) for kind in invitations.PAPERS],
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Say whether it is a passport or an identity card."),
            "invalid_choice": gettext_lazy("Say whether it is a passport or an identity card."),
        },
    )
    file = DocumentForm.base_fields["file"]
    back = SentFile(
        label=gettext_lazy("Its back, where that is a second file"),
        required=False,
        help_text=gettext_lazy("An identity card has two sides. Where both are in one file, leave this empty."),
    )


def number(invitation: Invitation | None) -> str:
    return str(invitation.pk if invitation else 0)


def newest(person: Party) -> Invitation | None:
    return person.invitations.order_by("-pk").first()


def person_or_404(organisation: Organisation, pk: int) -> Party:
    people = Party.objects.current().filter(organisation=organisation, kind=Party.Kind.PERSON)
    return get_object_or_404(people, pk=pk)


@members_only
def invite(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """Asks for the address, and shows what became of the invitation before."""
    person = person_or_404(organisation, pk)
    before = newest(person)
    form = InviteForm(posted(request), initial={"email": before.email if before else "", "shown": number(before)})
    if form.acted(lambda: send(request, organisation, person, form)):
        messages.success(request, _("A link is on its way to %(email)s.") % {"email": form.cleaned_data["email"]})
        return redirect("onboarding:invite", pk=pk)
    return page(request, organisation, "invite", step="people", form=form, person=person, invitation=before)


@transaction.atomic
def send(request: HttpRequest, organisation: Organisation, person: Party, form: InviteForm) -> None:
    """Under the organisation's lock, so that of posts that come at once each sees what the one before it has sent."""
    email = invitations.address(form.cleaned_data["email"])
    organisations.locked(organisation, by=request.user)
    form.refuse_sent_meanwhile(newest(person))
    if limits.spent(request, "invite", INVITATIONS, key=str(organisation.pk)):
        raise TooMany(_("You have sent many invitations today. Send this one tomorrow, or add the document yourself."))
    invitations.invite(person, email=email, by=request.user)


@members_only
def withdraw(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    person = person_or_404(organisation, pk)
    if request.method == "POST":
        invitations.withdraw(person, by=request.user)
        messages.success(request, _("The link that was sent works no longer."))
    return redirect("onboarding:invite", pk=pk)


def by_link(view: Callable[[HttpRequest, Invitation], HttpResponse]) -> Callable[..., HttpResponse]:
    """Calls `view(request, invitation)` for whoever holds the link; one that never was is a missing page. No other site
    knows the address, which alone gives the right to post to it, so it needs no cookie and no token against forgery."""

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        if limits.spent(request, "prove", LOOKS):
            return private(limits.refused(request, limits.wait(request, "prove", LOOKS)))
        if request.method == "POST" and limits.spent(request, "proving", SENDINGS):
            return private(limits.refused(request, limits.wait(request, "proving", SENDINGS)))
        with scope.everything():
            invitation = invitations.known(token)
            if invitation is None:
                raise Http404
            scope.enter(invitation.organisation_id)
            return private(view(request, invitation))

    return opened


def private(response: HttpResponse) -> HttpResponse:
    # Django logs the address of whatever it refuses, and this address is a secret.
    response._has_been_logged = True  # type: ignore[attr-defined]  # where Django keeps it
    for header, value in PRIVATE.items():
        response[header] = value
    return response


@by_link
def prove(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Who asks, who is asked, why, and the files; a dead link offers a new one and tells nothing."""
    form = ProveForm(posted(request), request.FILES if request.method == "POST" else None)
    if invitations.is_live(invitation):
        if form.acted(lambda: invitations.prove(invitation, **form.cleaned_data)):
            return redirect("onboarding:proved")
        # It may have been used in another window while this one sent its file.
        if not form.is_bound or invitations.is_live(invitation):
            status = 422 if form.is_bound else 200
            return render(request, "onboarding/prove.html", {"invitation": invitation, "form": form}, status=status)
    return render(request, "onboarding/prove_dead.html", status=410)


@by_link
def prove_anew(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The same answer whether or not a link was sent."""
    if request.method == "POST":
        invitations.send_anew(invitation)
        return redirect("onboarding:prove_sent")
    return render(request, "onboarding/prove_dead.html", status=410)


@require_safe
def proved(request: HttpRequest) -> HttpResponse:
    return private(render(request, "onboarding/prove_thanks.html"))


@require_safe
def prove_sent(request: HttpRequest) -> HttpResponse:
    return private(render(request, "onboarding/prove_sent.html"))
