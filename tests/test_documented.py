"""What README and docs tell other people's programs is what the code does."""

import re

from django.conf import settings

from accounts.tables import FORMULA
from kyc.api import errors, views
from kyc.ownership import filed
from kyc.screening import batch

DOCS = settings.BASE_DIR / "docs"
CODE = re.compile(r"`([^`]+)`")


def rows(name: str, below: str) -> list[list[str]]:
    """The cells of the first table below that heading."""
    table = (DOCS / name).read_text().partition(f"## {below}\n")[2].partition("\n| --- |")[2].partition("\n\n")[0]
    return [line.strip("| ").split(" | ") for line in table.splitlines()[1:]]


class TestGateway:
    def test_every_member_of_an_answer(self) -> None:
        told = [name for cells in rows("gateway.md", "Good, or not") for name in CODE.findall(cells[0])]
        assert sorted(told) == sorted(views.Answer().fields)

    def test_every_error_with_its_status(self) -> None:
        told = {int(status): CODE.findall(code)[0] for status, code, _ in rows("gateway.md", "Declined")}
        known = {status: errors.CODES.get(status, "invalid_request") for status, _ in errors.SAID.values()}
        assert told == known | errors.CODES
        assert set(told.values()) == set(views.Problem().fields["error"].choices)

    def test_how_much_is_taken(self) -> None:
        assert f"of {views.LONGEST_BODY // 1024**2} MB at most" in (DOCS / "gateway.md").read_text()


class TestFiles:
    def test_the_kinds_of_each(self) -> None:
        told = {cells[0].split(" ")[0].strip("*`"): set(CODE.findall(cells[1])) for cells in rows("files.md", KINDS)}
        assert told["Owners"] == set(filed.KINDS)
        assert told["screen"] == set(batch.KINDS)

    def test_the_words_for_interests(self) -> None:
        told = {word: CODE.findall(kind)[0] for words, kind in rows("files.md", INTERESTS) for word in CODE.findall(words)}
        assert told == {word: kind for word, kind in filed.WORDS.items() if word}

    def test_the_columns(self) -> None:
        text = (DOCS / "files.md").read_text()
        assert f"`{','.join(batch.FOUND)}`" in text and f"`{','.join(batch.FOUND)}`" in (DOCS.parent / "README.md").read_text()
        assert set(filed.COLUMNS) <= set(CODE.findall(text))

    def test_what_no_spreadsheet_runs(self) -> None:
        text = (DOCS / "files.md").read_text()
        assert all(f"`{mark}`" in text for mark in FORMULA if mark.strip()) and "a tab or a carriage return" in text


KINDS, INTERESTS = "What may stand under `owner_kind` and `kind`", "What may stand under `interest`"
