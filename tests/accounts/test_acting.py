"""In whose hands a change is: blocks within blocks, requests, commands and tasks."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts import acting, audit, messages
from accounts.management.named import system_user
from accounts.models import Message, Organisation, User
from accounts.tasks import send_messages
from tests import cast

pytestmark = pytest.mark.django_db


def told(model: type = Organisation) -> list[object]:
    return list(model.pgh_event_model.objects.order_by("pgh_id").values_list("pgh_context", flat=True))  # type: ignore[attr-defined]


class TestNamed:
    def test_nothing_is_said_where_nobody_is_named(self) -> None:
        Organisation.objects.create(name="a")
        assert told() == [None]

    def test_a_block_within_adds_and_takes_it_back(self) -> None:
        with acting.named(command="outer", user=1):
            with acting.named(user=2):
                Organisation.objects.create(name="a")
            Organisation.objects.create(name="b")
        assert told() == [{"command": "outer", "user": 2}, {"command": "outer", "user": 1}]

    def test_it_is_taken_back_where_the_work_fails(self) -> None:
        with acting.named(command="outer"):
            with pytest.raises(ZeroDivisionError), acting.named(user=2):
                raise ZeroDivisionError
            Organisation.objects.create(name="a")
        assert told() == [{"command": "outer"}]


class TestInTurns:
    def test_each_row_says_whose_it_is_and_its_place(self) -> None:
        with acting.in_turns():
            with acting.turn(1):
                Organisation.objects.create(name="a")
                Organisation.objects.create(name="b")
            with acting.in_turns(), acting.turn(2), acting.on_behalf_of("Astrid Lund"):
                Organisation.objects.create(name="c")
            Organisation.objects.create(name="d")
        rows: list[Any] = told()
        assert [row["user"] for row in rows] == [1, 1, 2, None]
        places = [row["place"] for row in rows]
        assert places == sorted(set(places))


class TestOnBehalfOf:
    def test_stands_in_history_and_in_the_audit(self) -> None:
        alice = cast.customer()
        with acting.on_behalf_of("Astrid Lund"):
            target = Organisation.objects.create(name="a")
            inside = audit.record("x.done", target=target, by=None)
        after = audit.record("x.done", target=target, by=alice)
        assert (inside.on_behalf_of, after.on_behalf_of) == ("Astrid Lund", "")
        assert told() == [{"on_behalf_of": "Astrid Lund"}]


class TestCommand:
    def test_names_itself_and_the_system_user(self) -> None:
        call_command("add_staff", "nina@keyholder.example", "--name", "Nina", "--role", "approver", stdout=StringIO())
        assert told(User)[-1] == {"command": "add_staff", "operator": system_user()}


class TestTask:
    def test_names_itself(self) -> None:
        message = messages.queue(to="a@x.example", subject="Hello", text="Hello")
        send_messages()
        message.refresh_from_db()
        assert message.state == Message.State.SENT
        assert told(Message)[0] is None and told(Message)[-1] == {"task": "accounts.send_messages"}
