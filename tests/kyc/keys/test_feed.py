"""The feed of changes: in order, whole, and for whom it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from kyc.cases.models import Entity
from kyc.keys import actions as keys
from kyc.keys import feed, holds, linking
from kyc.keys.feed import BadCursor, Gone, Page, Position
from kyc.keys.models import Key, KeyChange
from tests.cast import Founded
from tests.kyc.keys.scenes import Issued, caught_up, issue

# A transaction's own rows are in nobody's feed before it ends.
pytestmark = pytest.mark.django_db(transaction=True)


def read(after: Position | None = None, *, at_once: bool = False, **more: Any) -> Page:
    """`at_once` where somebody's transaction is open."""
    if not at_once:
        caught_up()
    return feed.read(after, for_test=False, **more)


@contextmanager
def open_transaction() -> Iterator[psycopg.Cursor[Any]]:
    """Of somebody else, begun now and committed at the end."""
    held = connection.settings_dict
    options = {"host": held["HOST"], "dbname": held["NAME"], "user": held["USER"]}
    with psycopg.connect(**options, options="-c kh.first=0 -c kh.last=9223372036854775807") as other:
        cursor = other.cursor()
        cursor.execute("SELECT pg_current_xact_id()")
        yield cursor


class TestRead:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda key, rui: keys.revoke(key, by=rui), {"active": False, "reason": "key_revoked"}),
            (lambda key, rui: holds.place(key=key, reason="why", by=rui), {"active": False, "reason": "key_held"}),
            (
                lambda key, rui: holds.place(organisation=key.organisation, reason="why", by=rui),
                {"active": False, "reason": "key_held"},
            ),
            (lambda key, rui: Entity.objects.update(ended_at=timezone.now()), {"active": False, "reason": "entity_ended"}),
            (lambda key, rui: Key.objects.update(scopes=["chat"]), {"active": True, "scope": "chat"}),
            (lambda key, rui: Key.objects.update(allowed_networks=["192.0.2.0/24"]), {"networks": ["192.0.2.0/24"]}),
            (lambda key, rui: Key.objects.update(confirmation={"jkt": "A" * 43}), {"cnf": {"jkt": "A" * 43}}),
            (lambda key, rui: Key.objects.update(expires_at=timezone.now() + timedelta(days=1)), {"active": True}),
            (lambda key, rui: Entity.objects.update(valid_until=timezone.now() + timedelta(days=1)), {"active": True}),
        ],
    )
    def test_every_change_of_what_a_gateway_is_told_is_told(
        self, linked: Issued, rui: User, change: Callable[[Key, User], Any], says: dict[str, Any]
    ) -> None:
        before = read()
        assert read(before.cursor).changes == []
        change(linked.key, rui)
        after = read(before.cursor)
        [told] = after.changes
        assert told["key"] == linked.key.prefix and told.items() >= says.items()
        assert read(after.cursor).changes == []

    def test_what_no_gateway_is_told_is_no_change(self, linked: Issued) -> None:
        before = read()
        Key.objects.update(name="another", claims=3, once="x")
        assert read(before.cursor).changes == []

    def test_says_until_when(self, linked: Issued) -> None:
        soon = timezone.now() + timedelta(hours=1)
        Key.objects.update(expires_at=soon)
        [told] = read().changes
        assert told["exp"] == int(soon.timestamp()) and told["nbf"] == int(Entity.objects.get().valid_from.timestamp())

    def test_never_a_secret(self, linked: Issued) -> None:
        text = str(read().changes)
        assert linked.secret not in text and linked.secret[20:60] not in text and Key.objects.get().digest not in text

    def test_in_pages_nothing_is_left_out_or_told_twice(self, nordlys: Founded, linked: Issued) -> None:
        made = [issue(nordlys, f"key {n}").key.prefix for n in range(7)]
        found, cursor, pages = [], None, 0
        while True:
            page = read(cursor, limit=3)
            found += [change["key"] for change in page.changes]
            cursor, pages = page.cursor, pages + 1
            if not page.is_full:
                break
        assert [key for key in found if key in made] == made and pages > 2

    def test_a_transaction_that_commits_late_is_not_skipped(self, nordlys: Founded, linked: Issued) -> None:
        """It begins first, and ends after a later one was read."""
        start = read().cursor
        with open_transaction() as other:
            other.execute("UPDATE kyc_key SET tiers = '{late}' WHERE id = %s", [linked.key.pk])
            early = issue(nordlys, "early").key.prefix
            while_open = read(start, at_once=True)
            assert while_open.changes == [], "what came after it waits for it"
        rest = read(while_open.cursor).changes
        assert [change["key"] for change in rest] == [linked.key.prefix, early]

    def test_the_order_of_rows_alone_would_skip_it(self, nordlys: Founded, linked: Issued) -> None:
        """The negative control: a reader that went by the number of the last row."""
        with open_transaction() as other:
            other.execute("UPDATE kyc_key SET tiers = '{late}' WHERE id = %s", [linked.key.pk])
            issue(nordlys, "early")
            last = KeyChange.objects.latest("pk").pk
        assert not KeyChange.objects.filter(pk__gt=last).exists()
        assert KeyChange.objects.filter(pk__lt=last, key_id=linked.key.pk).exists()

    def test_a_gateway_for_test_is_told_of_sandboxes_alone(self, nordlys: Founded, linked: Issued) -> None:
        assert [change["key"] for change in read().changes] == [linked.key.prefix]
        assert feed.read(None, for_test=True).changes == []
        nordlys.organisation.sandbox = "approved"
        nordlys.organisation.save()
        assert read().changes == []
        assert [change["key"] for change in feed.read(None, for_test=True).changes] == [linked.key.prefix]


class TestCursor:
    @pytest.mark.parametrize("text", ["", "x", "1.2", "1.2.3.4", "-1.2.3", "1.2.x", "٣.1.1", "1.2." + "9" * 19, "1.2.3\n"])
    def test_what_is_none(self, text: str) -> None:
        with pytest.raises(BadCursor):
            feed.parsed(text)

    def test_is_read_as_it_was_written(self) -> None:
        assert feed.parsed(str(Position(1, 22, 333))) == Position(1, 22, 333)

    @pytest.mark.parametrize("change", [{"incarnation": 0}, {"incarnation": 2}, {"xid": 10**15}])
    def test_of_another_life_of_the_database_is_gone(self, linked: Issued, change: dict[str, int]) -> None:
        with pytest.raises(Gone):
            read(read().cursor._replace(**change))


class TestCompact:
    def test_a_reader_that_was_away_for_too_long_begins_anew(self, nordlys: Founded, linked: Issued) -> None:
        long_ago = read().cursor
        issue(nordlys, "old")
        between = read(long_ago).cursor
        KeyChange.objects.update(at=timezone.now() - feed.KEPT - timedelta(days=1))
        young = issue(nordlys, "young").key.prefix
        caught_up()
        assert feed.QUEUE.is_waiting()
        assert feed.compact() > 0
        assert not feed.QUEUE.is_waiting() and feed.compact() == 0
        assert [change["key"] for change in read(between).changes] == [young]
        for cursor in (Position(long_ago.incarnation, 1, 0), Position(long_ago.incarnation, 1, 1)):
            with pytest.raises(Gone):
                read(cursor)

    def test_nothing_young_goes(self, linked: Issued) -> None:
        rows = KeyChange.objects.count()
        assert (feed.compact(), KeyChange.objects.count()) == (0, rows)


class TestEvery:
    def test_is_all_that_may_act_in_parts(self, nordlys: Founded, linked: Issued, rui: User) -> None:
        others = [issue(nordlys, f"key {n}") for n in range(4)]
        linking.run()
        keys.revoke(others[0].key, by=rui)
        caught_up()
        cursor = feed.end()
        found = list(feed.every(for_test=False, part=2))
        assert [one["key"] for one in found] == [linked.key.prefix, *(one.key.prefix for one in others[1:])]
        assert all(one["active"] for one in found) and list(feed.every(for_test=True)) == []
        assert read(cursor).changes == []
