"""Sections of the dossier that say how the customer was examined and decided."""

from collections import Counter
from datetime import UTC, date
from fractions import Fraction
from typing import Any

from accounts.history import as_of
from accounts.models import Proposal
from kyc.cases.items import ITEMS
from kyc.cases.models import Case, DecidedOwner, Decision, Finding, Requirement
from kyc.cases.policy import REASONS
from kyc.evidence.models import ExclusionRuling
from kyc.ownership.models import Determination
from kyc.ownership.shares import Interval, shown
from kyc.parties.models import Party, Questionnaire
from kyc.risk.models import Factor, Score
from kyc.risk.scoring import HIGHEST
from kyc.screening import ages
from kyc.screening.actions import REASONS as RULING_REASONS
from kyc.screening.models import Hit, ListVersion
from reports.facts.determined import VERDICTS
from reports.facts.reader import Reader, day, instant

OVERTAKEN = "not ruled on, and compared again since"
NONE_ANY_MORE = "no match any more"
RULINGS = {"": "open", Hit.Ruling.TRUE: "the same party", Hit.Ruling.FALSE: "another party", Hit.Ruling.UNDECIDED: "open"}
OUTCOMES = {"": "open", "taken": "taken", "declined": "declined", "withdrawn": "withdrawn", "lapsed": "lapsed"}


def screening(reader: Reader) -> dict[str, Any]:
    """The rounds, the lists each used with their dates, and every possible match with the ruling on it."""
    versions = {row.pgh_obj_id: row for row in as_of(ListVersion, reader.snapshot)}
    ruled = proposed(reader)
    people = [pk for row in ruled.values() for pk in (row.proposed_by_id, row.outcome_by_id)]
    names = reader.people([*(hit.ruled_by_id for hit in reader.hits), *people])
    counts = Counter(RULINGS[hit.ruling] for hit in reader.current_hits)
    return {
        "rounds": [round_row(reader, row, versions) for row in reader.examinations],
        "parties": parties(reader, versions),
        "hits": [hit_row(reader, hit, versions, names) | second(ruled.get(hit.proposal_id), names) for hit in reader.hits],
        "open": counts[RULINGS[""]],
        "the_same": counts[RULINGS[Hit.Ruling.TRUE]],
        "another": counts[RULINGS[Hit.Ruling.FALSE]],
    }


def parties(reader: Reader, versions: dict[int, Any]) -> list[dict[str, str]]:
    """Each party with what the last round made of it; whom it didn't compare, because he came later, last."""
    if not reader.examinations:
        return []
    hits: dict[int, list[Any]] = {}
    for hit in reader.current_hits:
        hits.setdefault(hit.party_id, []).append(hit)
    lists = "; ".join(list_told(versions[used["id"]]) for used in reader.examinations[-1].lists)
    rows = [party_row(reader, row, lists, hits.get(pk, [])) for pk, row in sorted(reader.screened.items())]
    later = {row.pgh_obj_id: row for row in reader.then(Party).filter(removed_on__isnull=True)}
    new = [later[pk] for pk in sorted(later.keys() - reader.screened.keys())]
    return rows + [party_row(reader, row, "", []) | {"result": "not screened: declared after the last round"} for row in new]


def party_row(reader: Reader, row: Any, lists: str, hits: list[Any]) -> dict[str, str]:
    names = ", ".join(filter(None, (row.name, row.native_name)))
    return {
        "party": reader.name(row.pgh_obj_id),
        "about": reader.about(row.pgh_obj_id),
        "compared_as": names,
        "lists": lists,
        "result": result(Counter(hit.ruling for hit in hits)) if lists else "not screened: no list was loaded",
    }


def list_told(version: Any) -> str:
    return f"{ListVersion.Source(version.source).label}, published {day(version.published)}"


def result(rulings: Counter[str]) -> str:
    """What became of a party's possible matches, the gravest first."""
    told = (
        (rulings[Hit.Ruling.TRUE], "confirmed as the same party"),
        (rulings[""] + rulings[Hit.Ruling.UNDECIDED], "open"),
        (rulings[Hit.Ruling.FALSE], "ruled another party"),
    )
    return ", ".join(f"{count} {words}" for count, words in told if count) or "no match"


def round_row(reader: Reader, row: Any, versions: dict[int, Any]) -> dict[str, Any]:
    on = row.done_at.astimezone(UTC).date()
    used = [list_row(reader, versions[one["id"]], on) for one in row.lists]
    return {"at": instant(row.done_at), "rule_pack": row.rule_pack, "lists": used}


def list_row(reader: Reader, version: Any, on: date) -> dict[str, Any]:
    """With its age on the day it was used."""
    return {
        "list": ListVersion.Source(version.source).label,
        "published": day(version.published),
        "entries": version.entries_count,
        "sha256": version.sha256,
        "loaded_at": instant(version.loaded_at),
        "age_days": ages.days_old(version, on=on),
        "is_old": ages.is_old(version, on=on, pack=reader.pack),
    }


def proposed(reader: Reader) -> dict[int, Any]:
    """Rulings that take two people, as the first of them put them."""
    rows = as_of(Proposal, reader.snapshot, recorded_by=reader.valid_at)
    ids = {hit.proposal_id for hit in reader.hits if hit.proposal_id}
    return {row.pgh_obj_id: row for row in rows.filter(pgh_obj_id__in=ids)}


def second(row: Any, names: dict[int | None, str]) -> dict[str, str]:
    """What became of a ruling that takes two people; the last one, whatever it came to."""
    if row is None:
        return {"proposed": "", "outcome": "", "outcome_by": "", "outcome_at": "", "outcome_note": ""}
    reason = str(RULING_REASONS[row.choice][row.reason])
    told = f"{RULINGS[row.choice]}, by {names.get(row.proposed_by_id, '')}: {'. '.join(filter(None, [reason, row.note]))}"
    return {
        "proposed": told,
        "outcome": "confirmed" if row.outcome == Proposal.Outcome.TAKEN else OUTCOMES[row.outcome],
        "outcome_by": names.get(row.outcome_by_id, ""),
        "outcome_at": instant(row.outcome_at),
        "outcome_note": row.outcome_note,
    }


def ruling_told(reader: Reader, hit: Any) -> str:
    if not hit.is_match:
        return NONE_ANY_MORE
    is_open = hit.ruling in Hit.OPEN
    told = OVERTAKEN if is_open and not reader.is_current(hit) else RULINGS[hit.ruling]
    return f"{told}, overturned since" if hit.pgh_obj_id in reader.overturned else told


def follows(hit: Any) -> str:
    """Why there is a row after another of the same two."""
    if hit.overturns_id:
        return "overturns the ruling before it; neither side has changed"
    return "compared again, since one side has changed" if hit.before_id else ""


def holds_in(reader: Reader, hit: Any, versions: dict[int, Any]) -> str:
    """The version of the list that the last round used, where a ruling made in an earlier one holds in it."""
    used = {one["source"]: one["id"] for one in reader.examinations[-1].lists} if reader.examinations else {}
    newest = used.get(hit.source, hit.list_version_id)
    is_carried = reader.is_current(hit) and hit.ruling not in Hit.OPEN and newest != hit.list_version_id
    return day(versions[newest].published) if is_carried else ""


def hit_row(reader: Reader, hit: Any, versions: dict[int, Any], names: dict[int | None, str]) -> dict[str, Any]:
    version = versions[hit.list_version_id]
    return {
        "party_id": hit.party_id,
        "party": reader.name(hit.party_id),
        "about": reader.about(hit.party_id),
        "compared_as": hit.party_name,
        "list": ListVersion.Source(version.source).label,
        "published": day(version.published),
        "entry": hit.entry_id,
        "entry_name": hit.entry_name,
        "score": str(hit.score),
        # Of the party's own dates and numbers they tell the year and the end alone; the entry's are published.
        "reasons": [str(reason) for reason in hit.reasons],
        "found_at": instant(hit.found_at),
        "engine": hit.engine,
        "configuration": hit.configuration,
        "is_gone": "gone from the list" if hit.is_gone else "",
        "follows": follows(hit),
        "ruling": ruling_told(reader, hit),
        "holds_in": holds_in(reader, hit, versions),
        "reason": str(RULING_REASONS.get(hit.ruling, {}).get(hit.ruling_reason, hit.ruling_reason)),
        "note": hit.ruling_note,
        "ruled_by": names.get(hit.ruled_by_id, ""),
        "ruled_at": instant(hit.ruled_at),
    }


def risk(reader: Reader) -> dict[str, Any]:
    """The last round's score with the factors that fired, heaviest first; empty when there was no round."""
    score = Score.objects.filter(organisation_id=reader.organisation, examination_id=reader.latest).first()
    if score is None:
        return {}
    factors = Factor.objects.filter(score=score).order_by("-points", "code")
    bands = reader.pack.data["risk"]["bands"]
    return {
        "value": score.value,
        "sum": sum(factor.points for factor in factors),
        "highest": HIGHEST,
        "band": str(Score.Band(score.band).label),
        "scored_at": instant(score.scored_at),
        "rule_pack": score.rule_pack,
        "medium_from": bands["medium"],
        "high_from": bands["high"],
        "factors": [{"code": factor.code, "points": factor.points, "sentence": factor.sentence} for factor in factors],
    }


def findings(reader: Reader) -> list[dict[str, str]]:
    rows = Finding.objects.filter(organisation_id=reader.organisation, examination_id=reader.latest).order_by("pk")
    return [
        {"category": row.category.capitalize(), "state": str(Finding.State(row.state).label), "sentence": row.sentence}
        for row in rows
    ]


def decision(reader: Reader) -> dict[str, Any]:
    """Cases with the notice shown (FIN-13), proposals with who proposed and who took them, and what was asked for."""
    cases = list(reader.then(Case))
    numbers = {row.pgh_obj_id: Case(pk=row.pgh_obj_id, opened_at=row.opened_at).number for row in cases}
    names = reader.people(pk for row in cases for pk in (row.owner_id, row.submitted_by_id, row.declared_true_by_id))
    signed = {row.pgh_obj_id: row for row in reader.known(Questionnaire)}
    found = {row.pgh_obj_id: row for row in reader.hits}
    lapsing = {row.pgh_obj_id: row for row in reader.known(ExclusionRuling)}
    return {
        "cases": [
            case_row(row, numbers, names)
            | {"opened_for": opened_for(signed.get(row.reviews_id), found.get(row.matched_id), lapsing.get(row.lapses_id))}
            for row in cases
        ],
        "proposals": proposals(reader, numbers),
        "asked": [
            {
                "case": numbers.get(row.case_id, ""),
                "item": str(ITEMS[row.what].label) if row.what in ITEMS else "in words",
                "of": reader.brief(row.party_id),
                "sentence": row.sentence,
                "consequence": row.consequence,
                "result": met(reader, row),
                "asked_at": instant(row.asked_at),
                "due_on": day(row.due_on),
                "met_at": instant(row.met_at),
            }
            for row in reader.then(Requirement)
        ],
    }


def met(reader: Reader, row: Any) -> str:
    if row.met_at:
        return "met"
    if row.withdrawn_at:
        return "not asked any more"
    return "not met" if row.due_on >= reader.day else "not met, overdue"


def opened_for(signed: Any, hit: Any, lapsing: Any) -> str:
    """What the product itself opened a case for, which no customer has sent."""
    if lapsing:
        return f"exclusion from FinCEN's rule on owners that was verified until {day(lapsing.valid_until)}"
    if hit:
        return f"possible match of {hit.party_name} with {hit.entry_name}, found at {instant(hit.found_at)}"
    return f"intended use signed by {signed.signed_name} at {instant(signed.signed_at)}" if signed else ""


def case_row(row: Any, numbers: dict[int, str], names: dict[int | None, str]) -> dict[str, str]:
    return {
        "number": numbers[row.pgh_obj_id],
        "state": str(Case.State(row.state).label),
        "trigger": str(Case.Trigger(row.trigger).label),
        "since": instant(row.in_state_since),
        "opened_at": instant(row.opened_at),
        "submitted_at": instant(row.submitted_at),
        "submitted_by": names.get(row.submitted_by_id, ""),
        "declared_true_at": instant(row.declared_true_at),
        "declared_true_by": names.get(row.declared_true_by_id, ""),
        "owner": names.get(row.owner_id, ""),
        "notice_version": row.notice_version,
        "notice_shown_at": instant(row.notice_shown_at),
        "notice_locale": row.notice_locale,
    }


def proposals(reader: Reader, numbers: dict[int, str]) -> list[dict[str, Any]]:
    decisions = list(reader.then(Decision))
    rows = as_of(Proposal, reader.snapshot, recorded_by=reader.valid_at)
    found = {row.pgh_obj_id: row for row in rows.filter(pgh_obj_id__in=[row.proposal_id for row in decisions])}
    names = reader.people(pk for row in found.values() for pk in (row.proposed_by_id, row.outcome_by_id))
    owners = decided_owners(reader, [row.pgh_obj_id for row in decisions])
    rows = [(row, found[row.proposal_id]) for row in decisions if row.proposal_id in found]
    return [proposal_row(row, of, numbers, names) | {"owners": owners.get(row.pgh_obj_id, [])} for row, of in rows]


def decided_owners(reader: Reader, decisions: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Who is a beneficial owner by each decision, apart from what each regime makes of it: on which regimes' word, or against it,
    and why."""
    rows = list(DecidedOwner.objects.filter(organisation_id=reader.organisation, decision__in=decisions).order_by("pk"))
    rested = Determination.objects.in_bulk([pk for row in rows for pk in row.rests_on])
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.decision_id, []).append(
            {
                "party_id": row.party_id or 0,
                "party": reader.name(row.party_id),
                "about": reader.about(row.party_id),
                "standing": str(row.get_standing_display()),
                "rests_on": [word_told(reader, rested[pk]) for pk in row.rests_on],
                "departs": "not as determined" if row.is_departure else "",
                "because": row.because,
            }
        )
    return found


def word_told(reader: Reader, word: Determination) -> str:
    share = shown(Interval(Fraction(word.share_min), Fraction(word.share_max)))
    return f"{reader.pack.regime(word.regime)['title']}: {VERDICTS[word.verdict]}, {share}"


def taken(reader: Reader, numbers: dict[int, str]) -> list[dict[str, str]]:
    """Decisions that stand, without who took them and what officers noted."""
    rows = (row for row in proposals(reader, numbers) if row["outcome"] == OUTCOMES["taken"])
    return [{name: row[name] for name in ("case", "choice", "reason", "message", "outcome_at")} for row in rows]


def proposal_row(row: Any, proposal: Any, numbers: dict[int, str], names: dict[int | None, str]) -> dict[str, str]:
    return {
        "case": numbers.get(row.case_id, ""),
        "choice": str(Decision.Choice(proposal.choice).label),
        "reason": str(REASONS.get(proposal.reason, proposal.reason)),
        "note": proposal.note,
        "message": row.message,
        "proposed_by": names.get(proposal.proposed_by_id, ""),
        "proposed_at": instant(proposal.proposed_at),
        "outcome": OUTCOMES[proposal.outcome],
        "outcome_by": names.get(proposal.outcome_by_id, ""),
        "outcome_at": instant(proposal.outcome_at),
        "outcome_note": proposal.outcome_note,
    }
