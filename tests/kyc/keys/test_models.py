"""A key is active only with a live link to a live entity and no live hold, whatever code runs and however many at once."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from kyc.cases.models import Entity
from kyc.keys import actions as keys
from kyc.keys import holds, linking
from kyc.keys.introspection import introspect
from kyc.keys.models import Hold, Key, Link
from tests.cast import Founded
from tests.kyc.keys.scenes import Issued, active_though_held, issue
from tests.whole import IS_WHOLE

pytestmark = pytest.mark.django_db
# Of two at once.
ROUNDS = 4 if IS_WHOLE else 1
# RFC 9449's own example of a thumbprint.
PRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
RULE = "a key is active only with a live link to a live entity and no hold"


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def refused(work: Callable[[], object], match: str) -> None:
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        work()


def by_orm(key: Key) -> None:
    Key.objects.filter(pk=key.pk).update(state=Key.State.ACTIVE)


def by_save(key: Key) -> None:
    key.refresh_from_db()
    key.state = Key.State.ACTIVE
    key.save()


def by_bulk(key: Key) -> None:
    key.refresh_from_db()
    key.state = Key.State.ACTIVE
    Key.objects.bulk_update([key], ["state"])


def by_sql(key: Key) -> None:
    sql("UPDATE kyc_key SET state = 'active' WHERE id = %s", key.pk)


def no_link(issued: Issued, rui: User) -> None:
    pass


def link_ended(issued: Issued, rui: User) -> None:
    linking.run()
    Link.objects.update(valid_to=timezone.now(), ended_because="test")


def link_deleted(issued: Issued, rui: User) -> None:
    linking.run()
    Link.objects.all().delete()


def entity_ended(issued: Issued, rui: User) -> None:
    linking.run()
    Entity.objects.update(ended_at=timezone.now())


def entity_expired(issued: Issued, rui: User) -> None:
    linking.run()
    now = timezone.now()
    Entity.objects.update(valid_from=now - timedelta(days=2), valid_until=now - timedelta(days=1))


def entity_to_come(issued: Issued, rui: User) -> None:
    linking.run()
    Entity.objects.update(valid_from=timezone.now() + timedelta(days=1))


def key_held(issued: Issued, rui: User) -> None:
    linking.run()
    holds.place(key=issued.key, reason="why", by=rui)


def organisation_held(issued: Issued, rui: User) -> None:
    linking.run()
    holds.place(organisation=issued.key.organisation, reason="why", by=rui)


def entity_held(issued: Issued, rui: User) -> None:
    linking.run()
    holds.place(entity=Entity.objects.get(), reason="why", by=rui)


def revoked(issued: Issued, rui: User) -> None:
    linking.run()
    keys.revoke(issued.key, by=rui)


def expired(issued: Issued, rui: User) -> None:
    linking.run()
    Key.objects.update(state="held", expires_at=timezone.now())


BARRED = [
    no_link, link_ended, link_deleted, entity_ended, entity_expired, entity_to_come,
    key_held, organisation_held, entity_held, expired, revoked,
]  # fmt: skip


@pytest.mark.parametrize("write", [by_orm, by_save, by_bulk, by_sql])
class TestAKeyIsMadeActive:
    @pytest.mark.parametrize("barred", BARRED)
    def test_never_while_something_is_in_the_way(
        self, issued: Issued, rui: User, barred: Callable[[Issued, User], None], write: Callable[[Key], None]
    ) -> None:
        barred(issued, rui)
        assert issued.state in {"unlinked", "held", "revoked"}
        refused(lambda: write(issued.key), "stays revoked" if barred is revoked else RULE)

    def test_when_nothing_is(self, linked: Issued, write: Callable[[Key], None]) -> None:
        Key.objects.update(state="held")
        write(linked.key)
        assert linked.state == "active"


class TestANewKey:
    @pytest.mark.parametrize("state", ["active", "ACTIVE"])
    def test_never_starts_active(self, nordlys: Founded, issued: Issued, state: str) -> None:
        columns = {field.attname: getattr(issued.key, field.attname) for field in Key._meta.concrete_fields if field.name != "id"}
        made = [Key(**{**columns, "prefix": f"kh_live_{n}", "state": state}) for n in range(3)]
        if state == "active":
            refused(lambda: Key.objects.bulk_create(made), RULE)
            refused(lambda: made[0].save(), RULE)
        else:
            # Another spelling is not what introspection asks for.
            assert not Key.objects.good().filter(pk__in=[key.pk for key in Key.objects.bulk_create(made)]).exists()

    def test_never_starts_active_by_sql_with_a_link_made_beforehand(self, linked: Issued) -> None:
        names = [field.column for field in Key._meta.concrete_fields]
        taken = ", ".join("'kh_live_copy'" if n == "prefix" else "id + 1000" if n == "id" else n for n in names)
        refused(lambda: sql(f"INSERT INTO kyc_key ({', '.join(names)}) SELECT {taken} FROM kyc_key"), RULE)


class TestWhatTakesAKeyOut:
    @pytest.mark.parametrize("barred", BARRED[1:-1])
    def test_each_in_its_own_statement(self, issued: Issued, rui: User, barred: Callable[[Issued, User], None]) -> None:
        linking.run()
        assert issued.state == "active"
        barred(issued, rui)
        assert issued.state == "held"
        assert not Key.objects.good().exists()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE kyc_link SET valid_to = now() + interval '1 hour', ended_because = 'test'",
            "DELETE FROM kyc_link",
            "UPDATE kyc_entity SET ended_at = now()",
            "UPDATE kyc_entity SET valid_from = now() - interval '2 days', valid_until = now() - interval '1 day'",
            "INSERT INTO kyc_hold (organisation_id, key_id, source, reason, placed_at, lift_reason) "
            "SELECT organisation_id, id, 'sql', 'why', now(), '' FROM kyc_key",
            "INSERT INTO kyc_hold (organisation_id, on_organisation_id, source, reason, placed_at, lift_reason) "
            "SELECT organisation_id, organisation_id, 'sql', 'why', now(), '' FROM kyc_key",
        ],
    )
    def test_by_sql_too(self, linked: Issued, statement: str) -> None:
        sql(statement)
        assert linked.state == "held"
        assert introspect(linked.secret) == {"active": False}

    def test_by_bulk_create_too(self, linked: Issued, rui: User) -> None:
        hold = Hold(organisation=linked.key.organisation, key=linked.key, source="bulk", reason="why", placed_by=rui)
        Hold.objects.bulk_create([hold])
        assert linked.state == "held"

    def test_moving_the_end_back_brings_it_back(self, linked: Issued, entity: Entity) -> None:
        now = timezone.now()
        Entity.objects.update(valid_from=now - timedelta(days=9), valid_until=now - timedelta(days=1))
        assert linked.state == "held"
        Entity.objects.update(valid_until=now + timedelta(days=1))
        assert linked.state == "active"

    def test_a_hold_that_is_deleted_or_moved_to_another_key(self, nordlys: Founded, linked: Issued, rui: User) -> None:
        second = issue(nordlys, "second")
        linking.run()
        hold = holds.place(key=linked.key, reason="why", by=rui)
        Hold.objects.filter(pk=hold.pk).update(key=second.key)
        assert (linked.state, second.state) == ("active", "held")
        Hold.objects.all().delete()
        assert (linked.state, second.state) == ("active", "active")

    def test_a_link_moved_to_another_key(self, nordlys: Founded, linked: Issued) -> None:
        second = issue(nordlys, "second")
        Key.objects.filter(pk=second.key.pk).update(state="held")
        Link.objects.update(key=second.key)
        assert (linked.state, second.state) == ("held", "active")


class TestExpiry:
    def test_it_dies_on_the_second_though_nothing_was_written(self, linked: Issued) -> None:
        Key.objects.update(expires_at=timezone.now() + timedelta(seconds=1))
        assert introspect(linked.secret)["active"]
        time.sleep(1.05)
        assert (linked.state, introspect(linked.secret)) == ("active", {"active": False})
        assert not Key.objects.good().exists()

    def test_what_settles_the_others_holds_it_too_and_nothing_brings_it_back(self, linked: Issued, rui: User) -> None:
        Key.objects.update(state="held", expires_at=timezone.now())
        Key.objects.filter(pk=linked.key.pk).update(state="held")
        holds.lift(holds.place(key=linked.key, reason="why", by=rui), reason="why not", by=rui)
        assert linked.state == "held"


class TestHands:
    @pytest.mark.parametrize("write", ["orm", "sql"])
    def test_a_key_never_changes_them(self, linked: Issued, sorvik: Founded, write: str) -> None:
        other = sorvik.organisation
        if write == "orm":
            refused(lambda: Key.objects.update(organisation=other), "never changes hands")
        else:
            refused(lambda: sql("UPDATE kyc_key SET organisation_id = %s", other.pk), "never changes hands")
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            sql("UPDATE kyc_key SET id = id + 1000")
        assert linked.state == "active"

    @pytest.mark.parametrize("table", ["kyc_link", "kyc_hold", "kyc_entity"])
    def test_nor_does_what_decides_over_it(self, linked: Issued, sorvik: Founded, rui: User, table: str) -> None:
        holds.place(key=linked.key, reason="why", by=rui)
        statement = f"UPDATE {table} SET organisation_id = %s WHERE organisation_id = %s"
        refused(lambda: sql(statement, sorvik.organisation.pk, linked.key.organisation_id), "hands|approval")

    def test_a_link_is_to_the_organisations_own_entity(self, linked: Issued, sorvik: Founded) -> None:
        theirs = Entity.objects.get(organisation=sorvik.organisation)
        refused(lambda: Link.objects.update(entity=theirs), "belongs to the organisation named")
        assert linked.state == "active"

    def test_a_hold_is_on_the_organisations_own_key_or_entity(self, linked: Issued, sorvik: Founded, rui: User) -> None:
        theirs = {"key": issue(sorvik).key, "entity": Entity.objects.get(organisation=sorvik.organisation)}
        for name, value in theirs.items():
            hold = Hold(organisation=linked.key.organisation, source="x", reason="why", placed_by=rui, **{name: value})
            refused(hold.save, "belongs to the organisation named")


class TestRows:
    def test_one_live_link_a_key(self, linked: Issued) -> None:
        link = Link.objects.get()
        link.pk = None
        refused(link.save, "one_live_link_a_key")

    @pytest.mark.parametrize(
        ("statement", "rule"),
        [
            ("UPDATE kyc_key SET state = 'revoked'", "key_revoked_has_time"),
            ("UPDATE kyc_key SET revoked_at = now()", "key_revoked_at_and_by"),
            ("UPDATE kyc_key SET replaces_id = id", "is rolled from one of the same organisation"),
            ("UPDATE kyc_key SET confirmation = '[]'", "key_confirmed_by_one_thumbprint"),
            ("""UPDATE kyc_key SET confirmation = '{"jkt": "short"}'""", "key_confirmed_by_one_thumbprint"),
            (f"""UPDATE kyc_key SET confirmation = '{{"kid": "{PRINT}"}}'""", "key_confirmed_by_one_thumbprint"),
            (f"""UPDATE kyc_key SET confirmation = '{{"jkt": "{PRINT}", "x5t#S256": "{PRINT}"}}'""", "key_confirmed_by_one"),
            ("UPDATE kyc_link SET because = ''", "link_needs_because"),
            ("UPDATE kyc_link SET valid_to = valid_from - interval '1 second'", "link_ends_after_it_starts"),
        ],
    )
    def test_keys_and_links_are_complete(self, linked: Issued, statement: str, rule: str) -> None:
        refused(lambda: sql(statement), rule)

    @pytest.mark.parametrize("name", ["jkt", "x5t#S256"])
    def test_a_thumbprint_of_either_kind(self, linked: Issued, name: str) -> None:
        Key.objects.update(confirmation={name: PRINT})
        assert linked.state == "active"

    @pytest.mark.parametrize("network", ["198.51.100.7/24", "198.51.100.0/33", "2001:db8::1/32", "somewhere", ""])
    def test_what_is_no_network_is_refused(self, linked: Issued, network: str) -> None:
        with pytest.raises(DataError, match=r"invalid (input syntax for type cidr|cidr value)"), transaction.atomic():
            Key.objects.update(allowed_networks=["198.51.100.0/24", network])
        Key.objects.update(allowed_networks=["198.51.100.0/24", "198.51.100.7", "2001:db8::/32"])

    def test_a_key_is_rolled_from_the_organisations_own_and_once(self, nordlys: Founded, linked: Issued, sorvik: Founded) -> None:
        other, first, second = issue(sorvik), issue(nordlys), issue(nordlys)
        refused(lambda: Key.objects.filter(pk=first.key.pk).update(replaces=other.key), "one of the same organisation")
        Key.objects.filter(pk=first.key.pk).update(replaces=linked.key)
        refused(lambda: Key.objects.filter(pk=second.key.pk).update(replaces=linked.key), "key_rolled_once")

    def test_its_life_only_gets_shorter(self, linked: Issued) -> None:
        Key.objects.update(expires_at=timezone.now() + timedelta(days=2))
        Key.objects.update(expires_at=timezone.now() + timedelta(days=1))
        for later in (timezone.now() + timedelta(days=2), None):
            refused(lambda later=later: Key.objects.update(expires_at=later), "never prolonged")  # type: ignore[misc]

    @pytest.mark.parametrize(
        ("statement", "rule"),
        [
            ("UPDATE kyc_hold SET reason = ''", "hold_needs_reason"),
            ("UPDATE kyc_hold SET lifted_at = now()", "hold_lifted_at_and_by_and_why"),
            ("UPDATE kyc_hold SET lifted_at = now(), lifted_by_id = placed_by_id", "hold_lifted_at_and_by_and_why"),
            ("UPDATE kyc_hold SET key_id = NULL", "hold_is_on_exactly_one"),
            ("UPDATE kyc_hold SET on_organisation_id = organisation_id", "hold_is_on_exactly_one"),
        ],
    )
    def test_holds_are_complete(self, linked: Issued, rui: User, statement: str, rule: str) -> None:
        holds.place(key=linked.key, reason="why", by=rui)
        refused(lambda: sql(statement), rule)


class Other(threading.Thread):
    """Work of another process: its own thread, its own connection, its own transactions."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.work, self.error = work, None
        self.start()

    def run(self) -> None:
        try:
            self.work()
        # Whatever it is, the test's own thread gets it from ended() and judges it.
        except Exception as error:
            self.error = error
        finally:
            connection.close()

    def ended(self) -> Exception | None:
        self.join(timeout=20)
        assert not self.is_alive()
        return self.error


def is_waited_for() -> bool:
    """Whether another connection waits for a lock that ours holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


def until_it_waits_or_ends(other: Other) -> bool:
    """Whether it waits for us."""
    deadline = time.monotonic() + 10
    while other.is_alive() and time.monotonic() < deadline:
        if is_waited_for():
            return True
        time.sleep(0.001)
    assert not other.is_alive(), "neither waits nor ends"
    return False


@contextmanager
def uncommitted(work: Callable[[], object]) -> Iterator[None]:
    """`work` is done, and its transaction stays open for as long as the block."""
    with transaction.atomic():
        work()
        yield


def activate() -> None:
    Key.objects.filter(state="held").update(state="active")


def link_by_hand() -> None:
    key = Key.objects.get()
    Link.objects.create(
        organisation_id=key.organisation_id, key=key, entity=Entity.objects.get(), responsible_id=key.responsible_id,
        valid_from=timezone.now(), because="test",
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    """A hold in one open transaction, an activation in another: whichever is first, no active key with a live hold remains. In
    every run each hold against each activation once, in the long run many times."""

    @pytest.fixture
    def on(self, linked: Issued) -> dict[str, object]:
        return {"key": linked.key, "organisation": linked.key.organisation, "entity": Entity.objects.get()}

    def reset(self, to: str) -> None:
        Hold.objects.all().delete()
        if to == "unlinked":
            Link.objects.all().delete()
            Key.objects.update(state="unlinked", claimed_until=None, errors=0)
        elif to == "link ended":
            Link.objects.all().delete()
            Key.objects.update(state="held")
        else:
            Key.objects.update(state="held")

    # What makes a key active, and from which state.
    ACTIVATIONS = [(linking.run, "unlinked"), (link_by_hand, "link ended"), (activate, "held")]

    @pytest.mark.soak
    @pytest.mark.sample
    def test_in_both_orders_and_many_rounds(self, linked: Issued, on: dict[str, object], rui: User) -> None:
        rounds = waited = 0
        for _ in range(ROUNDS):
            for kind, what in on.items():

                def hold(kind: str = kind, what: object = what) -> None:
                    holds.place(**{kind: what}, reason="why", by=rui)

                for activation, start in self.ACTIVATIONS:
                    for first, second in ((hold, activation), (activation, hold)):
                        self.reset(start)
                        with uncommitted(first):
                            other = Other(second)
                            waited += until_it_waits_or_ends(other)
                        error = other.ended()
                        # Only the bare UPDATE that comes second is told; everything else settles.
                        assert isinstance(error, IntegrityError) is (second is activate), error
                        assert error is None or second is activate
                        assert (linked.state, active_though_held()) == ("held", [])
                        assert Hold.objects.live().count() == 1
                        assert introspect(linked.secret) == {"active": False}
                        rounds += 1
        assert rounds == waited == ROUNDS * 3 * 3 * 2, "in every round the second had to wait for the first"

    @pytest.mark.soak
    @pytest.mark.sample
    def test_at_the_same_instant(self, linked: Issued, on: dict[str, object], rui: User) -> None:
        kinds = list(on)
        for number in range(2 * 9 * ROUNDS):
            activation, start = self.ACTIVATIONS[number % 3]
            kind = kinds[number // 3 % 3]
            self.reset(start)
            together = threading.Barrier(2, timeout=10)

            def hold(kind: str = kind, together: threading.Barrier = together) -> None:
                connection.ensure_connection()
                together.wait()
                holds.place(**{kind: on[kind]}, reason="why", by=rui)

            def make_active(activation: Callable[[], None] = activation, together: threading.Barrier = together) -> None:
                connection.ensure_connection()
                together.wait()
                activation()

            both = [Other(hold), Other(make_active)]
            errors = [other.ended() for other in both]
            assert errors[0] is None
            assert errors[1] is None or activation is activate
            if linked.state == "unlinked":
                # The hold's commit had the row locked just when a worker asked for one; the sweep finds it.
                assert (Key.objects.get().failure, linking.QUEUE.is_waiting()) == ("", True)
                linking.run()
            assert (linked.state, active_though_held()) == ("held", [])

    def test_two_holds_placed_and_one_lifted_at_once(self, linked: Issued, on: dict[str, object], rui: User) -> None:
        for _ in range(5):
            self.reset("held")
            first = holds.place(key=linked.key, reason="first", by=rui)
            with uncommitted(lambda: holds.place(organisation=on["organisation"], reason="second", by=rui)):
                other = Other(lambda first=first: holds.lift(first, reason="done", by=rui))
                assert until_it_waits_or_ends(other)
            assert other.ended() is None
            assert (linked.state, [hold.reason for hold in Hold.objects.live()]) == ("held", ["second"])

    @pytest.mark.parametrize("kind", ["key", "organisation", "entity"])
    def test_revoking_and_holding_never_wait_for_each_other_in_a_circle(
        self, linked: Issued, on: dict[str, object], nordlys: Founded, rui: User, kind: str
    ) -> None:
        """Both want the key's row and the organisation's lock; taken in different order one of them would be shot."""
        with transaction.atomic():
            keys.serialise(linked.key.organisation_id)
            revoking = Other(lambda: keys.revoke(linked.key, by=nordlys.by))
            assert until_it_waits_or_ends(revoking)
            holds.place(**{kind: on[kind]}, reason="why", by=rui)
        assert revoking.ended() is None
        assert linked.state == "revoked"

    def test_an_entity_that_ends_while_a_key_is_linked(self, linked: Issued) -> None:
        def end() -> None:
            Entity.objects.update(ended_at=timezone.now(), end_reason="test")

        for first, second in ((end, linking.run), (linking.run, end)):
            Entity.objects.update(ended_at=None)
            self.reset("unlinked")
            with uncommitted(first):
                other = Other(second)
                until_it_waits_or_ends(other)
            assert other.ended() is None
            assert linked.state in {"held", "unlinked"}
            assert not Key.objects.good().exists()
