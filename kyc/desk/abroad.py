"""Where a customer's keys were used from, where that disagrees with what it told, as an officer reads it."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from accounts.models import Organisation
from kyc.desk import words
from kyc.risk import seen
from kyc.risk.seen import Abroad
from kyc.rules import packs


def facts(organisation: Organisation) -> dict[str, Any]:
    """Of late, by the pack of today; what a round went by stands in its score."""
    pack = packs.current()
    return {
        "abroad": [in_words(row) for row in seen.abroad(organisation, pack, timezone.localdate())],
        "abroad_within": pack.abroad_within_days,
        "abroad_line": pack.abroad_on_days,
    }


def in_words(row: Abroad) -> dict[str, Any]:
    named = {"declared": names(row.declared), "payment": names(row.payment)}
    return {"row": row, "country": words.country(row.country), **named}


def names(codes: Iterable[str]) -> str:
    return ", ".join(sorted(words.country(code) for code in codes))
