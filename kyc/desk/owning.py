"""The ownership picture with what the newest checks found: who is listed or blocked, who owns by the word of which regime."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kyc.cases.determining import CONTROL, CONTROLLED, LOCATED, place
from kyc.cases.models import Case, Examination
from kyc.cases.outdated import hits_of
from kyc.cases.structure import NOTHING, Declared, Noted
from kyc.desk.words import WHOSE
from kyc.ownership import regimes, shares
from kyc.ownership.models import Determination, Interest
from kyc.ownership.picture import BAD, GOOD, WARN
from kyc.ownership.rule import BIS, CASCADES, OFAC
from kyc.ownership.shares import Interval
from kyc.ownership.trusts import ROLES
from kyc.parties.models import Party, Role
from kyc.screening.models import Hit, ListVersion

# Left out where all findings are shown: the one says of the same lists what OFAC's says, the other is no matter of the picture.
ASIDE = (BIS, CONTROL)
# Who owns the customer is the matter of the provider's terms; who owns its owners is nothing against them.
TERMS, PARENT = "provider-terms", "ultimate-parent"
# What the customer is that is its own ultimate parent.
NO_PARENT = gettext_lazy("no parent controls it")
IF_TRUE = gettext_lazy("restricted like its owners, if the possible match is true: %(share)s")
# What is shown besides one regime's findings: those of all, or none.
ALL, NONE = "", "none"
# Either limb, in the same words, so that both together are said once.
OF_CONCERN: dict[str, tuple[Promise | str, str]] = {
    regimes.YES: (gettext_lazy("entity of concern by a bill"), ""),
    regimes.INDETERMINATE: (gettext_lazy("may be an entity of concern by a bill"), ""),
}
# What a verdict is in a few words, with its tone, for the regimes that ask another question than who the owners are.
SAID: dict[str, dict[str, tuple[Promise | str, str]]] = {
    "bis-affiliates": {
        regimes.YES: (gettext_lazy("restricted like its listed owners: %(share)s"), BAD),
        regimes.INDETERMINATE: (gettext_lazy("may be restricted by BIS"), WARN),
    },
    TERMS: {
        regimes.YES: (gettext_lazy("owned from regions that the terms exclude: %(share)s"), BAD),
        regimes.INDETERMINATE: (gettext_lazy("may be owned from regions that the terms exclude"), WARN),
    },
    PARENT: {
        regimes.YES: (gettext_lazy("ultimate parent"), ""),
        regimes.INDETERMINATE: (gettext_lazy("may be the ultimate parent"), WARN),
    },
    CONTROL: {
        regimes.YES: (gettext_lazy("named in control"), ""),
        regimes.INDETERMINATE: (gettext_lazy("certification not complete"), WARN),
    },
    LOCATED: OF_CONCERN,
    CONTROLLED: OF_CONCERN,
}
# Owning a part is nothing against anybody.
OWNERS: dict[str, tuple[Promise | str, str]] = {
    regimes.YES: (gettext_lazy("beneficial owner, %(share)s"), ""),
    regimes.INDETERMINATE: (gettext_lazy("may be a beneficial owner"), WARN),
}
BY_CONTROL: tuple[Promise, str] = (gettext_lazy("beneficial owner by control"), "")
BY_ROLE: tuple[Promise, str] = (gettext_lazy("beneficial owner as %(roles)s"), "")
STRENGTH = ("", GOOD, WARN, BAD)
Verdicts = Mapping[int, Determination]


@dataclass(frozen=True)
class Owning(Declared):
    """A structure with what the newest checks found: each regime's verdicts by party, and matches nobody has ruled out.
    `regime` is whose findings are shown, ALL or NONE."""

    is_checked: bool
    verdicts: Mapping[str, Verdicts]
    hits: Mapping[int, list[Hit]]
    regime: str = ALL

    def of(self, regime: str) -> "Owning":
        """The same under one regime, where the checks asked that."""
        wanted = regime if regime in {NONE, *self.verdicts} else ALL
        return self if wanted == self.regime else replace(self, regime=wanted)

    @cached_property
    def counted(self) -> set[int]:
        """Who stands in the arithmetic: not who holds for another, nor who has only a role in a trust."""
        return {pk for interest in self.held for pk in (interest.counted_owner, interest.owned_id)}

    @cached_property
    def examined(self) -> set[int]:
        return {pk for verdicts in self.verdicts.values() for pk in verdicts}

    @cached_property
    def asked(self) -> list[str]:
        """The regimes whose findings are shown, that of blocking first."""
        wanted = set(self.verdicts) - set(ASIDE) if self.regime == ALL else {self.regime} & set(self.verdicts)
        return sorted(wanted, key=place)

    @cached_property
    def blocked_ones(self) -> set[int]:
        return {pk for pk, verdict in self.verdicts.get(OFAC, {}).items() if verdict.verdict == regimes.YES}

    def is_blocked(self, pk: int) -> bool:
        return pk in self.blocked_ones

    def noted(self, party: Party, role: str) -> Noted:
        found = self.findings(party)
        # A role takes the place of what is nothing to worry about.
        return joined([said for said in found if said[1] != GOOD] if role else found)

    def line_tone(self, interest: Interest) -> str:
        is_bad = self.is_blocked(interest.counted_owner) and self.is_blocked(interest.owned_id)
        return BAD if OFAC in self.asked and is_bad and interest.kind == Interest.Kind.SHAREHOLDING else ""

    def kept(self) -> Collection[int]:
        """Whoever something was found of, but not who came after the checks."""
        found = (pk for pk, party in self.parties.items() if self.finding(party)[1] in (WARN, BAD) and not self.is_late(party))
        return {*found, *(pk for pk, party in self.parties.items() if party.kind == Party.Kind.UNKNOWN)}

    def is_late(self, party: Party) -> bool:
        """Whether a party that the arithmetic goes by was named after the checks."""
        return self.is_checked and party.pk in self.counted and party.pk not in self.examined and party.pk not in self.hits

    def noted_of(self, parties: Collection[Party]) -> Noted:
        late = sum(1 for party in parties if self.is_late(party)) if self.regime != NONE else 0
        if late:
            return ngettext("%(n)s not checked yet", "%(n)s not checked yet", late) % {"n": late}, WARN
        return joined(sorted({said for party in parties for said in self.findings(party) if said[1] == GOOD}))

    def finding(self, party: Party) -> Noted:
        """A few words on a party, and their tone: the gravest of them."""
        return joined(self.findings(party))

    @cached_property
    def found(self) -> dict[int, list[Noted]]:
        return {pk: self.weighed(party) for pk, party in self.parties.items()}

    def findings(self, party: Party) -> list[Noted]:
        """Of one who owns nothing of it too, such as a director."""
        return self.found[party.pk] if party.pk in self.found else self.weighed(party)

    def weighed(self, party: Party) -> list[Noted]:
        if self.regime == NONE:
            return []
        told = list(self.verdict_told(party))
        if hits := self.hits.get(party.pk, []):
            return [self.listed_as(party, hits), *told]
        if self.is_late(party):
            return [(_("not checked yet"), WARN)]
        return told

    def verdict_told(self, party: Party) -> Iterator[Noted]:
        owns: dict[Noted, list[str]] = {}
        for name in self.asked:
            verdict = self.verdicts[name].get(party.pk)
            if verdict is None or (name in CASCADES and party.pk in self.hits):
                continue
            words, tone = self.ofac(party, verdict) if name == OFAC else said(name, verdict, self.roles(party))
            if name == BIS and verdict.verdict == regimes.YES and not self.is_sure:
                words, tone = str(IF_TRUE) % {"share": share_of(verdict)}, WARN
            if name == PARENT and party.pk == self.customer.pk:
                words = str(NO_PARENT) if verdict.verdict == regimes.YES else words
            if name == TERMS and tone == BAD and party.pk != self.customer.pk:
                tone = ""
            if name != OFAC and name not in SAID:
                owns.setdefault((words, tone), []).append(WHOSE.get(name, name))
            elif words:
                yield words, tone
        for (words, tone), whose in owns.items():
            if words:
                yield f"{', '.join(whose)}: {words}" if len(owns) > 1 else words, tone

    @cached_property
    def is_sure(self) -> bool:
        """Whether anybody here is listed for sure; without that, whatever follows from lists waits for a ruling."""
        return any(hit.ruling == Hit.Ruling.TRUE for hits in self.hits.values() for hit in hits)

    def roles(self, party: Party) -> str:
        """Of whoever is in a structure by a role in a trust and by nothing else."""
        mine = [interest for interest in self.interests if interest.counted_owner == party.pk]
        kinds = dict.fromkeys(str(interest.get_kind_display()).lower() for interest in mine)
        return ", ".join(kinds) if all(interest.kind in ROLES for interest in mine) else ""

    def ofac(self, party: Party, verdict: Determination) -> Noted:
        if verdict.verdict == regimes.YES:
            return self.blocked(party, verdict), BAD
        if verdict.verdict == regimes.INDETERMINATE:
            return _("may be blocked"), WARN
        # Whom nobody knows by name is compared with no list.
        return (_("not compared"), "") if party.kind == Party.Kind.UNKNOWN else (_("clear"), GOOD)

    def listed_as(self, party: Party, hits: list[Hit]) -> Noted:
        """A match that nobody has ruled on is not a listing yet."""
        sure = [hit for hit in hits if hit.ruling == Hit.Ruling.TRUE]
        names = dict.fromkeys(list_name(hit.list_version) for hit in sure or hits)
        sentence = _("listed: %(lists)s") if sure else _("possible match: %(lists)s")
        return sentence % {"lists": ", ".join(names)}, BAD if self.is_blocked(party.pk) else WARN

    def blocked(self, party: Party, verdict: Determination) -> str:
        owners = {i.counted_owner for i in self.held if i.owned_id == party.pk and self.is_blocked(i.counted_owner)}
        return self.by(owners) % {"share": share_of(verdict)} if owners else _("blocked")

    def by(self, owners: Collection[int]) -> str:
        if any(pk not in self.hits for pk in owners):
            return _("blocked: %(share)s by blocked")
        if any(hit.ruling == Hit.Ruling.TRUE for pk in owners for hit in self.hits[pk]):
            return _("blocked: %(share)s by listed")
        return _("blocked: %(share)s by possible match")

    def findings_told(self) -> list[str]:
        said = ((self.names[pk], self.findings(party)) for pk, party in self.parties.items())
        return [f"{name}: {joined(found)[0]}." for name, found in said if any(tone != GOOD for _words, tone in found)]


def joined(found: Collection[Noted]) -> Noted:
    """Several findings as one, in the gravest tone."""
    if not found:
        return NOTHING
    gravest = max((tone for _words, tone in found), key=STRENGTH.index)
    # That one rule has nothing against a party is no comfort beside another that has.
    told = [words for words, tone in found if tone != GOOD or gravest not in (WARN, BAD)]
    return " · ".join(dict.fromkeys(told)), gravest


def said(regime: str, verdict: Determination, roles: str = "") -> Noted:
    """A verdict of any regime but the one on blocking. Whoever has `roles` in a trust has no share of his own."""
    words, tone = SAID.get(regime, OWNERS).get(verdict.verdict, NOTHING)
    if regime not in SAID and verdict.verdict == regimes.YES:
        if roles:
            words, tone = BY_ROLE
        elif verdict.share_max == "0":
            words, tone = BY_CONTROL
    return str(words) % {"share": share_of(verdict), "roles": roles} if words else "", tone


def share_of(verdict: Determination) -> str:
    return shares.short(Interval(Fraction(verdict.share_min), Fraction(verdict.share_max)))


def list_name(version: ListVersion) -> str:
    return str(version.get_source_display()).removesuffix(" list")


def owning(customer: Party, interests: list[Interest], examination: Examination | None) -> Owning:
    """With two queries, however large the structure is."""
    verdicts: dict[str, dict[int, Determination]] = {}
    rows = Determination.objects.filter(examination_id=examination.pk if examination else None).defer("why")
    for row in rows.order_by("pk"):
        verdicts.setdefault(row.regime, {})[row.party_id] = row
    matches = hits_of(examination).exclude(ruling=Hit.Ruling.FALSE).select_related("list_version")
    hits: dict[int, list[Hit]] = {}
    for hit in matches.order_by("pk"):
        hits.setdefault(hit.party_id, []).append(hit)
    return Owning(customer, interests, examination is not None, verdicts, hits)


def of_case(case: Case) -> Owning | None:
    """As declared now, with the newest checks of the case; nothing before the customer has said what it is."""
    customer = Role.objects.live().filter(organisation=case.organisation, kind=Role.Kind.CUSTOMER).select_related("party").first()
    if customer is None:
        return None
    examination = case.examinations.filter(state=Examination.State.DONE).order_by("-pk").first()
    return owning(customer.party, live(case), examination)


def live(case: Case) -> list[Interest]:
    held = Interest.objects.live().filter(organisation=case.organisation).select_related("owner", "owned", "held_for")
    return list(held.order_by("owned", "pk"))
