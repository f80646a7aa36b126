"""From facts to inside, outside or unproven: tables, and what must hold of any facts whatsoever."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kyc.directives.population import (
    BY_COUNTRY,
    CONCERN,
    CUSTOMER,
    FACTS,
    HEADQUARTERS,
    INSIDE,
    OUTSIDE,
    OWNERS,
    PARENT,
    RESPONSIBLE,
    UNPROVEN,
    USED_FROM,
    WHO,
    BadPopulation,
    Fact,
    Population,
    Test,
    judge,
    population,
)

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
LATER, LATEST, OVER = NOW + timedelta(days=30), NOW + timedelta(days=90), NOW - timedelta(seconds=1)
Test.__test__ = False  # type: ignore[attr-defined]  # a question to a fact, and none of ours


def shown(*values: str, until: datetime | None = None) -> Fact:
    return Fact(frozenset(values), is_proved=True, row=1, evidence=2, until=until)


def said(*values: str) -> Fact:
    return Fact(frozenset(values), row=1)


COUNTRIES = {"countries": ["CN", "MO"], "by": ["headquarters", "parent"]}
RULE = {"tests": [{"fact": HEADQUARTERS, "values": ["CN"]}, {"fact": CONCERN, "values": ["yes"]}]}
TABLE: list[tuple[str, dict[str, Any], dict[str, Fact], str, tuple[str, ...]]] = [
    ("foreign", {}, {}, UNPROVEN, (CUSTOMER, RESPONSIBLE)),
    ("foreign", {}, {CUSTOMER: shown("us"), RESPONSIBLE: shown("us")}, OUTSIDE, ()),
    ("foreign", {}, {CUSTOMER: shown("us"), RESPONSIBLE: said("us")}, UNPROVEN, (RESPONSIBLE,)),
    ("foreign", {}, {CUSTOMER: shown("us"), RESPONSIBLE: said("foreign")}, INSIDE, ()),
    ("foreign", {}, {CUSTOMER: shown("us"), RESPONSIBLE: shown("undetermined")}, INSIDE, ()),
    ("countries", COUNTRIES, {HEADQUARTERS: shown("NO"), PARENT: shown("NO")}, OUTSIDE, ()),
    ("countries", COUNTRIES, {HEADQUARTERS: said("NO"), PARENT: shown("NO")}, UNPROVEN, (HEADQUARTERS,)),
    ("countries", COUNTRIES, {HEADQUARTERS: shown("NO"), PARENT: said("MO")}, INSIDE, ()),
    ("countries", {"countries": ["CN"], "by": ["location"]}, {USED_FROM: shown("NO", "CN")}, INSIDE, ()),
    ("concern", {}, {CONCERN: shown("no")}, OUTSIDE, ()),
    ("concern", {}, {CONCERN: said("indeterminate")}, UNPROVEN, (CONCERN,)),
    ("concern", {}, {CONCERN: said("yes")}, INSIDE, ()),
    ("listed", {}, {OWNERS: shown("no")}, OUTSIDE, ()),
    ("named", {"organisations": [7]}, {WHO: said("7")}, INSIDE, ()),
    ("named", {"organisations": [7]}, {WHO: shown("8")}, OUTSIDE, ()),
    # Whoever was never verified may be the one who is meant.
    ("named", {"organisations": [7]}, {WHO: said("8")}, UNPROVEN, (WHO,)),
    ("rule", RULE, {HEADQUARTERS: said("CN"), CONCERN: said("yes")}, INSIDE, ()),
    ("rule", RULE, {HEADQUARTERS: said("CN"), CONCERN: shown("no")}, OUTSIDE, ()),
    ("rule", RULE, {HEADQUARTERS: said("CN")}, UNPROVEN, (CONCERN,)),
]


@pytest.mark.parametrize(("kind", "parameters", "facts", "verdict", "missing"), TABLE)
def test_who_is_inside(kind: str, parameters: Any, facts: Any, verdict: str, missing: tuple[str, ...]) -> None:
    told = judge(population(kind, parameters), facts, now=NOW)
    assert (told.verdict, told.missing) == (verdict, missing)


class TestUntil:
    def test_a_proof_is_good_as_long_as_its_shortest(self) -> None:
        facts = {CUSTOMER: shown("us", until=LATEST), RESPONSIBLE: shown("us", until=LATER)}
        assert judge(population("foreign", {}), facts, now=NOW).until == LATER

    def test_of_a_rule_as_long_as_its_longest(self) -> None:
        facts = {HEADQUARTERS: shown("NO", until=LATER), CONCERN: shown("no", until=LATEST)}
        assert judge(population("rule", RULE), facts, now=NOW).until == LATEST

    def test_one_that_has_run_out_is_none(self) -> None:
        facts = {CUSTOMER: shown("us", until=LATER), RESPONSIBLE: shown("us", until=OVER)}
        told = judge(population("foreign", {}), facts, now=NOW)
        assert (told.verdict, told.missing) == (UNPROVEN, (RESPONSIBLE,))


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("countries", {"countries": [], "by": ["parent"]}),
        ("countries", {"countries": ["CN"], "by": []}),
        ("named", {}),
        ("rule", {"tests": []}),
        ("rule", {"tests": [{"fact": "customer.hair", "values": ["red"]}]}),
        ("rule", {"tests": [{"fact": HEADQUARTERS, "values": ["CN", "cn"]}]}),
        ("rule", {"tests": [{"fact": "customer.status", "values": ["foregin"]}]}),
        ("rule", {"tests": [{"fact": "customer.concern", "values": ["true"]}]}),
        ("rule", {"tests": [{"fact": "customer.who", "values": ["Nordlys AS"]}]}),
        ("everybody", {}),
    ],
)
def test_a_population_of_nobody_knows_whom_is_none(kind: str, parameters: Any) -> None:
    with pytest.raises(BadPopulation):
        population(kind, parameters)


VALUES = ["us", "foreign", "undetermined", "yes", "no", "indeterminate", "CN", "NO", "7", "8"]
ENDS = st.sampled_from([None, OVER, LATER, LATEST])
A_FACT = st.builds(Fact, st.frozensets(st.sampled_from(VALUES), max_size=2), st.booleans(), st.just(1), st.just(2), ENDS)
SOME_FACTS = st.dictionaries(st.sampled_from(FACTS), A_FACT)
SOME_TEST = st.builds(Test, st.sampled_from(FACTS), st.frozensets(st.sampled_from(VALUES), min_size=1))
POPULATIONS = st.one_of(
    st.just(population("foreign", {})), st.just(population("concern", {})), st.just(population("listed", {})),
    st.builds(
        lambda by: population("countries", {"countries": ["CN"], "by": by}),
        st.lists(st.sampled_from(sorted(BY_COUNTRY)), min_size=1, unique=True),
    ),
    st.builds(
        Population,
        st.lists(SOME_TEST, min_size=1).map(tuple),
        st.booleans(),
    ),
)  # fmt: skip


class TestAlways:
    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(POPULATIONS, SOME_FACTS)
    def test_who_is_outside_is_so_by_proofs_that_last(self, over: Population, facts: dict[str, Fact]) -> None:
        told = judge(over, facts, now=NOW)
        if told.verdict == OUTSIDE:
            assert told.grounds
            assert all(facts[ground["fact"]].is_proved and facts[ground["fact"]].values for ground in told.grounds)
            assert told.until is None or told.until > NOW

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(POPULATIONS, SOME_FACTS)
    def test_without_its_proofs_nobody_is_outside(self, over: Population, facts: dict[str, Fact]) -> None:
        bare = {code: Fact(fact.values) for code, fact in facts.items()}
        assert judge(over, bare, now=NOW).verdict != OUTSIDE

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(POPULATIONS, SOME_FACTS, st.sampled_from(FACTS))
    def test_to_know_less_brings_nobody_out(self, over: Population, facts: dict[str, Fact], gone: str) -> None:
        less = {code: fact for code, fact in facts.items() if code != gone}
        before, after = judge(over, facts, now=NOW).verdict, judge(over, less, now=NOW).verdict
        if over.is_all and after == OUTSIDE:
            assert before == OUTSIDE
        if not over.is_all:
            assert not (before != OUTSIDE and after == OUTSIDE)

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(POPULATIONS, SOME_FACTS)
    def test_what_would_prove_it_does(self, over: Population, facts: dict[str, Fact]) -> None:
        told = judge(over, facts, now=NOW)
        if told.verdict == UNPROVEN:
            assert told.missing
            proved = facts | {code: shown("nothing that is asked") for code in told.missing}
            assert judge(over, proved, now=NOW).verdict == OUTSIDE
