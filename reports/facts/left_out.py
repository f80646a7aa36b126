"""The section of the dossier on who claims to be left out of FinCEN's rule on beneficial owners, and what of it is relied on."""

from typing import Any

from kyc.evidence.exclusions import lacks
from kyc.evidence.models import Document, ExclusionRuling
from kyc.parties.models import Exclusion
from kyc.rules import packs
from reports.facts.declared import titled
from reports.facts.reader import Reader, day, instant

RESULTS = {"": "verified", "no officer has verified it": "not verified", "an officer has not accepted it": "not accepted"}


def exclusions(reader: Reader) -> list[dict[str, str]]:
    """Each claim that stood: of whom, on which ground, by whose word, and an officer's word on it with its document (FIN-04,
    FIN-05). What is not verified, or no longer, is not relied on."""
    documents = {row.pgh_obj_id: row for row in reader.then(Document)}
    rulings = {row.exclusion_id: row for row in reader.then(ExclusionRuling) if row.superseded_at is None}
    rows = [row for row in reader.held(Exclusion) if row.party_id in reader.roles]
    people = [row.claimed_by_id for row in rows] + [row.ruled_by_id for row in rulings.values()]
    names = reader.people(people)
    rows.sort(key=lambda row: (row.party_id, row.pgh_obj_id))
    return [told(reader, row, rulings.get(row.pgh_obj_id), documents, names) for row in rows]


def told(reader: Reader, row: Any, ruling: Any | None, documents: dict[int, Any], names: dict[int | None, str]) -> dict[str, str]:
    ground = packs.get(row.rule_pack).exclusions[row.ground]
    document = documents.get(ruling.document_id) if ruling else None
    lacking = lacks(ruling, document, reader.day)
    return {
        "party": reader.name(row.party_id),
        "about": reader.about(row.party_id),
        "ground": ground.title,
        "rule": ground.rule,
        "still_asked": "the one person in control" if ground.is_control_asked else "",
        "reference": row.reference,
        "rule_pack": row.rule_pack,
        "claimed_by": names.get(row.claimed_by_id, ""),
        "claimed_at": instant(row.claimed_at),
        "result": RESULTS.get(lacking, f"not relied on: {lacking}"),
        "document": titled(document) if document else "",
        "ruled_by": names.get(ruling.ruled_by_id, "") if ruling else "",
        "ruled_at": instant(ruling.ruled_at) if ruling else "",
        "until": day(ruling.valid_until) if ruling else "",
        "reason": ruling.reason if ruling else "",
    }
