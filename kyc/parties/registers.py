"""Registers of companies by org-id.guide's codes, which say what a company's number is a number of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("registers.json")


@dataclass(frozen=True)
class Register:
    code: str
    country: str
    name: str
    # Under whose number companies of the country stand, where nothing else is said.
    main: bool = False


@cache
def known() -> Mapping[str, Register]:
    """By code, in the order of the countries."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))["registers"]
    return {row["code"]: Register(**row) for row in rows}


@cache
def main(country: str) -> str:
    """The code of the country's one register; empty where it has several, or none is known."""
    return next((one.code for one in known().values() if one.country == country and one.main), "")


@cache
def has_several(country: str) -> bool:
    """Whether a number of the country says nothing without its register."""
    return not main(country) and any(one.country == country for one in known().values())


def scheme(code: str, country: str) -> str:
    """What a number is a number of, by the register that was told and the country of formation. A register that org-id.guide
    does not name is told by its country; empty where not even that is known."""
    return code or main(country) or (f"{country}-" if country and not has_several(country) else "")
