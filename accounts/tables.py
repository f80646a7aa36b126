"""CSV that somebody else wrote, a row at a time, without Django: what is wrong with it is told with file, line and reason; and
cells of what we write, so that they do nothing where it is opened."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

# With these a spreadsheet takes a cell for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class BadTable(ValueError):
    """The file is no table of these columns; the message names file, line and reason."""


def rows(
    lines: Iterable[str], *, columns: Sequence[str], needed: Collection[str], source: str
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows with their line, as text by column; rows without a word are passed over. `source` is the file's name as it shall
    stand in messages. Raises BadTable."""
    found = csv.DictReader(lines, strict=True)
    check_columns(named_columns(found, source), columns, needed, source)
    yield from numbered(found, source)


def named_columns(rows: "csv.DictReader[str]", source: str) -> Iterable[str] | None:
    try:
        return rows.fieldnames
    except csv.Error as bad:
        raise BadTable(f"{source}, line 1: can't be read as CSV ({bad}).") from None


def check_columns(names: Iterable[str] | None, columns: Sequence[str], needed: Collection[str], source: str) -> None:
    given = [name.strip().lstrip("\ufeff") for name in names or ()]
    known = f"the columns are {','.join(columns)}."
    if missing := [name for name in columns if name in needed and name not in given]:
        raise BadTable(f"{source}, line 1: the column {missing[0]} is missing; {known}")
    if strange := [name for name in given if name not in columns]:
        raise BadTable(f"{source}, line 1: the column {strange[0] or '(no name)'} is not known; {known}")
    if twice := [name for name in given if given.count(name) > 1]:
        raise BadTable(f"{source}, line 1: the column {twice[0]} stands there twice.")


def numbered(rows: "csv.DictReader[str]", source: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as bad:
            raise BadTable(f"{source}, line {rows.line_num + 1}: can't be read as CSV ({bad}).") from None
        if None in row or None in row.values():
            raise BadTable(f"{source}, line {rows.line_num}: the row has not as many fields as the first line.")
        clean = {str(name).strip().lstrip("\ufeff"): value.strip() for name, value in row.items()}
        if any(clean.values()):
            yield rows.line_num, clean


def undecodable_line(file: Path) -> int:
    """The first line that is no UTF-8. A text file is read in blocks, so where reading stopped doesn't tell."""
    content = file.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as bad:
        return content.count(b"\n", 0, bad.start) + 1
    return 1


def safe(cell: Any) -> str:
    """Not to be taken for a formula by whoever opens it in a spreadsheet."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text
