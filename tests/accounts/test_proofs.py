"""A proof of one event, as somebody checks it who has neither the database nor the other events."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command

from accounts import heads, leaves, merkle, proofs, proving
from accounts.models import AuditEvent, AuditHead, User
from tests import cast
from tests.accounts.tampering import changed
from tests.accounts.test_sequencer import in_tree, order, recorded
from tests.running import BASE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heads_folder")]
COUNT = 5
MALLORY = Ed25519PrivateKey.from_private_bytes(b"mallory's own key, 32 bytes long")
OTHER_LEAF = merkle.leaf_hash(b"another history")
FINGERPRINT = heads.fingerprint(MALLORY.public_key())


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
            found = proving.proved(proofs.proof(event).decode(), kept=[kept_at(COUNT)])
            assert (found.event["verb"], found.event["id"]) == ("test.done", event.pk)
            assert found.values == {"actor": "Alice Olsen", "reason": event.reason}
            assert (found.hidden, found.head.size, found.index) == ([], COUNT, index)

    def test_shows_that_the_log_only_grew_since_a_head_that_was_kept(self, events: list[AuditEvent]) -> None:
        for size in range(1, COUNT + 1):
            for event in events:
                text = proofs.proof(event, since=size).decode()
                assert proving.proved(text, kept=[kept_at(size)]).head.size == COUNT

    def test_holds_as_before_when_the_person_is_erased(self, events: list[AuditEvent]) -> None:
        before = proofs.proof(events[2]).decode()
        left = json.dumps(leaves.erased(events[2], ["actor"]))
        changed(
            f"UPDATE accounts_auditevent SET erased = '{left}', actor = '', salts = salts - 'actor' WHERE id = {events[2].pk}"
        )
        event = AuditEvent.objects.get(pk=events[2].pk)
        found = proving.proved(proofs.proof(event).decode(), kept=[kept_at(COUNT)])
        assert (found.hidden, found.values) == (["actor"], {"reason": event.reason})
        assert "Alice" not in proofs.proof(event).decode()
        assert proving.proved(before, kept=[kept_at(COUNT)]).event == found.event

    def test_of_an_event_without_a_place_there_is_none(self, events: list[AuditEvent], alice: User) -> None:
        (waiting,) = recorded(alice)
        with pytest.raises(proofs.NoProof):
            proofs.proof(AuditEvent.objects.get(pk=waiting))

    def test_of_an_event_that_was_changed_since_there_is_none(self, events: list[AuditEvent]) -> None:
        changed(f"UPDATE accounts_auditevent SET verb = 'test.gone' WHERE id = {events[2].pk}")
        with pytest.raises(proofs.NoProof, match="Run verify_audit"):
            proofs.proof(AuditEvent.objects.get(pk=events[2].pk))

    def test_under_a_key_that_is_no_longer_set_up_there_is_none(
        self, events: list[AuditEvent], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(heads, "known_keys", dict)
        with pytest.raises(proofs.NoProof, match="not set up here"):
            proofs.proof(events[0])

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
        inner[last] = value

    return change


OTHER_HASH = "00" * 32
ALTERED: dict[str, tuple[Change, str]] = {
    "another verb": (in_leaf("test.done", "test.gone"), "does not lead to the root"),
    "another name": (put("values", "actor", "value", value="Mallory"), "'actor' is not what the leaf commits to"),
    "another reason": (put("values", "reason", "value", value="no reason"), "'reason' is not what the leaf commits to"),
    "a value of its own": (put("values", value={"details.x": {"value": 1, "salt": ""}}), "'details.x' is not what"),
    "another place": (put("index", value=1), "does not lead to the root"),
    "another way": (put("path", 0, value=OTHER_HASH), "does not lead to the root"),
    "a way too short": (lambda file: file["path"].pop(), "does not lead to the root"),
    "a way too long": (lambda file: file["path"].append(OTHER_HASH), "does not lead to the root"),
    "another root": (put("head", "root", value=OTHER_HASH), "does not bear out its signature"),
    "another moment": (put("head", "at", value="2020-01-01T00:00:00.000000Z"), "does not bear out its signature"),
    "another size": (put("head", "size", value=4), "does not bear out its signature"),
    "a name twice": (
        lambda file: file.update(leaf=file["leaf"].replace('{"actor_id"', '{"id":1,"actor_id"', 1)),
        "lead to the root",
    ),
    "a number for text": (put("values", "actor", "value", value=0.25), "can be read in several ways"),
    "another key": (put("public_key", value="A" * 43 + "="), "not the one that its head names"),
    "another version": (put("version", value=2), "version 2 is not known here"),
    "no head": (lambda file: file.pop("head"), "'head' stands in it too much or is missing"),
    "text for a number": (put("index", value="2"), "does not lead to the root"),
    "a list for values": (put("values", value=[]), "no proof as Keyholder writes them"),
    "no hashes": (put("path", 0, value="zz"), "no proof as Keyholder writes them"),
    "hashes written otherwise": (lambda file: file["path"].__setitem__(0, file["path"][0].upper()), "something else than hashes"),
    "a hash too long": (put("path", 0, value="00" * 64), "something else than hashes"),
    "a word more": (put("summary", value="Alice lifted the hold."), "'summary' stands in it too much"),
    "a word more in a value": (put("values", "actor", "note", value="x"), "'note' stands in it too much"),
    "a version that is true": (put("version", value=True), "version True is not known here"),
    "a way back from elsewhere": (put("since", "path", 0, value=OTHER_HASH), "does not go on from the one of 3"),
    "no way back": (put("since", value=None), "is none that you have kept. Ask for the proof since"),
    "a way back from another head": (put("since", "head", "size", value=4), "does not go on from the one of 4"),
}


class TestAltered:
    def test_it_proves_nothing_and_says_why(self, events: list[AuditEvent]) -> None:
        sound = proofs.proof(events[2], since=3).decode()
        kept = [kept_at(3)]
        assert proving.proved(sound, kept=kept)
        for change, why in ALTERED.values():
            file = json.loads(sound)
            change(file)
            assert json.dumps(file) != json.dumps(json.loads(sound))
            with pytest.raises(proving.Disproved, match=why):
                proving.proved(json.dumps(file), kept=kept)
        for text in ("", "[]", "null", "{", '"x"', "[" * 100_000, sound.replace("{", '{"index":1,', 1)):
            with pytest.raises(proving.Disproved):
                proving.proved(text, kept=kept)

    def test_a_log_signed_anew_does_not_lead_back_to_a_head_that_was_kept(self, events: list[AuditEvent]) -> None:
        """Whoever holds the key and writes another history proves it to who trusts the key, and not to who kept a head."""
        kept = [kept_at(COUNT)]
        heads.path().unlink()
        changed(
            "UPDATE accounts_auditevent SET verb = 'test.gone'",
            "DELETE FROM accounts_auditleaf",
            "DELETE FROM accounts_audithead",
        )
        in_tree(COUNT)
        assert AuditHead.objects.count() == 1
        text = proofs.proof(AuditEvent.objects.get(pk=events[2].pk), since=COUNT).decode()
        assert proving.proved(text, keys=[kept[0].key]).event["verb"] == "test.gone"
        with pytest.raises(proving.Disproved):
            proving.proved(text, kept=kept)


class TestDishonest:
    """By a house that signs whatever it likes, and to a reader who has kept one of its heads."""

    def test_a_head_by_a_key_of_the_past_goes_on_from_none_of_todays(self, events: list[AuditEvent]) -> None:
        """Both have been kept; the past key may be in anybody's hands."""
        today = kept_at(COUNT)
        past = heads.Head(size=1, root=OTHER_LEAF, at=today.at, key=FINGERPRINT)
        past = replace(past, signature=MALLORY.sign(past.signed_bytes()))
        text = TestForged().forged(events, leaves.leaf(events[0]).decode().replace("test.done", "test.gone"))
        with pytest.raises(proving.Disproved, match="signed by a key that you do not trust"):
            proving.proved(text, kept=[today, past])

    def test_a_head_older_than_the_one_it_goes_on_from_is_none(self, events: list[AuditEvent]) -> None:
        grown = TestForged().forged(events, leaves.leaf(events[0]).decode(), at=kept_at(1).at)
        with pytest.raises(proving.Disproved, match="older than the kept one"):
            proving.proved(grown, kept=[kept_at(COUNT)], keys=[FINGERPRINT])


class TestForged:
    """By a stranger with a key of his own, who has seen the hashes of the tree."""

    def forged(self, events: list[AuditEvent], leaf: str, at: datetime | None = None) -> str:
        """The log goes on from its head by one event that never was."""
        grown = [merkle.leaf_hash(leaves.leaf(event)) for event in events] + [merkle.leaf_hash(leaf.encode())]
        plain = heads.Head(size=len(grown), root=merkle.root(grown), at=at or kept_at(COUNT).at, key=FINGERPRINT)
        head = replace(plain, signature=MALLORY.sign(plain.signed_bytes()))
        file = json.loads(proofs.proof(events[0], since=COUNT)) | {
            "leaf": leaf,
            "values": {},
            "index": COUNT,
            "path": [one.hex() for one in merkle.inclusion(COUNT, grown)],
            "head": json.loads(head.line()),
            "public_key": base64.b64encode(heads.raw(MALLORY.public_key())).decode(),
        }
        file["since"]["path"] = [one.hex() for one in merkle.consistency(COUNT, grown)]
        return json.dumps(file)

    def test_it_proves_nothing_to_who_trusts_the_house(self, events: list[AuditEvent]) -> None:
        text = self.forged(events, leaves.leaf(events[0]).decode().replace("test.done", "test.gone"))
        assert proving.proved(text, keys=[FINGERPRINT]).event["verb"] == "test.gone", "sound but for whose key it is"
        for trust in ({"kept": [kept_at(COUNT)]}, {"keys": [kept_at(COUNT).key]}, {}):
            with pytest.raises(proving.Disproved, match="signed by a key that you do not trust"):
                proving.proved(text, **trust)

    @pytest.mark.parametrize(
        ("old", "new", "why"),
        [
            ('{"actor_id"', '{"verb":"test.gone","actor_id"', "twice"),
            ('{"actor_id"', '{ "actor_id"', "none as Keyholder writes them"),
            ('"version":1', '"version":2', "none as Keyholder writes them"),
            ('"version":1', '"version":1.0', "several ways"),
        ],
    )
    def test_even_with_a_key_that_is_trusted_a_leaf_says_one_thing(
        self, events: list[AuditEvent], old: str, new: str, why: str
    ) -> None:
        text = self.forged(events, leaves.leaf(events[0]).decode().replace(old, new))
        with pytest.raises(proving.Disproved, match=why):
            proving.proved(text, keys=[FINGERPRINT])


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """As somebody runs it who has no Keyholder: nothing says where a database is, or that this is a demo."""
    command = [sys.executable, "-m", "accounts.proving", *map(str, arguments)]
    return subprocess.run(command, cwd=BASE, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60)


class TestCommand:
    def test_says_without_any_database_what_a_file_proves(self, events: list[AuditEvent], tmp_path: Path) -> None:
        file, kept = tmp_path / "proof.json", tmp_path / "kept.jsonl"
        file.write_bytes(proofs.proof(events[0], since=2))
        kept.write_text(kept_at(2).line())
        said = run(file, "--head", kept)
        assert (said.returncode, said.stderr) == (0, "")
        assert json.loads(said.stdout)["values"]["actor"] == "Alice Olsen" and json.loads(said.stdout)["index"] == 0

    def test_ends_with_one_where_it_proves_nothing_and_with_two_for_bad_use(
        self, events: list[AuditEvent], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file, kept = tmp_path / "proof.json", tmp_path / "kept.jsonl"
        file.write_bytes(proofs.proof(events[0]))
        kept.write_text(kept_at(2).line())
        told = StringIO()
        call_command("verify_audit", stdout=told)
        assert proving.main([str(file), "--key", json.loads(told.getvalue())["key"]]) == 0
        assert proving.main([str(file), "--head", str(kept)]) == 1
        assert f"{file} proves nothing to you: its head, of 5 events, is none that you have kept" in capsys.readouterr().err
        kept.write_bytes(b"\xff")
        assert proving.main([str(file), "--head", str(kept)]) == proving.main([str(tmp_path / "none"), "--key", "x"]) == 2
        assert proving.main([str(file), "--key", "no key"]) == 2
        with pytest.raises(SystemExit) as ended:
            proving.main([str(file)])
        assert ended.value.code == 2 and "say what you trust" in capsys.readouterr().err
