"""The ownership picture as facts: boxes, lines and words, for whoever draws it."""

from collections.abc import Container, Iterator
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from kyc.ownership import picture as pictures
from kyc.ownership.circles import circular
from kyc.ownership.folding import Fold, folded
from kyc.ownership.graph import SHAREHOLDING
from kyc.ownership.picture import BAD, FOLDED, GOOD, UNDECLARED, UNKNOWN, WARN, Box, Line, Picture
from kyc.ownership.rule import OFAC
from kyc.ownership.shares import Interval, short, total
from kyc.parties.models import Party
from reports.facts.customer import DIRECTLY
from reports.facts.determined import IF_TRUE, OVERTAKEN, UNDECIDED, YES
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
ROLES = {Party.Kind.STATE: "state", Party.Kind.TRUST: "trust", Party.Kind.UNKNOWN: "not known by name"}
INDIRECT = "through others"
LATE, CIRCULAR = ("not checked yet", WARN), " · circular"
MATCHED = (("the same party", "listed", BAD), ("open", "possible match", WARN))


def picture(reader: Reader, facts: Facts) -> Facts:
    """Everything that is drawn, or why nothing is; of a structure too large to read, the chains that matter."""
    interests = facts["ownership"]["interests"]
    if not interests or not reader.customer:
        return told(None, "No owner was declared, so there is no picture.")
    whole = Picture(str(reader.customer.pgh_obj_id), tuple(boxes(reader, facts)), tuple(lines(reader, facts)), "")
    folded = fold(facts, whole)
    if len(folded.boxes) <= pictures.MOST:
        return told(folded, "" if folded == whole else f"Where a party has many owners, the smaller ones share a box. {ALL}")
    shown, size = (
        fold(facts, pictures.narrowed(whole)),
        f"Too large to draw whole: {len(whole.boxes)} parties and undeclared parts.",
    )
    if not 1 < len(shown.boxes) <= pictures.MOST:
        return told(None, f"{size} {ALL}")
    return told(shown, f"{size} Drawn are those between the customer and who is or may be blocked. {ALL}")


def fold(facts: Facts, whole: Picture) -> Picture:
    """With the smaller owners of whoever has many in one box, but for those that something was found of."""

    def one(fold: Fold) -> tuple[Box, Line]:
        owners = {line.owner for line in fold.lines}
        is_late = any((box.note, box.tone) == LATE for box in whole.boxes if box.id in {*owners, *fold.behind})
        ends = {(line.owner, line.owned) for line in fold.lines}
        held = [
            row
            for row in facts["ownership"]["interests"]
            if is_share(row) and (str(row["owner_id"]), str(row["owned_id"])) in ends
        ]
        shares = [Interval(Fraction(row["min"]), Fraction(row["max"])) for row in held]
        name = f"{len(owners)} more owner{'s' if len(owners) > 1 else ''}"
        role = f"with {len(fold.behind)} behind" if fold.behind else ""
        note, tone = (f"some {LATE[0]}", WARN) if is_late else ("", "")
        box = Box(fold.id, name, FOLDED, role=role, note=note, tone=tone)
        return box, Line(fold.id, fold.owned, short(total(shares)) if shares else "")

    kept = [box.id for box in whole.boxes if (box.tone in (BAD, WARN) and box.note != LATE[0]) or box.kind == UNKNOWN]
    return folded(whole, kept=kept, told=one)


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
        role = "the customer" if pk == customer else ROLES.get(row.kind, "")
        role = "nominee" if pk in nominees and pk != customer else role
        name = f"{row.name} ({year})" if (year := birth_year(row)) else row.name
        yield Box(str(pk), name, row.kind, row.country, row.native_name, role, note if tone != GOOD or not role else "", tone)
    for row in facts["ownership"]["unaccounted"]:
        yield Box(f"left-{row['party_id']}", f"undeclared: {row['share']}", UNDECLARED)


def lines(reader: Reader, facts: Facts) -> Iterator[Line]:
    verdicts = verdicts_of(facts)
    rows = sorted(facts["ownership"]["interests"], key=lambda row: -Fraction(row["max"] or 0))
    circles = circular([(str(row["owner_id"]), str(row["owned_id"])) for row in rows])
    for place, row in enumerate(rows):
        is_bad = is_share(row) and verdicts.get(row["owner_id"]) == verdicts.get(row["owned_id"]) == YES
        is_open = row["share"] == "unknown"
        share = written(row) + (CIRCULAR if place in circles else "")
        tone = BAD if is_bad else ""
        yield Line(str(row["owner_id"]), str(row["owned_id"]), share, is_open, tone, is_circular=place in circles)
        if row["held_for"]:
            yield Line(str(row["held_for_id"]), str(row["owner_id"]), "held for", is_open=True)
    for row in facts["ownership"]["unaccounted"]:
        yield Line(f"left-{row['party_id']}", str(row["party_id"]), "", is_open=True)


def is_share(row: Facts) -> bool:
    return bool(row["type"] == SHAREHOLDING)


def written(row: Facts) -> str:
    """What stands on the line of an interest."""
    share = "?" if row["share"] == "unknown" and is_share(row) else row["share"]
    through = INDIRECT if row["held"] != DIRECTLY else ""
    return " · ".join(filter(None, ("" if is_share(row) else row["interest"].lower(), share, through)))


def verdicts_of(facts: Facts) -> dict[int, str]:
    found = (row for regime in facts["ownership"]["regimes"] if regime["regime"] == OFAC for row in regime["verdicts"])
    return {row["party_id"]: row["verdict"] for row in found}


def finding(facts: Facts, party: int, verdicts: dict[int, str], screened: Container[int]) -> tuple[str, str]:
    """A few words on a party, and their tone. One of whom no share is held, as of a trust, has no verdict;
    where the report tells no matches, nothing is said of him."""
    hits = facts["screening"].get("hits")
    for ruling, words, tone in MATCHED:
        if any(hit["party_id"] == party and hit["ruling"] == ruling for hit in hits or ()):
            return words, tone
    if party in verdicts:
        return SHORT.get(verdicts[party], (verdicts[party], WARN))
    if party in screened:
        return ("no match", GOOD) if hits is not None else ("", "")
    return LATE if facts["screening"]["rounds"] else ("", "")
