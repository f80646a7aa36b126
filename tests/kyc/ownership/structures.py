"""Structures written in a line: `X 50 A; A 1/2 B`."""

from collections.abc import Mapping
from datetime import date

from kyc.ownership.graph import ENTITY, PERSON, UNKNOWN_OWNER, Graph, Holding, Party
from kyc.ownership.rule import Rule, rule
from kyc.ownership.shares import parse
from kyc.rules import packs


def holding(text: str) -> Holding:
    owner, share, owned, *interest = text.split()
    return Holding(owner, owned, parse("" if share == "?" else share), *interest)


def holdings(text: str) -> list[Holding]:
    return [holding(part.strip()) for part in text.split(";") if part.strip()]


def graph(
    text: str, *, people: str = "X Y Z", countries: str = "", nameless: str = "", names: Mapping[str, str] | None = None
) -> Graph:
    """`countries` is `A:CN B:RU`. A party in neither `people` nor `nameless` is an entity."""
    found, called = holdings(text), names or {}
    where = dict(pair.split(":") for pair in countries.split())
    ids = sorted({party for h in found for party in (h.owner, h.owned)})
    return Graph.of(found, [Party(id, kind(id, people, nameless), where.get(id, ""), called.get(id, "")) for id in ids])


def kind(party: str, people: str, nameless: str) -> str:
    if party in nameless.split():
        return UNKNOWN_OWNER
    return PERSON if party in people.split() else ENTITY


def shipped(regime: str, *, on: str = "") -> Rule:
    """The regime as the current rule pack has it."""
    return rule(packs.current(), regime, on=date.fromisoformat(on) if on else None)
