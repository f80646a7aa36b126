"""The machine's round: whom it screens, what rulings do to it, and that it happens once."""

import time
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from accounts.models import AuditEvent, User
from config import jobs
from kyc.cases import examining
from kyc.cases.models import Case, Examination, Finding
from kyc.cases.round import Round
from kyc.ownership import actions as ownership
from kyc.ownership.models import Determination
from kyc.parties import actions as parties
from kyc.risk.models import Score
from kyc.screening import lists
from kyc.screening.match import Match
from kyc.screening.models import Hit, ListVersion
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import KARPOV, LIST, VOLKHOV, codes, company, finding, own

pytestmark = pytest.mark.django_db


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

    def test_another_birth_date_is_a_reason_and_hides_nobody(self, nordlys: Founded, the_list: ListVersion) -> None:
        own(nordlys, "Zorislaw Karpow", "100", birth_date="1999-12-31")
        scenes.examine(nordlys)
        assert [reason for reason in Hit.objects.get().reasons if reason.startswith("Born in 1999; the entry says")]

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
        cast.ruled(hit, ruling="false", reason="different_country", by=ana)
        second = scenes.examine_anew(blocked.case)
        assert Hit.objects.count() == 1
        hit.refresh_from_db()
        assert (hit.ruling, hit.ruling_reason, hit.ruled_by) == ("false", "different_country", ana)
        assert finding(second, "ownership")[0] == "good"
        assert finding(second, "screening") == ("good", f"4 parties are clear on {LIST}.")
        assert not {"open_hits", "listed_party", "listed_ownership"} & codes(second)

    def test_a_true_one_stops_with_the_name(self, blocked: Examination, ana: User) -> None:
        cast.ruled(Hit.objects.get(), ruling="true", reason="same_name_and_birth_date", by=ana)
        second = scenes.examine_anew(blocked.case)
        assert finding(second, "screening") == ("bad", f"Confirmed on a list: {KARPOV} ({LIST}).")
        assert "listed_party" in codes(second)
        told = finding(second, "ownership")
        assert told[0] == "bad" and told[1].startswith(f"Blocked under OFAC 50 %: {KARPOV} (listed) holds 50 %")

    def test_another_name_is_another_question(self, blocked: Examination, ana: User) -> None:
        hit = Hit.objects.get()
        cast.ruled(hit, ruling="false", reason="different_country", by=ana)
        parties.correct(hit.party, name="Karpov Zorislav", country="NO", birth_date="1961-02-04", by=blocked.case.submitted_by)
        second = scenes.examine_anew(blocked.case)
        assert finding(second, "screening") == ("warn", f"1 possible match to rule on ({LIST}).")

    def test_a_new_version_of_the_list_is_asked_anew(self, blocked: Examination, ana: User, tmp_path: Path) -> None:
        cast.ruled(Hit.objects.get(), ruling="false", reason="different_country", by=ana)
        version = cast.load_list(tmp_path, published=date(2026, 11, 1), text=cast.LISTED.replace("SDGT", "UKRAINE-EO13660"))
        second = scenes.examine_anew(blocked.case)
        assert finding(second, "screening")[0] == "warn"
        assert Hit.objects.open().get().list_version == version


class TestRun:
    def test_the_case_goes_to_review_with_one_audit_row(self, case: Case) -> None:
        assert case.state == "review"
        examination = case.examinations.get()
        assert (examination.state, examination.failure, examination.claimed_until) == ("done", "", None)
        assert examination.done_at is not None
        assert AuditEvent.objects.filter(verb="case.examined", target_id=str(examination.pk)).count() == 1
        assert sorted(examination.findings.values_list("category", flat=True)) == [
            "authority",
            "contact",
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


@pytest.mark.django_db(transaction=True)
class TestLong:
    LEASE = timedelta(seconds=0.6)

    def taken_meanwhile(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> list[jobs.Claim | None]:
        """What another worker gets while a round takes two leases."""
        monkeypatch.setattr(examining, "QUEUE", replace(examining.QUEUE, lease=self.LEASE))
        taken: list[jobs.Claim | None] = []
        screen = examining.screen

        def slowly(facts: Round) -> dict[int, list[Match]]:
            if not taken:
                time.sleep(2 * self.LEASE.total_seconds())
                taken.append(examining.QUEUE.claim())
            return screen(facts)

        monkeypatch.setattr(examining, "screen", slowly)
        own(nordlys, "Nils Moe", "100")
        scenes.examine(nordlys)
        return taken

    def test_a_round_of_two_leases_is_not_taken_over(
        self, nordlys: Founded, the_list: ListVersion, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.taken_meanwhile(nordlys, monkeypatch) == [None]
        assert Examination.objects.get().state == "done"

    @pytest.mark.soak
    def test_without_renewal_it_would_be(self, nordlys: Founded, the_list: ListVersion, monkeypatch: pytest.MonkeyPatch) -> None:
        """The negative control."""
        monkeypatch.setattr(jobs.Claim, "kept_up", lambda claim: nullcontext())
        assert self.taken_meanwhile(nordlys, monkeypatch)[0] is not None
