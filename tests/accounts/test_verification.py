"""Whatever is done to the audit log by whoever owns the database, a head that was kept outside finds it."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts import comparing, heads, leaves, merkle
from accounts.models import AuditEvent, AuditHead, User
from tests import cast
from tests.accounts.tampering import altered, changed
from tests.accounts.test_sequencer import in_tree, recorded
from tests.conftest import owner

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heads_folder")]
INSERT = (
    "INSERT INTO accounts_auditevent (at, verb, actor, on_behalf_of, target_type, target_id, reason, details, request_id, salts,"
    " xid) VALUES (now(), 'x', 'x', '', 'x', '1', '', '{}', '', '{}', '1')"
)


@pytest.fixture
def alice() -> User:
    return cast.customer()


@pytest.fixture
def kept(alice: User, tmp_path: Path) -> Path:
    """Six events under heads of 2, 4 and 6, and what somebody outside kept of them."""
    for size in (2, 4, 6):
        # Together, so that no head comes between.
        with transaction.atomic():
            recorded(alice, count=2)
        in_tree(size)
    file = tmp_path / "kept.jsonl"
    file.write_text(heads.path().read_text())
    # Whoever rewrites the database reaches this file as well.
    heads.path().unlink()
    return file


def verified(*arguments: str) -> dict[str, Any]:
    out, ended = StringIO(), 0
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except CommandError as error:
        ended = error.returncode
    told = dict(json.loads(out.getvalue()))
    assert (told["sound"], ended) == ((False, 1) if told["failed"] else (True, 0))
    return told


def failures(*arguments: str) -> dict[str, dict[str, Any]]:
    return {failure["what"]: failure for failure in verified(*arguments)["failed"]}


def numbered(index: int) -> int:
    """The event at that place of the tree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT event_id FROM accounts_auditleaf WHERE index = %s", [index])
        return int(cursor.fetchone()[0])


class TestSound:
    def test_a_log_nobody_touched(self, kept: Path) -> None:
        told = verified("--head", str(kept))
        assert told["failed"] == []
        assert told["checked"] == {"events": 6, "heads": 3, "outside_heads": 3, "timestamps": 0}
        assert told["head"]["size"] == 6 and told["waiting"] == 0

    def test_an_empty_one(self) -> None:
        assert verified()["checked"] == {"events": 0, "heads": 0, "outside_heads": 0, "timestamps": 0}

    def test_one_that_has_grown_since_the_head_was_kept(self, kept: Path, alice: User) -> None:
        recorded(alice)
        in_tree(7)
        assert verified("--head", str(kept))["sound"] is True

    def test_events_that_wait_for_their_place_are_counted(self, kept: Path, alice: User) -> None:
        recorded(alice, count=2)
        told = verified("--head", str(kept))
        assert (told["sound"], told["waiting"]) == (True, 2)

    def test_one_in_which_a_person_was_erased(self, kept: Path) -> None:
        event = AuditEvent.objects.get(pk=numbered(2))
        left = json.dumps(leaves.erased(event, ["actor", "reason"]))
        changed(
            f"UPDATE accounts_auditevent SET erased = '{left}', actor = '', reason = '', salts = '{{}}' WHERE id = {event.pk}"
        )
        assert verified("--head", str(kept))["sound"] is True

    def test_heads_outside_may_be_in_any_order_and_of_any_size(self, kept: Path) -> None:
        lines = kept.read_text().splitlines(keepends=True)
        kept.write_text("".join([*reversed(lines), lines[0]]))
        assert verified("--head", str(kept))["checked"]["outside_heads"] == 4

    def test_what_comes_into_the_file_meanwhile_is_left_for_the_next(self, alice: User) -> None:
        recorded(alice)
        in_tree(1)
        reading = heads.exported()
        first = next(reading)
        recorded(alice)
        in_tree(2)
        assert first.size == 1 and list(reading) == []
        assert [head.size for head in heads.exported()] == [1, 2]

    def test_a_line_that_a_killed_process_left_is_no_head_yet(self, alice: User) -> None:
        recorded(alice)
        in_tree(1)
        with heads.path().open("a") as file:
            file.write('{"size": 2, "ro')
        assert verified()["sound"] is True

    @pytest.mark.parametrize("processes", ["1", "2"])
    def test_several_processes_find_the_same(self, kept: Path, processes: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(comparing, "RANGE", 2)
        assert verified("--head", str(kept), "--processes", processes)["checked"]["events"] == 6
        with altered(f"UPDATE accounts_auditevent SET actor = 'Nobody' WHERE id >= {numbered(3)}"):
            found = failures("--processes", processes)
        assert found.keys() == {"event"}
        assert (found["event"]["index"], found["event"]["more"]) == (3, 2)

    def test_the_file_of_heads_is_read_by_itself(self, alice: User) -> None:
        recorded(alice)
        in_tree(1)
        assert verified()["checked"]["outside_heads"] == 1


EDITS = {
    "verb": "verb = 'case.refused'",
    "actor": "actor = 'Nobody'",
    "actor id": "actor_id = NULL",
    "for whom": "on_behalf_of = 'x'",
    "reason": "reason = ''",
    "instant": "at = at - interval '1 day'",
    "target": "target_id = '0'",
    "organisation": "organisation_id = 7",
    "details": 'details = \'{"choice": "refuse"}\'',
    "request": "request_id = 'x'",
    "transaction": "xid = '3'",
    "salts": "salts = '{}'",
    "what an erasure left": 'erased = \'{"actor": "00"}\'',
}


class TestAlteredEvent:
    def test_edited_in_any_column_is_named(self, kept: Path) -> None:
        event = numbered(3)
        for what, edit in EDITS.items():
            with altered(f"UPDATE accounts_auditevent SET {edit} WHERE id = {event}"):
                found = failures("--head", str(kept))
            assert found.keys() == {"event"}, what
            assert (found["event"]["event"], found["event"]["index"], found["event"]["more"]) == (event, 3, 0), what
        assert failures("--head", str(kept)) == {}

    def test_the_first_of_several_is_named_and_the_others_counted(self, kept: Path) -> None:
        changed(f"UPDATE accounts_auditevent SET verb = 'x' WHERE id >= {numbered(1)}")
        event = failures("--head", str(kept))["event"]
        assert (event["index"], event["more"]) == (1, 4)

    def test_deleted_slipped_in_or_exchanged_is_found(self, kept: Path) -> None:
        gone = numbered(2)
        with altered(f"DELETE FROM accounts_auditevent WHERE id = {gone}"):
            assert failures("--head", str(kept))["event"] == {
                "what": "event", "event": gone, "index": 2, "why": "it was deleted", "more": 0,
            }  # fmt: skip
        with altered(f"DELETE FROM accounts_auditevent WHERE id = {gone}", "DELETE FROM accounts_auditleaf WHERE index = 2"):
            assert failures("--head", str(kept))["leaf"]["index"] == 2
        with altered(INSERT):
            forged = AuditEvent.objects.latest("pk").pk
            found = failures("--head", str(kept))["event outside"]
            assert (found["event"], found["more"]) == (forged, 0)
        with altered(INSERT, "INSERT INTO accounts_auditleaf SELECT 6, max(id), sha256('x') FROM accounts_auditevent"):
            assert failures("--head", str(kept)).keys() == {"leaf"}
        with altered(*exchanged(1, 2)):
            assert failures("--head", str(kept)).keys() == {"head"}


def exchanged(one: int, other: int) -> Iterator[str]:
    """Two places of the tree, each with its hash."""
    for before, after in ((one, -1), (other, one), (-1, other)):
        yield f"UPDATE accounts_auditleaf SET index = {after} WHERE index = {before}"


def rewritten(size: int) -> None:
    """All leaves and heads made anew, by somebody who also has the key."""
    with owner():
        hashes = [merkle.leaf_hash(leaves.leaf(event)) for event in AuditEvent.objects.order_by("xid", "pk")][:size]
        rows = list(AuditHead.objects.order_by("size"))
        changed("DELETE FROM accounts_audithead", "DELETE FROM accounts_auditleaf")
        with connection.cursor() as cursor:
            ids = AuditEvent.objects.order_by("xid", "pk").values_list("pk", flat=True)
            cursor.executemany(
                "INSERT INTO accounts_auditleaf VALUES (%s, %s, %s)", list(zip(range(size), ids, hashes, strict=False))
            )
        for row in rows:
            tree = merkle.Tree().extended(hashes[: row.size])
            head = heads.signed(size=tree.size, root=tree.root, at=row.at)
            AuditHead.objects.create(**vars(head), peaks=b"".join(tree.peaks), incarnation=1, boundary=row.boundary)


def edit_and_rewrite() -> None:
    changed(f"UPDATE accounts_auditevent SET actor = 'Nobody' WHERE id = {numbered(3)}")
    rewritten(6)


def delete_and_rewrite() -> None:
    changed(f"DELETE FROM accounts_auditevent WHERE id = {numbered(5)}")
    rewritten(5)


def reorder_and_rewrite() -> None:
    first, second = numbered(1), numbered(2)
    changed(
        f"UPDATE accounts_auditevent SET xid = '4' WHERE id = {second}",
        f"UPDATE accounts_auditevent SET xid = '5' WHERE id = {first}",
    )
    rewritten(6)


def empty() -> None:
    changed("DELETE FROM accounts_auditevent", "DELETE FROM accounts_auditleaf", "DELETE FROM accounts_audithead")


class TestFile:
    def test_heads_that_stand_in_another_order_were_not_written_by_us(self, kept: Path) -> None:
        lines = kept.read_text().splitlines(keepends=True)
        heads.path().write_text("".join(reversed(lines)))
        assert "behind one of 6" in failures()["outside file"]["why"]


class TestRewrittenAltogether:
    def test_only_a_head_outside_tells(self, kept: Path) -> None:
        """In itself the log is sound again."""
        for how in (edit_and_rewrite, delete_and_rewrite, reorder_and_rewrite, empty):
            with altered():
                how()
                assert failures() == {}, how
                assert "outside head" in failures("--head", str(kept)), how

    def test_the_earliest_head_that_does_not_fit_is_named(self, kept: Path) -> None:
        edit_and_rewrite()
        assert failures("--head", str(kept))["outside head"]["size"] == 4


HEADS = {
    "UPDATE accounts_audithead SET root = sha256('x') WHERE size = 4": {"signature", "head", "outside head"},
    "UPDATE accounts_audithead SET peaks = sha256('x') WHERE size = 4": {"head"},
    "UPDATE accounts_audithead SET at = now() WHERE size = 4": {"signature", "outside head"},
    "UPDATE accounts_audithead SET key = 'x' WHERE size = 4": {"signature", "outside head"},
    "DELETE FROM accounts_audithead WHERE size = 4": {"outside head"},
    "DELETE FROM accounts_audithead": {"leaf", "outside head"},
    "UPDATE accounts_auditleaf SET hash = sha256('x') WHERE index = 4": {"event", "head"},
}


class TestAlteredHead:
    def test_is_found(self, kept: Path) -> None:
        for statement, found in HEADS.items():
            with altered(statement):
                assert failures("--head", str(kept)).keys() == found, statement

    def test_one_outside_that_was_forged_is_no_proof_of_anything(self, kept: Path) -> None:
        forged = kept.read_text().splitlines()[0].replace('"size": 2', '"size": 3')
        heads.path().write_text(forged + "\n")
        assert failures().keys() == {"outside signature"}

    def test_another_houses_given_by_mistake_raises_no_alarm(self, kept: Path) -> None:
        kept.write_text(kept.read_text().replace('"size": 2', '"size": 3'))
        with pytest.raises(CommandError, match="the head of 3 events is signed by no key that is known here") as refused:
            call_command("verify_audit", "--head", str(kept))
        assert refused.value.returncode == 2
        assert not AuditEvent.objects.filter(verb__startswith="audit.").exists()


class TestBadInput:
    def test_is_told_with_file_and_line(self, tmp_path: Path) -> None:
        file = tmp_path / "head"
        for data, why in (
            (b"", "no head stands in it"),
            (b"\n\n", "no head stands in it"),
            (b"{}\n", "line 1: it has no 'version'"),
            (b"\nx", "line 2: it is not a head"),
            (b"\xff\xfe\xff", "it is no text"),
            (None, "No such file"),
        ):
            file.write_bytes(data) if data is not None else file.unlink()
            with pytest.raises(CommandError, match=why) as ended:
                call_command("verify_audit", "--head", str(file), stdout=StringIO())
            assert ended.value.returncode == 2 and str(file) in str(ended.value)
