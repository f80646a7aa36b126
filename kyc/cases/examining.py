"""The machine's round over a case as submitted: screening, ownership, risk; results are rows."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from config import jobs
from kyc.cases import exposed, parents
from kyc.cases.determining import Verdicts, determine
from kyc.cases.findings import Row, findings, fired
from kyc.cases.models import Case, Examination, Finding
from kyc.cases.outdated import is_outdated, named, outdated
from kyc.cases.round import Round, gather
from kyc.ownership import diverging
from kyc.ownership.models import Determination
from kyc.parties.sentences import one_stop
from kyc.risk.models import Factor, Score
from kyc.risk.scoring import Result, score
from kyc.rules import packs
from kyc.screening import lists, pairs
from kyc.screening.match import Match
from kyc.screening.models import Hit


class Rounds(jobs.Queue):
    """Examinations that were asked for, and those that rulings and new lists call for."""

    def is_waiting(self) -> bool:
        return self.eligible().values("pk").union(outdated().values("pk"), all=True).exists()

    def listed(self) -> QuerySet[Any]:
        newer = Examination.objects.filter(case=OuterRef("case"), pk__gt=OuterRef("pk"))
        return super().listed().select_related("case").annotate(is_replaced=Exists(newer))

    def why_not(self, row: Any) -> str:
        if row.is_replaced:
            return _("A newer round of checks has taken its place.")
        if row.case.is_decided or (row.case.is_editable and not row.case.is_watched):
            return _("No officer has the case any more. It is examined anew when the customer sends it.")
        return ""


QUEUE = Rounds(
    name="cases.examine",
    model=Examination,
    field="state",
    ready=Examination.State.REQUESTED,
    failed=Examination.State.FAILED,
    lease=timedelta(seconds=20),
    since="requested_at",
)


@transaction.atomic
def ask_again(case: Case) -> None:
    """Asks for a further round. Repeated, it is silence. The organisation's row is held, so that whatever is declared is
    either seen by the round or comes after it was asked for."""
    organisations.held(case.organisation_id)
    Case.objects.select_for_update().get(pk=case.pk)
    if is_outdated(case):
        Examination.objects.create(organisation_id=case.organisation_id, case=case, rule_pack=packs.current().version)


def run() -> None:
    """And once more after rounds: what was told during them woke nobody who could take it up. First what rulings ask for by
    themselves."""
    exposed.settle()
    if examine_waiting():
        examine_waiting()


def examine_waiting() -> int:
    """How many rounds there were."""
    # Asked for their numbers alone, the database answers each cause once, and not a second time to tell of it.
    for case in Case.objects.in_bulk(outdated().values_list("pk", flat=True)).values():
        ask_again(case)
    done = 0
    for claim in QUEUE.claims():
        with claim:
            examine(claim)
        done += 1
    return done


def examine(claim: jobs.Claim) -> None:
    """Computes outside any transaction, then writes all of it in the finishing one."""
    with claim.kept_up():
        facts, matches = screened(claim.row)
    with claim.finish(state=Examination.State.DONE):
        hits = write_hits(facts, matches)
        verdicts = determine(facts, hits)
        write_determinations(facts, verdicts)
        parents.follow(facts, verdicts)
        result = score(fired(facts, hits, verdicts), facts.pack)
        write_score(facts, result)
        write_findings(facts, findings(facts, hits, verdicts, result))
        close(facts)
        diverging.settle(claim.row.organisation_id)


def screened(examination: Examination) -> tuple[Round, dict[int, list[Match]]]:
    """Facts and matches that belong together: both are taken anew when another list version became active meanwhile."""
    while True:
        facts = gather(examination)
        matches = screen(facts)
        if lists.active_versions() == facts.versions:
            return facts, matches


def screen(facts: Round) -> dict[int, list[Match]]:
    index, line = lists.active_index(), facts.pack.screening_threshold
    return {pk: list(pairs.likest(index, party, least=line).values()) for pk, party in facts.parties.items()}


def write_hits(facts: Round, matches: dict[int, list[Match]]) -> list[Hit]:
    """What became of each pair, and the matches that count now. What was found meanwhile, when a newer list came, is among them.
    Rulings that hold on in a newer version are told."""
    organisation = facts.examination.organisation_id
    organisations.held(organisation)
    pairs.Comparing(facts.parties, facts.versions, lists.active_index(), facts.pack).settle(matches)
    hits = list(Hit.objects.filter(party__in=facts.parties).current().select_related("ruled_by"))
    before = Examination.objects.filter(organisation=organisation, state=Examination.State.DONE)
    last = before.exclude(pk=facts.examination.pk).order_by("-pk").first()
    pairs.carried(hits, facts.versions, [version["id"] for version in last.lists] if last else [])
    return hits


def write_determinations(facts: Round, verdicts: Mapping[str, Verdicts]) -> None:
    Determination.objects.bulk_create(
        Determination(
            organisation_id=facts.examination.organisation_id,
            party_id=int(party),
            regime=regime,
            verdict=verdict.verdict,
            share_min=str(verdict.share.min),
            share_max=str(verdict.share.max),
            why=list(verdict.why),
            questions=[{"text": asked.text, "party": int(asked.of) if asked.of else None} for asked in verdict.questions],
            rule_pack=facts.pack.version,
            examination_id=facts.examination.pk,
        )
        for regime, found in verdicts.items()
        for party, verdict in found.items()
    )


def write_score(facts: Round, result: Result) -> None:
    organisation = facts.examination.organisation_id
    row = Score.objects.create(
        organisation_id=organisation,
        value=result.value,
        band=result.band,
        rule_pack=facts.pack.version,
        examination_id=facts.examination.pk,
    )
    Factor.objects.bulk_create(
        Factor(organisation_id=organisation, score=row, code=reason.code, points=reason.points, sentence=reason.sentence)
        for reason in result.reasons
    )


def write_findings(facts: Round, rows: list[Row]) -> None:
    Finding.objects.bulk_create(
        Finding(
            organisation_id=facts.examination.organisation_id,
            examination=facts.examination,
            category=category,
            state=state,
            sentence=one_stop(sentence),
            anchor=anchor,
        )
        for category, state, sentence, anchor in rows
    )


def close(facts: Round) -> None:
    """The case goes to review, unless it has moved on meanwhile."""
    now = timezone.now()
    examination = facts.examination
    Examination.objects.filter(pk=examination.pk).update(done_at=now, lists=named(facts.versions))
    Case.objects.filter(pk=examination.case_id, state=Case.State.SUBMITTED).update(state=Case.State.REVIEW, in_state_since=now)
    audit.record("case.examined", target=examination, by=None, rule_pack=facts.pack.version)
    jobs.woke("case.examined")
