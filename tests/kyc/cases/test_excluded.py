"""What a round makes of exclusions from FinCEN's rule."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import AuditEvent, User
from kyc.cases import actions as cases
from kyc.cases import examining, judging, reviewing
from kyc.cases.actions import NotNow
from kyc.cases.determining import CDD, CONTROL
from kyc.cases.models import Case, Entity, Examination
from kyc.cases.outdated import Overtaken
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document, ExclusionRuling
from kyc.ownership.models import Determination
from kyc.parties import exclusions
from kyc.parties.models import Exclusion, Party
from tests.cast import Founded, pdf, staff
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import NAME, company, own

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_list")]
FJORD = "Fjord Holding AS"


def claimed(found: Founded, party: Party, ground: str = "listed_company") -> tuple[Exclusion, Document]:
    evidence.upload(found.organisation, kind="register_extract", file=pdf(), by=found.by)
    row = exclusions.claim(party, ground=ground, reference="NYSE: FJRD", by=found.by)
    about = None if party == found.party else party
    return row, evidence.upload(found.organisation, kind="licence", file=pdf(width=431), party=about, by=found.by)


def words(examination: Examination, regime: str) -> dict[str, str]:
    return dict(Determination.objects.filter(examination_id=examination.pk, regime=regime).values_list("party__name", "verdict"))


def why(examination: Examination, regime: str, name: str) -> str:
    return " ".join(Determination.objects.get(examination_id=examination.pk, regime=regime, party__name=name).why)


def verified(case: Case, row: Exclusion, document: Document, ana: User) -> ExclusionRuling:
    evidence.look_at(document, purpose=evidence.WORK, by=ana)
    return judging.rule_exclusion(case, row, ruling="verified", document=document, reason="On its list.", by=ana)


class TestTheCustomer:
    def test_is_asked_for_its_owners_until_an_officer_has_verified_it(self, nordlys: Founded, ana: User) -> None:
        own(nordlys, "Kari Moe", "100")
        row, listing = claimed(nordlys, nordlys.party)
        before = scenes.examine(nordlys)
        assert words(before, CDD)["Kari Moe"] == "yes"
        assert words(before, CONTROL) == {NAME: "no", "Alice Olsen": "yes"}
        assert "nothing rests on it, since no officer has verified it" in why(before, CDD, NAME)
        verified(before.case, row, listing, ana)
        assert Overtaken(before.case).why == "an officer has verified or recorded something"
        examining.run()
        after = before.case.examinations.latest("pk")
        assert after.pk != before.pk
        assert words(after, CDD)["Kari Moe"] == "no"
        assert words(after, CONTROL) == {NAME: "no"}
        told = why(after, CDD, "Kari Moe")
        assert told.startswith(
            f"{NAME} is excluded (FIN-04: 31 CFR 1010.230(e)(2)), as “extract.pdf”, verified by an officer until "
        )
        assert "Company listed on NYSE" in told and told.count("100 %")
        # Other rules ask on.
        assert words(after, "iaas-cip")["Kari Moe"] == words(after, "eu-amlr")["Kari Moe"] == "yes"

    def test_is_asked_who_is_in_control_all_the_same_where_only_its_owners_are_left_out(
        self, nordlys: Founded, ana: User
    ) -> None:
        own(nordlys, "Kari Moe", "100")
        Party.objects.filter(pk=nordlys.party.pk).update(country="US")
        row, listing = claimed(nordlys, nordlys.party, "nonprofit")
        case = scenes.examine(nordlys).case
        verified(case, row, listing, ana)
        examining.run()
        after = case.examinations.latest("pk")
        assert words(after, CDD)["Kari Moe"] == "no"
        assert words(after, CONTROL) == {NAME: "no", "Alice Olsen": "yes"}
        assert "(FIN-05: 31 CFR 1010.230(e)(3))" in why(after, CONTROL, NAME)
        assert "The one person in control is asked for all the same." in why(after, CONTROL, NAME)

    def test_one_that_has_expired_counts_no_more(self, nordlys: Founded, ana: User) -> None:
        own(nordlys, "Kari Moe", "100")
        row, listing = claimed(nordlys, nordlys.party)
        case = scenes.examine(nordlys).case
        made = verified(case, row, listing, ana)
        yesterday = timezone.localdate() - timedelta(days=1)
        ExclusionRuling.objects.filter(pk=made.pk).update(valid_until=yesterday)
        after = scenes.examine_anew(case)
        assert words(after, CDD)["Kari Moe"] == "yes"
        assert f"it was verified until {yesterday} only" in why(after, CDD, NAME)


class TestExpiry:
    @pytest.fixture
    def approved(self, nordlys: Founded, ana: User, rui: User) -> ExclusionRuling:
        """Verified for a year, and approved as long ago as `passed` says later."""
        own(nordlys, "Kari Moe", "100")
        row, listing = claimed(nordlys, nordlys.party)
        case = scenes.examine(nordlys).case
        made = verified(case, row, listing, ana)
        examining.run()
        scenes.approved(case, ana=ana, rui=rui)
        reviewing.run()
        assert Case.objects.count() == 1 and not reviewing.QUEUE.is_waiting()
        return made

    def passed(self, made: ExclusionRuling, *, days: int) -> None:
        """So many days of the year, of which the approval was the first."""
        today = timezone.localdate()
        ExclusionRuling.objects.filter(pk=made.pk).update(valid_until=today + timedelta(days=365 - days))
        Entity.objects.update(valid_from=timezone.now() - timedelta(days=days))

    def case(self) -> Case:
        for _twice in range(2):
            reviewing.run()
        examining.run()
        assert not reviewing.QUEUE.is_waiting()
        return Case.objects.latest("pk")

    def said(self, case: Case) -> str:
        return scenes.finding(case.examinations.latest("pk"), "exclusion")[1]

    def test_some_weeks_before_its_day_a_case_says_what_is_to_be_done_and_once_done_it_is_silent(
        self, approved: ExclusionRuling, ana: User, rui: User
    ) -> None:
        self.passed(approved, days=334)
        reviewing.run()
        assert Case.objects.count() == 1
        self.passed(approved, days=335)
        case = self.case()
        assert (case.trigger, case.lapses, case.state, Case.objects.count()) == ("expiry", approved, "review", 2)
        approved.refresh_from_db()
        day = date_format(approved.valid_until, "j F Y")
        assert self.said(case) == (
            f"That FinCEN's rule on owners leaves out {NAME} is verified until {day}. Verify it anew before that under “People "
            "and ownership”, or ask for a newer document: from then on nothing rests on it."
        )
        event = AuditEvent.objects.get(verb="case.review_opened")
        assert event.reason == f"That FinCEN's rule on owners leaves out {NAME} was verified until {approved.valid_until}."
        anew = judging.rule_exclusion(
            case, approved.exclusion, ruling="verified", document=approved.document, reason="Still on its list.", by=ana
        )
        assert anew != approved
        examining.run()
        assert not case.examinations.latest("pk").findings.filter(category="exclusion").exists()
        scenes.approved(case, ana=ana, rui=rui)
        assert self.case() == case

    def test_decided_without_that_it_comes_once_more_after_its_day(self, approved: ExclusionRuling, ana: User, rui: User) -> None:
        self.passed(approved, days=335)
        scenes.approved(self.case(), ana=ana, rui=rui)
        assert self.case().examinations.count() == 1
        self.passed(approved, days=366)
        case = self.case()
        assert (Case.objects.count(), case.trigger) == (3, "expiry")
        assert "nothing rests on it now. Verify it anew" in self.said(case)
        assert words(case.examinations.latest("pk"), CDD)["Kari Moe"] == "yes"
        scenes.approved(case, ana=ana, rui=rui)
        assert self.case() == case

    def test_an_open_case_is_examined_anew_on_that_day(self, approved: ExclusionRuling) -> None:
        self.passed(approved, days=335)
        case = self.case()
        assert not Overtaken(case).causes
        Examination.objects.update(requested_at=timezone.now() - timedelta(days=40), done_at=timezone.now() - timedelta(days=40))
        self.passed(approved, days=366)
        assert "what an officer had verified has expired" in Overtaken(case).causes
        examining.run()
        assert "nothing rests on it now" in self.said(case) and not Overtaken(case).causes

    def test_nobody_is_troubled_with_what_is_claimed_no_more(self, approved: ExclusionRuling, nordlys: Founded) -> None:
        exclusions.withdraw(approved.exclusion, by=nordlys.by)
        self.passed(approved, days=366)
        reviewing.run()
        assert Case.objects.count() == 1


class TestACompanyInTheChain:
    def test_nobody_is_named_for_what_it_holds(self, nordlys: Founded, ana: User) -> None:
        fjord = company(nordlys, FJORD, "60", owner=("Kari Moe", "100"))
        own(nordlys, "Nils Moe", "40")
        row, listing = claimed(nordlys, fjord)
        case = scenes.examine(nordlys).case
        assert words(case.examinations.latest("pk"), CDD)["Kari Moe"] == "yes"
        verified(case, row, listing, ana)
        examining.run()
        after = case.examinations.latest("pk")
        assert {name: word for name, word in words(after, CDD).items() if word == "yes"} == {"Nils Moe": "yes"}
        assert "Nobody need be named for what it holds (FIN-02: 31 CFR 1010.230(d)(3))" in why(after, CDD, "Kari Moe")
        assert words(after, CONTROL) == {"Alice Olsen": "yes"}


class TestRule:
    def test_not_by_a_document_that_he_has_not_opened(self, nordlys: Founded, ana: User) -> None:
        own(nordlys, "Kari Moe", "100")
        row, listing = claimed(nordlys, nordlys.party)
        case = scenes.examine(nordlys).case
        with pytest.raises(judging.NotOpened):
            judging.rule_exclusion(case, row, ruling="verified", document=listing, reason="So.", by=ana)
        judging.rule_exclusion(case, row, ruling="rejected", reason="Another of that name.", by=ana)

    def test_not_once_the_case_is_decided(self, nordlys: Founded, ana: User) -> None:
        own(nordlys, "Kari Moe", "100")
        row, _ = claimed(nordlys, nordlys.party)
        case = scenes.examine(nordlys).case
        cases.take(scenes.proposed(case, "refuse", by=ana), by=staff("approver", "Rui Lopes"))
        with pytest.raises(NotNow):
            judging.rule_exclusion(case, row, ruling="rejected", reason="So.", by=ana)
