"""Statements of a file, read so that none that is malformed stops the reading: what is not of its type is as if not there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

ENTITY, PERSON, RELATIONSHIP = "entity", "person", "relationship"
NEW, UPDATED, CLOSED = "new", "updated", "closed"


class Unreadable(ValueError):
    """The file is no JSON; the message names file, line and reason."""


def load(file: Path) -> Any:
    """What the JSON says, numbers exact. Raises Unreadable, OSError."""
    content = file.read_bytes()
    try:
        return parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError as bad:
        line = content.count(b"\n", 0, bad.start) + 1
        raise Unreadable(f"{file}, line {line}: is not written in UTF-8.") from None
    except json.JSONDecodeError as bad:
        raise Unreadable(f"{file}, line {bad.lineno}: is no JSON ({bad.msg}).") from None
    except RecursionError:
        raise Unreadable(f"{file}: is nested too deeply.") from None
    except ValueError as bad:
        raise Unreadable(f"{file}: {bad}") from None


def parse(content: str) -> Any:
    """As `load`, of a text that has come otherwise. Raises ValueError, RecursionError."""
    return json.loads(content, parse_float=Decimal, parse_constant=refuse)


def refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON.")


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def fields(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


@dataclass(frozen=True)
class Statement:
    """One of them, with its place in the file from 0."""

    index: int
    raw: Mapping[str, Any]

    @property
    def id(self) -> str:
        return text(self.raw.get("statementId"))

    @property
    def record(self) -> str:
        return text(self.raw.get("recordId"))

    @property
    def type(self) -> str:
        return text(self.raw.get("recordType"))

    @property
    def status(self) -> str:
        return text(self.raw.get("recordStatus"))

    @property
    def about(self) -> str:
        return text(self.raw.get("declarationSubject"))

    @property
    def day(self) -> str:
        """YYYY-MM-DD, also of an instant."""
        return text(self.raw.get("statementDate"))[:10]

    @cached_property
    def details(self) -> Mapping[str, Any]:
        return fields(self.raw.get("recordDetails"))

    @property
    def is_component(self) -> bool:
        return self.details.get("isComponent") is True

    @property
    def subject(self) -> str:
        """Empty where it is given as not specified."""
        return text(self.details.get("subject"))

    @property
    def party(self) -> str:
        """As `subject`, of the interested party."""
        return text(self.details.get("interestedParty"))

    @property
    def components(self) -> list[str]:
        return [record for record in items(self.details.get("componentRecords")) if isinstance(record, str)]

    @cached_property
    def interests(self) -> list[Mapping[str, Any]]:
        return [fields(interest) for interest in items(self.details.get("interests"))]

    @property
    def makes_owner(self) -> bool:
        return any(interest.get("beneficialOwnershipOrControl") is True for interest in self.interests)


def read(statements: Any) -> list[Statement]:
    return [Statement(index, fields(raw)) for index, raw in enumerate(items(statements))]
