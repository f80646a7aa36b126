"""What a round found, in sentences, and which factors of the rule pack it makes true."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kyc.cases import declared, doubts
from kyc.cases.contradicted import contradicted
from kyc.cases.declared import Row
from kyc.cases.determining import CONTROLLED, LOCATED, Verdicts, asked, catching, listed_by
from kyc.cases.models import Finding
from kyc.cases.round import Round
from kyc.evidence.reading.signs import Sign
from kyc.ownership import regimes, trusts
from kyc.ownership.flows import Flow
from kyc.ownership.graph import Graph, Holding, Stakes
from kyc.ownership.regimes import Verdict
from kyc.ownership.rule import OF_OWNERS, OFAC, rule
from kyc.ownership.shares import Interval, per_cent, short
from kyc.ownership.verdicts import is_reached, line
from kyc.parties.models import Party
from kyc.parties.sentences import one_stop
from kyc.risk.scoring import Result
from kyc.rules import assurance
from kyc.screening.entries import is_exposure
from kyc.screening.models import Hit

# What a machine sees in a document that was changed, or copied from elsewhere. None of it is a verdict.
ALTERED = {Sign.EDITOR, Sign.SCREENSHOT, Sign.PATCH, Sign.CHECK_DIGITS, Sign.VISUAL_ZONE}
# Stands for whoever holds what nobody is named for; parties are numbers.
NOBODY = "nobody"
# What has no owners by its nature.
UNOWNED = {
    Party.Kind.PERSON: gettext_lazy("The customer is a person, whom nobody owns."),
    Party.Kind.STATE: gettext_lazy("The customer is a state or state body, which has no owners."),
}


def findings(facts: Round, hits: list[Hit], verdicts: Mapping[str, Verdicts], result: Result) -> list[Row]:
    owners = verdicts.get(OF_OWNERS, {})
    return [
        ownership_finding(facts, hits, verdicts[OFAC], owners),
        *regime_findings(facts, verdicts),
        screening_finding(facts, hits),
        *exposure_findings(facts, hits),
        *remainder_findings(facts),
        *declared.findings(facts.declared, {int(party): name for party, name in facts.names.items()}, contradicted(facts)),
        *doubts.findings(facts, owners),
        *lapsing_findings(facts),
        documents_finding(facts),
        risk_finding(result),
    ]


def is_confirmed(facts: Round, hits: list[Hit]) -> bool:
    """Whether the customer is blocked by what officers have ruled true alone."""
    listed = listed_by(catching(OFAC, [hit for hit in hits if hit.ruling == Hit.Ruling.TRUE], pack=facts.pack))
    return asked(facts, facts.graph(listed), OFAC, listed=listed, tell_missing=False)[facts.subject].verdict == regimes.YES


# What a verdict of a regime on the customer is to a case, by what the rule pack makes of it.
STATES = {"stops": Finding.State.BAD, "asks": Finding.State.WARN, "tells": Finding.State.INFO}
TOLD = {
    "provider-terms": ("terms", gettext_lazy("The provider's terms: ")),
    LOCATED: ("concern", gettext_lazy("Entity of concern under a bill, which is not law: ")),
    CONTROLLED: ("concern", gettext_lazy("Controlled by an entity of concern under a bill, which is not law: ")),
}


def regime_findings(facts: Round, verdicts: Mapping[str, Verdicts]) -> Iterator[Row]:
    """What the other regimes say of the customer itself, as far as the rule pack makes anything of it."""
    for regime, (category, said) in TOLD.items():
        found = verdicts.get(regime, {}).get(facts.subject)
        if found and (consequence := facts.pack.consequence(regime, found.verdict)):
            yield category, STATES[consequence], str(said) + " ".join(found.why), "people"


def ownership_finding(facts: Round, hits: list[Hit], blocked: Verdicts, owners: Verdicts) -> Row:
    block = customer_block(facts, blocked)
    if block and block.verdict == regimes.YES:
        said = (
            _("Blocked under OFAC 50 %: ")
            if is_confirmed(facts, hits)
            else _("Blocked under OFAC 50 % if possible matches are true: ")
        )
        return "ownership", Finding.State.BAD, said + " ".join(block.why), "people"
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
    if said_of_kind := UNOWNED.get(facts.customer.kind):
        return "ownership", Finding.State.INFO, str(said_of_kind), "people"
    if facts.customer.is_trust:
        return trust_finding(facts, owners)
    found = [verdict for verdict in owners.values() if verdict.verdict == regimes.YES]
    if hidden := undeclared_owners(facts):
        name, share = hidden
        left = _("Who owns %(share)s of %(name)s is undeclared.") % {"share": at_most(share), "name": name}
        return "ownership", Finding.State.WARN, f"{counted(facts, found)} {left}{nominees(facts)}", "people"
    behind = in_trusts(facts)
    state = Finding.State.WARN if behind.hidden else Finding.State.GOOD if found else Finding.State.INFO
    return "ownership", state, f"{counted(facts, found)}{behind.told()}{nominees(facts)}", "people"


def counted(facts: Round, owners: Collection[Verdict]) -> str:
    """How many people the rule takes for owners, and by what."""
    threshold, found = facts.pack.threshold(OF_OWNERS), len(owners)
    told = {"n": found, "line": line(threshold)}
    if not found:
        return _("No person owns %(line)s.") % told
    by_control = any(not is_reached(threshold, owner.share) for owner in owners)
    by_roles = any(interest.interest in trusts.ROLES for interest in facts.interests)
    if by_control and by_roles:
        sentence = ngettext(
            "%(n)s person owns %(line)s, controls it otherwise, or has a role in a trust that does.",
            "%(n)s people own %(line)s, control it otherwise, or have a role in a trust that does.",
            found,
        )
    elif by_control:
        sentence = ngettext(
            "%(n)s person owns %(line)s, or controls it otherwise.",
            "%(n)s people own %(line)s, or control it otherwise.",
            found,
        )
    elif by_roles:
        sentence = ngettext(
            "%(n)s person owns %(line)s, or has a role in a trust that does.",
            "%(n)s people own %(line)s, or have a role in a trust that does.",
            found,
        )
    else:
        sentence = ngettext("%(n)s person owns %(line)s.", "%(n)s people own %(line)s.", found)
    return sentence % told


def nominees(facts: Round) -> str:
    """A sentence that follows another; none where nobody holds for somebody else."""
    if not facts.nominees:
        return ""
    sentence = ngettext("%(n)s interest is held by a nominee.", "%(n)s interests are held by nominees.", facts.nominees)
    return f" {sentence % {'n': facts.nominees}}"


def trust_finding(facts: Round, owners: Verdicts) -> Row:
    """Whoever has a role in the trust counts as its owner."""
    found = sum(1 for verdict in owners.values() if verdict.verdict == regimes.YES)
    sentence = ngettext(
        "%(n)s person has a role in the trust and counts as its owner.",
        "%(n)s people have a role in the trust and count as its owners.",
        found,
    ) % {"n": found}
    behind = in_trusts(facts)
    return (
        "ownership",
        Finding.State.GOOD if found and not behind.hidden else Finding.State.WARN,
        sentence + behind.told(),
        "people",
    )


@dataclass(frozen=True)
class Behind:
    """Who has a role in a trust that counts and is no person: companies and trusts, behind whom others are to be looked at,
    whoever owns them; and beneficiaries that are known as a class of people, behind whom nobody else stands."""

    hidden: list[str]
    classes: list[str]

    def told(self) -> str:
        """Sentences that follow another; none where there is nobody."""
        said = []
        if self.classes:
            said.append(_("Known as a class only: %(names)s.") % {"names": declared.listed(self.classes)})
        if self.hidden:
            said.append(_("Who stands behind these is to be looked at: %(names)s.") % {"names": declared.listed(self.hidden)})
        return "".join(f" {one_stop(sentence)}" for sentence in said)


def in_trusts(facts: Round) -> Behind:
    """Of every trust in the chain that is the customer or may hold the line of it."""
    wanted = rule(facts.pack, OF_OWNERS, on=facts.day)
    roles = trusts.behind_roles(facts.graph(), subject=facts.subject, rule=wanted)
    parties = [facts.parties[pk] for pk in sorted(map(int, roles))]
    names = {kind: [facts.names[str(party.pk)] for party in parties if party.kind == kind] for kind in Party.Kind}
    return Behind([*names[Party.Kind.COMPANY], *names[Party.Kind.TRUST]], names[Party.Kind.UNKNOWN])


def undeclared_owners(facts: Round) -> tuple[str, Interval] | None:
    """What of the customer belongs over all chains to owners whom nobody has named, where that reaches the line; or what of
    a company above it does."""
    limit, customer = facts.pack.unaccounted_line, str(facts.customer.pk)
    holdings = [*facts.holdings, *(Holding(NOBODY, company, left) for company, left in facts.gaps.items())]
    share = Flow(Graph.of(holdings), Stakes.of(holdings), customer).share(NOBODY)
    if share.max >= limit:
        return facts.names[customer], share
    company, left = largest_gaps(facts)[0] if facts.gaps else ("", share)
    return (facts.names[company], left) if left.max >= limit else None


def largest_gaps(facts: Round) -> list[tuple[str, Interval]]:
    return sorted(facts.gaps.items(), key=lambda gap: (-gap[1].max, int(gap[0])))


def at_most(left: Interval) -> str:
    return short(left) if left.min else _("up to %(share)s") % {"share": per_cent(left.max)}


def screening_finding(facts: Round, hits: list[Hit]) -> Row:
    used = ", ".join(str(version) for version in facts.versions)
    open_hits = [hit for hit in hits if hit.is_open]
    true_hits = [hit for hit in hits if hit.ruling == Hit.Ruling.TRUE and not is_exposure(hit.topics)]
    if not facts.versions:
        return "screening", Finding.State.BAD, _("No list is loaded, so nobody was screened."), "screening"
    if true_hits:
        names = ", ".join(sorted({facts.names[str(hit.party_id)] for hit in true_hits}))
        return (
            "screening",
            Finding.State.BAD,
            _("Confirmed on a list: %(names)s (%(lists)s).") % {"names": names, "lists": used},
            "screening",
        )
    if open_hits:
        sentence = ngettext("%(n)s possible match to rule on", "%(n)s possible matches to rule on", len(open_hits))
        return "screening", Finding.State.WARN, f"{sentence % {'n': len(open_hits)}} ({used}).", "screening"
    nameless = sum(party.kind == Party.Kind.UNKNOWN for party in facts.parties.values())
    named = len(facts.parties) - nameless - len(exposed_in(hits))
    clear = ngettext("%(n)s party is clear on %(lists)s.", "%(n)s parties are clear on %(lists)s.", named)
    told = (clear if named else _("Nobody else was compared with %(lists)s.")) % {"n": named, "lists": used}
    if not nameless:
        return "screening", Finding.State.GOOD if named else Finding.State.INFO, told, "screening"
    more = ngettext(
        "%(n)s is not known by name and can't be compared.", "%(n)s are not known by name and can't be compared.", nameless
    )
    return "screening", Finding.State.INFO, f"{told} {more % {'n': nameless}}", "screening"


def exposed_in(hits: list[Hit]) -> set[int]:
    """The parties that officers have found to be politically exposed, or close to somebody who is."""
    return {hit.party_id for hit in hits if hit.ruling == Hit.Ruling.TRUE and is_exposure(hit.topics)}


def exposure_findings(facts: Round, hits: list[Hit]) -> list[Row]:
    """A politically exposed person, or who is close to one, is no refusal."""
    exposed = exposed_in(hits)
    if not exposed:
        return []
    sentence = _(
        "Politically exposed, or close to somebody who is: %(names)s. The source of wealth is asked for by itself, and a senior "
        "officer approves."
    )
    names = ", ".join(sorted(facts.names[str(party)] for party in exposed))
    return [("exposure", Finding.State.WARN, sentence % {"names": names}, "screening")]


def lapsing_findings(facts: Round) -> Iterator[Row]:
    """What was verified of exclusions is relied on until the day that was said, and verified anew before (FIN-04, FIN-05)."""
    ahead = _(
        "That FinCEN's rule on owners leaves out %(name)s is verified until %(day)s. Verify it anew before that under “People "
        "and ownership”, or ask for a newer document: from then on nothing rests on it."
    )
    over = _(
        "That FinCEN's rule on owners leaves out %(name)s was verified until %(day)s, and nothing rests on it now. Verify it "
        "anew under “People and ownership”, or ask for a newer document."
    )
    for row in facts.expiring:
        until: date = row.valid_until
        told = {"name": facts.names[str(row.exclusion.party_id)], "day": date_format(until, "j F Y")}
        yield "exclusion", Finding.State.WARN, (over if until < facts.day else ahead) % told, "people"


def remainder_findings(facts: Round) -> list[Row]:
    """None where there is nothing to hold shares of: neither the customer nor anybody above it is a company."""
    return [remainder_finding(facts)] if any(facts.parties[int(party)].is_company for party in facts.chain) else []


def remainder_finding(facts: Round) -> Row:
    """Names every company of which the line or more is undeclared, and of smaller ones only the largest."""
    gaps = largest_gaps(facts)
    if not gaps:
        return "unaccounted", Finding.State.GOOD, _("All shares are accounted for, down to people or a state."), "people"
    large = [gap for gap in gaps if gap[1].max >= facts.pack.unaccounted_line]
    told = large or gaps[:1]
    parts = [_("%(share)s of %(name)s") % {"share": at_most(left), "name": facts.names[party]} for party, left in told]
    if rest := len(gaps) - len(told):
        parts.append(ngettext("and %(n)s smaller part", "and %(n)s smaller parts", rest) % {"n": rest})
    sentence = _("Not accounted for: %(parts)s.") % {"parts": ", ".join(parts)}
    return "unaccounted", Finding.State.WARN if large else Finding.State.INFO, sentence, "people"


def documents_finding(facts: Round) -> Row:
    if not facts.documents:
        return "documents", Finding.State.WARN, _("No document was sent."), "documents"
    sentence = ngettext("%(n)s document was sent.", "%(n)s documents were sent.", facts.documents) % {"n": facts.documents}
    return "documents", Finding.State.INFO, sentence, "documents"


def risk_finding(result: Result) -> Row:
    state = {"low": Finding.State.GOOD, "medium": Finding.State.WARN, "high": Finding.State.WARN}[result.band]
    heaviest = result.reasons[0].sentence if result.reasons else _("Nothing raised it.")
    return "risk", state, _("%(value)s of 100. %(sentence)s") % {"value": result.value, "sentence": heaviest}, "risk"


def customer_block(facts: Round, blocked: Verdicts) -> Verdict | None:
    found = blocked[facts.subject]
    return found if found.verdict != regimes.NO else None


def fired(facts: Round, hits: list[Hit], verdicts: Mapping[str, Verdicts]) -> list[str]:
    """Codes of the rule pack's factors that hold."""
    customer, elevated = facts.customer, facts.pack.countries("elevated")
    countries = {country for party in facts.parties.values() for country in (party.country, party.hq_country)}
    block = customer_block(facts, verdicts[OFAC])
    holds = {
        "listed_ownership": block is not None and str(customer.pk) not in {str(hit.party_id) for hit in hits},
        "listed_party": any(hit.ruling == Hit.Ruling.TRUE and not is_exposure(hit.topics) for hit in hits),
        "open_hits": any(hit.is_open for hit in hits),
        "elevated_country": bool(countries & elevated),
        "unaccounted_ownership": any(left.max >= facts.pack.unaccounted_line for left in facts.gaps.values()),
        "deep_chain": regimes.depth(facts.interests, subject=str(customer.pk)) >= facts.pack.deep_chain,
        "headquarters_elsewhere": bool(customer.hq_country) and customer.hq_country != customer.country,
        "nominee": facts.nominees > 0,
        "shared_document": facts.elsewhere >= assurance.load().most_organisations,
        "document_unreal": bool(facts.signs & {Sign.SPECIMEN, Sign.NO_STATE}),
        "document_altered": bool(facts.signs & ALTERED),
        "document_expired": Sign.EXPIRED in facts.signs,
        "countries_disagree": facts.days_abroad >= facts.pack.abroad_on_days,
    } | facts.declared.codes()
    return [code for code, holds_now in holds.items() if holds_now]
