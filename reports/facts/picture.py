"""The ownership picture as facts: boxes, lines and words, for whoever draws it."""

from collections.abc import Container, Iterator
from dataclasses import asdict
from typing import Any

from kyc.ownership import picture as pictures
from kyc.ownership.picture import BAD, GOOD, UNDECLARED, WARN, Box, Line, Picture
from kyc.parties.models import Party
from reports.facts.determined import IF_TRUE, OFAC, OVERTAKEN, UNDECIDED, YES
from reports.facts.reader import Reader, birth_year

Facts = dict[str, Any]
ALL = "The tables of this section say all of it."
# What a verdict is in a few words, with its tone.
SHORT = {
    YES: ("blocked", BAD),
    IF_TRUE: ("blocked if the match is true", WARN),
    UNDECIDED: ("may be blocked", WARN),
    OVERTAKEN: (OVERTAKEN, WARN),
    "no": ("clear", GOOD),
}
MATCHED = (("the same party", "listed", BAD), ("open", "possible match", WARN))


def picture(reader: Reader, facts: Facts) -> Facts:
    """Everything that is drawn, or why nothing is; of a structure too large to read, the chains that matter."""
    interests = facts["ownership"]["interests"]
    if not interests or not reader.customer:
        return told(None, "No owner was declared, so there is no picture.")
    whole = Picture(str(reader.customer.pgh_obj_id), tuple(boxes(reader, facts)), tuple(lines(reader, facts)), "")
    if len(whole.boxes) <= pictures.MOST:
        return told(whole, "")
    shown, size = pictures.narrowed(whole), f"Too large to draw whole: {len(whole.boxes)} parties and undeclared parts."
    if not 1 < len(shown.boxes) <= pictures.MOST:
        return told(None, f"{size} {ALL}")
    return told(shown, f"{size} Drawn are those between the customer and who is or may be blocked. {ALL}")


def told(shown: Picture | None, note: str) -> Facts:
    return {
        "customer": shown.customer if shown else "",
        "boxes": [asdict(box) for box in shown.boxes] if shown else [],
        "lines": [asdict(line) for line in shown.lines] if shown else [],
        "sentence": sentence(shown) if shown else "",
        "note": note,
    }


def sentence(shown: Picture) -> str:
    """What the picture shows, for who can't see it."""
    found = [f"{box.name}: {box.note}." for box in shown.boxes if box.note and box.tone in (BAD, WARN)]
    return " ".join([f"Who holds what of whom, the customer at the foot; {len(shown.boxes)} boxes.", *found, ALL])


def boxes(reader: Reader, facts: Facts) -> Iterator[Box]:
    verdicts = verdicts_of(facts)
    customer = facts["subject"]["party_id"]
    nominees = {row["owner_id"] for row in facts["ownership"]["interests"] if row["held_for"]}
    interests = facts["ownership"]["interests"]
    held = (pk for row in interests for pk in (row["owned_id"], row["owner_id"], row["held_for_id"]) if pk)
    for pk in dict.fromkeys([customer, *held]):
        row = reader.parties[pk]
        note, tone = finding(facts, pk, verdicts, reader.screened)
        role = "the customer" if pk == customer else "state" if row.kind == Party.Kind.STATE else ""
        role = role or ("nominee" if pk in nominees else "trust" if row.kind == Party.Kind.TRUST else "")
        name = f"{row.name} ({year})" if (year := birth_year(row)) else row.name
        yield Box(str(pk), name, row.kind, row.country, row.native_name, role, note if tone != GOOD or not role else "", tone)
    for row in facts["ownership"]["unaccounted"]:
        yield Box(f"left-{row['party_id']}", f"undeclared: {row['share']}", UNDECLARED)


def lines(reader: Reader, facts: Facts) -> Iterator[Line]:
    verdicts = verdicts_of(facts)
    for row in facts["ownership"]["interests"]:
        is_bad = verdicts.get(row["owner_id"]) == verdicts.get(row["owned_id"]) == YES
        share, is_open = ("?", True) if row["share"] == "unknown" else (row["share"] or row["interest"].lower(), False)
        yield Line(str(row["owner_id"]), str(row["owned_id"]), share, is_open, BAD if is_bad else "")
        if row["held_for"]:
            yield Line(str(row["held_for_id"]), str(row["owner_id"]), "held for", is_open=True)
    for row in facts["ownership"]["unaccounted"]:
        yield Line(f"left-{row['party_id']}", str(row["party_id"]), "", is_open=True)


def verdicts_of(facts: Facts) -> dict[int, str]:
    found = (row for regime in facts["ownership"]["regimes"] if regime["regime"] == OFAC for row in regime["verdicts"])
    return {row["party_id"]: row["verdict"] for row in found}


def finding(facts: Facts, party: int, verdicts: dict[int, str], screened: Container[int]) -> tuple[str, str]:
    """A few words on a party, and their tone. One of whom no share is held, as of a trust, has no verdict."""
    for ruling, words, tone in MATCHED:
        if any(hit["party_id"] == party and hit["ruling"] == ruling for hit in facts["screening"]["hits"]):
            return words, tone
    if party in verdicts:
        return SHORT.get(verdicts[party], (verdicts[party], WARN))
    if party in screened:
        return "no match", GOOD
    return ("not checked yet", WARN) if facts["screening"]["rounds"] else ("", "")
