"""Who has signed up and begun nothing deletes his account himself."""

import subprocess

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import audit, disposal, leaving, messages, organisations
from accounts.models import AuditEvent, Disposal, LegalHold, Message, User
from accounts.permissions import NotPermitted
from config import postgres
from tests import cast
from tests.conftest import acting_as

pytestmark = pytest.mark.django_db(transaction=True)


def dump() -> str:
    held = connection.settings_dict
    command = [str(postgres.binaries() / "pg_dump"), "-h", held["HOST"], "-U", "postgres", "-d", held["NAME"], "--data-only"]
    return subprocess.run(command, capture_output=True, check=True, timeout=120, text=True).stdout


@pytest.fixture
def sten() -> User:
    return cast.customer("sten@passing.example", "Sten Passerby")


@pytest.fixture
def client(sten: User) -> Client:
    return cast.signed_in(sten)


def test_he_finds_the_way_there_and_is_gone(client: Client, sten: User) -> None:
    EmailAddress.objects.get_or_create(user=sten, email=sten.email, defaults={"verified": True, "primary": True})
    assert "/verification/leave/" in client.get("/verification/begin/").content.decode()
    page = client.get("/verification/leave/").content.decode()
    assert "Delete your account?" in page and sten.email in page and User.objects.filter(pk=sten.pk).exists()
    answer = client.post("/verification/leave/")
    assert answer["Location"].startswith("/account/login/")
    assert "Your account is deleted." in client.get(answer["Location"]).content.decode()
    assert not User.objects.filter(pk=sten.pk).exists()
    assert not EmailAddress.objects.filter(email=sten.email).exists() and not UserSession.objects.exists()
    assert AuditEvent.objects.get(verb="user.left").target_id == str(sten.pk)
    # The address is free again.
    assert cast.customer(sten.email, "Sten again").pk != sten.pk


def test_the_night_after_nothing_names_him_any_more(client: Client, sten: User) -> None:
    with transaction.atomic():
        audit.record("user.renamed", target=sten, by=sten)
    made = messages.queue(to=sten.email, subject="Your code", text="For Sten Passerby")
    Message.objects.filter(pk=made.pk).update(state="sent")
    theirs = messages.queue(to="ada@nordlys.example", subject="Your code", text="For Ada")
    client.post("/verification/leave/")
    assert "passing.example" in dump() and "Sten" in dump()
    with acting_as("eraser"):
        (number,) = disposal.leavers()
        certificate = disposal.forget_leaver(number)
        assert certificate is not None and disposal.leavers() == [] and disposal.forget_leaver(number) is None
    found = [line for line in dump().splitlines() if "passing.example" in line or "Sten" in line]
    assert found == []
    assert certificate.organisation is None and certificate.rows["accounts_userevent"]["count"] >= 2
    assert Message.objects.get(pk=theirs.pk).text == "For Ada"
    page = cast.signed_in(cast.staff("auditor", "Astrid")).get("/disposals/").content.decode()
    assert certificate.number in page and "An account that was deleted by who had it" in page


def test_while_a_hold_keeps_everything_it_waits(client: Client, sten: User) -> None:
    client.post("/verification/leave/")
    LegalHold.objects.create(
        source="court", reference="7", asked_by="Court", reason="Keep.", since="2026-11-01",
        placed_by=cast.staff("approver", "Rui Lopes"),
    )  # fmt: skip
    with acting_as("eraser"):
        assert disposal.leavers() == []
    LegalHold.objects.update(lifted_at=timezone.now(), lifted_by=LegalHold.objects.get().placed_by, lift_reason="Settled.")
    with acting_as("eraser"):
        assert len(disposal.leavers()) == 1
    assert not Disposal.objects.exists()


def test_who_has_begun_something_does_not(client: Client, sten: User) -> None:
    organisations.create(name="Passing", by=sten)
    assert client.get("/verification/leave/")["Location"] == client.post("/verification/leave/")["Location"] == "/verification/"
    with pytest.raises(leaving.HoldsSomething):
        leaving.leave(sten, by=sten)
    assert "/verification/leave/" not in client.get("/verification/begin/", follow=True).content.decode()
    assert User.objects.filter(pk=sten.pk).exists()


def test_nobody_deletes_anothers_nor_an_officer_his_own(sten: User) -> None:
    rui = cast.staff("approver", "Rui Lopes")
    for user, by in ((sten, rui), (rui, rui), (sten, cast.customer("ada@nordlys.example", "Ada"))):
        with pytest.raises(NotPermitted):
            leaving.leave(user, by=by)
