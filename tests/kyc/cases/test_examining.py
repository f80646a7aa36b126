"""The machine's round: each finding, from cases that a customer really sent."""

from datetime import date
from pathlib import Path

import pytest

from accounts.models import AuditEvent, User
from kyc.cases import examining
from kyc.cases.models import Case, Examination, Finding
from kyc.cases.obstacles import obstacles
from kyc.evidence import actions as evidence
from kyc.ownership import actions as ownership
from kyc.ownership.models import Determination, Interest
from kyc.parties import actions as parties
from kyc.risk.models import Score
from kyc.screening import actions as screening
from kyc.screening import lists
from kyc.screening.models import Hit, ListVersion
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import DRAGUNOV, KARPOV, VOLKHOV, company, own

pytestmark = pytest.mark.django_db
NAME = "Nordlys Modelling AS"
LIST = "OFAC SDN list of 1 October 2026"


def finding(examination: Examination, category: str) -> tuple[str, str]:
    found = examination.findings.get(category=category)
    return found.state, found.sentence


def codes(examination: Examination) -> set[str]:
    return set(Score.objects.get(examination_id=examination.pk).factors.values_list("code", flat=True))


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
        assert f"the exact share of {VOLKHOV}, stated as 40 % to 60 %" in sentence

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
            (NAME, f"Can't be decided: More than 100 % of {NAME} is stated to be held."),
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
        assert finding(scenes.examine(nordlys), "ownership") == ("info", "0 people own 25 % or more.")

    @pytest.mark.parametrize(
        ("share", "above", "state", "rest"),
        [
            ("75", "100", "warn", f"; who owns 25 % of {NAME} is undeclared"),
            ("75.01", "100", "good", ""),
            # Together a quarter of the customer, though of neither company a quarter.
            ("90", "80", "warn", f"; who owns 28 % of {NAME} is undeclared"),
            ("100", "75", "warn", f"; who owns 25 % of {NAME} is undeclared"),
            ("", "100", "warn", f"; who owns up to 100 % of {NAME} is undeclared"),
        ],
    )
    def test_who_is_not_declared_may_own_a_quarter_too(
        self, nordlys: Founded, share: str, above: str, state: str, rest: str
    ) -> None:
        company(nordlys, "Fjord Holding AS", share, owner=("Kari Moe", above))
        found = finding(scenes.examine(nordlys), "ownership")
        people = "0 people own" if not share else "1 person owns"
        assert found == (state, f"{people} 25 % or more{rest}.")

    def test_a_large_gap_in_a_small_owner_is_said_of_that_owner(self, nordlys: Founded) -> None:
        company(nordlys, "Fjord Holding AS", "10", owner=("Kari Moe", "30"))
        own(nordlys, "Ola Berg", "90")
        assert finding(scenes.examine(nordlys), "ownership") == (
            "warn",
            "1 person owns 25 % or more; who owns 70 % of Fjord Holding AS is undeclared.",
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
        assert finding(case.examinations.get(), "unaccounted") == ("warn", "Not accounted for: 100 % of Fjord Holding AS.")


class TestScreening:
    def test_every_party_is_screened_owners_of_owners_too(self, nordlys: Founded, the_list: ListVersion) -> None:
        middle = company(nordlys, "Fjord Holding AS", "100")
        top = company(nordlys, VOLKHOV, "49", owned=middle, owner=(KARPOV, "100"))
        own(nordlys, "Nils Moe", "51", owned=middle)
        parties.declare_person(
            nordlys.organisation, name="Belkin Timur", country="NO", birth_date="1970-01-01", roles=["director"], by=nordlys.by
        )
        examination = scenes.examine(nordlys)
        hits = {hit.party.name: hit for hit in Hit.objects.select_related("party")}
        assert {name: hit.entry_id for name, hit in hits.items()} == {VOLKHOV: "9101", KARPOV: "9103", "Belkin Timur": "9104"}
        assert hits[VOLKHOV].party_id == top.pk
        assert all(hit.list_version_id == the_list.pk and hit.reasons and hit.ruling == "" for hit in hits.values())
        state, sentence = finding(examination, "screening")
        assert (state, sentence) == ("warn", f"3 possible matches to rule on ({LIST}).")
        assert "open_hits" in codes(examination)

    def test_says_how_many_are_clear_on_which_list(self, case: Case) -> None:
        examination = case.examinations.get()
        assert finding(examination, "screening") == ("good", f"2 parties are clear on {LIST}.")
        assert examination.lists == [{"id": ListVersion.objects.get().pk, "source": "ofac-sdn", "published": str(cast.PUBLISHED)}]

    def test_a_listed_number_is_found_under_another_name(self, nordlys: Founded, the_list: ListVersion) -> None:
        own(nordlys, "Solvik Invest AS", "10", kind="company", registration_number="77-0123-4567")
        own(nordlys, "Kari Moe", "100", owned=nordlys.organisation.party_set.get(name="Solvik Invest AS"))
        scenes.examine(nordlys)
        assert Hit.objects.get().entry_id == "9102"

    def test_another_birth_date_is_read(self, nordlys: Founded, the_list: ListVersion) -> None:
        own(nordlys, "Zorislaw Karpow", "100", birth_date="1999-12-31")
        scenes.examine(nordlys)
        assert not Hit.objects.exists()

    def test_a_name_in_its_own_script_is_read_too(self, nordlys: Founded, the_list: ListVersion) -> None:
        known = {"name": "Z. Carp", "native_name": "Зорислав Карпов", "country": "RU", "birth_date": "1961-02-04"}
        parties.declare_person(nordlys.organisation, **known, roles=["director"], by=nordlys.by)
        own(nordlys, "Nils Moe", "100")
        scenes.examine(nordlys)
        hit = Hit.objects.get()
        assert (hit.party.name, hit.entry_id) == ("Z. Carp", "9103")

    def test_another_country_is_a_reason(self, nordlys: Founded, the_list: ListVersion) -> None:
        own(nordlys, KARPOV, "10")
        scenes.examine(nordlys)
        assert "From Norway; the entry says Russia." in Hit.objects.get().reasons

    def test_no_list_loaded_says_so(self, nordlys: Founded) -> None:
        own(nordlys, VOLKHOV, "100")
        examination = scenes.examine(nordlys)
        assert finding(examination, "screening") == ("bad", "No list is loaded, so nobody was screened.")
        assert examination.lists == []

    def test_who_has_left_is_screened_no_more(self, nordlys: Founded, the_list: ListVersion) -> None:
        gone = own(nordlys, KARPOV, "50")
        own(nordlys, "Kari Moe", "50")
        ownership.end(gone, by=nordlys.by)
        own(nordlys, "Ola Berg", "50")
        assert finding(scenes.examine(nordlys), "screening")[0] == "good"
        assert not Hit.objects.exists()

    def test_each_hit_names_the_version_whose_entry_it_is(self, nordlys: Founded, the_list: ListVersion, tmp_path: Path) -> None:
        """Publishers number their entries as they like: two lists may both have a 9101."""
        other = tmp_path / "cons.csv"
        other.write_text(cast.LISTED.replace("VOLKHOV TRADING LLC", "HAVBLIKK CARGO LLC"))
        version = lists.load("ofac-cons", primary=other, published=cast.PUBLISHED).version
        company(nordlys, VOLKHOV, "20", owner=("Kari Moe", "100"))
        company(nordlys, "Havblikk Cargo LLC", "20", owner=("Nils Moe", "100"))
        scenes.examine(nordlys)
        found = {hit.entry_name: hit.list_version_id for hit in Hit.objects.all()}
        assert found == {"VOLKHOV TRADING LLC": the_list.pk, "HAVBLIKK CARGO LLC": version}


@pytest.mark.usefixtures("the_list")
class TestRulings:
    @pytest.fixture
    def blocked(self, nordlys: Founded) -> Examination:
        own(nordlys, KARPOV, "50", birth_date="1961-02-04")
        own(nordlys, "Kari Moe", "50")
        return scenes.examine(nordlys)

    def test_an_open_match_counts_as_listed(self, blocked: Examination) -> None:
        told = finding(blocked, "ownership")
        assert told[0] == "bad" and told[1].startswith("Blocked under OFAC 50 % if possible matches are true: ")

    def test_a_false_one_stays_false_in_the_next_round(self, blocked: Examination, ana: User) -> None:
        hit = Hit.objects.get()
        screening.rule(hit, ruling="false", reason="different_country", by=ana)
        second = scenes.examine_anew(blocked.case)
        assert Hit.objects.count() == 1
        hit.refresh_from_db()
        assert (hit.ruling, hit.ruling_reason, hit.ruled_by) == ("false", "different_country", ana)
        assert finding(second, "ownership")[0] == "good"
        assert finding(second, "screening") == ("good", f"4 parties are clear on {LIST}.")
        assert not {"open_hits", "listed_party", "listed_ownership"} & codes(second)

    def test_a_true_one_stops_with_the_name(self, blocked: Examination, ana: User) -> None:
        screening.rule(Hit.objects.get(), ruling="true", reason="same_name_and_birth_date", by=ana)
        second = scenes.examine_anew(blocked.case)
        assert finding(second, "screening") == ("bad", f"Confirmed on a list: {KARPOV} ({LIST}).")
        assert "listed_party" in codes(second)
        told = finding(second, "ownership")
        assert told[0] == "bad" and told[1].startswith(f"Blocked under OFAC 50 %: {KARPOV} (listed) holds 50 %")

    def test_another_name_is_another_question(self, blocked: Examination, ana: User) -> None:
        hit = Hit.objects.get()
        screening.rule(hit, ruling="false", reason="different_country", by=ana)
        parties.correct(hit.party, name="Karpov Zorislav", country="NO", birth_date="1961-02-04", by=blocked.case.submitted_by)
        second = scenes.examine_anew(blocked.case)
        assert finding(second, "screening") == ("warn", f"1 possible match to rule on ({LIST}).")

    def test_a_new_version_of_the_list_is_asked_anew(self, blocked: Examination, ana: User, tmp_path: Path) -> None:
        screening.rule(Hit.objects.get(), ruling="false", reason="different_country", by=ana)
        version = cast.load_list(tmp_path, published=date(2026, 11, 1), text=cast.LISTED.replace("SDGT", "UKRAINE-EO13660"))
        second = scenes.examine_anew(blocked.case)
        assert finding(second, "screening")[0] == "warn"
        assert Hit.objects.open().get().list_version == version


@pytest.mark.usefixtures("the_list")
class TestOutdated:
    """Rulings change what is blocked: once the last match is ruled on, the machine makes its round anew by itself."""

    @pytest.fixture
    def case(self, nordlys: Founded) -> Case:
        own(nordlys, KARPOV, "50", birth_date="1961-02-04")
        own(nordlys, "Timur Belkin", "50")
        return scenes.examine(nordlys).case

    def rule(self, name: str, ana: User, ruling: str = "false") -> None:
        reason = {"false": "different_country", "true": "other_evidence"}[ruling]
        hit = Hit.objects.open().get(party__name=name)
        screening.rule(hit, ruling=ruling, reason=reason, note="The register says so.", by=ana)

    def test_after_the_last_ruling_a_falsely_blocked_customer_can_be_approved(self, case: Case, ana: User, rui: User) -> None:
        self.rule(KARPOV, ana)
        self.rule("Timur Belkin", ana)
        assert any(sentence.startswith("Blocked") for sentence in obstacles(case))
        assert examining.QUEUE.is_waiting()
        examining.run()
        case.refresh_from_db()
        assert (case.state, obstacles(case)) == ("review", [])
        assert Score.objects.latest("pk").value == 0
        assert scenes.approved(case, ana=ana, rui=rui).ended_at is None

    def test_a_match_that_no_longer_counts_is_not_waited_for(self, case: Case, ana: User, tmp_path: Path) -> None:
        """One against an older list, and one of a name that the party has given up, are nobody's question any more."""
        belkin = Hit.objects.get(party__name="Timur Belkin")
        parties.correct(belkin.party, name="Timur Bel", country="NO", by=case.submitted_by)
        cast.load_list(tmp_path, published=date(2026, 11, 1), text=cast.LISTED.replace("BELKIN", "BELOV"))
        examining.run()
        assert Hit.objects.open().count() == 3
        assert not examining.QUEUE.is_waiting()
        assert obstacles(case)[0] == "1 possible match is still open."
        newest = Hit.objects.filter(party__name=KARPOV).latest("pk")
        screening.rule(newest, ruling="false", reason="different_country", by=ana)
        assert examining.QUEUE.is_waiting()
        examining.run()
        assert obstacles(case) == []

    def test_not_before_the_last(self, case: Case, ana: User) -> None:
        self.rule(KARPOV, ana)
        assert not examining.QUEUE.is_waiting()
        examining.run()
        assert case.examinations.count() == 1

    def test_once(self, case: Case, ana: User) -> None:
        self.rule(KARPOV, ana)
        self.rule("Timur Belkin", ana, "true")
        for _ in range(2):
            examining.run()
        assert case.examinations.count() == 2
        assert not examining.QUEUE.is_waiting()
        assert finding(case.examinations.latest("pk"), "screening")[0] == "bad"

    def test_asked_twice_it_is_silence(self, case: Case, ana: User) -> None:
        self.rule(KARPOV, ana)
        self.rule("Timur Belkin", ana)
        for _ in range(2):
            examining.ask_again(case)
        assert list(case.examinations.order_by("pk").values_list("state", flat=True)) == ["done", "requested"]

    @pytest.mark.parametrize("state", ["waiting", "draft", "submitted"])
    def test_not_while_the_case_is_with_the_customer_or_on_its_way(self, case: Case, ana: User, state: str) -> None:
        self.rule(KARPOV, ana)
        self.rule("Timur Belkin", ana)
        Case.objects.filter(pk=case.pk).update(state=state)
        assert not examining.QUEUE.is_waiting()

    def test_a_proposal_that_stands_stays_proposed(self, case: Case, ana: User) -> None:
        scenes.proposed(case, "refuse", by=ana)
        self.rule(KARPOV, ana)
        self.rule("Timur Belkin", ana)
        examining.run()
        case.refresh_from_db()
        assert (case.state, case.examinations.count()) == ("proposed", 2)


@pytest.mark.usefixtures("the_list")
class TestDocuments:
    def test_counts_what_there_is_to_read(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "100")
        assert finding(scenes.examine(nordlys), "documents") == ("info", "2 documents to read.")

    def test_one_taken_back_after_sending_is_missed(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "100")
        case = scenes.send(nordlys)
        for document in nordlys.organisation.document_set.all():
            evidence.remove(document, by=nordlys.by)
        examining.run()
        assert finding(case.examinations.get(), "documents") == ("warn", "There is no document to read.")


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


class TestRun:
    def test_the_case_goes_to_review_with_one_audit_row(self, case: Case) -> None:
        assert case.state == "review"
        examination = case.examinations.get()
        assert (examination.state, examination.failure, examination.claimed_until) == ("done", "", None)
        assert examination.done_at is not None
        assert AuditEvent.objects.filter(verb="case.examined", target_id=str(examination.pk)).count() == 1
        assert sorted(examination.findings.values_list("category", flat=True)) == [
            "authority",
            "documents",
            "ownership",
            "risk",
            "screening",
            "status",
            "unaccounted",
            "use",
        ]

    def test_run_twice_it_writes_nothing_more(self, case: Case) -> None:
        def written() -> list[int]:
            return [model.objects.count() for model in (Finding, Determination, Score, Hit, AuditEvent)]

        before = written()
        examining.run()
        assert written() == before

    def test_each_of_several_is_examined_once(self, nordlys: Founded, the_list: ListVersion) -> None:
        other = scenes.sorvik()
        for found in (nordlys, other):
            own(found, "Kari Moe", "100")
            scenes.send(found)
        examining.run()
        assert list(Case.objects.values_list("state", flat=True)) == ["review", "review"]
        assert Score.objects.count() == 2

    def test_if_the_audit_row_cannot_be_written_nothing_is(self, nordlys: Founded, the_list: ListVersion) -> None:
        company(nordlys, VOLKHOV, "100", owner=("Kari Moe", "100"))
        case = scenes.send(nordlys)
        with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"), scenes.audit_breaks():
            examining.run()
        case.refresh_from_db()
        examination = case.examinations.get()
        assert (case.state, examination.state, examination.errors) == ("submitted", "requested", 1)
        assert examination.failure.startswith("DataError")
        assert not any(model.objects.exists() for model in (Finding, Determination, Score, Hit))

    def test_a_case_that_moved_on_meanwhile_stays_where_it_is(self, nordlys: Founded, the_list: ListVersion) -> None:
        own(nordlys, "Kari Moe", "100")
        case = scenes.send(nordlys)
        Case.objects.filter(pk=case.pk).update(state="waiting")
        examining.run()
        case.refresh_from_db()
        assert (case.state, case.examinations.get().state) == ("waiting", "done")

    def test_a_list_that_changes_meanwhile_is_the_one_used_and_told(
        self, nordlys: Founded, the_list: ListVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        company(nordlys, VOLKHOV, "100", owner=("Kari Moe", "100"))
        scenes.send(nordlys)
        screen = examining.screen

        def later(facts: examining.Round) -> dict[int, list[examining.Match]]:
            cast.load_list(tmp_path, published=date(2026, 11, 1), text=cast.LISTED.replace("SDGT", "UKRAINE-EO13660"))
            return screen(facts)

        monkeypatch.setattr(examining, "screen", later)
        examining.run()
        examination = Examination.objects.get()
        assert (examination.state, examination.failure) == ("done", "")
        newest = ListVersion.objects.get(is_active=True).pk
        assert newest != the_list.pk
        assert [version["id"] for version in examination.lists] == [newest]
        assert Hit.objects.get().list_version_id == newest
