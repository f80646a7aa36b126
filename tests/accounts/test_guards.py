"""Doors: the page behind one, and the same missing page for whoever has no business there."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from accounts import guards
from accounts.models import User
from accounts.permissions import ROLES, Permission, StaffRole


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
