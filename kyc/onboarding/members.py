"""Who acts for the organisation: members, invitations to others, and the page by which an invited person joins."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import limits, members, organisations, scope
from accounts.member_models import MemberInvitation
from accounts.models import Membership, Organisation
from accounts.permissions import NotPermitted
from accounts.refused import Refused
from kyc.onboarding.access import customers_only, members_only
from kyc.onboarding.changing import Page
from kyc.onboarding.fields import Text
from kyc.onboarding.pages import page, posted

# By organisation, so that nobody is pestered under our name.
INVITATIONS = "30/d/key"
ROLES = [
    (Membership.Role.MEMBER, gettext_lazy("Member: fills in what is asked, issues and revokes keys")),
    (Membership.Role.OWNER, gettext_lazy("Owner: also adds and removes members, holds limits fast, closes the account")),
]


class TooMany(Refused):
    """So many invitations in one day are about no organisation's people."""


class RoleForm(Page):
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=ROLES,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose a role.")),
    )


class InviteForm(RoleForm):
    field_order = ("email", "role")
    email = Text(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        help_text=gettext_lazy("The person signs in, or signs up, with this very address."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


def member_or_404(organisation: Organisation, pk: int) -> Membership:
    return get_object_or_404(members.of(organisation), pk=pk)


def owners_only(request: HttpRequest, organisation: Organisation) -> None:
    """A member who is no owner finds no page by which others are changed."""
    if not organisations.is_owner(request.user, organisation):
        raise Http404


@members_only
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    return page(
        request,
        organisation,
        "members",
        steps=[],
        members=members.of(organisation),
        invitations=members.waiting(organisation),
        is_owner=organisations.is_owner(request.user, organisation),
    )


@members_only
def invite(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    owners_only(request, organisation)
    form = InviteForm(posted(request), initial={"role": Membership.Role.MEMBER})

    def act() -> None:
        if limits.spent(request, "invite_member", INVITATIONS, key=str(organisation.pk)):
            raise TooMany(_("You have sent many invitations today. Send this one tomorrow."))
        members.invite(organisation, **form.told, by=request.user)

    if form.acted(act):
        messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": form.cleaned_data["email"]})
        return redirect("onboarding:members")
    return page(request, organisation, "member_invite", steps=[], form=form)


@members_only
def withdraw(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    owners_only(request, organisation)
    invitation = get_object_or_404(MemberInvitation.objects.filter(organisation=organisation), pk=pk)
    if request.method == "POST":
        try:
            members.withdraw(invitation, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("The invitation is withdrawn."))
    return redirect("onboarding:members")


@members_only
def change(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    owners_only(request, organisation)
    member = member_or_404(organisation, pk)
    form = RoleForm(posted(request), initial={"role": member.role})
    if form.acted(lambda: members.change_role(member, **form.told, by=request.user)):
        messages.success(request, _("Saved."))
        return redirect("onboarding:members")
    return page(request, organisation, "member", steps=[], form=form, member=member)


@members_only
def remove(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """Asks first; of oneself, whether to leave."""
    member = member_or_404(organisation, pk)
    is_own = member.user_id == request.user.pk
    if not is_own:
        owners_only(request, organisation)
    form = Page(posted(request))
    if form.acted(lambda: members.remove(member, by=request.user)):
        if is_own:
            messages.success(request, _("You do not act for %(name)s any more.") % {"name": organisation.name})
            return redirect("onboarding:create")
        messages.success(request, _("%(name)s has been removed.") % {"name": member.user})
        return redirect("onboarding:members")
    return page(request, organisation, "member_remove", steps=[], form=form, member=member, is_own=is_own)


@customers_only
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """For whoever has signed in with the invited address; to everybody else there is nothing."""
    with scope.everything():
        invitation = members.for_whom(request.user).filter(pk=pk).first()
    if invitation is None:
        raise Http404
    form = Page(posted(request))
    if form.acted(lambda: accepted(request, pk)):
        messages.success(request, _("You act for %(name)s now.") % {"name": invitation.organisation.name})
        return redirect("onboarding:overview")
    context = {"form": form, "invitation": invitation, "organisation": request.organisation}
    return render(request, "onboarding/join.html", context, status=422 if form.errors else 200)


def accepted(request: HttpRequest, pk: int) -> None:
    try:
        members.accept(pk, by=request.user)
    except NotPermitted:
        raise Http404 from None
