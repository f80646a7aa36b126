"""The standard's own JSON Schema, formats included (BODS-01)."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

FOLDER = Path(__file__).parent / "schema"
FORMATS = ("date", "date-time", "uri")
# A whole record would hide what is wrong with it.
LONGEST = 200


@dataclass(frozen=True)
class SchemaError:
    """`statement` counts from 0 and is None where the file itself is wrong; `keyword` is JSON Schema's, `path` a JSON path."""

    statement: int | None
    path: str
    keyword: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@cache
def validator() -> Draft202012Validator:
    parts = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
    registry: Registry[Any] = Registry().with_resources((part["$id"], Resource.from_contents(part)) for part in parts.values())
    formats = FormatChecker(FORMATS)
    if missing := sorted(set(FORMATS) - set(formats.checkers)):
        # The library passes over a format whose checker isn't installed, and so would let bad files through.
        raise RuntimeError(f"No checker is installed for {', '.join(missing)}.")
    return Draft202012Validator(parts["statement.json"], registry=registry, format_checker=formats)


def errors(statements: Any) -> Iterator[SchemaError]:
    """In the order of the file."""
    found = sorted(validator().iter_errors(statements), key=lambda error: [str(step).zfill(9) for step in error.absolute_path])
    yield from map(told, found)


def first(statements: Any) -> SchemaError | None:
    """The one that is met first; of a file that is all wrong the others are not looked for."""
    error = next(validator().iter_errors(statements), None)
    return told(error) if error else None


def told(error: ValidationError) -> SchemaError:
    return SchemaError(at(error), error.json_path, str(error.validator), shortened(error.message))


def at(error: ValidationError) -> int | None:
    first = next(iter(error.absolute_path), None)
    return first if isinstance(first, int) else None


def shortened(message: str) -> str:
    return message if len(message) <= LONGEST else f"{message[: LONGEST // 2]} … {message[-LONGEST // 2 :]}"
