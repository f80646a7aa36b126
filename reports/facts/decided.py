"""The section of an attribution report on who is a beneficial owner of each entity that a key answered to: as two officers
decided it with the approval, beside what each regime made of it then and by the last round (FATF-03, AMLR-07)."""

from typing import Any

from kyc.cases.beneficial import REGIMES, UNOWNED
from kyc.ownership.models import Determination
from kyc.ownership.regimes import NO
from kyc.parties.models import Party
from reports.facts.attributed import held_at
from reports.facts.examined import decided_owners, word_told
from reports.facts.ledger import Ledger, moment, selected
from reports.facts.reader import Reader

NOT_DECIDED = "not decided on: found by a round after the decision"
NOT_ASKED = "It is no company or trust, so it has no beneficial owners."
NOT_RECORDED = "No decision on its beneficial owners was recorded with the approval."


def owners(reader: Reader) -> list[dict[str, Any]]:
    """One row an entity that a key of the selection answered to in the interval, the oldest first."""
    ledger, keys = Ledger(reader), {row.pgh_obj_id for row in selected(reader)}
    linked = [link for link in ledger.links if link.key_id in keys and (link.valid_to is None or link.valid_to > reader.since)]
    entities = [ledger.entities[pk] for pk in sorted({link.entity_id for link in linked}) if pk in ledger.entities]
    decided = decided_owners(reader, [entity.decision_id for entity in entities])
    now = found_now(reader)
    return [of_entity(ledger, entity, decided.get(entity.decision_id, []), now) for entity in entities]


def of_entity(ledger: Ledger, entity: Any, decided: list[dict[str, Any]], now: dict[int, list[str]]) -> dict[str, Any]:
    reader, decision = ledger.reader, ledger.decisions.get(entity.decision_id)
    proposal = ledger.proposals.get(decision.proposal_id) if decision else None
    at_end = held_at(entity, reader.valid_at)
    rows = [row | {"now": now.get(row["party_id"], [])} for row in decided]
    if rows and at_end == "verified":
        known = {row["party_id"] for row in rows}
        rows += [undecided(reader, party, words) for party, words in now.items() if party not in known]
    return {
        "entity": entity.reference,
        "name": entity.name,
        "at_end": at_end,
        "case": ledger.cases.get(decision.case_id, "") if decision else "",
        "proposed_by": ledger.names.get(proposal.proposed_by_id, "") if proposal else "",
        "taken_by": ledger.names.get(proposal.outcome_by_id, "") if proposal else "",
        "taken_at": moment(proposal.outcome_at) if proposal else "",
        "rows": rows,
        "none": "" if rows else NOT_ASKED if is_unowned(reader, entity) else NOT_RECORDED,
    }


def found_now(reader: Reader) -> dict[int, list[str]]:
    """By person: which regimes take him for a beneficial owner, or may, by the last round before the end of the interval."""
    rows = Determination.objects.filter(organisation_id=reader.organisation, examination_id=reader.latest, regime__in=REGIMES)
    found: dict[int, list[str]] = {}
    for row in rows.exclude(verdict=NO).order_by("party_id", "regime"):
        if row.party_id in reader.parties and reader.parties[row.party_id].kind == Party.Kind.PERSON:
            found.setdefault(row.party_id, []).append(word_told(reader, row))
    return found


def undecided(reader: Reader, party: int, words: list[str]) -> dict[str, Any]:
    return {
        "party_id": party,
        "party": reader.name(party),
        "about": reader.about(party),
        "standing": NOT_DECIDED,
        "rests_on": [],
        "departs": "",
        "because": "",
        "now": words,
    }


def is_unowned(reader: Reader, entity: Any) -> bool:
    party = reader.parties.get(entity.party_id)
    return party is not None and party.kind in UNOWNED
