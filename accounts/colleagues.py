"""The administrator's pages of who is staff: add, move to another role, end, help who lost the factor, sign out."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import permissions, resume, sessions, staff
from accounts.elevated import elevated
from accounts.guards import staff as for_staff
from accounts.models import User
from accounts.permissions import SESSIONS, Permission, StaffRole
from accounts.refused import Refused

UNPROCESSABLE = 422
COLUMNS = [
    {"label": label}
    for label in (
        gettext_lazy("Name"), gettext_lazy("Role"), gettext_lazy("Second factor"), gettext_lazy("Last sign-in"),
        gettext_lazy("State"),
    )
]  # fmt: skip
# What each role is for, beside its name where one is chosen.
DOES = {
    StaffRole.ANALYST: gettext_lazy("works cases, proposes decisions"),
    StaffRole.APPROVER: gettext_lazy("works cases, decides on what another proposed"),
    StaffRole.SENIOR: gettext_lazy("as an approver, and approves where somebody is politically exposed"),
    StaffRole.INVESTIGATOR: gettext_lazy("reads cases, places holds"),
    StaffRole.AUDITOR: gettext_lazy("reads everything, changes nothing, asks for reports"),
    StaffRole.ADMINISTRATOR: gettext_lazy("staff, gateways and jobs; sees no case"),
    StaffRole.SUPPORT: gettext_lazy("reads cases, changes nothing"),
}


def roles() -> list[tuple[str, str]]:
    return [(role.value, f"{role.label}: {DOES[role]}") for role in StaffRole]


class ColleagueForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=roles, widget=forms.RadioSelect)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        resume.fill(self)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=roles, widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, initial={"role": user.staff_role})
        resume.fill(self, reverse("staff_role", args=[user.pk]))


def found(pk: int) -> User:
    return get_object_or_404(staff.people(), pk=pk)


@for_staff(Permission.USERS_MANAGE)
def page(request: HttpRequest) -> HttpResponse:
    """Who may do what, and who no longer."""
    return render(request, "accounts/staff.html", {"people": staff.people(), "columns": COLUMNS})


def of_name(words: Any) -> Callable[..., str]:
    """What is about to be done, with the name of whom it is done to."""

    def told(request: HttpRequest, pk: int, **_: Any) -> str:
        return str(words) % {"name": found(pk)}

    return told


def adding(request: HttpRequest) -> str:
    role = dict(StaffRole.choices).get(request.POST.get("role", ""), "")
    told = {"name": request.POST.get("name", "")[:100], "email": request.POST.get("email", "")[:100], "role": role}
    return _("Add %(name)s, %(email)s, as %(role)s") % told


def moving(request: HttpRequest, pk: int) -> str:
    role = dict(StaffRole.choices).get(request.POST.get("role", ""), "")
    return _("Change the role of %(name)s to %(role)s") % {"name": found(pk), "role": role}


@for_staff(Permission.USERS_MANAGE)
@elevated(adding)
def add(request: HttpRequest) -> HttpResponse:
    form = ColleagueForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user, _link = staff.add(**form.cleaned_data, by=request.user)
        except Refused as refused:
            form.add_error(getattr(refused, "field", None), str(refused))
        else:
            told = _("%(name)s is added. A link to choose a password is on its way to %(email)s.")
            messages.success(request, told % {"name": user, "email": user.email})
            return redirect("staff_member", user.pk)
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "accounts/staff_add.html", {"form": form}, status=status)


@for_staff(Permission.USERS_MANAGE)
def colleague(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, found(pk))


def shown(request: HttpRequest, user: User, form: RoleForm | None = None, *, status: int = 200) -> HttpResponse:
    limits = SESSIONS[user.staff_role]
    facts = {
        "colleague": user,
        "is_self": user.pk == request.user.pk,
        "form": form or RoleForm(user=user),
        "sessions": sessions.lasting(user) if user.is_active else [],
        "idle": sessions.in_words(limits.idle),
        "absolute": sessions.in_words(limits.absolute),
    }
    return render(request, "accounts/staff_member.html", facts, status=status)


def tried(request: HttpRequest, user: User, act: Callable[[], Any], done: str) -> HttpResponse:
    """Does it, or says why not, and goes back to the colleague's page."""
    try:
        act()
    except permissions.NotPermitted as refused:
        messages.error(request, str(refused))
    except Refused as refused:
        messages.info(request, str(refused))
    else:
        messages.success(request, done % {"name": user})
    return redirect("staff_member", user.pk)


@for_staff(Permission.USERS_MANAGE)
@require_POST
@elevated(moving)
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    user = found(pk)
    form = RoleForm(request.POST, user=user)
    if not form.is_valid():
        return shown(request, user, form, status=UNPROCESSABLE)
    role = form.cleaned_data["role"]
    done = _("%(name)s has the role from the next page on.")
    return tried(request, user, lambda: staff.change_role(user, role=role, by=request.user), done)


@for_staff(Permission.USERS_MANAGE)
@require_POST
@elevated(of_name(gettext_lazy("End the account of %(name)s")))
def end(request: HttpRequest, pk: int) -> HttpResponse:
    user = found(pk)
    done = _("The account of %(name)s has ended, and all sessions with it.")
    return tried(request, user, lambda: staff.change_role(user, role="", by=request.user), done)


@for_staff(Permission.USERS_MANAGE)
@require_POST
@elevated(of_name(gettext_lazy("Take away the second factor of %(name)s")))
def reset_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    user = found(pk)
    done = _("The second factor of %(name)s is gone, and all sessions have ended. The next sign-in sets up a new one.")
    return tried(request, user, lambda: staff.reset_second_factor(user, by=request.user), done)


@for_staff(Permission.USERS_MANAGE)
@require_POST
@elevated(of_name(gettext_lazy("Sign %(name)s out")))
def end_sessions(request: HttpRequest, pk: int, session: int | None = None) -> HttpResponse:
    """All of them, or the one."""
    user = found(pk)
    key = get_object_or_404(user.usersession_set, pk=session).session_key if session else ""
    done = _("%(name)s is signed out there.") if session else _("%(name)s is signed out everywhere.")
    return tried(request, user, lambda: staff.end_sessions(user, session_key=key, by=request.user), done)
