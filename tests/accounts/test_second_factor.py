"""Whether a second factor stands behind a session."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory

from accounts import second_factor
from accounts.models import User
from tests import cast


def request_of(person: User) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = person
    request.session = SessionStore()
    return request


@pytest.mark.django_db
class TestShown:
    def test_not_before_and_then_for_as_long_as_the_session(self) -> None:
        request = request_of(cast.staff("analyst"))
        assert not second_factor.shown(request)
        second_factor.record(request, "totp")
        assert second_factor.shown(request)

    @pytest.mark.parametrize("method", ["password", "password_reset", "code", "mfa "])
    def test_nothing_else_counts(self, method: str) -> None:
        rui = cast.staff("analyst")
        request = request_of(rui)
        request.session["account_authentication_methods"] = [{"method": method, "at": 0}]
        request.session["account_authentication_methods_user"] = str(rui.pk)
        assert not second_factor.shown(request)

    def test_not_what_another_person_showed(self) -> None:
        request = request_of(cast.staff("analyst", "Ana"))
        second_factor.record(request, "totp")
        request.user = cast.staff("approver", "Rui")
        assert not second_factor.shown(request)


@pytest.mark.django_db
class TestOnEnrolment:
    @pytest.mark.parametrize(("kind", "shows"), [("totp", True), ("recovery_codes", False)])
    def test_typing_a_code_shows_the_factor_and_being_given_codes_does_not(self, kind: str, shows: bool) -> None:
        request = request_of(cast.staff("analyst"))
        authenticator: Any = Authenticator(user=request.user, type=kind)
        second_factor.on_enrolment(request=request, authenticator=authenticator, sender=Authenticator)
        assert second_factor.shown(request) is shows
