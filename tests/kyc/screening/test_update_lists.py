"""The command that loads a publisher's own file, as other people's scripts call it."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from kyc.management.commands.update_lists import Command
from kyc.screening import fetching
from kyc.screening.models import ListEntry, ListUpdate, ListVersion
from tests.kyc.screening.published import address, alias, comment, file, row

pytestmark = pytest.mark.django_db
PEOPLE = [row(number, f"DOE, John {number}") for number in range(1, 11)]

Answer = tuple[int, str, str]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Runs it as `manage.py` does; returns exit status, stdout and stderr."""
    # Commands close their connections at the end; the test's transaction lives in one of them.
    monkeypatch.setattr(connections, "close_all", lambda: None)

    def run(*arguments: object) -> Answer:
        status = 0
        try:
            Command().run_from_argv(["manage.py", "update_lists", *map(str, arguments)])
        except SystemExit as end:
            status = int(end.code or 0)
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def sdn(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str, name: str = "sdn.csv") -> Path:
        (tmp_path / name).write_bytes(file(lines))
        return tmp_path / name

    return write


class TestWhatItPrints:
    def test_one_line_of_json_for_each_load(self, command: Callable[..., Answer], sdn: Callable[..., Path]) -> None:
        status, out, err = command("--source", "ofac-sdn", "--file", sdn(*PEOPLE), "--published", "2024-05-01")
        first = ListVersion.objects.get()
        assert (status, err, out.count("\n")) == (0, "", 1)
        assert json.loads(out) == {
            "version": first.pk,
            "published": "2024-05-01",
            "added": 10,
            "changed": 0,
            "removed": 0,
            "active": True,
        }

        newer = sdn(*PEOPLE[1:], row(11, "X"), row(12, "Y"))
        aliases = sdn(alias(5, "ROE, Jack"), name="alt.csv")
        status, out, _ = command("--source", "ofac-sdn", "--file", newer, "--aliases", aliases, "--published", "2024-05-02")
        assert {**json.loads(out), "version": 0} == {
            "version": 0,
            "published": "2024-05-02",
            "added": 2,
            "changed": 1,
            "removed": 1,
            "active": True,
        }

    def test_one_that_is_older_than_that_in_use_says_so(self, command: Callable[..., Answer], sdn: Callable[..., Path]) -> None:
        command("--source", "ofac-sdn", "--file", sdn(*PEOPLE), "--published", "2024-05-02")
        _, out, _ = command("--source", "ofac-sdn", "--file", sdn(*PEOPLE[:9]), "--published", "2024-05-01")
        assert json.loads(out)["active"] is False

    def test_the_same_again_prints_the_same(self, command: Callable[..., Answer], sdn: Callable[..., Path]) -> None:
        arguments = ("--source", "ofac-cons", "--file", sdn(*PEOPLE), "--published", "2024-05-01")
        assert command(*arguments) == command(*arguments)
        assert ListVersion.objects.count() == 1

    def test_all_files_of_the_publisher_are_read(self, command: Callable[..., Answer], sdn: Callable[..., Path]) -> None:
        status, _, err = command(
            "--source=ofac-sdn",
            f"--file={sdn(row(1, 'NORDLYS', '', remarks='x' * 1000))}",
            f"--aliases={sdn(alias(1, 'SUDLYS'), name='alt.csv')}",
            f"--addresses={sdn(address(1, 'Cuba'), name='add.csv')}",
            f"--comments={sdn(comment(1, '; Tax ID No. 7744001497.'), name='comments.csv')}",
        )
        entry = ListEntry.objects.get()
        assert (status, err) == (0, "")
        assert (entry.aliases, entry.countries, entry.identifiers) == (["SUDLYS"], ["CU"], ["7744001497"])

    def test_the_shipped_list_is_loaded_whole_once_and_silently(self, command: Callable[..., Answer]) -> None:
        assert [command("--shipped"), command("--shipped")] == [(0, "", "")] * 2
        version = ListVersion.objects.get()
        assert (version.published, version.is_active, version.entries_count) == (date(2024, 5, 2), True, 14_973)
        assert ListEntry.objects.count() == 14_973


class TestBadInput:
    """Exit 2, nothing on stdout, the reason on stderr in one line, nothing stored."""

    def check(self, answer: Answer, *said: str) -> None:
        status, out, err = answer
        assert (status, out) == (2, "")
        assert all(part in err for part in said), err
        assert "Traceback" not in err

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            (["<html>\r\n"], "line 1: expected 12 columns beginning with a number"),
            ([*PEOPLE, "11,short\r\n"], "line 11: expected 12 columns"),
            ([*PEOPLE, PEOPLE[0]], "line 11: the entity number 1 stands twice"),
            ([row(1, "DOE,\x00 John")], "line 1: a zero byte"),
            ([row(1, "x" * 500)], "line 1: a name of 500 characters"),
            ([], "line 1: no entry"),
        ],
    )
    def test_a_bad_file_is_named_with_line_and_reason(
        self, command: Callable[..., Answer], sdn: Callable[..., Path], lines: list[str], said: str
    ) -> None:
        answer = command("--source", "ofac-sdn", "--file", sdn(*lines))
        self.check(answer, f"sdn.csv, {said}")
        assert answer[2].count("\n") == 1
        assert not ListVersion.objects.exists()

    @pytest.mark.parametrize("option", ["aliases", "addresses", "comments"])
    def test_so_is_a_bad_second_file(self, command: Callable[..., Answer], sdn: Callable[..., Path], option: str) -> None:
        other = sdn("1,x,y,z\r\n", name="other.csv")
        self.check(command("--source", "ofac-sdn", "--file", sdn(*PEOPLE), f"--{option}", other), "other.csv, line 1: expected")
        assert not ListVersion.objects.exists()

    def test_a_missing_file(self, command: Callable[..., Answer], tmp_path: Path) -> None:
        self.check(command("--source", "ofac-sdn", "--file", tmp_path / "no.csv"), "no.csv: cannot be read", "No such file")

    def test_a_refused_file_is_recorded_and_a_mistyped_name_is_not(
        self, command: Callable[..., Answer], sdn: Callable[..., Path], tmp_path: Path
    ) -> None:
        command("--source", "ofac-sdn", "--file", tmp_path / "no.csv")
        assert not ListUpdate.objects.exists()
        command("--source", "ofac-sdn", "--file", sdn("nonsense"))
        [row] = ListUpdate.objects.all()
        assert (row.state, row.is_fetched) == ("refused", False) and row.why.startswith("sdn.csv, line 1: ")

    def test_a_shrunk_file_may_be_what_the_publisher_means(
        self, command: Callable[..., Answer], sdn: Callable[..., Path]
    ) -> None:
        command("--source", "ofac-sdn", "--file", sdn(*PEOPLE), "--published", "2024-05-01")
        answer = command("--source", "ofac-sdn", "--file", sdn(PEOPLE[0]), "--published", "2024-05-02", "--may-shrink")
        assert (answer[0], json.loads(answer[1])["removed"]) == (0, 9)

    def test_a_shrunk_file(self, command: Callable[..., Answer], sdn: Callable[..., Path]) -> None:
        command("--source", "ofac-sdn", "--file", sdn(*PEOPLE), "--published", "2024-05-01")
        answer = command("--source", "ofac-sdn", "--file", sdn(PEOPLE[0]), "--published", "2024-05-02")
        self.check(answer, "sdn.csv", "has 1 entries, the active one 10")
        assert ListVersion.objects.count() == 1

    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("--source", "ofac-sdn"),
            ("--file", "sdn.csv"),
            ("--source", "nobody", "--file", "sdn.csv"),
            ("--source", "own", "--published", "2024-05-01"),
            ("--source", "ofac-sdn", "--file", "sdn.csv", "--published", "01.05.2024"),
            ("--source", "ofac-sdn", "--file", "sdn.csv", "--published", "2024-02-30"),
            ("--all", "--file", "sdn.csv"),
            ("--all", "--source", "own"),
            ("--all", "--published", "2024-05-01"),
            ("--source", "own", "--aliases", "alt.csv"),
        ],
    )
    def test_wrong_use(self, command: Callable[..., Answer], arguments: tuple[str, ...]) -> None:
        self.check(command(*arguments))
        assert not ListVersion.objects.exists()


class TestWithoutAFile:
    """It is fetched from its publisher."""

    @pytest.fixture(autouse=True)
    def publishers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fetched(url: str, folder: Path, **_: object) -> Path:
            if "away" in url:
                raise fetching.Unfetched("The publisher answered with 503.")
            (folder / "list.csv").write_text("id,kind,name\n1,person,Nobody\n")
            return folder / "list.csv"

        monkeypatch.setattr(fetching, "fetched", fetched)
        monkeypatch.setattr(settings, "LISTS", {"csv": "https://away.example", "own": "https://lists.example"})

    def test_one(self, command: Callable[..., Answer]) -> None:
        status, out, err = command("--source", "own")
        assert (status, err) == (0, "")
        assert {**json.loads(out), "version": 0, "published": ""} == {
            "source": "own", "version": 0, "published": "", "added": 1, "changed": 0, "removed": 0, "active": True,
        }  # fmt: skip

    def test_all_and_one_that_is_away_keeps_no_other(self, command: Callable[..., Answer]) -> None:
        status, out, err = command("--all")
        assert status == 2 and json.loads(out)["source"] == "own"
        assert "csv: The publisher answered with 503." in err
        assert list(ListVersion.objects.values_list("source", flat=True)) == ["own"]

    def test_what_has_no_address_is_not(self, command: Callable[..., Answer]) -> None:
        status, out, err = command("--source", "un-sc")
        assert (status, out) == (2, "") and "No address is set for un-sc" in err
