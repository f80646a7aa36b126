"""Sections that every report ends with: how it was made, from what, and what is not known."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import models

from kyc.cases.models import Case, DecidedOwner, Examination
from kyc.evidence.confirmation_models import Confirmation
from kyc.evidence.item_models import EvidenceItem, Mismatch
from kyc.evidence.models import AuthorityProof, Document, ExclusionRuling, Invitation, StatusProof
from kyc.keys.models import Hold, Key, Link
from kyc.ownership.models import Interest
from kyc.ownership.rule import OF_OWNERS
from kyc.parties.models import Exclusion, Party, PaymentMeans, PersonStatus, Profile, Questionnaire, Role
from kyc.risk.scoring import HIGHEST
from kyc.screening.models import Hit, ListVersion
from reports.facts.assured import OPEN, STANDS
from reports.facts.determined import IF_TRUE, OVERTAKEN, UNDECIDED, YES
from reports.facts.reader import Reader, instant

Facts = dict[str, Any]
COUNTED: tuple[type[models.Model], ...] = (
    *(
        Profile,
        Party,
        Role,
        PersonStatus,
        StatusProof,
        AuthorityProof,
        Exclusion,
        ExclusionRuling,
        Interest,
        Document,
        Invitation,
        Questionnaire,
        PaymentMeans,
    ),
    *(EvidenceItem, Mismatch, Confirmation),
    *(Case, Examination, Hit, Key, Link, Hold),
)

TIMES = (
    "Two times rule this report. It tells what was true at the effective instant, from what was known at the knowledge cut: "
    "facts recorded later, and transactions that had not ended by then, are left out. A fact with dates of its own holds by "
    "those dates. A fact without dates holds from the moment it was recorded. All times are UTC."
)
DATES = (
    "“Recorded” is when a value was written down here as it stands, “declared on” the day on which the customer told it. Neither "
    "says since when it has been true in the world."
)
POSSIBLE = (
    "A match that no officer has ruled on is not a listing. Where a verdict rests on one, it reads “would be blocked if the "
    "possible match is true”, whatever the arithmetic says."
)
DECLARED = (
    "Attributes, parties and interests are what the customer declared. Documents are held with the SHA-256 digest of the file "
    "received. What a document or a check proves of whom, and who found so, stands under assurance alone."
)
ASSURANCE = (
    "A level is reached by evidence items that an officer found good and that neither expired nor rest on a document that was "
    "taken back, rejected or not let through by the virus scanner; of a company, trust or state body also by what was confirmed "
    "of it. Strength follows from how an item was validated. What each level asks for is data of the rules of assurance, "
    "of which the version and the digest are told; by the guideline that is aimed at, the level asked for stands beside it."
)
DIGESTS = (
    "The digest of a list is SHA-256 over the publisher's unpacked files in their order, a zero byte after each; that of the "
    "rule pack and of a document is SHA-256 over the file."
)
STANDING = (
    "A party's standing is told under two tests that are not the same: US person ({iaas}), and foreign person ({ear}). The first "
    "is {status} at the effective instant. The customer names a ground, the rule pack says where it stands; undetermined counts "
    "as foreign. A standing is verified only where an officer has named the document that proves it, and only until the day told."
)
NOMINEES = (
    "Where somebody holds for another, the arithmetic goes by that other. Roles in a trust are no shares; whoever has one is "
    "counted as an owner of what the trust holds."
)
IN_FULL = (
    "This is the full profile, for a reader who may read people's data: addresses, whole birth dates, telephones and numbers of "
    "documents are told as they were declared. Means of payment are told by their last four in every profile; tokens, account "
    "numbers and wallet addresses are left out."
)
MASKED = (
    "This is the minimised profile: telephones and people's document numbers by their last characters, birth dates by the year, "
    "means of payment by their last four; tokens, account numbers and wallet addresses are left out."
)
EYES = (
    "A case is decided by two officers: one proposes with a reason from a fixed list and a note, another takes or declines it. "
    "The database refuses the same person for both."
)
REPRODUCED = (
    "report.json holds every fact of this report in the canonical form of RFC 8785 and nothing else. It is a function of the "
    "effective instant, the knowledge cut, the subject with what was asked of it, the rule pack and the template; the same five "
    "give the same bytes. "
    "Number, people and times of making stand in envelope.json. The pages are drawn from these two files alone."
)
ARITHMETIC = {
    "cascade": "A party held by blocked parties, in aggregate, at the line is itself blocked, and its whole holding counts "
    "downstream; nothing is multiplied.",
    "multiply-and-add": "Shares are multiplied along each chain and added across chains; cross-holdings are solved exactly.",
    "by-region": "A company headquartered in one of the regions counts with its whole holding; another counts with what such "
    "companies own of it; people do not count.",
    "control-at-each-level": "Who holds more than the line at every level, alone or with whom it controls, or an interest that "
    "controls by what it is, controls.",
    "headquarters": "Where the customer and its ultimate parent have their headquarters, whatever share anybody holds.",
    "one-is-named": "Exactly one person is named, with a title, whatever that person owns.",
}
OPEN_VERDICTS = (
    (IF_TRUE, "Verdicts that wait for the ruling on a possible match"),
    (OVERTAKEN, "Verdicts older than a ruling that they rest on"),
    (UNDECIDED, "Verdicts that can't be decided"),
)
NOT_COVERED = (
    (
        "Payment",
        "No means of payment has been checked with its institution, and no payment is recorded yet, so there are no transaction "
        "identifiers.",
    ),
    ("Access", "No log of the IP addresses used for access or administration, with the time of each, is kept yet."),
)
OWNER = str(DecidedOwner.Standing.OWNER.label)
UNCHECKED = "No attribute has been checked against a register or by another non-documentary method"


def methodology(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    pack = reader.pack
    threshold = pack.data["screening"]["threshold"]
    screening = (
        "Names are compared without regard to case, order, script and small spelling differences, with the aliases that a list "
        f"gives. A pair scoring {threshold} or more of 1 becomes a possible match, which an officer rules on."
    )
    tests = {axis: pack.standing_source(axis) for axis in ("iaas", "ear")}
    standing = STANDING.format(**tests, status=pack.legal_basis("iaas-cip", str(reader.day))["status_text"])
    bands = pack.data["risk"]["bands"]
    risk = (
        f"The score is the sum of the points of the factors that fired, capped at {HIGHEST}. "
        f"Medium from {bands['medium']}, high from {bands['high']}. Factors, points and lines are those of the rule pack."
    )
    texts = [("Effective and known", TIMES), ("Dates", DATES), ("Identity", DECLARED)]
    texts += [
        ("Assurance", ASSURANCE),
        ("Person status", standing),
        ("Masking", IN_FULL if reader.is_full else MASKED),
        ("Screening", screening),
        ("Nominees and trusts", NOMINEES),
    ]
    texts += [(found["title"], arithmetic(found)) for found in facts["ownership"]["regimes"]]
    texts += [("Possible matches", POSSIBLE)] if facts["ownership"]["regimes"] else []
    texts += [("Risk", risk), ("Digests", DIGESTS), ("Four eyes", EYES), ("Reproducing this report", REPRODUCED)]
    return [{"topic": topic, "text": text} for topic, text in texts]


def arithmetic(regime: Facts) -> str:
    how = ARITHMETIC.get(regime["arithmetic"], regime["arithmetic"])
    status = f" Status: {regime['status']}." if regime["status"] else ""
    return f"Line: {regime['line']}. {how} Exact fractions throughout. Source: {regime['source']}.{status}"


def sources(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    rows = [pack_source(reader, "legal bases, lines, factors")]
    seen = {}
    for found in facts["screening"]["rounds"]:
        for used in found["lists"]:
            seen[used["sha256"]] = used
    rows += [
        {
            "source": used["list"],
            "version": f"published {used['published']}, {used['entries']} entries",
            "used_for": "screening",
            "sha256": used["sha256"],
        }
        for used in seen.values()
    ]
    read = {(row["found_in"], row["stated_on"]): row for row in facts["ownership"]["observed"] if not row["withdrawn_at"]}
    rows += [
        {"source": row["found_in"], "version": f"{row['kind']}, {row['stated_on']}", "used_for": "ownership", "sha256": ""}
        for row in read.values()
    ]
    people = (
        ("The customer's declarations", "identity, parties, ownership"),
        ("The officers' rulings and decisions", "screening, decision"),
    )
    return rows + [{"source": source, "version": "", "used_for": used_for, "sha256": ""} for source, used_for in people]


def pack_source(reader: Reader, used_for: str) -> dict[str, str]:
    return {
        "source": f"Rule pack {reader.pack.version}",
        "version": f"reviewed {reader.pack.reviewed_on}",
        "used_for": used_for,
        "sha256": reader.pack.sha256,
    }


def completeness(reader: Reader, facts: Facts) -> dict[str, Any]:
    """What is open or missing in this file, what such a report doesn't cover yet, and what was recorded after the instant."""
    return {
        "unknowns": [{"what": what, "sentence": sentence} for what, sentence in unknowns(reader, facts)],
        "not_covered": [{"what": what, "sentence": sentence} for what, sentence in not_covered(facts)],
        "recorded_later": sum(reader.later(model) for model in COUNTED),
    }


def not_covered(facts: Facts) -> Iterator[tuple[str, str]]:
    used = {row["list"] for found in facts["screening"]["rounds"] for row in found["lists"]}
    if others := [str(source.label) for source in ListVersion.PUBLIC if source.label not in used]:
        yield "Other lists", f"Only the lists named under data sources were used. Not among them: {', '.join(others)}."
    yield from NOT_COVERED
    from_registers = any(row["kind"] == "register" and not row["withdrawn_at"] for row in facts["ownership"]["observed"])
    but = ", but for what registers say of its owners, under ownership" if from_registers else ""
    if any(row["state"] == STANDS for row in facts["assurance"]["confirmations"]):
        but = ", but for what was confirmed, under assurance" + (f"{but.replace(', but for', ', and')}" if but else "")
    yield "Independent checks", f"{UNCHECKED}{but}."


def unknowns(reader: Reader, facts: Facts) -> Iterator[tuple[str, str]]:
    if facts["changes"]["earliest"] and not facts["changes"]["total"]:
        yield "History", f"Nothing was recorded before {facts['changes']['earliest']}, which is after the effective instant."
    if not facts["identity"]:
        yield "Identity", "The customer had not declared who it is."
    if missing := [row["attribute"] for row in facts["identity"] if not row["value"]]:
        yield "Identity", f"Not given: {', '.join(missing)}."
    if not facts["coming"]:
        yield "Class", "The customer had not said what it is."
    if open_ones := sum(row["result"] != "verified" for row in facts["statuses"]):
        yield "Person status", f"Standings that are not verified: {open_ones} of {len(facts['statuses'])}."
    yield from of_assurance(facts)
    holding = [row for row in facts["origins"] if row["holds"] == "yes"]
    if unseen := sum(row["result"] != "verified" for row in holding):
        yield "Origin", f"Formation, headquarters and ultimate parents that are not verified: {unseen} of {len(holding)}."
    if unshown := sum(row["result"] != "verified" for row in facts["exclusions"]):
        told = "Claims to be left out of FinCEN's rule on owners that are not relied on"
        yield "Exclusions", f"{told}: {unshown} of {len(facts['exclusions'])}."
    if unproved := [row["party"] for row in facts["signatories"] if row["result"] != "verified"]:
        yield "Signatories", f"No officer has verified that these may sign: {', '.join(unproved)}."
    if unknown := [row["party"] for row in facts["signatories"] if row["identity"] == "no identity document held"]:
        yield "Signatories", f"No identity document is held of: {', '.join(unknown)}."
    if unreached := unreached_owners(reader, facts):
        told = "Beneficial owners who are no US persons and of whom an address, e-mail or telephone is not given"
        yield "Owners", f"{told}: {', '.join(unreached)}."
    if not facts["intended_use"]:
        yield "Intended use", "No answers about the intended use had been signed."
    for found in facts["intended_use"]:
        if found["state"] == "expired":
            yield "Intended use", f"The answers signed at {found['signed_at']} expired on {found['expires_on']}."
    if not facts["payment"]:
        yield "Payment", "No means of payment was declared."
    if not facts["documents"]:
        yield "Documents", "No document was held."
    yield from of_ownership(facts)
    if not reader.examinations:
        yield "Examination", "No round of checks had been completed, so there is no screening, verdict or score."
    elif changed_since(reader):
        yield (
            "Examination",
            f"What was declared changed after the last round of checks at {instant(reader.examinations[-1].done_at)}.",
        )
    if facts["screening"]["open"]:
        yield "Screening", f"Possible matches without a ruling: {facts['screening']['open']}."
    for used in old_lists(reader, facts):
        yield "Screening", used
    if unmet := sum(not row["met_at"] for row in facts["decision"]["asked"]):
        yield "Decision", f"Asked of the customer and not answered: {unmet} of {len(facts['decision']['asked'])}."
    if not any(row["outcome"] == "taken" for row in facts["decision"]["proposals"]):
        yield "Decision", "No decision had been taken."


def of_assurance(facts: Facts) -> Iterator[tuple[str, str]]:
    told = facts["assurance"]
    if below := [row["party"] for row in told["levels"] if row["is_enough"] == "no"]:
        yield "Assurance", f"The level that is asked for is not reached by: {', '.join(below)}."
    if still := sum(row["result"] == OPEN for row in told["mismatches"]):
        yield "Assurance", f"Points in which evidence says otherwise than was declared, not resolved: {still}."


def of_ownership(facts: Facts) -> Iterator[tuple[str, str]]:
    if not facts["ownership"]["interests"]:
        yield "Ownership", "No owner was declared."
    for row in facts["ownership"]["unaccounted"]:
        yield "Ownership", f"Of {row['party']}, {row['share']} is not accounted for."
    if still := sum(row["state"].startswith("open") for row in facts["ownership"]["discrepancies"]):
        yield "Ownership", f"Differences between what was declared and another source that are open: {still}."
    for verdict, sentence in OPEN_VERDICTS:
        counts = [
            (found["title"], sum(row["verdict"] == verdict for row in (*found["verdicts"], *found["others"])))
            for found in facts["ownership"]["regimes"]
        ]
        if told := ", ".join(f"{title} {count}" for title, count in counts if count):
            yield "Ownership", f"{sentence}: {told}."


def unreached_owners(reader: Reader, facts: Facts) -> list[str]:
    """Beneficial owners by the last round who are not declared US persons, of whom something is missing that is asked of
    foreign ones (IAAS-10): the same that the round's own finding names."""
    axis, us = PersonStatus.Axis.IAAS, PersonStatus.Standing.US
    domestic = {row.party_id for row in reader.held(PersonStatus) if (row.axis, row.standing) == (axis, us)}
    rounds = [found["verdicts"] for found in facts["ownership"]["regimes"] if found["regime"] == OF_OWNERS]
    owning = sorted(row["party_id"] for verdicts in rounds for row in verdicts if row["verdict"] == YES)
    people = [reader.parties[pk] for pk in owning if pk in reader.parties and pk not in domestic]
    return [row.name for row in people if not (row.address and row.email and row.phone)]


def old_lists(reader: Reader, facts: Facts) -> Iterator[str]:
    """Lists that were old when the last round used them."""
    if not reader.examinations or not facts["screening"]["rounds"]:
        return
    for used in facts["screening"]["rounds"][-1]["lists"]:
        if used["is_old"]:
            yield f"{used['list']}, published {used['published']}, was {used['age_days']} days old when it was used."


def changed_since(reader: Reader) -> bool:
    return any(reader.events(model).filter(pgh_created_at__gt=reader.examined_at).exists() for model in (Party, Role, Interest))


def summary(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    """The whole report in a few lines."""
    access = facts["access"]
    live = [row for row in access["entities"] if row["state"] == "live"]
    rows = [
        ("Case", case_told(facts["decision"]["cases"])),
        ("Decision", decision_told(facts["decision"]["proposals"])),
        ("Beneficial owners as decided", owners_decided(facts["decision"]["proposals"])),
        ("Verified entity", f"{live[-1]['reference']}, until {live[-1]['until'][:10]}" if live else "none"),
        ("Risk", risk_told(facts["risk"])),
        ("Screening", screening_told(facts["screening"])),
        *((found["title"], caught(facts["subject"]["party_id"], found, reader.brief)) for found in facts["ownership"]["regimes"]),
        ("Keys", f"{len(access['keys'])} issued, {access['active']} active"),
        ("Unknown or open", str(len(facts["completeness"]["unknowns"]))),
    ]
    return [{"what": what, "value": value} for what, value in rows]


def case_told(cases: list[Facts]) -> str:
    return f"{cases[-1]['number']}, {cases[-1]['state'].lower()}" if cases else "none"


def decision_told(proposals: list[Facts]) -> str:
    taken = [row for row in proposals if row["outcome"] == "taken"]
    if not taken:
        return "none taken"
    return f"{taken[-1]['choice']}, proposed by {taken[-1]['proposed_by']}, taken by {taken[-1]['outcome_by']}"


def owners_decided(proposals: list[Facts]) -> str:
    """By the last approval, each with what departs from what the rules make of it."""
    approved = [row for row in proposals if row["outcome"] == "taken" and row["owners"]]
    if not approved:
        return "none decided"
    return "; ".join(
        ", ".join(filter(None, (row["party"], "" if row["standing"] == OWNER else row["standing"].lower(), row["departs"])))
        for row in approved[-1]["owners"]
    )


def risk_told(found: Facts) -> str:
    return f"{found['value']} of {found['highest']}, {found['band'].lower()}" if found else "not scored"


def screening_told(found: Facts) -> str:
    if not found["rounds"]:
        return "not screened"
    count = found["open"] + found["another"] + found["the_same"]
    if not count:
        return "no possible match"
    ruled = f"{found['open']} open, {found['another']} another party, {found['the_same']} the same party"
    return f"{count} {'possible match' if count == 1 else 'possible matches'}: {ruled}"


def caught(customer: int, regime: Facts, brief: Callable[[int], str]) -> str:
    """Whom a regime catches, the customer first; then whom it may catch."""
    told = {verdict: names(customer, regime, verdict, brief) for verdict in (YES, IF_TRUE, OVERTAKEN)}
    parts = [told[YES] or "nobody"] if told[YES] or not told[IF_TRUE] + told[OVERTAKEN] else []
    parts += [f"{verdict}: {told[verdict]}" for verdict in (IF_TRUE, OVERTAKEN) if told[verdict]]
    if regime["lacking"] and not any(told.values()):
        return "not decided: a list that it goes by was not in use"
    if undecided := sum(row["verdict"] == UNDECIDED for row in (*regime["verdicts"], *regime["others"])):
        parts.append(f"{undecided} can't be decided")
    return "; ".join(parts)


def names(customer: int, regime: Facts, verdict: str, brief: Callable[[int], str]) -> str:
    found = [row["party_id"] for row in regime["verdicts"] if row["verdict"] == verdict]
    return ", ".join(sorted(map(brief, found), key=lambda name: (name != brief(customer), name)))
