"""R-20, the OFAC blocked or rejected report: of one customer what was blocked or refused, each with its clock; and once a year
all property that is held, of whichever customer (31 CFR 501.603, 501.604)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Q

from accounts.history import as_of, changes
from accounts.models import Proposal
from kyc.directives.blocked.models import BlockedFiling, BlockedRecord
from reports.facts import basis
from reports.facts.frame import Frame
from reports.facts.reader import Reader, day, instant

Facts = dict[str, Any]
K, B, S = BlockedRecord.Kind, BlockedRecord.Basis, BlockedRecord.State
RECORDED = (
    "Holder, owners, the entry of the list with the day on which it was published, and the arithmetic of ownership are told as "
    "the record holds them: as they were when it was made, whatever became of them since. It was made by the product once two "
    "officers had ruled that a match is the same, or by an officer. What is told of property, authority and action is what "
    "officers wrote."
)
HELD = (
    "Property is held on a day when it was blocked by then and not released by then, by the days that officers recorded, "
    "whenever they did. What two officers found to be nothing to report is left out."
)
FILED = (
    "A report is prepared by one officer, and checked and filed by another; the database refuses the same person for both. The "
    "reference is the one that the authority's own system gave. That there is nothing to report is prepared and confirmed so "
    "too: the clock runs until the second officer has confirmed it."
)
OWNED = (
    "Where listed parties own the customer, the arithmetic is that of the 50 Percent Rule: a party held by blocked parties, in "
    "aggregate, at 50 per cent or more is itself blocked. Exact fractions throughout; control alone does not block."
)
NOT_COVERED = (
    ("Payments", "No payment passes through the product: values are those that officers recorded."),
    (
        "Forms of the authority",
        "This report holds what the authority asks for; it is not its form, nor is it filed by the product.",
    ),
)


def known(reader: Reader) -> list[Any]:
    """Of the customer, by the days they tell, also where they were recorded later; of the house, of everybody."""
    rows = as_of(BlockedRecord, reader.snapshot).filter(happened_on__lte=reader.day).order_by("happened_on", "pgh_obj_id")
    return list(rows.filter(organisation_id=reader.organisation) if reader.organisation else rows)


def records(reader: Reader) -> list[Facts]:
    return told(reader, known(reader))


def stock(reader: Reader) -> list[Facts]:
    """What is held on the day."""
    rows = [row for row in known(reader) if row.kind == K.BLOCKED and row.state != S.DISMISSED]
    return told(reader, [row for row in rows if row.released_on is None or row.released_on > reader.day])


def told(reader: Reader, rows: list[Any]) -> list[Facts]:
    filings = filed(reader)
    return [row_told(reader, row, filings.get(row.pgh_obj_id, [])) for row in rows]


def row_told(reader: Reader, row: Any, filings: list[Facts]) -> Facts:
    is_released = row.released_on is not None and row.released_on <= reader.day
    return {
        "id": row.pgh_obj_id,
        "number": BlockedRecord(pk=row.pgh_obj_id, made_at=row.made_at).number,
        "kind": str(K(row.kind).label),
        "holder": row.facts["holder"] if isinstance(row.facts, dict) else {"name": str(row.holder)},
        "owners": listed(row, "owners"),
        "basis": str(B(row.basis).label),
        "entries": listed(row, "entries"),
        "arithmetic": row.facts.get("arithmetic", {}) if isinstance(row.facts, dict) else {},
        "property": str(BlockedRecord.Asset(row.asset).label) if row.asset else "",
        "what": row.what,
        "value": f"{row.value:.2f} {row.currency}" if row.value is not None else "",
        "authority": row.authority,
        "programme": row.programme,
        "action": row.action,
        "contact": row.contact,
        "on": day(row.happened_on),
        "recorded_at": instant(row.made_at),
        "due_on": day(row.due_on),
        "clock": clock(row, filings, reader.day),
        "filings": filings,
        "released_on": day(row.released_on) if is_released else "",
        "release_ground": row.release_ground if is_released else "",
    }


def listed(row: Any, name: str) -> list[Facts]:
    """Of the facts that the record keeps; none of one that was erased."""
    return list(row.facts.get(name, [])) if isinstance(row.facts, dict) else []


def clock(row: Any, filings: list[Facts], on: date) -> str:
    """What became of it by its day, by what was filed of it by then."""
    if any(one["ended_at"] for one in filings):
        return "ended: two officers found nothing to report"
    first = (one["filed_on"] for one in filings if one["kind"] == str(BlockedFiling.Kind.INITIAL.label))
    filed_on = next(first, "")
    if not filed_on:
        return "overdue, not filed" if row.due_on < on else "running, not filed"
    return "filed in time" if filed_on <= day(row.due_on) else "filed late"


def filed(reader: Reader) -> dict[int, list[Facts]]:
    """What was filed by the day, by record; and that nothing was to be filed, where a second officer had confirmed it by the
    effective instant."""
    none = BlockedFiling.Kind.NONE
    by_then = Q(filed_on__lte=reader.day) | Q(kind=none)
    rows = list(as_of(BlockedFiling, reader.snapshot).filter(by_then, state="taken").order_by("pgh_obj_id"))
    by = as_of(Proposal, reader.snapshot).filter(pgh_obj_id__in=[row.proposal_id for row in rows])
    proposals = {row.pgh_obj_id: row for row in by}
    names = reader.people(pk for row in proposals.values() for pk in (row.proposed_by_id, row.outcome_by_id))
    found: dict[int, list[Facts]] = {}
    for row in rows:
        proposal = proposals[row.proposal_id]
        if row.kind == none and proposal.outcome_at > reader.valid_at:
            continue
        found.setdefault(row.record_id or 0, []).append(
            {
                "kind": str(BlockedFiling.Kind(row.kind).label),
                "year": row.year or 0,
                "filed_on": day(row.filed_on),
                "ended_at": instant(proposal.outcome_at) if row.kind == none else "",
                "reference": row.reference,
                "note": row.note,
                "prepared_by": names.get(proposal.proposed_by_id, ""),
                "filed_by": names.get(proposal.outcome_by_id, ""),
            }
        )
    return found


def annual(reader: Reader) -> Facts:
    """The clock of the annual report: of which day the stock is asked for, by when, and what was filed of that year."""
    stock_on, due_on = reader.pack.blocked_annual(reader.day.year)
    of_year = [one for one in filed(reader).get(0, []) if one["year"] == reader.day.year]
    return {
        "stock_on": day(stock_on),
        "due_on": day(due_on),
        "is_the_day": "yes" if stock_on == reader.day else "no",
        "filings": of_year,
    }


def about_house(reader: Reader) -> Facts:
    names = ("legal_name", "native_name", "registration_number", "country", "case")
    return {"id": 0, "name": "Blocked property held", "party_id": 0, **dict.fromkeys(names, "")}


def rows_of(facts: Facts) -> list[Facts]:
    found: list[Facts] = facts.get("records", facts.get("stock", []))
    return found


def methodology(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    days = reader.pack.blocked("report_days")
    source = reader.pack.data["blocked"]["source"]
    clocked = f"Each is reported within {days} working days after its day, which is not counted. Source: {source}. Holidays: "
    clocked += f"{reader.pack.data['calendars'][reader.pack.data['blocked']['calendar']]['source']}."
    texts = [("Effective and known", basis.TIMES), ("Records", RECORDED), ("Clock", clocked), ("Held", HELD)]
    texts += [("Ownership", OWNED), ("Filing", FILED), ("Digests", basis.DIGESTS), ("Reproducing this report", basis.REPRODUCED)]
    return [{"topic": topic, "text": text} for topic, text in texts]


def sources(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    lists = {(one["list"], one["published"]) for row in rows_of(facts) for one in row["entries"]}
    used = [
        {"source": name, "version": f"published {published}", "used_for": "entries", "sha256": ""}
        for name, published in sorted(lists)
    ]
    people = {"source": "The officers' records and rulings", "version": "", "used_for": "property, filing", "sha256": ""}
    return [basis.pack_source(reader, "legal bases, clocks, holidays"), *used, people]


def completeness(reader: Reader, facts: Facts) -> Facts:
    return {
        "unknowns": [{"what": what, "sentence": sentence} for what, sentence in unknowns(facts)],
        "not_covered": [{"what": what, "sentence": sentence} for what, sentence in NOT_COVERED],
        "recorded_later": later(reader),
    }


def later(reader: Reader) -> int:
    rows = changes(BlockedRecord, reader.snapshot).filter(pgh_created_at__gt=reader.valid_at)
    return (rows.filter(organisation_id=reader.organisation) if reader.organisation else rows).count()


def unknowns(facts: Facts) -> Iterator[tuple[str, str]]:
    if not rows_of(facts):
        yield "Records", "Nothing was recorded as blocked or rejected by that day."
    for row in rows_of(facts):
        wanted = ("property", "what", "authority", "programme", "action", "contact")
        if lacking := [name for name in wanted if not row[name]]:
            yield row["number"], f"Not filled in: {', '.join(lacking)}."
        if row["clock"].endswith("not filed"):
            yield row["number"], f"The report due on {row['due_on']} is not filed."


def summary(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    found = rows_of(facts)
    rows = [(str(kind.label), str(sum(row["kind"] == str(kind.label) for row in found))) for kind in K]
    rows += [("Value", values(found) or "none told")]
    if "annual" in facts:
        rows += [("Stock asked for", facts["annual"]["stock_on"]), ("Due", facts["annual"]["due_on"])]
    else:
        rows += [("Clock", ", ".join(dict.fromkeys(f"{row['number']}: {row['clock']}" for row in found)) or "none runs")]
    rows += [("Unknown or open", str(len(facts["completeness"]["unknowns"])))]
    return [{"what": what, "value": value} for what, value in rows]


def values(rows: list[Facts]) -> str:
    """Sums by currency, exact."""
    sums: dict[str, int] = {}
    for row in rows:
        if row["value"]:
            amount, _space, currency = row["value"].partition(" ")
            sums[currency] = sums.get(currency, 0) + int(amount.replace(".", ""))
    return ", ".join(f"{cents // 100}.{cents % 100:02d} {currency}" for currency, cents in sorted(sums.items()))


CLOSING = (("methodology", methodology), ("sources", sources), ("completeness", completeness), ("summary", summary))
BLOCKED = Frame(
    kind="R-20",
    template="R-20/1",
    title="OFAC Blocked or Rejected Report",
    sections=(("records", records),),
    closing=CLOSING,
    for_others=True,
)
ANNUAL = Frame(
    kind="R-20",
    template="R-20/1",
    title="OFAC Annual Report of Blocked Property",
    sections=(("annual", annual), ("stock", stock)),
    closing=CLOSING,
    about=about_house,
    for_others=True,
    of_house=True,
)
