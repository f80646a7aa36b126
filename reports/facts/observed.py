"""What other sources said of who owns the customer, beside what was declared; and where the two differed."""

from typing import Any

from kyc.ownership.differing import parted, stated
from kyc.ownership.interests import has_size
from kyc.ownership.models import Discrepancy, Interest, Observation
from kyc.ownership.shares import parse, shown
from kyc.parties.models import Party
from reports.facts.reader import Reader, country, day, instant

Facts = dict[str, Any]
SOURCES = {
    Observation.Source.REGISTER: "register",
    Observation.Source.DOCUMENT: "document",
    Observation.Source.RESEARCH: "own research",
}
ENDED = {
    Discrepancy.Resolution.CORRECTED: "corrected by the customer",
    Discrepancy.Resolution.OVERTAKEN: "the source says otherwise now, or the observation was withdrawn",
    Discrepancy.Resolution.SPELLING: "spelling, transliteration or rounding only, settled with the customer",
    Discrepancy.Resolution.SOURCE_WRONG: "the source is wrong or older",
    Discrepancy.Resolution.REPORTED: "reported to the register",
}


def observed(reader: Reader) -> list[Facts]:
    """Everything that was read by the effective instant, side by side; what was withdrawn by then says so."""
    rows = list(reader.then(Observation))
    names = reader.people({row.recorded_by_id for row in rows} | {row.withdrawn_by_id for row in rows})
    return [
        {
            "owner": owner(reader, row),
            "owner_about": reader.about(row.owner_id) or about(row),
            "owned": reader.name(row.owned_id),
            "says": says(row),
            "kind": SOURCES[row.source],
            "found_in": row.found_in,
            "stated_on": day(row.stated_on),
            "recorded_at": instant(row.recorded_at),
            "recorded_by": names.get(row.recorded_by_id, ""),
            "withdrawn_at": instant(row.withdrawn_at),
            "withdrawn_by": names.get(row.withdrawn_by_id, ""),
            "withdrawn_because": row.withdrawn_because,
        }
        for row in rows
    ]


def owner(reader: Reader, row: Any) -> str:
    return reader.name(row.owner_id) or str(row.owner_name)


def about(row: Any) -> str:
    """Of an owner who is no party."""
    kind = str(Party.Kind(row.owner_kind).label) if row.owner_kind else ""
    return ", ".join(filter(None, (kind, country(row.owner_country))))


def says(row: Any) -> str:
    if row.is_all:
        return "names no other owner"
    return told(stated(row.kind, row.share))


def told(text: str) -> str:
    """Shares and other interests as a discrepancy keeps them."""
    return " + ".join(what(*parted(part)) for part in text.split(" + "))


def what(kind: str, share: str) -> str:
    """An interest in words; shares by their size alone."""
    if kind == Interest.Kind.SHAREHOLDING:
        return size(share)
    label = str(Interest.Kind(kind).label).lower()
    return f"{label}: {size(share)}" if has_size(kind) else label


def size(share: str) -> str:
    return shown(parse(share, zero=True)) if share else "a share that is not stated"


def discrepancies(reader: Reader) -> list[Facts]:
    """Each difference with its clock and what had become of it by the effective instant (AMLR-09)."""
    rows, seen = list(reader.then(Discrepancy)), {row.pgh_obj_id: row for row in reader.then(Observation)}
    names = reader.people({row.resolved_by_id for row in rows})
    return [difference(reader, row, seen[row.observation_id], names) for row in rows]


def difference(reader: Reader, row: Any, seen: Any, names: dict[int | None, str]) -> Facts:
    return {
        "kind": str(Discrepancy.Kind(row.kind).label),
        "owner": reader.name(row.party_id) or owner(reader, seen),
        "owned": reader.name(seen.owned_id),
        "declared": "not declared" if row.kind == Discrepancy.Kind.NOT_DECLARED else told(row.declared),
        "observed": "not named" if row.kind == Discrepancy.Kind.NOT_IN_SOURCE else told(row.observed),
        "source": f"{seen.found_in}, {day(seen.stated_on)}",
        "opened_at": instant(row.opened_at),
        "due_on": day(row.due_on),
        "state": state(reader, row),
        "reason": row.reason,
        "reported_on": day(row.reported_on),
        "reference": row.reference,
        "resolved_at": instant(row.resolved_at),
        "resolved_by": names.get(row.resolved_by_id, ""),
    }


def state(reader: Reader, row: Any) -> str:
    if row.resolution:
        return ENDED[row.resolution]
    return "open" if row.due_on >= reader.day else "open, past its day"


def rule(reader: Reader) -> Facts:
    """The clock, with its legal basis and what that was on the day."""
    basis = reader.pack.discrepancy_basis(on=reader.day)
    return {"days": reader.pack.discrepancy_days} | {name: basis[name] for name in ("citation", "status_text", "note")}
