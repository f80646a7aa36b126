"""R-07, the large AI model training report: of one customer who it is, how it pays, and each run that is known, with what was to
be told of it by when and what was (IAAS-40 to IAAS-45; 15 CFR 7.308, proposed)."""

from collections.abc import Iterator
from typing import Any

from accounts.models import Proposal
from kyc.directives.training.models import TrainingDuty, TrainingFiling, TrainingRun, written
from reports.facts import basis
from reports.facts.customer import identity
from reports.facts.declared import payment
from reports.facts.frame import Frame
from reports.facts.reader import Reader, as_of, day, instant

Facts = dict[str, Any]
K, S = TrainingDuty.Kind, TrainingDuty.State
NEEDED = ("operations", "method", "begins_on", "ends_on", "accelerators", "location", "practices", "security")
KNOWN = (
    "Since when a run is known is the day that an officer wrote down with it; it is never changed, and the first clock runs from "
    "it. What else is told of it is what was written down by the effective instant."
)
FILED = (
    "A report is prepared by one officer, and checked and filed by another; the database refuses the same person for both. The "
    "reference is the one that the authority gave. That there is nothing to report is prepared and confirmed so too: the clock "
    "runs until the second officer has confirmed it."
)
MASKED = (
    "This is the minimised profile: numbers by their last characters. Told whole, which another officer approves, it has them as "
    "they were declared."
)
NOT_COVERED = (
    ("Addresses on the network", "From where its keys were used stands in the attribution report, R-06."),
    (
        "Forms of the authority",
        "This report holds what the proposed rule asks for; it is no form, nor is it filed by the product.",
    ),
)


def runs(reader: Reader) -> list[Facts]:
    duties: dict[int, list[Any]] = {}
    for row in reader.then(TrainingDuty):
        duties.setdefault(row.run_id, []).append(row)
    filed: dict[int, list[Facts]] = {}
    for filing in filings(reader):
        filed.setdefault(filing.pop("duty"), []).append(filing)
    return [run_told(reader, row, duties.get(row.pgh_obj_id, []), filed) for row in reader.then(TrainingRun)]


def run_told(reader: Reader, row: Any, duties: list[Any], filed: dict[int, list[Facts]]) -> Facts:
    return {
        "id": row.pgh_obj_id,
        "number": TrainingRun(pk=row.pgh_obj_id, made_at=row.made_at).number,
        "known_on": day(row.known_on),
        "recorded_at": instant(row.made_at),
        "basis": row.basis,
        "transaction": row.deal,
        "end_customer": row.end_customer,
        "operations": written(row.operations),
        "method": row.method,
        "begins_on": day(row.begins_on),
        "ends_on": day(row.ends_on),
        "accelerators": row.accelerators,
        "location": row.location,
        "practices": row.practices,
        "security": row.security,
        "incidents": row.incidents,
        "duties": [duty_told(reader, duty, filed.get(duty.pgh_obj_id, [])) for duty in duties],
    }


def duty_told(reader: Reader, row: Any, filed: list[Facts]) -> Facts:
    return {
        "kind": str(K(row.kind).label),
        "what": row.what,
        "since": day(row.since),
        "due_on": day(row.due_on),
        "stands": stands(row, filed, day(reader.day)),
        "filings": filed,
    }


def stands(row: Any, filed: list[Facts], on: str) -> str:
    """What became of it by the day."""
    if row.state == S.NOTHING:
        return "two officers found nothing to report"
    if row.state == S.FILED:
        return "filed in time" if filed and filed[-1]["filed_on"] <= day(row.due_on) else "filed late"
    return "overdue, not filed" if day(row.due_on) < on else "running, not filed"


def filings(reader: Reader) -> Iterator[Facts]:
    rows = list(reader.then(TrainingFiling).filter(state=TrainingFiling.State.TAKEN))
    by = as_of(Proposal, reader.snapshot, recorded_by=reader.valid_at).filter(pgh_obj_id__in=[row.proposal_id for row in rows])
    proposals = {row.pgh_obj_id: row for row in by}
    names = reader.people(pk for row in proposals.values() for pk in (row.proposed_by_id, row.outcome_by_id))
    for row in rows:
        proposal = proposals[row.proposal_id]
        yield {
            "duty": row.duty_id,
            "what": "Nothing to report" if row.is_nothing else "Filed",
            "filed_on": day(row.filed_on),
            "reference": row.reference,
            "note": row.note,
            "prepared_by": names.get(proposal.proposed_by_id, ""),
            "filed_by": names.get(proposal.outcome_by_id, ""),
        }


def methodology(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    found, operations = reader.pack.data["training"], written(reader.pack.training_operations)
    first, forwarded, other = (reader.pack.training(what) for what in ("report_days", "forward_days", "follow_up_days"))
    clocks = (
        f"The first report is due {first} calendar days after a run is known, and {forwarded} where a reseller reported it of "
    )
    clocks += (
        f"a customer of its own; an answer or a correction {other} after it was asked for or known. A run counts as large from "
    )
    clocks += f"{operations} operations on. Source: {found['source']}."
    texts = [("Effective and known", basis.TIMES), ("Runs", KNOWN), ("Clocks and threshold", clocks), ("Filing", FILED)]
    texts += [("Masking", MASKED)] if not reader.is_full else []
    texts += [("Digests", basis.DIGESTS), ("Four eyes", basis.EYES), ("Reproducing this report", basis.REPRODUCED)]
    return [{"topic": topic, "text": text} for topic, text in texts]


def sources(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    told = {"source": "What the customer declared", "version": "", "used_for": "identity, payment", "sha256": ""}
    people = {"source": "The officers' records", "version": "", "used_for": "runs, filing", "sha256": ""}
    return [basis.pack_source(reader, "legal bases, clocks, threshold"), told, people]


def completeness(reader: Reader, facts: Facts) -> Facts:
    return {
        "unknowns": [{"what": what, "sentence": sentence} for what, sentence in unknowns(facts)],
        "not_covered": [{"what": what, "sentence": sentence} for what, sentence in NOT_COVERED],
        "recorded_later": sum(reader.later(model) for model in (TrainingRun, TrainingDuty, TrainingFiling)),
    }


def unknowns(facts: Facts) -> Iterator[tuple[str, str]]:
    if not facts["identity"]:
        yield "Identity", "Nothing had been declared of the customer."
    if not facts["payment"]:
        yield "Payment", "No means of payment was declared."
    if not facts["runs"]:
        yield "Runs", "No training run of the customer was known."
    for row in facts["runs"]:
        if lacking := [name.replace("_", " ") for name in NEEDED if not row[name]]:
            yield row["number"], f"Not known: {', '.join(lacking)}."
        for duty in row["duties"]:
            if duty["stands"] == "overdue, not filed":
                yield row["number"], f"{duty['kind']}, due on {duty['due_on']}, is not filed."


def summary(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    rows = [("Runs known", str(len(facts["runs"])))]
    for row in facts["runs"]:
        said = "; ".join(f"{duty['kind'].lower()} due {duty['due_on']}, {duty['stands']}" for duty in row["duties"])
        rows.append((row["number"], f"{row['operations'] or 'operations not known'}, known since {row['known_on']}: {said}"))
    rows.append(("Unknown or open", str(len(facts["completeness"]["unknowns"]))))
    return [{"what": what, "value": value} for what, value in rows]


TRAINING = Frame(
    kind="R-07",
    template="R-07/1",
    title="Large AI Model Training Report",
    sections=(("identity", identity), ("payment", payment), ("runs", runs)),
    closing=(("methodology", methodology), ("sources", sources), ("completeness", completeness), ("summary", summary)),
    has_profiles=True,
    for_others=True,
)
