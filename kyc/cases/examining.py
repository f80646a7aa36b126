"""The machine's round over a case as submitted: screening, ownership, risk; results are rows."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import chain

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from config import jobs
from kyc.cases.models import Case, Examination, Finding
from kyc.evidence.models import Document
from kyc.ownership import regimes
from kyc.ownership.models import Determination, Interest
from kyc.ownership.regimes import Holding, Verdict
from kyc.ownership.shares import parse, per_cent
from kyc.parties.models import Party, Role
from kyc.risk.models import Factor, Score
from kyc.risk.scoring import Result, score
from kyc.rules import packs
from kyc.rules.packs import Pack
from kyc.screening import lists
from kyc.screening.match import Match, Subject
from kyc.screening.models import Hit, ListVersion


class Rounds(jobs.Queue):
    """Examinations that were asked for, and those that rulings call for."""

    def is_waiting(self) -> bool:
        return self.eligible().values("pk").union(outdated().values("pk"), all=True).exists()


QUEUE = Rounds(
    name="cases.examine",
    model=Examination,
    field="state",
    ready=Examination.State.REQUESTED,
    failed=Examination.State.FAILED,
    lease=timedelta(seconds=60),
)
QUARTER = Fraction(1, 4)
DEEP = 3


@dataclass(frozen=True)
class Round:
    """One organisation as it was when the round began."""

    examination: Examination
    pack: Pack
    customer: Party
    parties: dict[int, Party]
    holdings: list[Holding]
    versions: list[ListVersion]
    documents: int

    @property
    def names(self) -> dict[str, str]:
        return {str(pk): party.name for pk, party in self.parties.items()}

    @property
    def people(self) -> set[str]:
        return {str(pk) for pk, party in self.parties.items() if party.is_person}


def outdated() -> QuerySet[Case]:
    """Cases before an officer whose last possible match has been ruled on since they were examined: what is blocked, and
    the score, follow from who is listed."""
    latest = Examination.objects.filter(case=OuterRef("pk")).order_by("-pk")
    hits = Hit.objects.filter(organisation=OuterRef("organisation"), party__removed_on__isnull=True)
    return Case.objects.alias(
        examined=Subquery(latest.values("state")[:1]), examined_at=Subquery(latest.values("done_at")[:1])
    ).filter(
        Exists(hits.filter(ruled_at__gt=OuterRef("examined_at"))),
        ~Exists(hits.filter(ruling="")),
        state__in=[Case.State.REVIEW, Case.State.PROPOSED],
        examined=Examination.State.DONE,
    )


@transaction.atomic
def ask_again(case: Case) -> None:
    """Asks for a further round. Repeated, it is silence."""
    Case.objects.select_for_update().get(pk=case.pk)
    if outdated().filter(pk=case.pk).exists():
        Examination.objects.create(organisation_id=case.organisation_id, case=case, rule_pack=packs.current().version)


def run() -> None:
    for case in outdated():
        ask_again(case)
    for claim in QUEUE.claims():
        with claim:
            examine(claim)


def gather(examination: Examination) -> Round:
    organisation = examination.organisation_id
    parties = {party.pk: party for party in Party.objects.current().filter(organisation=organisation)}
    interests = Interest.objects.live().filter(organisation=organisation)
    return Round(
        examination=examination,
        pack=packs.get(examination.rule_pack),
        customer=Role.objects.live().select_related("party").get(organisation=organisation, kind=Role.Kind.CUSTOMER).party,
        parties=parties,
        holdings=[Holding(str(i.owner_id), str(i.owned_id), parse(i.share)) for i in interests],
        versions=lists.active_versions(),
        documents=Document.objects.current().filter(organisation=organisation).count(),
    )


def examine(claim: jobs.Claim) -> None:
    """Computes outside any transaction, then writes all of it in the finishing one."""
    facts, matches = screened(claim.row)
    claim.renew()
    with claim.finish(state=Examination.State.DONE):
        hits = write_hits(facts, matches)
        blocked, owners = determine(facts, hits)
        write_determinations(facts, blocked, owners)
        result = score(fired(facts, hits, blocked), facts.pack)
        write_score(facts, result)
        write_findings(facts, hits, blocked, owners, result)
        close(facts)


def screened(examination: Examination) -> tuple[Round, dict[int, list[Match]]]:
    """Facts and matches that belong together: both are taken anew when another list version became active meanwhile."""
    while True:
        facts = gather(examination)
        matches = screen(facts)
        if lists.active_versions() == facts.versions:
            return facts, matches


def screen(facts: Round) -> dict[int, list[Match]]:
    index = lists.active_index()
    line = facts.pack.screening_threshold
    found = {}
    for party in facts.parties.values():
        best: dict[tuple[int, str], Match] = {}
        for match in chain.from_iterable(map(index.find, subjects(party))):
            key = (match.entry.version, match.entry.id)
            if match.score >= line and (key not in best or match.score > best[key].score):
                best[key] = match
        found[party.pk] = list(best.values())
    return found


def subjects(party: Party) -> list[Subject]:
    """The party under each of its names."""
    numbers = (party.registration_number,) if party.registration_number else ()
    country = party.hq_country or party.country
    names = filter(None, (party.name, party.native_name))
    return [Subject(name, party.screened_as, party.birth_date, numbers, country) for name in names]


def write_hits(facts: Round, matches: dict[int, list[Match]]) -> list[Hit]:
    """One row a party and entry. A ruling stays while list version and the party's name are the same."""
    for pk, found in matches.items():
        party = facts.parties[pk]
        for match in found:
            Hit.objects.get_or_create(
                party=party,
                list_version_id=match.entry.version,
                entry_id=match.entry.id,
                party_name=party.name,
                defaults={
                    "organisation_id": party.organisation_id,
                    "entry_name": match.entry.name,
                    "score": match.score,
                    "reasons": list(match.reasons),
                },
            )
    return current_hits(facts)


def current_hits(facts: Round) -> list[Hit]:
    rows = Hit.objects.filter(party__in=facts.parties, list_version__in=facts.versions).select_related("party", "list_version")
    return [hit for hit in rows if hit.party_name == facts.parties[hit.party_id].name]


def determine(facts: Round, hits: list[Hit]) -> tuple[dict[str, Verdict], dict[str, Verdict]]:
    """OFAC's cascade from parties that are, or may be, listed; owners of the customer by multiply and add."""
    listed = {str(hit.party_id) for hit in hits if hit.ruling != Hit.Ruling.FALSE}
    subject = str(facts.customer.pk)
    suspected = listed - {str(hit.party_id) for hit in hits if hit.ruling == Hit.Ruling.TRUE}
    blocked = regimes.blocked(
        facts.holdings, listed=listed, suspected=suspected, threshold=facts.pack.threshold("ofac-50"), names=facts.names
    )
    owners = regimes.beneficial_owners(
        facts.holdings, subject=subject, people=facts.people, threshold=facts.pack.threshold("iaas-cip"), names=facts.names
    )
    return blocked, owners


def write_determinations(facts: Round, blocked: dict[str, Verdict], owners: dict[str, Verdict]) -> None:
    Determination.objects.bulk_create(
        Determination(
            organisation_id=facts.examination.organisation_id,
            party_id=int(party),
            regime=regime,
            verdict=verdict.verdict,
            share_min=str(verdict.share.min),
            share_max=str(verdict.share.max),
            why=list(verdict.why),
            rule_pack=facts.pack.version,
            examination_id=facts.examination.pk,
        )
        for regime, verdicts in (("ofac-50", blocked), ("iaas-cip", owners))
        for party, verdict in verdicts.items()
    )


def customer_block(facts: Round, blocked: dict[str, Verdict]) -> Verdict | None:
    found = blocked.get(str(facts.customer.pk))
    return found if found and found.verdict != regimes.NO else None


def remainder(facts: Round) -> Fraction:
    left = regimes.unaccounted(facts.holdings)
    return max((interval.max for interval in left.values()), default=Fraction(1))


def fired(facts: Round, hits: list[Hit], blocked: dict[str, Verdict]) -> list[str]:
    """Codes of the rule pack's factors that hold."""
    customer, elevated = facts.customer, facts.pack.countries("elevated")
    countries = {country for party in facts.parties.values() for country in (party.country, party.hq_country)}
    block = customer_block(facts, blocked)
    holds = {
        "listed_ownership": block is not None and str(customer.pk) not in {str(hit.party_id) for hit in hits},
        "listed_party": any(hit.ruling == Hit.Ruling.TRUE for hit in hits),
        "open_hits": any(not hit.ruling for hit in hits),
        "elevated_country": bool(countries & elevated),
        "unaccounted_ownership": remainder(facts) >= QUARTER,
        "deep_chain": regimes.depth(facts.holdings, subject=str(customer.pk)) >= DEEP,
        "headquarters_elsewhere": bool(customer.hq_country) and customer.hq_country != customer.country,
    }
    return [code for code, holds_now in holds.items() if holds_now]


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


def write_findings(
    facts: Round, hits: list[Hit], blocked: dict[str, Verdict], owners: dict[str, Verdict], result: Result
) -> None:
    rows = [
        ownership_finding(facts, blocked, owners),
        screening_finding(facts, hits),
        remainder_finding(facts),
        documents_finding(facts),
        ("risk", *risk_finding(result), "risk"),
    ]
    Finding.objects.bulk_create(
        Finding(
            organisation_id=facts.examination.organisation_id,
            examination=facts.examination,
            category=category,
            state=state,
            sentence=sentence,
            anchor=anchor,
        )
        for category, state, sentence, anchor in rows
    )


Row = tuple[str, str, str, str]


def ownership_finding(facts: Round, blocked: dict[str, Verdict], owners: dict[str, Verdict]) -> Row:
    block = customer_block(facts, blocked)
    if block and block.verdict == regimes.YES:
        sentence = _("Blocked under OFAC 50 %: ") + " ".join(block.why)
        return "ownership", Finding.State.BAD, sentence, "people"
    if block:
        return "ownership", Finding.State.BAD, _("Can't be decided: ") + " ".join(block.why), "people"
    if wrong := regimes.overfull(facts.holdings):
        names = ", ".join(facts.names[party] for party in wrong)
        return (
            "ownership",
            Finding.State.BAD,
            _("More than 100 %% is stated to be held of %(names)s.") % {"names": names},
            "people",
        )
    found = sum(1 for verdict in owners.values() if verdict.verdict == regimes.YES)
    sentence = ngettext("%(n)s person owns a quarter or more.", "%(n)s persons own a quarter or more.", found) % {"n": found}
    return "ownership", Finding.State.GOOD if found else Finding.State.INFO, sentence, "people"


def screening_finding(facts: Round, hits: list[Hit]) -> Row:
    used = ", ".join(str(version) for version in facts.versions)
    open_hits, true_hits = [h for h in hits if not h.ruling], [h for h in hits if h.ruling == Hit.Ruling.TRUE]
    if not facts.versions:
        return "screening", Finding.State.BAD, _("No list is loaded, so nobody was screened."), "screening"
    if true_hits:
        names = ", ".join(sorted({hit.party.name for hit in true_hits}))
        return (
            "screening",
            Finding.State.BAD,
            _("%(names)s: confirmed on a list (%(lists)s).") % {"names": names, "lists": used},
            "screening",
        )
    if open_hits:
        sentence = ngettext("%(n)s possible match to rule on", "%(n)s possible matches to rule on", len(open_hits))
        return "screening", Finding.State.WARN, f"{sentence % {'n': len(open_hits)}} ({used}).", "screening"
    sentence = ngettext("%(n)s party is clear on %(lists)s.", "%(n)s parties are clear on %(lists)s.", len(facts.parties))
    return "screening", Finding.State.GOOD, sentence % {"n": len(facts.parties), "lists": used}, "screening"


def remainder_finding(facts: Round) -> Row:
    left = {party: part.max for party, part in regimes.unaccounted(facts.holdings).items() if part.max > 0}
    if not left:
        return "unaccounted", Finding.State.GOOD, _("All shares are accounted for, down to people or a state."), "people"
    party, share = max(left.items(), key=lambda item: (item[1], item[0]))
    sentence = _("%(share)s of %(name)s is not accounted for.") % {"share": per_cent(share), "name": facts.names[party]}
    return "unaccounted", Finding.State.WARN if share >= QUARTER else Finding.State.INFO, sentence, "people"


def documents_finding(facts: Round) -> Row:
    sentence = ngettext("%(n)s document to read.", "%(n)s documents to read.", facts.documents) % {"n": facts.documents}
    return "documents", Finding.State.INFO if facts.documents else Finding.State.WARN, sentence, "documents"


def risk_finding(result: Result) -> tuple[str, str]:
    state = {"low": Finding.State.GOOD, "medium": Finding.State.WARN, "high": Finding.State.WARN}[result.band]
    heaviest = result.reasons[0].sentence if result.reasons else _("Nothing raised it.")
    return state, _("%(value)s of 100. %(sentence)s") % {"value": result.value, "sentence": heaviest}


def close(facts: Round) -> None:
    """The case goes to review, unless it has moved on meanwhile."""
    now = timezone.now()
    examination = facts.examination
    Examination.objects.filter(pk=examination.pk).update(
        done_at=now, lists=[{"id": v.pk, "source": v.source, "published": str(v.published)} for v in facts.versions]
    )
    Case.objects.filter(pk=examination.case_id, state=Case.State.SUBMITTED).update(state=Case.State.REVIEW, in_state_since=now)
    audit.record("case.examined", target=examination, by=None, rule_pack=facts.pack.version)
