"""Loading list versions into the real database, and the index of the active ones."""

import gzip
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent
from config import jobs
from kyc.screening import lists
from kyc.screening.entries import BadList
from kyc.screening.lists import Loaded
from kyc.screening.match import Match, Subject
from kyc.screening.models import ListEntry, ListVersion
from tests.kyc.screening.published import address, alias, comment, file, row

MAY, JUNE, JULY = date(2024, 5, 1), date(2024, 6, 1), date(2024, 7, 1)
PEOPLE = [row(number, f"DOE, John {word}") for number, word in enumerate("Ada Ben Cal Dan Eve Fay Gus Hal Ira Jon".split(), 1)]


@pytest.fixture
def published(tmp_path: Path) -> Callable[..., Path]:
    """Writes lines as a publisher's file."""

    def write(*lines: str, name: str = "sdn.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.compress(file(lines)) if name.endswith(".gz") else file(lines))
        return path

    return write


def load(primary: Path, published: date = MAY, source: str = "ofac-sdn", **others: Any) -> Loaded:
    return lists.load(source, primary=primary, published=published, **others)


def counts(loaded: Loaded) -> tuple[int, int, int]:
    return loaded.added, loaded.changed, loaded.removed


def active() -> list[tuple[str, date]]:
    return list(ListVersion.objects.filter(is_active=True).order_by("source").values_list("source", "published"))


@pytest.mark.django_db
class TestLoad:
    def test_stores_every_entry_with_what_the_other_files_say(self, published: Callable[..., Path]) -> None:
        loaded = load(
            published(row(1, "DOE, John", remarks="x" * 1000), row(2, "NORDLYS", "", programmes="CUBA] [IRGC")),
            aliases=published(alias(1, "ROE, Jack"), name="alt.csv"),
            addresses=published(address(2, "Cuba"), name="add.csv"),
            comments=published(comment(1, "; DOB 1970; Passport A1011254 (Egypt); nationality Egypt."), name="comments.csv"),
        )
        doe, nordlys = ListEntry.objects.filter(version=loaded.version).order_by("pk")
        assert (doe.entry_id, doe.kind, doe.name, doe.aliases) == ("1", "person", "John DOE", ["Jack ROE"])
        assert (doe.birth_dates, doe.countries, doe.identifiers) == (["1970"], ["EG"], ["A1011254"])
        assert (nordlys.kind, nordlys.countries, nordlys.programmes) == ("company", ["CU"], ["CUBA", "IRGC"])
        assert ListVersion.objects.get().entries_count == 2

    def test_the_first_version_is_all_added_and_active(self, published: Callable[..., Path]) -> None:
        loaded = load(published(*PEOPLE))
        assert (loaded.published, counts(loaded)) == ("2024-05-01", (10, 0, 0))
        assert active() == [("ofac-sdn", MAY)]

    def test_the_next_is_counted_against_it_and_active_instead(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE))
        changed = row(3, "DOE, John Cal", remarks="DOB 1970.")
        loaded = load(published(*PEOPLE[:2], changed, *PEOPLE[3:9], row(11, "NEW"), row(12, "NEWER")), JUNE)
        assert counts(loaded) == (2, 1, 1)
        assert active() == [("ofac-sdn", JUNE)]
        assert ListVersion.objects.count() == 2

    def test_a_new_alias_is_a_change(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE))
        assert counts(load(published(*PEOPLE), JUNE, aliases=published(alias(4, "X"), name="alt.csv"))) == (0, 1, 0)

    def test_another_order_is_none(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE))
        assert counts(load(published(*PEOPLE[::-1]), JUNE)) == (0, 0, 0)

    def test_an_older_one_is_stored_and_not_activated_however_short(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE), JUNE)
        loaded = load(published(PEOPLE[0]), MAY)
        assert counts(loaded) == (1, 0, 0)
        assert active() == [("ofac-sdn", JUNE)]
        assert ListEntry.objects.filter(version=loaded.version).count() == 1

    def test_each_is_counted_against_the_one_before_it_by_date(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE[:9]), MAY)
        load(published(*PEOPLE, row(11, "X")), JULY)
        assert counts(load(published(*PEOPLE), JUNE)) == (1, 0, 0)

    def test_the_same_file_again_changes_nothing_and_says_the_same(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE[:9]))
        first = load(published(*PEOPLE), JUNE)
        history = [ListVersion.pgh_event_model.objects.count(), AuditEvent.objects.count(), ListEntry.objects.count()]
        assert load(published(*PEOPLE), JUNE) == first
        assert load(published(*PEOPLE, name="sdn.csv.gz"), JUNE) == first
        assert history == [
            ListVersion.pgh_event_model.objects.count(),
            AuditEvent.objects.count(),
            ListEntry.objects.count(),
        ]

    def test_the_same_file_in_another_place_is_another_version(self, published: Callable[..., Path]) -> None:
        primary, empty = published(*PEOPLE), published(name="other.csv")
        assert load(primary, addresses=empty).version != load(primary, comments=empty).version

    def test_a_packed_file_says_what_it_says_unpacked(self, published: Callable[..., Path]) -> None:
        assert counts(load(published(*PEOPLE, name="sdn.csv.gz"))) == (10, 0, 0)

    def test_sources_do_not_mix(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE))
        assert counts(load(published(PEOPLE[0]), JUNE, source="ofac-cons")) == (1, 0, 0)
        assert active() == [("ofac-cons", JUNE), ("ofac-sdn", MAY)]

    @pytest.mark.parametrize(("left", "is_kept"), [(19, True), (18, False)])
    def test_a_newer_file_with_a_twentieth_less_is_kept_and_a_shorter_one_refused(
        self, published: Callable[..., Path], left: int, is_kept: bool
    ) -> None:
        people = [row(number, f"DOE, John {number}") for number in range(20)]
        load(published(*people))
        if is_kept:
            load(published(*people[:left]), JUNE)
        else:
            with pytest.raises(lists.Shrunk, match=f"has {left} entries, the active one 20"):
                load(published(*people[:left]), JUNE)
        assert active() == [("ofac-sdn", JUNE if is_kept else MAY)]
        assert ListVersion.objects.count() == 1 + is_kept
        assert AuditEvent.objects.filter(verb="list.loaded").count() == 1 + is_kept

    def test_unless_it_may_shrink(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE))
        assert counts(load(published(PEOPLE[0]), JUNE, may_shrink=True)) == (0, 0, 9)
        assert active() == [("ofac-sdn", JUNE)]

    def test_a_bad_line_leaves_nothing_behind(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE))
        with pytest.raises(BadList, match=r"^sdn\.csv, line 11: "):
            load(published(*PEOPLE, "nonsense\r\n"), JUNE)
        assert active() == [("ofac-sdn", MAY)]
        assert (ListVersion.objects.count(), ListEntry.objects.count()) == (1, 10)

    def test_each_load_has_its_audit_row(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE), JUNE)
        load(published(*PEOPLE[:3]), MAY)
        newer, older = AuditEvent.objects.filter(verb="list.loaded").order_by("pk")
        assert newer.details == {"source": "ofac-sdn", "published": "2024-06-01", "entries": 10, "active": True}
        assert older.details == {"source": "ofac-sdn", "published": "2024-05-01", "entries": 3, "active": False}
        assert newer.target_id == str(ListVersion.objects.get(published=JUNE).pk)

    def test_nothing_stands_when_the_audit_fails(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE))
        with patch("accounts.audit.record", side_effect=OSError), pytest.raises(OSError), transaction.atomic():
            load(published(*PEOPLE, row(11, "X")), JUNE)
        assert active() == [("ofac-sdn", MAY)]
        assert (ListVersion.objects.count(), ListEntry.objects.count()) == (1, 10)

    def test_only_an_activated_version_wakes_the_stages_above(
        self,
        published: Callable[..., Path],
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
    ) -> None:
        woken: list[str] = []
        monkeypatch.setattr(jobs, "wake", woken.append)
        for lines, day, events in ((PEOPLE, JUNE, ["list.activated"]), (PEOPLE, JUNE, []), (PEOPLE[:9], MAY, [])):
            woken.clear()
            with django_capture_on_commit_callbacks(execute=True):
                load(published(*lines), day)
            assert woken == events


@pytest.mark.django_db
class TestTheDatabaseRefuses:
    def test_two_active_versions_of_a_source(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE), JUNE)
        load(published(PEOPLE[0]), MAY)
        with pytest.raises(IntegrityError, match="one_active_version_a_source"), transaction.atomic():
            ListVersion.objects.update(is_active=True)

    def test_the_same_file_of_one_day_twice(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE))
        version = ListVersion.objects.get()
        version.pk = None
        version.is_active = False
        with pytest.raises(IntegrityError, match="list_file_loaded_once_a_day"), transaction.atomic():
            version.save(force_insert=True)


class TestLines:
    def test_older_files_are_read_in_windows_western_code_page(self, tmp_path: Path) -> None:
        path = tmp_path / "sdn.csv"
        path.write_bytes("MÜLLER\r\n".encode() + "MÜLLER – “Ž”\r\n".encode("cp1252") + b"\x81\r\n")
        assert list(lists.lines(path)) == ["MÜLLER\r\n", "MÜLLER – “Ž”\r\n", "�\r\n"]

    def test_no_file_has_no_lines(self) -> None:
        assert list(lists.lines(None)) == []

    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("missing.csv", None, "No such file"),
            ("", None, "Is a directory"),
            ("text.gz", b"plain", "Not a gzipped file"),
            ("short.gz", gzip.compress(b"x" * 100)[:-12], "ended before"),
            ("hurt.gz", gzip.compress(b"")[:10] + b"\xff" * 20, "invalid"),
        ],
        ids=["missing", "folder", "not packed", "cut off", "hurt"],
    )
    def test_what_cannot_be_read_is_named(self, tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(BadList, match=f"{path}: cannot be read .*{reason}"):
            list(lists.lines(path))


def screened(name: str, **known: Any) -> list[Match]:
    return lists.active_index().find(Subject(name, **known))


@pytest.mark.django_db
class TestActiveIndex:
    def test_follows_the_active_versions(self, published: Callable[..., Path]) -> None:
        assert screened("John Doe") == []
        first = load(published(row(1, "DOE, John", remarks="DOB 1970; nationality Egypt.")))
        (found,) = screened("John Doe", birth_date="1970", country="EG")
        assert (found.entry.id, found.entry.version, found.score) == ("1", first.version, 1.0)
        assert lists.active_index() is lists.active_index()

        load(published(row(2, "ROE, Jane")), JUNE)
        assert screened("John Doe") == []
        assert screened("Jane Roe")[0].entry.id == "2"

    def test_holds_all_active_sources_and_names_each_ones_version(self, published: Callable[..., Path]) -> None:
        versions = {load(published(row(1, "DOE, John")), source=source).version for source in ("ofac-sdn", "ofac-cons")}
        assert {match.entry.version for match in screened("John Doe")} == versions
        assert [str(version) for version in lists.active_versions()] == [
            "OFAC consolidated list of 1 May 2024",
            "OFAC SDN list of 1 May 2024",
        ]

    def test_knows_numbers(self, published: Callable[..., Path]) -> None:
        load(published(*PEOPLE, row(11, "X", remarks="Passport A1011254 (Egypt).")))
        assert screened("Nobody", identifiers=("A1011254",))[0].entry.id == "11"
