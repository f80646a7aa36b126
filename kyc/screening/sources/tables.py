"""CSV files with a header."""

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from kyc.screening.entries import BadList
from kyc.screening.sources.files import lines


def rows(path: Path, needed: Collection[str], *, before: int = 0) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its line, by the header's names; `before` lines stand above the header. Strict, so that a file cut off within
    quotes, or a row with more or fewer values than the header has, is noticed. Raises BadList with file and line."""
    reader = csv.reader(lines(path), strict=True)
    try:
        for _ in range(before):
            next(reader, None)
        header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
        if missing := [name for name in needed if name not in header]:
            raise BadList(f"{path.name}, line {before + 1}: the column {missing[0]} is missing.")
        for row in reader:
            if not any(value.strip() for value in row):
                continue
            if len(row) != len(header):
                raise BadList(f"{path.name}, line {reader.line_num}: {len(row)} values, where the header has {len(header)}.")
            if any("\0" in value for value in row):
                raise BadList(f"{path.name}, line {reader.line_num}: a zero byte stands in it.")
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise BadList(f"{path.name}, line {reader.line_num}: {error}.") from error
