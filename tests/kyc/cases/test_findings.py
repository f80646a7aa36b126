"""Each finding and factor of a round, from cases that a customer really sent."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from kyc.cases import examining
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence import items
from kyc.evidence.item_models import EvidenceItem
from kyc.evidence.read_models import Reading
from kyc.ownership import actions as ownership
from kyc.ownership.models import Determination, Interest
from kyc.parties import actions as parties
from kyc.parties.models import Party
from kyc.risk.models import Fact, Score
from kyc.rules import packs
from tests.cast import Founded, pdf
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import DRAGUNOV, NAME, VOLKHOV, codes, company, finding, own

pytestmark = pytest.mark.django_db


def votes_of(nordlys: Founded, owner: Party, share: str) -> None:
    told = {"owned": nordlys.party, "owner": owner, "interest": "votingRights", "share": share}
    ownership.declare_owner(nordlys.organisation, **told, by=nordlys.by)


@pytest.mark.usefixtures("the_list")
class TestOwnership:
    def test_two_listed_holders_of_30_and_20_block(self, nordlys: Founded) -> None:
        company(nordlys, VOLKHOV, "30", owner=("Kari Moe", "100"))
        company(nordlys, DRAGUNOV, "20", owner=("Nils Moe", "100"))
        own(nordlys, "Ola Berg", "50")
        examination = scenes.examine(nordlys)
        assert finding(examination, "ownership") == (
            "bad",
            f"Blocked under OFAC 50 % if possible matches are true: {VOLKHOV} (possible match) "
            f"holds 30 % and {DRAGUNOV} (possible match) holds 20 % of "
            f"{NAME}: together 50 %. 50 % or more blocks, so {NAME} is blocked too.",
        )
        word = Determination.objects.get(examination_id=examination.pk, regime="ofac-50", party=nordlys.party)
        assert (word.verdict, word.share_min, word.share_max, word.rule_pack) == ("yes", "1/2", "1/2", examination.rule_pack)
        assert "listed_ownership" in codes(examination)

    def test_a_hundredth_less_does_not(self, nordlys: Founded) -> None:
        company(nordlys, VOLKHOV, "29.99", owner=("Kari Moe", "100"))
        company(nordlys, DRAGUNOV, "20", owner=("Nils Moe", "100"))
        own(nordlys, "Ola Berg", "50.01")
        examination = scenes.examine(nordlys)
        state, sentence = finding(examination, "ownership")
        assert state == "good"
        assert sentence == "2 people own 25 % or more."
        word = Determination.objects.get(examination_id=examination.pk, regime="ofac-50", party=nordlys.party)
        assert (word.verdict, word.share_max) == ("no", "4999/10000")
        assert "listed_ownership" not in codes(examination)

    def test_a_chain_of_two_halves_blocks_and_tells_its_path(self, nordlys: Founded) -> None:
        holding = company(nordlys, "Fjord Holding AS", "50")
        own(nordlys, "Ola Berg", "50")
        company(nordlys, VOLKHOV, "50", owned=holding, owner=("Kari Moe", "100"))
        own(nordlys, "Nils Moe", "50", owned=holding)
        state, sentence = finding(scenes.examine(nordlys), "ownership")
        assert state == "bad"
        steps = [f"{VOLKHOV} (possible match) holds 50 % of Fjord Holding AS", f"Fjord Holding AS (blocked) holds 50 % of {NAME}"]
        assert [sentence.find(step) for step in steps] == sorted(sentence.find(step) for step in steps)
        assert all(step in sentence for step in steps)

    @pytest.mark.parametrize("broken", ["first", "second"])
    def test_a_chain_with_one_step_under_half_does_not(self, nordlys: Founded, broken: str) -> None:
        first, second = ("49.99", "50") if broken == "first" else ("50", "49.99")
        holding = company(nordlys, "Fjord Holding AS", second)
        own(nordlys, "Ola Berg", "50")
        company(nordlys, VOLKHOV, first, owned=holding, owner=("Kari Moe", "100"))
        own(nordlys, "Nils Moe", "50", owned=holding)
        assert finding(scenes.examine(nordlys), "ownership")[0] == "good"

    def test_a_range_that_may_reach_half_cannot_be_decided(self, nordlys: Founded) -> None:
        company(nordlys, VOLKHOV, "40-60", owner=("Kari Moe", "100"))
        own(nordlys, "Ola Berg", "40")
        state, sentence = finding(scenes.examine(nordlys), "ownership")
        assert state == "bad"
        assert sentence.startswith("Can't be decided: Blocked parties hold at least 40 %")
        assert f"the exact share of {VOLKHOV} in {NAME}, stated as 40 % to 60 %: under 50 % the answer is no" in sentence

    def test_cycles_end(self, nordlys: Founded) -> None:
        first = company(nordlys, "First AS", "60")
        second = company(nordlys, "Second AS", "40")
        for owner, owned in ((first, second), (second, first)):
            ownership.declare_owner(nordlys.organisation, owned=owned, owner=owner, share="50", by=nordlys.by)
        own(nordlys, "Kari Moe", "50", owned=first)
        company(nordlys, VOLKHOV, "50", owned=second, owner=("Nils Moe", "100"))
        examination = scenes.examine(nordlys)
        assert examination.state == "done"
        state, sentence = finding(examination, "ownership")
        assert state == "bad"
        assert "together 100 %" in sentence

    @pytest.mark.parametrize(
        ("of", "sentence"),
        [
            (
                NAME,
                f"Can't be decided: More than 100 % of {NAME} is stated to be held. "
                f"It depends on what is really held of {NAME}: the stated shares can't all be true.",
            ),
            ("Fjord Holding AS", "More than 100 % is stated to be held of Fjord Holding AS."),
        ],
    )
    def test_more_than_the_whole_stops_wherever_it_stands(self, nordlys: Founded, of: str, sentence: str) -> None:
        holding = company(nordlys, "Fjord Holding AS", "40")
        own(nordlys, "Ola Berg", "60")
        for name in ("Kari Moe", "Nils Moe"):
            own(nordlys, name, "50", owned=holding)
        # The form refuses this; an import or a correction by hand may still leave it.
        raised = Interest.objects.filter(owned__name=of).latest("pk")
        Interest.objects.filter(pk=raised.pk).update(share=f"{raised.share}.01")
        assert finding(scenes.examine(nordlys), "ownership") == ("bad", sentence)

    def test_nobody_with_a_quarter_is_told_without_alarm(self, nordlys: Founded) -> None:
        for name in ("Kari Moe", "Ola Berg", "Nils Moe", "Siv Dahl", "Per Lund"):
            own(nordlys, name, "20")
        assert finding(scenes.examine(nordlys), "ownership") == ("info", "No person owns 25 % or more.")

    @pytest.mark.parametrize(
        ("share", "above", "state", "rest"),
        [
            ("75", "100", "warn", f". Who owns 25 % of {NAME} is undeclared"),
            ("75.01", "100", "good", ""),
            # Together a quarter of the customer, though of neither company a quarter.
            ("90", "80", "warn", f". Who owns 28 % of {NAME} is undeclared"),
            ("100", "75", "warn", f". Who owns 25 % of {NAME} is undeclared"),
            ("", "100", "warn", f". Who owns up to 100 % of {NAME} is undeclared"),
        ],
    )
    def test_who_is_not_declared_may_own_a_quarter_too(
        self, nordlys: Founded, share: str, above: str, state: str, rest: str
    ) -> None:
        company(nordlys, "Fjord Holding AS", share, owner=("Kari Moe", above))
        found = finding(scenes.examine(nordlys), "ownership")
        people = "No person owns" if not share else "1 person owns"
        assert found == (state, f"{people} 25 % or more{rest}.")

    def test_a_large_gap_in_a_small_owner_is_said_of_that_owner(self, nordlys: Founded) -> None:
        company(nordlys, "Fjord Holding AS", "10", owner=("Kari Moe", "30"))
        own(nordlys, "Ola Berg", "90")
        assert finding(scenes.examine(nordlys), "ownership") == (
            "warn",
            "1 person owns 25 % or more. Who owns 70 % of Fjord Holding AS is undeclared.",
        )

    def test_namesakes_are_told_apart(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "30", birth_date="1970-02-03")
        own(nordlys, "Kari Moe", "30", birth_date="1991-12-24")
        own(nordlys, "Ola Berg", "40")
        examination = scenes.examine(nordlys)
        why = Determination.objects.filter(examination_id=examination.pk, regime="iaas-cip").values_list("why", flat=True)
        told = " ".join(sentence for sentences in why for sentence in sentences)
        assert f"Kari Moe (born 1970) holds 30 % of {NAME}." in told
        assert f"Kari Moe (born 1991) holds 30 % of {NAME}." in told
        assert "Ola Berg holds" in told

    def test_most_votes_control_and_are_never_added_to_shares(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "20")
        own(nordlys, "Ola Berg", "80")
        for name, votes in (("Kari Moe", "60"), ("Ola Berg", "40")):
            known = nordlys.organisation.party_set.get(name=name)
            votes_of(nordlys, known, votes)
        examination = scenes.examine(nordlys)
        told = ("good", "2 people own 25 % or more, or control it otherwise.")
        assert finding(examination, "ownership") == told
        word = Determination.objects.get(examination_id=examination.pk, regime="iaas-cip", party__name="Kari Moe")
        assert (word.verdict, word.share_max) == ("yes", "1/5")
        assert word.why[-1] == f"Kari Moe controls {NAME}: more than 50 % at every level."
        assert finding(examination, "unaccounted")[0] == "good"

    def test_a_listed_party_blocks_by_no_vote(self, nordlys: Founded) -> None:
        own(nordlys, "Ola Berg", "100")
        listed = own(nordlys, VOLKHOV, "100", kind="company", interest="votingRights").owner
        own(nordlys, "Kari Moe", "100", owned=listed)
        ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, owner=listed, share="", interest="appointmentOfBoard", by=nordlys.by
        )
        examination = scenes.examine(nordlys)
        assert finding(examination, "ownership")[0] != "bad"
        assert "listed_ownership" not in codes(examination)

    def test_control_at_every_level_counts_below_the_line(self, nordlys: Founded) -> None:
        top = company(nordlys, "Sund Holding AS", "51")
        own(nordlys, "Ola Berg", "49")
        middle = company(nordlys, "Fjord Holding AS", "51", owned=top)
        own(nordlys, "Nils Moe", "49", owned=top)
        own(nordlys, "Kari Moe", "51", owned=middle)
        own(nordlys, "Siri Moe", "49", owned=middle)
        examination = scenes.examine(nordlys)
        word = Determination.objects.get(examination_id=examination.pk, regime="iaas-cip", party__name="Kari Moe")
        assert (word.verdict, word.share_max) == ("yes", "132651/1000000")
        assert finding(examination, "ownership")[1] == "2 people own 25 % or more, or control it otherwise."

    def test_a_quarter_held_through_two_companies_is_added_up(self, nordlys: Founded) -> None:
        for name in ("First AS", "Second AS"):
            middle = company(nordlys, name, "50")
            own(nordlys, f"Other of {name}", "75", owned=middle)
            kari = nordlys.organisation.party_set.filter(name="Kari Moe").first()
            if kari:
                ownership.declare_owner(nordlys.organisation, owned=middle, owner=kari, share="25", by=nordlys.by)
            else:
                own(nordlys, "Kari Moe", "25", owned=middle)
        examination = scenes.examine(nordlys)
        assert finding(examination, "ownership") == ("good", "3 people own 25 % or more.")
        word = Determination.objects.get(examination_id=examination.pk, regime="iaas-cip", party__name="Kari Moe")
        assert (word.verdict, word.share_min) == ("yes", "1/4")


@pytest.mark.usefixtures("the_list")
class TestUnaccounted:
    @pytest.mark.parametrize(
        ("share", "expected", "fires"),
        [
            ("100", ("good", "All shares are accounted for, down to people or a state."), False),
            ("75.01", ("info", f"Not accounted for: 24.99 % of {NAME}."), False),
            ("75", ("warn", f"Not accounted for: 25 % of {NAME}."), True),
            ("", ("warn", f"Not accounted for: up to 100 % of {NAME}."), True),
            ("70-80", ("warn", f"Not accounted for: 20 to 30 % of {NAME}."), True),
        ],
    )
    def test_tells_the_largest_remainder(self, nordlys: Founded, share: str, expected: tuple[str, str], fires: bool) -> None:
        own(nordlys, "Kari Moe", share)
        examination = scenes.examine(nordlys)
        assert finding(examination, "unaccounted") == expected
        assert ("unaccounted_ownership" in codes(examination)) is fires

    def test_of_a_company_further_up_it_tells_that_companys_name(self, nordlys: Founded) -> None:
        company(nordlys, "Fjord Holding AS", "90", owner=("Kari Moe", "30"))
        assert finding(scenes.examine(nordlys), "unaccounted") == (
            "warn",
            "Not accounted for: 70 % of Fjord Holding AS, and 1 smaller part.",
        )

    def test_a_name_with_a_stop_ends_the_sentence_alone(self, nordlys: Founded) -> None:
        company(nordlys, "Corvane Labs B.V.", "100", owner=("Kari Moe", "60"))
        assert finding(scenes.examine(nordlys), "unaccounted")[1] == "Not accounted for: 40 % of Corvane Labs B.V."

    def test_every_company_at_the_line_is_named_the_largest_first(self, nordlys: Founded) -> None:
        for name, share, rest in (
            ("Small AS", "10", "90"),
            ("Half AS", "40", "50"),
            ("Most AS", "40", "40"),
            ("Tiny AS", "5", "99"),
        ):
            company(nordlys, name, share, owner=(f"Owner of {name}", rest))
        assert finding(scenes.examine(nordlys), "unaccounted") == (
            "warn",
            "Not accounted for: 60 % of Most AS, 50 % of Half AS, and 3 smaller parts.",
        )

    def test_a_company_left_without_any_owner_is_wholly_undeclared(self, nordlys: Founded) -> None:
        holding = company(nordlys, "Fjord Holding AS", "100", owner=("Kari Moe", "100"))
        case = scenes.send(nordlys)
        ownership.end(Interest.objects.get(owned=holding), by=nordlys.by)
        examining.run()
        assert finding(case.examinations.latest("pk"), "unaccounted") == ("warn", "Not accounted for: 100 % of Fjord Holding AS.")


@pytest.mark.usefixtures("the_list")
class TestDocuments:
    def test_counts_what_there_is_to_read(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "100")
        assert finding(scenes.examine(nordlys), "documents") == ("info", "2 documents were sent.")

    def test_one_taken_back_after_sending_is_missed(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "100")
        case = scenes.send(nordlys)
        for document in nordlys.organisation.document_set.all():
            evidence.remove(document, by=nordlys.by)
        examining.run()
        assert finding(case.examinations.latest("pk"), "documents") == ("warn", "No document was sent.")


@pytest.mark.usefixtures("the_list")
class TestRisk:
    def test_nothing_raises_a_plain_case(self, case: Case) -> None:
        assert finding(case.examinations.get(), "risk") == ("good", "0 of 100. Nothing raised it.")

    def test_every_reason_is_kept_with_its_points(self, nordlys: Founded) -> None:
        parties.declare_company(
            nordlys.organisation, name=NAME, legal_form="AS", registration_number="918334207", country="NO", hq_country="RU",
            address="Strandgata 12", phone="+47 77 00 00 00", by=nordlys.by,
        )  # fmt: skip
        first = company(nordlys, "First AS", "100")
        second = company(nordlys, "Second AS", "100", owned=first)
        own(nordlys, "Kari Moe", "60", owned=second)
        examination = scenes.examine(nordlys)
        score = Score.objects.get(examination_id=examination.pk)
        assert list(score.factors.order_by("pk").values_list("code", "points")) == [
            ("elevated_country", 25),
            ("unaccounted_ownership", 20),
            ("deep_chain", 10),
            ("headquarters_elsewhere", 5),
        ]
        assert (score.value, score.band) == (60, "high")
        assert finding(examination, "risk") == (
            "warn",
            "60 of 100. Formed, headquartered or owned in a country of elevated risk.",
        )

    def test_keys_used_on_several_days_from_where_nobody_said_raise_it(self, nordlys: Founded) -> None:
        """Two days are a journey; what was seen before the days that are looked back to counts no more."""
        own(nordlys, "Kari Moe", "100")
        today, pack = timezone.localdate(), packs.current()
        seen_from(nordlys, "BR", *(today - timedelta(days=n) for n in range(pack.abroad_on_days - 1)))
        seen_from(nordlys, "BR", today - timedelta(days=pack.abroad_within_days))
        case = scenes.send(nordlys)
        examining.run()
        assert "countries_disagree" not in codes(case.examinations.latest("pk"))
        seen_from(nordlys, "AR", today - timedelta(days=pack.abroad_within_days - 1))
        case.examinations.create(organisation=nordlys.organisation, rule_pack=pack.version)
        examining.run()
        score = Score.objects.latest("pk")
        factor = score.factors.get(code="countries_disagree")
        assert (factor.points, factor.sentence) == pack.factor("countries_disagree")

    @pytest.mark.parametrize(
        ("sign", "code"), [("specimen", "document_unreal"), ("patch", "document_altered"), ("expired", "document_expired")]
    )
    def test_what_a_machine_sees_in_a_document(self, nordlys: Founded, sign: str, code: str) -> None:
        own(nordlys, "Kari Moe", "100")
        paper = evidence.upload(nordlys.organisation, kind="articles", file=pdf(width=466), by=nordlys.by)
        Reading.objects.create(
            organisation=nordlys.organisation, document=paper, state="done", outcome="unreadable", signs={sign: ""},
            read_at=timezone.now(),
        )  # fmt: skip
        found = scenes.examine(nordlys)
        assert code in codes(found)
        evidence.remove(paper, by=nordlys.by)
        assert code not in codes(scenes.examine_anew(found.case))

    def test_one_passport_behind_two_customers_raises_both(self, nordlys: Founded, ana: User) -> None:
        own(nordlys, "Kari Moe", "100")
        other = scenes.sorvik()
        for found, number in ((nordlys, "N1234567"), (other, "N 123-4567")):
            items.record(found.controller, kind="passport", issuing_country="NO", number=number, by=ana)
        assert "shared_document" in codes(scenes.examine(nordlys))
        items.withdraw(EvidenceItem.objects.get(organisation=other.organisation), reason="Misread.", by=ana)
        nordlys.organisation.case_set.get().examinations.create(
            organisation=nordlys.organisation, rule_pack=packs.current().version
        )
        examining.run()
        assert "shared_document" not in codes(nordlys.organisation.case_set.get().examinations.latest("pk"))


def seen_from(found: Founded, country: str, *days: date) -> None:
    for day in days:
        Fact.objects.create(
            organisation=found.organisation, subject="key:kh_live_000000000000", name="traffic_country", source="gateway", on=day,
            at=timezone.now(), value={"traffic": country, "declared": ["NO"], "payment": []},
        )  # fmt: skip
