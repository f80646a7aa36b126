"""Guards over what is written later: strangers find nothing, pairs have constraints, every model is tracked."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver
from pghistory.core import event_models

from tests import cast

OURS = ("accounts", "kyc", "reports")
# Refusal of change, not history: rows are only ever added, and the app role can do nothing else.
APPEND_ONLY = {"AuditEvent", "Snapshot", "ListEntry", "Determination", "Score", "Factor", "Finding"}
OPEN_TO_STRANGERS = {"", "healthz", "readyz", "api/v1/schema/", "api/v1/introspect"}


def our_models() -> list[type[models.Model]]:
    events = set(event_models())
    return [m for label in OURS for m in apps.get_app_config(label).get_models() if m not in events and not m._meta.auto_created]


def addresses(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, path)
        else:
            yield re.sub(r"<slug:\w+>", "person", re.sub(r"<int:\w+>", "999999", path))


def ours() -> list[str]:
    foreign = ("account/", "demo/", "^", "static")
    return sorted({path for path in addresses(get_resolver().url_patterns) if not path.startswith(foreign)} - OPEN_TO_STRANGERS)


def test_every_model_is_tracked_or_append_only() -> None:
    tracked = {model.pgh_tracked_model for model in event_models()}
    for model in our_models():
        assert (model in tracked) != (model.__name__ in APPEND_ONLY), model


@pytest.mark.django_db
def test_the_app_can_only_add_to_append_only_tables() -> None:
    from accounts.hardening import append_only

    assert {m._meta.db_table for m in our_models() if m.__name__ in APPEND_ONLY} <= append_only()


def test_every_time_with_a_person_has_its_constraint() -> None:
    for model in our_models():
        names = {field.name for field in model._meta.fields}
        checked = " ".join(str(c.condition) for c in model._meta.constraints if isinstance(c, models.CheckConstraint))
        for name in names:
            pair = f"{name[:-3]}_by"
            nullable = name.endswith("_at") and model._meta.get_field(name).null
            if nullable and pair in names:
                assert name in checked, f"{model.__name__}.{name} may be set without {pair}"
                assert pair in checked, f"{model.__name__}.{pair} may be set without {name}"


@pytest.mark.django_db
class TestDoors:
    @pytest.mark.parametrize("path", ours())
    def test_a_stranger_signs_in_first(self, path: str) -> None:
        answer = cast.Client().get(f"/{path}")
        assert answer.status_code in {302, 405}, path
        if answer.status_code == 302:
            assert answer["Location"].startswith("/account/login/"), path

    def test_an_outsider_gets_the_page_for_a_missing_one(self) -> None:
        cast.founded(cast.customer())
        charlie = cast.customer("charlie@outside.example", "Charlie")
        client = cast.signed_in(charlie)
        missing = client.get("/no/such/page")
        assert missing.status_code == 404
        for path in ours():
            answer = client.get(f"/{path}")
            if answer.status_code == 404:
                assert answer.content == missing.content, path
            if path.startswith(("desk/", "reports/")):
                assert answer.status_code in {404, 405}, path

    def test_staff_without_a_second_factor_reach_nothing_but_enrolment(self) -> None:
        from accounts.models import User

        bare = User.objects.create_user("new@keyholder.example", "x", name="New", staff_role="approver")
        client = cast.Client()
        client.force_login(bare, backend="allauth.account.auth_backends.AuthenticationBackend")
        for path in ours():
            assert client.get(f"/{path}")["Location"] == "/account/2fa/totp/activate/", path
