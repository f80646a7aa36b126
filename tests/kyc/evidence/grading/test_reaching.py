"""Each profile of each guideline: met exactly at its least, and not one score below it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.evidence.grading.reaching import Item, by, following, matched, reached, scores
from kyc.rules import assurance
from kyc.rules.assurance import Guideline, Slot

RULES = assurance.load()
FOUR = ("name", "birth_date", "address", "number", "reach")
# rules.md 8, IDA-08: evidence (strength and validity), activity, fraud, verification.
GPG45 = """
L1A 22 0 1 1 | L1B 32 0 0 1 | L1C 11 3 2 2 | L2A 11+11 2 1 2 | L2B 11+11 2 2 1 | L3A 11+11+11 2 1 1
M1A 42 0 1 2 | M1B 32 1 2 2 | M1C 33 0 0 3 | M1D 22 2 1 3 | M2A 22+22 3 2 2 | M2B 32+22 1 1 2 | M2C 32+22 0 1 3
M3A 22+22+22 2 2 2
H1A 43 0 1 3 | H1B 33 2 1 3 | H1C 43 0 0 4 | H2A 22+22 3 2 3 | H2B 42+32 0 2 3 | H2C 33+22 1 1 3 | H2D 33+22 0 1 3
H2E 43+33 0 0 3 | H3A 22+22+22 2 2 3
V1A 43 0 3 3 | V1B 44 0 1 3 | V1C 43 1 1 4 | V1D 44 0 0 4 | V2A 33+33 3 2 3 | V2B 43+33 0 2 3 | V2C 43+22 2 2 3
V2D 44+44 0 0 3 | V3A 33+22+22 3 3 3
"""
PROFILES = [profile.split() for line in GPG45.split("\n") for profile in line.split("|") if profile.strip()]
WAYS = {way.code: (level, way) for level in RULES.guideline("gpg45").levels for way in level.ways}
# A kind of evidence of each strength and validity, and a way of verifying of each score.
EVIDENCE = {
    "11": ("address_proof", "inspected"),
    "22": ("bank_account", "issuer"),
    "32": ("passport", "features"),
    "33": ("passport", "features_issuer"),
    "42": ("passport", "chip"),
    "43": ("passport", "chip"),
    "44": ("passport", "chip_issuer"),
}
VERIFIED = {"1": "compared", "2": "compared", "3": "attended", "4": "attended_biometric"}


def items_of(evidence: str, activity: str, fraud: str, verified: str) -> list[Item]:
    made = [Item(number, *EVIDENCE[one]) for number, one in enumerate(evidence.split("+"), 1)]
    made.append(Item(97, "passport", "inspected", VERIFIED[verified]))
    made += [Item(98, f"activity_{activity}", "source")] if activity != "0" else []
    return made + ([Item(99, f"fraud_{fraud}", "source")] if fraud != "0" else [])


class TestGpg45:
    def test_the_table_is_the_one_of_the_rules(self) -> None:
        assert {
            (code, "+".join(sorted(f"{s.least['gpg_strength']}{s.least['gpg_validity']}" for s in way.slots)), dict(way.least))
            == (code, "+".join(sorted(evidence.split("+"))), wanted)
            for code, evidence, activity, fraud, verified in PROFILES
            for way in [WAYS[code][1]]
            for wanted in [
                {part: int(n) for part, n in (("activity", activity), ("fraud", fraud), ("verification", verified)) if n != "0"}
            ]
        } == {True}
        assert len(PROFILES) == len(WAYS) == 32

    @pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile[0])
    def test_is_met_at_its_least(self, profile: list[str]) -> None:
        code, *least = profile
        assert by(WAYS[code][1], items_of(*least), (), RULES) is not None

    @pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile[0])
    def test_and_not_below_it_in_any_part(self, profile: list[str]) -> None:
        code, evidence, activity, fraud, verified = profile
        way, whole = WAYS[code][1], items_of(evidence, activity, fraud, verified)
        if "11" not in evidence:
            # What verifies the person shall fill no slot besides.
            card = Item(97, "membership_card", "inspected", VERIFIED[verified])
            for number in range(1, len(evidence.split("+")) + 1):
                kept = [item for item in whole if item.number not in (number, 97)]
                assert by(way, [*kept, card], (), RULES) is None
        for number, part, least in ((98, "activity", int(activity)), (99, "fraud", int(fraud))):
            kept = [item for item in whole if item.number != number]
            lower = [Item(number, f"{part}_{least - 1}", "source")] if least > 1 else []
            assert least == 0 or by(way, [*kept, *lower], (), RULES) is None
        unverified = [Item(item.number, item.kind, item.validation) for item in whole]
        assert by(way, unverified, (), RULES) is None

    def test_scores_are_not_added_up(self) -> None:
        many = [Item(number, "address_proof", "inspected", "postal_code") for number in range(1, 9)]
        assert reached(RULES.guideline("gpg45"), many, FOUR, RULES) is None


NIST = RULES.guideline("nist")
SIGNED = ("passport", "chip")
PICTURED = ("passport", "inspected")
TABLE = [
    ([], None),
    ([(*PICTURED, "")], None),
    ([("bank_account", "issuer", "code")], "IAL1"),
    ([("bank_account", "inspected", "code")], None),
    ([("bank_account", "inspected", "code"), ("source_check", "source", "")], "IAL1"),
    ([(*PICTURED, "compared"), ("source_check", "source", "")], "IAL1"),
    # The strong one is verified and the fair one is not, or only by a code to an e-mail address.
    ([(*PICTURED, "compared"), ("bank_account", "issuer", "")], "IAL1"),
    ([("passport", "issuer", "code"), ("bank_account", "issuer", "code")], "IAL1"),
    ([(*PICTURED, "compared"), ("bank_account", "issuer", "code")], "IAL2"),
    ([(*PICTURED, "compared"), ("identity_card", "issuer", "compared")], "IAL2"),
    ([("bank_account", "issuer", "code"), ("phone_account", "issuer", "code")], "IAL1"),
    ([(*SIGNED, "")], None),
    ([(*SIGNED, "biometric")], "IAL2"),
    ([(*SIGNED, "attended")], "IAL2"),
    ([(*SIGNED, "attended_biometric")], "IAL3"),
    ([("passport", "features", "attended_biometric"), ("bank_account", "issuer", "microdeposit")], "IAL3"),
    # Answers to questions verify nobody (SP 800-63A-4, section 2.5.1).
    ([("bank_account", "issuer", "knowledge")], None),
]


class TestNist:
    @pytest.mark.parametrize(("evidence", "level"), TABLE)
    def test_levels(self, evidence: list[tuple[str, str, str]], level: str | None) -> None:
        items = [Item(number, *one) for number, one in enumerate(evidence)]
        found = reached(NIST, items, FOUR, RULES)
        assert (found.level.title if found else None) == level

    def test_nothing_is_reached_before_the_four_are_told(self) -> None:
        signed = [Item(1, *SIGNED, "attended_biometric")]
        assert reached(NIST, signed, ("name", "birth_date", "reach"), RULES) is None

    def test_a_photographed_passport_is_strong_and_a_signed_one_superior(self) -> None:
        passport = RULES.kinds["passport"]
        assert [passport.strength(how) for how in ("inspected", "features", "issuer", "chip")] == ["strong"] * 3 + ["superior"]

    def test_nothing_is_superior_without_signed_data(self) -> None:
        signed = {"chip", "chip_issuer"}
        assert {how for kind in RULES.kinds.values() for how in kind.scores if kind.strength(how) == "superior"} == signed

    def test_says_by_which_items(self) -> None:
        items = [Item(4, "bank_account", "issuer", "code"), Item(7, *PICTURED, "compared"), Item(9, "contact", "source")]
        found = reached(NIST, items, FOUR, RULES)
        assert found is not None
        assert (found.way.code, found.items) == ("STRONG and FAIR", (4, 7))


CIP = [
    ("cip", [], FOUR, "identified"),
    ("cip", [], ("name", "birth_date", "address"), None),
    ("cip", [("passport", "inspected")], FOUR, "verified"),
    ("cip", [("bank_account", "issuer")], FOUR, "identified"),
    ("cip", [("consumer_report", "source")], FOUR, "verified"),
    ("cip", [("references", "source")], FOUR, "verified"),
    ("cip", [("financial_statement", "inspected")], FOUR, "verified"),
    ("cip", [("passport", "inspected")], ("name", "birth_date", "address"), None),
    ("cip-entity", [], ("name", "address", "number"), "identified"),
    ("cip-entity", [("articles", "inspected")], ("name", "address", "number"), "verified"),
    ("cip-entity", [("partnership_agreement", "inspected")], ("name", "address", "number"), "verified"),
    ("cip-entity", [("register_match", "source")], ("name", "address", "number"), "verified"),
    ("cip-entity", [("domain_control", "source")], ("name", "address", "number"), "identified"),
    ("entity", [], ("name",), None),
    ("entity", [("lei_match", "source")], ("name",), "found"),
    ("entity", [("register_extract", "inspected"), ("articles", "inspected")], ("name", "address", "number"), "found"),
    (
        "entity",
        [("register_extract", "inspected"), ("articles", "inspected"), ("domain_control", "source")],
        ("name", "address", "number"),
        "documented",
    ),
]


class TestOthers:
    @pytest.mark.parametrize(("guideline", "evidence", "told", "level"), CIP)
    def test_levels(self, guideline: str, evidence: list[tuple[str, str]], told: tuple[str, ...], level: str | None) -> None:
        items = [Item(number, *one) for number, one in enumerate(evidence)]
        found = reached(RULES.guideline(guideline), items, told, RULES)
        assert (found.level.code if found else None) == level

    def test_no_proof_of_a_person_counts_on_the_scale_of_entities(self) -> None:
        people = {kind.code for kind in RULES.kinds.values() if kind.about == "person"}
        entity = RULES.guideline("entity")
        assert not people & {kind for level in entity.levels for way in level.ways for slot in way.slots for kind in slot.kinds}


EVERY = [
    (kind.code, how, by_person)
    for kind in RULES.kinds.values()
    for how in ("", *kind.scores)
    for by_person in ("", *kind.verified)
]
KINDS = st.sampled_from(EVERY)
ITEMS = st.lists(KINDS, max_size=5).map(lambda rows: [Item(number, *row) for number, row in enumerate(rows)])
GUIDELINES = st.sampled_from(RULES.guidelines)


def place(guideline: Guideline, items: list[Item]) -> int:
    found = reached(guideline, items, FOUR, RULES)
    return [level.code for level in guideline.levels].index(found.level.code) if found else -1


class TestReached:
    @given(GUIDELINES, ITEMS, KINDS)
    def test_one_more_item_never_lowers_it(self, guideline: Guideline, items: list[Item], more: tuple[str, str, str]) -> None:
        assert place(guideline, [*items, Item(50, *more)]) >= place(guideline, items)

    @given(GUIDELINES, ITEMS)
    def test_the_named_items_alone_reach_it(self, guideline: Guideline, items: list[Item]) -> None:
        if found := reached(guideline, items, FOUR, RULES):
            named = [item for item in items if item.number in found.items]
            assert by(found.way, named, FOUR, RULES) is not None

    @given(ITEMS, st.permutations(range(5)))
    def test_the_order_says_nothing(self, items: list[Item], order: list[int]) -> None:
        shuffled = [items[number] for number in order if number < len(items)]
        assert [place(one, shuffled) for one in RULES.guidelines] == [place(one, items) for one in RULES.guidelines]

    def test_following(self) -> None:
        assert (first := following(NIST, None)) is not None
        assert first.title == "IAL1"
        top = reached(NIST, [Item(1, *SIGNED, "attended_biometric")], FOUR, RULES)
        assert following(NIST, top) is None


class TestMatched:
    def test_gives_way_to_whom_only_one_item_fits(self) -> None:
        slots = [Slot({"strength": 1}, frozenset(), frozenset()), Slot({"strength": 2}, frozenset(), frozenset())]
        items = [Item(1, "passport", "inspected"), Item(2, "bank_account", "issuer")]
        assert {place: item.number for place, item in matched(items, slots, RULES).items()} == {0: 2, 1: 1}

    def test_what_was_not_validated_counts_for_nothing(self) -> None:
        assert scores(Item(1, "passport", "", "attended_biometric"), RULES) == {}
