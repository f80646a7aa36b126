"""CSV, without Django: what somebody else wrote, a row at a time, of which is told with file, line and reason what is wrong; and
what we write for whoever opens it in a spreadsheet."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

# With these a spreadsheet takes a cell for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What stands between the values, in the order in which equals are preferred.
BETWEEN = ",;\t|"


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


def decoded(content: bytes) -> str:
    """The text of a file as spreadsheets save it: in UTF-8, in UTF-16 with its mark, or else in Windows-1252. Raises BadTable
    where it is none of them."""
    is_marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_marked else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadTable("The file is no text in UTF-8, UTF-16 or Windows-1252. Save it as “CSV UTF-8”.")


def separator(text: str) -> str:
    """What stands between the values of its first line: of commas, semicolons, tabs and bars that of which it has most, outside
    quotes."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    return max(BETWEEN, key=outside.count)


class Echo:
    """What csv writes to: a line comes back as it is."""

    def write(self, line: str) -> str:
        return line


def safe(cell: Any) -> str:
    """Not to be taken for a formula by whoever opens it in a spreadsheet."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text
