"""A proof of one event, as somebody checks it who has neither the database nor the other events."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts import heads, leaves, proofs
from accounts.models import AuditEvent, AuditHead, User
from tests import cast
from tests.accounts.tampering import changed
from tests.accounts.test_sequencer import in_tree, order, recorded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heads_folder")]
COUNT = 5


@pytest.fixture
def alice() -> User:
    return cast.customer()


@pytest.fixture
def events(alice: User) -> list[AuditEvent]:
    """In the tree, under a head each."""
    for size in range(1, COUNT + 1):
        recorded(alice)
        in_tree(size)
    rows = AuditEvent.objects.in_bulk(order())
    return [rows[pk] for pk in order()]


def kept_at(size: int) -> heads.Head:
    """As somebody outside wrote it down when it was signed."""
    (head,) = (head for head in heads.exported() if head.size == size)
    return head


class TestProof:
    def test_of_every_event_says_who_did_what_and_why_under_the_newest_head(self, events: list[AuditEvent]) -> None:
        for index, event in enumerate(events):
            found = proofs.proved(proofs.written(event).decode(), kept=[kept_at(COUNT)])
            assert (found.event["verb"], found.event["id"]) == ("test.done", event.pk)
            assert found.values == {"actor": "Alice Olsen", "reason": event.reason}
            assert (found.hidden, found.head.size) == ([], COUNT)
            assert proofs.proof(event)["index"] == index

    def test_shows_that_the_log_only_grew_since_a_head_that_was_kept(self, events: list[AuditEvent]) -> None:
        for size in range(1, COUNT + 1):
            for event in events:
                text = proofs.written(event, since=size).decode()
                assert proofs.proved(text, kept=[kept_at(size)]).head.size == COUNT

    def test_holds_as_before_when_the_person_is_erased(self, events: list[AuditEvent]) -> None:
        before = proofs.written(events[2]).decode()
        left = json.dumps(leaves.erased(events[2], ["actor"]))
        changed(
            f"UPDATE accounts_auditevent SET erased = '{left}', actor = '', salts = salts - 'actor' WHERE id = {events[2].pk}"
        )
        event = AuditEvent.objects.get(pk=events[2].pk)
        found = proofs.proved(proofs.written(event).decode(), kept=[kept_at(COUNT)])
        assert (found.hidden, found.values) == (["actor"], {"reason": event.reason})
        assert "Alice" not in proofs.written(event).decode()
        assert proofs.proved(before).event == found.event

    def test_of_an_event_without_a_place_there_is_none(self, events: list[AuditEvent], alice: User) -> None:
        (waiting,) = recorded(alice)
        with pytest.raises(proofs.NotInTree):
            proofs.proof(AuditEvent.objects.get(pk=waiting))

    @pytest.mark.parametrize("since", [0, COUNT + 1, -1])
    def test_since_a_head_that_was_never_signed_there_is_none(self, events: list[AuditEvent], since: int) -> None:
        with pytest.raises(proofs.NoSuchHead):
            proofs.proof(events[0], since=since)


Change = Callable[[dict[str, Any]], object]


def in_leaf(old: str, new: str) -> Change:
    def change(file: dict[str, Any]) -> None:
        assert old in file["leaf"]
        file["leaf"] = file["leaf"].replace(old, new)

    return change


def put(*path: str | int, value: Any) -> Change:
    def change(file: dict[str, Any]) -> None:
        *way, last = path
        inner: Any = file
        for step in way:
            inner = inner[step]
        assert inner[last] != value
        inner[last] = value

    return change


OTHER_HASH = "00" * 32
ALTERED: dict[str, tuple[Change, str]] = {
    "another verb": (in_leaf("test.done", "test.gone"), "does not lead to the root"),
    "another name": (put("values", "actor", "value", value="Mallory"), "actor is not what the leaf commits to"),
    "another reason": (put("values", "reason", "value", value="no reason"), "reason is not what the leaf commits to"),
    "a value of its own": (put("values", value={"details.x": {"value": 1, "salt": ""}}), "details.x is not what"),
    "another place": (put("index", value=1), "does not lead to the root"),
    "another way": (put("path", 0, value=OTHER_HASH), "does not lead to the root"),
    "a way too short": (lambda file: file["path"].pop(), "does not lead to the root"),
    "a way too long": (lambda file: file["path"].append(OTHER_HASH), "does not lead to the root"),
    "another root": (put("head", "root", value=OTHER_HASH), "does not bear out its signature"),
    "another moment": (put("head", "at", value="2020-01-01T00:00:00.000000Z"), "does not bear out its signature"),
    "another size": (put("head", "size", value=4), "does not bear out its signature"),
    "another key": (put("public_key", value="A" * 43 + "="), "not the one that its head names"),
    "another version": (put("version", value=2), "version 2 is not known here"),
    "no head": (lambda file: file.pop("head"), "no proof as Keyholder writes them"),
    "text for a number": (put("index", value="2"), "no proof as Keyholder writes them"),
    "a list for values": (put("values", value=[]), "no proof as Keyholder writes them"),
    "no hashes": (put("path", 0, value="zz"), "no proof as Keyholder writes them"),
    "a way back from elsewhere": (put("since", "path", 0, value=OTHER_HASH), "does not go on from the kept one of 3"),
    "no way back": (put("since", value=None), "none of those that were kept"),
    "a way back from another head": (put("since", "head", "size", value=4), "neither its head nor the one"),
}


class TestAltered:
    def test_it_proves_nothing_and_says_why(self, events: list[AuditEvent]) -> None:
        sound = proofs.written(events[2], since=3).decode()
        kept = [kept_at(3)]
        assert proofs.proved(sound, kept=kept)
        for change, why in ALTERED.values():
            file = json.loads(sound)
            change(file)
            with pytest.raises(proofs.Disproved, match=why):
                proofs.proved(json.dumps(file), kept=kept)
        for text in ("", "[]", "null", "{", '"x"', "[" * 100_000):
            with pytest.raises(proofs.Disproved):
                proofs.proved(text)

    def test_a_log_signed_anew_does_not_lead_back_to_a_head_that_was_kept(self, events: list[AuditEvent]) -> None:
        """Whoever holds the key and writes another history can prove it by itself, but not to who kept a head."""
        kept = [kept_at(COUNT)]
        heads.path().unlink()
        changed(
            "UPDATE accounts_auditevent SET verb = 'test.gone'",
            "DELETE FROM accounts_auditleaf",
            "DELETE FROM accounts_audithead",
        )
        in_tree(COUNT)
        assert AuditHead.objects.count() == 1
        text = proofs.written(AuditEvent.objects.get(pk=events[2].pk), since=COUNT).decode()
        assert proofs.proved(text).event["verb"] == "test.gone"
        with pytest.raises(proofs.Disproved):
            proofs.proved(text, kept=kept)


class TestCommand:
    def test_says_what_a_file_proves_and_ends_with_one_where_it_proves_nothing(
        self, events: list[AuditEvent], tmp_path: Path
    ) -> None:
        file, kept, out = tmp_path / "proof.json", tmp_path / "kept.jsonl", StringIO()
        file.write_bytes(proofs.written(events[0], since=2))
        kept.write_text(kept_at(2).line())
        call_command("verify_proof", str(file), "--head", str(kept), stdout=out)
        assert json.loads(out.getvalue())["values"]["actor"] == "Alice Olsen"
        file.write_text(file.read_text().replace("Alice", "Mallory"))
        kept.write_bytes(b"\xff")
        for arguments, code in (((str(file),), 1), ((str(file), "--head", str(kept)), 2), ((str(tmp_path / "none"),), 2)):
            with pytest.raises(CommandError) as ended:
                call_command("verify_proof", *arguments, stdout=out)
            assert ended.value.returncode == code
