"""Doors: the page behind one, and the same missing page for whoever has no business there."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from accounts import guards
from accounts.models import Organisation, User
from accounts.permissions import ROLES, Permission, StaffRole
from tests import cast


def asked_by(person: Any) -> HttpRequest:
    request = RequestFactory().get("/x/")
    request.user = person
    return request


@pytest.mark.parametrize("permission", Permission)
class TestStaff:
    @pytest.mark.parametrize("role", [*StaffRole, ""])
    def test_opens_only_for_the_permission(self, permission: Permission, role: str) -> None:
        view = guards.staff(permission)(lambda request: HttpResponse("inside"))
        if permission in ROLES.get(role, ()):
            answer = view(asked_by(User(pk=1, staff_role=role)))
            assert answer.content == b"inside"
            assert "no-store" in answer["Cache-Control"]
        else:
            with pytest.raises(Http404):
                view(asked_by(User(pk=1, staff_role=role)))

    def test_asks_the_unknown_to_sign_in(self, permission: Permission) -> None:
        answer = guards.staff(permission)(lambda request: HttpResponse("inside"))(asked_by(AnonymousUser()))
        assert (answer.status_code, answer["Location"]) == (302, "/account/login/?next=/x/")


@pytest.mark.django_db
class TestMember:
    def view(self, person: Any) -> HttpResponse:
        def inside(request: HttpRequest, organisation: Organisation) -> HttpResponse:
            return HttpResponse(organisation.name)

        return guards.member(inside)(asked_by(person))

    def test_hands_over_the_members_own_organisation(self) -> None:
        alice = cast.customer()
        cast.founded(cast.customer("charlie@x.example", "Charlie"), name="Other AS")
        cast.founded(alice)
        answer = self.view(alice)
        assert answer.content == b"Nordlys Modelling AS"
        assert "no-store" in answer["Cache-Control"]

    def test_is_shut_to_everybody_else(self) -> None:
        for person in (cast.customer(), *(cast.staff(role) for role in StaffRole.values)):
            with pytest.raises(Http404):
                self.view(person)

    def test_is_shut_to_a_member_who_became_staff(self) -> None:
        alice = cast.customer()
        cast.founded(alice)
        alice.staff_role = StaffRole.ANALYST
        with pytest.raises(Http404):
            self.view(alice)

    def test_asks_the_unknown_to_sign_in(self) -> None:
        assert self.view(AnonymousUser())["Location"].startswith("/account/login/")
