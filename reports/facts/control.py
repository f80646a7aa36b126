"""R-04, the beneficial ownership and control structure report."""

from collections.abc import Iterator
from typing import Any

from django.db import models

from kyc.cases.models import Case, Examination
from kyc.evidence.confirmation_models import Confirmation
from kyc.evidence.item_models import EvidenceItem, Mismatch
from kyc.ownership.models import Discrepancy, Interest, Observation
from kyc.parties.models import Attribute, Party, Role
from kyc.screening.models import Hit
from reports.facts import basis
from reports.facts.assured import assured
from reports.facts.customer import ownership
from reports.facts.declared import origins
from reports.facts.frame import Frame
from reports.facts.picture import picture
from reports.facts.reader import Reader
from reports.facts.structure import beneficial, bods, compared, entities, offices, on_behalf, parents, persons

Facts = dict[str, Any]
COUNTED: tuple[type[models.Model], ...] = (
    *(Party, Role, Attribute, Interest, Observation, Discrepancy),
    *(EvidenceItem, Mismatch, Confirmation),
    *(Case, Examination, Hit),
)
OWNERS = (
    "Who is a beneficial owner is what two officers decided with the approval that holds at the effective instant. Of whom none "
    "decided anything, it is what the rule that the product asks by makes of what was declared; the list says which. Whoever "
    "controls the customer by office is one whatever he owns. His share is what comes to him over all chains together, each "
    "multiplied along its length; the route says how."
)
STANDARD = (
    "bods.json holds the same structure in the Beneficial Ownership Data Standard 0.4, and every share in the picture is the "
    "share of that relationship in it. The standard writes per cent with four decimals at most, so a share such as a third "
    "stands there between the two numbers that it lies between, and in this report as the fraction that was stated."
)
SEEN = (
    "Of matches with lists this report tells what verdicts rest on, that a party is listed or that a possible match of it is "
    "open, and how many wait for a ruling. No entry and no ruling is told; the dossier, R-03, tells them."
)
MASKED = (
    "This is the minimised profile: of people the year of birth, the nationality and the country of residence; no address, no "
    "number of a document, no tax number. Companies are told by what stands in registers."
)
IN_FULL = (
    "This is the full profile, for a reader who may read people's data: whole birth dates in this report; addresses and tax "
    "numbers in bods.json too."
)
NOT_COVERED = (
    (
        "Documents held",
        "Which files were received, with their digests, stands in the dossier, R-03, of the same customer.",
    ),
    ("Keys", "Which keys answer to the customer stands in the attribution report, R-06."),
)


def methodology(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    texts = [("Effective and known", basis.TIMES), ("Dates", basis.DATES), ("Beneficial owners", OWNERS)]
    texts += [("Masking", IN_FULL if reader.is_full else MASKED), ("Nominees and trusts", basis.NOMINEES)]
    texts += [("Assurance", basis.ASSURANCE)]
    texts += [(found["title"], basis.arithmetic(found)) for found in facts["ownership"]["regimes"]]
    texts += [("Possible matches", f"{basis.POSSIBLE} {SEEN}"), ("Statements of the standard", STANDARD)]
    texts += [("Digests", basis.DIGESTS), ("Four eyes", basis.EYES), ("Reproducing this report", basis.REPRODUCED)]
    return [{"topic": topic, "text": text} for topic, text in texts]


def completeness(reader: Reader, facts: Facts) -> Facts:
    return {
        "unknowns": [{"what": what, "sentence": sentence} for what, sentence in unknowns(reader, facts)],
        "not_covered": [{"what": what, "sentence": sentence} for what, sentence in not_covered(facts)],
        "recorded_later": sum(reader.later(model) for model in COUNTED),
    }


def not_covered(facts: Facts) -> Iterator[tuple[str, str]]:
    yield from NOT_COVERED
    if not any(row["kind"] == "register" and not row["withdrawn_at"] for row in facts["ownership"]["observed"]):
        yield "Registers", "No register of companies or of beneficial owners was read for this customer."


def unknowns(reader: Reader, facts: Facts) -> Iterator[tuple[str, str]]:
    owners = facts["beneficial"]
    if owners["none"] and not owners["steps"]:
        yield "Beneficial owners", owners["none"]
    if open_ones := [row["party"] for row in owners["rows"] if "decided on" not in row["standing"]]:
        yield "Beneficial owners", f"On whom no officers decided: {', '.join(open_ones)}."
    for what, told in (("born", "date of birth"), ("nationality", "nationality"), ("residence", "country of residence")):
        if lacking := [row["party"] for row in owners["rows"] if not row[what]]:
            yield "Beneficial owners", f"The {told} is not known of: {', '.join(lacking)}."
    if homeless := [row["party"] for row in facts["entities"] if not row["headquarters"]]:
        yield "Entities", f"The country of the headquarters is not known of: {', '.join(homeless)}."
    if nameless := [row["party"] for row in facts["entities"] if not row["number"] and not row["lei"]]:
        yield "Entities", f"Neither a registration number nor an LEI is known of: {', '.join(nameless)}."
    holding = [row for row in facts["origins"] if row["holds"] == "yes"]
    if unseen := sum(row["result"] != "verified" for row in holding):
        yield "Origin", f"Formation, headquarters and ultimate parents that are not verified: {unseen} of {len(holding)}."
    yield from basis.of_assurance(facts)
    if not facts["parents"]:
        yield "Ultimate parent", "No ultimate parent is known, neither told nor by the arithmetic."
    yield from basis.of_ownership(facts)
    if not reader.examinations:
        yield "Examination", "No round of checks had been completed, so there is no verdict."
    elif basis.changed_since(reader):
        yield "Examination", "What was declared changed after the last round of checks."


def summary(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    owners, customer = facts["beneficial"], facts["subject"]["party_id"]
    parents = [row for row in facts["parents"] if row["verdict"] in ("", "yes")]
    rows = [
        ("Beneficial owners", ", ".join(f"{row['party']} {row['share']}" for row in owners["rows"]) or owners["none"]),
        ("Controlling by office", controlling(facts["offices"]) or "nobody named"),
        (
            "Ultimate parent",
            ", ".join(dict.fromkeys(f"{row['party']}, {row['headquarters'] or 'headquarters not known'}" for row in parents))
            or "not known",
        ),
        ("Entities in the structure", str(len(facts["entities"]))),
        ("Interests declared", str(len(facts["ownership"]["interests"]))),
        *((found["title"], basis.caught(customer, found, reader.brief)) for found in facts["ownership"]["regimes"]),
        ("Differences between sources", differences(facts["ownership"]["discrepancies"])),
        ("Unknown or open", str(len(facts["completeness"]["unknowns"]))),
    ]
    return [{"what": what, "value": value} for what, value in rows]


def controlling(offices: list[Facts]) -> str:
    """Whoever only directs is told in the section, and does not control by that."""
    kind = str(Role.Kind.CONTROLLER.label)
    return ", ".join(dict.fromkeys(row["party"] for row in offices if row["office"] == kind))


def differences(rows: list[Facts]) -> str:
    still = sum(row["state"].startswith("open") for row in rows)
    return f"{len(rows)} found, {still} open" if rows else "none found"


CONTROL = Frame(
    kind="R-04",
    template="R-04/4",
    title="Beneficial Ownership and Control Structure Report",
    sections=(
        ("beneficial", beneficial),
        ("offices", offices),
        ("on_behalf", on_behalf),
        ("entities", entities),
        ("persons", persons),
        ("parents", parents),
        ("origins", origins),
        ("assurance", assured),
        ("ownership", ownership),
        ("screening", compared),
        ("bods", bods),
    ),
    closing=(
        ("picture", picture),
        ("methodology", methodology),
        ("sources", basis.sources),
        ("completeness", completeness),
        ("summary", summary),
    ),
    has_profiles=True,
)
