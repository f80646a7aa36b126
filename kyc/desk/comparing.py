"""A possible match as an officer reads it: what was declared beside what the list says."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from kyc.desk import forms, words
from kyc.desk.masking import Veil
from kyc.parties.models import Party
from kyc.screening.models import Hit, ListEntry


@dataclass(frozen=True)
class Compared:
    """The rows are what is compared, as declared, and as listed."""

    hit: Hit
    rows: list[tuple[Any, Any, str]]
    form: forms.RulingForm
    reason: Any


def compared(hit: Hit, entry: ListEntry | None, veil: Veil) -> list[tuple[Any, Any, str]]:
    party = hit.party
    rows = [
        (_("Name"), hit.party_name, hit.entry_name),
        (_("In its own script"), party.native_name, ""),
        (_("What"), party.get_kind_display(), kind_listed(entry)),
        (_("Born"), veil.over(party, "birth_date"), "; ".join(entry.birth_dates) if entry else ""),
        (_("Country"), words.country(party.country), "; ".join(map(words.country, entry.countries)) if entry else ""),
        (_("Number"), party.registration_number, "; ".join(entry.identifiers) if entry else ""),
        (_("Also called"), "", "; ".join(entry.aliases) if entry else ""),
        (_("Programmes"), "", ", ".join(entry.programmes) if entry else ""),
    ]
    return [row for row in rows if row[1] or row[2]]


def kind_listed(entry: ListEntry | None) -> str:
    kind = entry.kind if entry else ""
    return str(Party.Kind(kind).label) if kind in Party.Kind.values else kind
