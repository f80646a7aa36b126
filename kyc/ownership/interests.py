"""The words for what one party holds in another: the interest types of BODS 0.4, spelled as the standard spells them; which of
them can be declared, which have a size, and what each counts for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kyc.ownership.graph import SHAREHOLDING, Holding, above
from kyc.ownership.rule import REGIMES, Rule, rule
from kyc.ownership.trusts import ROLES
from kyc.rules.packs import Pack

BODS_TYPES = (
    SHAREHOLDING,
    "votingRights",
    "appointmentOfBoard",
    "otherInfluenceOrControl",
    "seniorManagingOfficial",
    "settlor",
    "trustee",
    "protector",
    "beneficiaryOfLegalArrangement",
    "rightsToSurplusAssetsOnDissolution",
    "rightsToProfitOrIncome",
    "rightsGrantedByContract",
    "conditionalRightsGrantedByContract",
    "controlViaCompanyRulesOrArticles",
    "controlByLegalFramework",
    "boardMember",
    "boardChair",
    "unknownInterest",
    "unpublishedInterest",
    "enjoymentAndUseOfAssets",
    "rightToProfitOrIncomeFromAssets",
    "nominee",
    "nominator",
)

# Votes, profits and what is left on dissolution follow shares where nobody says otherwise (kyc.ownership.graph).
FOLLOWING = ("votingRights", "rightsToProfitOrIncome", "rightsToSurplusAssetsOnDissolution")
# What has a size of its own, which is never added to that of another kind (OWN-04).
SIZED = (SHAREHOLDING, *FOLLOWING)
OTHERWISE = "otherInfluenceOrControl"
# What can be held in a company; and in a trust, where somebody may control it besides who has a role (FATF-04).
OF_COMPANIES = (
    *SIZED,
    "appointmentOfBoard",
    "controlViaCompanyRulesOrArticles",
    "rightsGrantedByContract",
    "controlByLegalFramework",
    "conditionalRightsGrantedByContract",
    OTHERWISE,
)
OF_TRUSTS = (*ROLES, OTHERWISE)

OWNED, MAJORITY, OUTRIGHT, ROLE = "owned", "majority", "outright", "role"


def has_size(kind: str) -> bool:
    return kind in SIZED


def stepwise(indirect: Collection[Holding], direct: Collection[Holding]) -> list[Holding]:
    """Those of the `indirect` ones whose owner the direct ones of the same kind lead, over somebody else, to what it owns."""
    return [held for held in indirect if held.owner in above(steps(direct, held), held.owned)]


def steps(direct: Collection[Holding], held: Holding) -> list[Holding]:
    """All that may lead there by more than one step."""
    return [one for one in direct if one.interest == held.interest and (one.owner, one.owned) != (held.owner, held.owned)]


def of(*, is_trust: bool) -> Sequence[str]:
    return OF_TRUSTS if is_trust else OF_COMPANIES


@dataclass(frozen=True)
class Counts:
    """As what a kind of interest counts under a regime. `rule` is the requirement that says so."""

    regime: str
    how: str
    rule: str


# By regime and way; a regime's figures in the rule pack say which kinds these are (kyc.ownership.rule).
REQUIRED = {
    ("ofac-50", OWNED): "SAN-03",
    ("bis-affiliates", OWNED): "OWN-04",
    ("eu-amlr", OWNED): "AMLR-04",
    ("eu-amlr", MAJORITY): "AMLR-05",
    ("eu-amlr", OUTRIGHT): "AMLR-05",
    ("eu-amlr", ROLE): "FATF-04",
    ("fincen-cdd", OWNED): "FIN-02",
    ("fincen-cdd", ROLE): "FIN-02",
    ("iaas-cip", OWNED): "IAAS-04",
    ("iaas-cip", MAJORITY): "IAAS-04",
    ("iaas-cip", OUTRIGHT): "IAAS-04",
    ("iaas-cip", ROLE): "FATF-04",
    ("provider-terms", OWNED): "OWN-04",
    ("ultimate-parent", MAJORITY): "USX-01",
    ("ultimate-parent", OUTRIGHT): "USX-01",
    ("entity-of-concern", MAJORITY): "USX-03",
    ("entity-of-concern", OUTRIGHT): "USX-03",
}
# Whose question is control, not ownership.
OF_CONTROL = ("ultimate-parent", "entity-of-concern")
ASKED = (*REGIMES, "entity-of-concern")


def counts(kind: str, under: Rule) -> list[Counts]:
    """As what a regime takes a kind of interest; nothing where it takes it for nothing."""
    is_of_control = under.regime in OF_CONTROL
    ways = {
        OWNED: () if is_of_control else under.interests,
        MAJORITY: under.controlled_by if is_of_control or under.control else (),
        OUTRIGHT: under.control_interests,
        ROLE: under.roles,
    }
    return [Counts(under.regime, how, REQUIRED[under.regime, how]) for how, kinds in ways.items() if kind in kinds]


@dataclass(frozen=True)
class Weight:
    """Under which regimes a kind counts as owned, gives control, by a majority or by what it is, or is a role that counts; and
    under which it counts for nothing."""

    kind: str
    owned: tuple[str, ...]
    controls: tuple[str, ...]
    role: tuple[str, ...]
    nothing: tuple[str, ...]


def weight(kind: str, pack: Pack) -> Weight:
    found = {regime: {one.how for one in counts(kind, rule(pack, regime))} for regime in ASKED}

    def by(*ways: str) -> tuple[str, ...]:
        return tuple(regime for regime, taken in found.items() if taken & set(ways))

    nothing = tuple(regime for regime, taken in found.items() if not taken)
    return Weight(kind, by(OWNED), by(MAJORITY, OUTRIGHT), by(ROLE), nothing)
