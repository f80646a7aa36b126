"""Who is a beneficial owner, as two officers decide it with an approval: apart from what sources say (Observation) and from what
each regime makes of what was declared (Determination). It is preset from the latter; whoever departs from it says why. Where
nobody is one, the senior managing official stands in, with what was done to find an owner (FATF-03, AMLR-07)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.alphabet import by_name
from accounts.refused import Refused
from kyc.cases.models import Case, DecidedOwner, Decision, Examination
from kyc.ownership.models import Determination
from kyc.ownership.regimes import NO, YES
from kyc.parties.models import Party, Role

S = DecidedOwner.Standing
# The regimes that say who is a beneficial owner.
REGIMES = ("iaas-cip", "eu-amlr", "fincen-cdd")
# Whom nobody owns by his nature.
UNOWNED = (Party.Kind.PERSON, Party.Kind.STATE)


class Unreasoned(Refused):
    """Who departs from what was determined says why."""

    field = "owners_because"


@dataclass(frozen=True)
class Departures:
    """By number: who is none `against` what was determined, and who `also` is one; and why. Without any, `because` says what was
    done to find an owner where none was."""

    against: Collection[int] = ()
    also: Collection[int] = ()
    because: str = ""


@dataclass(frozen=True)
class Determined:
    """A person whom at least one regime takes for a beneficial owner, or may."""

    party: Party
    words: tuple[Determination, ...]

    @property
    def is_sure(self) -> bool:
        return any(word.verdict == YES for word in self.words)


def is_asked(case: Case) -> bool:
    customer = Role.objects.live().filter(organisation=case.organisation, kind=Role.Kind.CUSTOMER).select_related("party").first()
    return bool(customer) and customer.party.kind not in UNOWNED and not case.organisation.sandbox


def determined(case: Case) -> list[Determined]:
    """By the newest checks."""
    latest = case.examinations.filter(state=Examination.State.DONE).order_by("-pk").first()
    if latest is None:
        return []
    rows = Determination.objects.filter(examination_id=latest.pk, regime__in=REGIMES, party__kind=Party.Kind.PERSON)
    found: dict[Party, list[Determination]] = {}
    for row in rows.exclude(verdict=NO).select_related("party").order_by("party", "regime"):
        found.setdefault(row.party, []).append(row)
    return [Determined(party, tuple(words)) for party, words in found.items()]


def others(case: Case, found: Iterable[Determined]) -> list[Party]:
    """The people whom no regime takes for owners."""
    people = Party.objects.current().filter(organisation=case.organisation, kind=Party.Kind.PERSON)
    return list(people.exclude(pk__in=[one.party.pk for one in found]).order_by(*by_name(), "pk"))


def officials(case: Case) -> list[Party]:
    held = Role.objects.live().filter(organisation=case.organisation, kind=Role.Kind.CONTROLLER).select_related("party")
    return [role.party for role in held.order_by("pk")]


def propose(decision: Decision, departures: Departures) -> list[DecidedOwner]:
    """The rows of what is proposed, which stand once the proposal is taken. Raises Unreasoned."""
    case, because = decision.case, departures.because.strip()
    if not is_asked(case):
        return []
    found = determined(case)
    if set(departures.against) & {one.party.pk for one in found} or departures.also:
        refuse_unreasoned(because)
    rows = [row_of(one, because if one.party.pk in departures.against else "") for one in found]
    rows += [
        DecidedOwner(party=party, standing=S.OWNER, is_departure=True, because=because)
        for party in others(case, found)
        if party.pk in departures.also
    ]
    if not any(row.standing == S.OWNER for row in rows):
        rows += stand_ins(case, because or decision.proposal.note, among=rows)
    for row in rows:
        row.organisation_id, row.decision = case.organisation_id, decision
    return DecidedOwner.objects.bulk_create(rows)


def refuse_unreasoned(because: str) -> None:
    if not because:
        raise Unreasoned(_("Say why you depart from what was determined."))


def row_of(one: Determined, against: str) -> DecidedOwner:
    standing = S.NONE if against else S.OWNER
    words = [word.pk for word in one.words]
    return DecidedOwner(party=one.party, standing=standing, rests_on=words, is_departure=bool(against), because=against)


def stand_ins(case: Case, because: str, *, among: Collection[DecidedOwner]) -> list[DecidedOwner]:
    """Who leads it stands in; one who was found to be no owner has a row of his own already."""
    told = {row.party_id for row in among}
    leading = [party for party in officials(case) if party.pk not in told]
    return [DecidedOwner(party=party, standing=S.OFFICIAL, because=because) for party in leading] or [
        DecidedOwner(standing=S.NOBODY, because=because)
    ]


def is_overtaken(decision: Decision) -> bool:
    """Whether the checks were made anew since it was proposed, and take others for owners."""
    if not is_asked(decision.case):
        return False
    rested = [pk for row in decision.owners.all() for pk in row.rests_on]
    before = set(Determination.objects.filter(pk__in=rested).values_list("party", "regime", "verdict"))
    now = {(word.party_id, word.regime, word.verdict) for one in determined(decision.case) for word in one.words}
    return before != now
