"""What stands in the way of an approval."""

from datetime import timedelta
from pathlib import Path

import pytest

from accounts.models import User
from kyc.cases import examining
from kyc.cases.models import Case, Examination
from kyc.cases.obstacles import obstacles
from kyc.ownership import actions as ownership
from kyc.screening import actions as screening
from kyc.screening.models import Hit, ListVersion
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import KARPOV, VOLKHOV, company, own

pytestmark = pytest.mark.django_db
ANEW = "The checks are being made anew, because rulings or lists have changed."


class TestObstacles:
    def test_none_in_a_plain_case(self, case: Case) -> None:
        assert obstacles(case) == []

    @pytest.mark.parametrize("state", ["requested", "failed"])
    def test_checks_that_have_not_finished(self, case: Case, state: str) -> None:
        Examination.objects.create(organisation=case.organisation, case=case, rule_pack="2026.11", state=state)
        assert obstacles(case) == ["The checks have not finished."]

    def test_a_case_that_was_never_examined(self, nordlys: Founded) -> None:
        assert obstacles(nordlys.organisation.case_set.get()) == ["The checks have not finished."]

    def test_nobody_screened_because_no_list_is_loaded(self, nordlys: Founded) -> None:
        assert obstacles(scenes.ready(nordlys)) == ["No list is loaded, so nobody was screened."]

    def test_open_matches_are_counted(self, nordlys: Founded, the_list: ListVersion, ana: User) -> None:
        own(nordlys, KARPOV, "10")
        own(nordlys, "Timur Belkin", "10")
        own(nordlys, "Kari Moe", "80")
        case = scenes.examine(nordlys).case
        assert obstacles(case) == ["2 possible matches are still open."]
        first, second = Hit.objects.order_by("pk")
        screening.rule(first, ruling="false", reason="different_country", by=ana)
        assert obstacles(case) == ["1 possible match is still open."]
        screening.rule(second, ruling="false", reason="different_country", by=ana)
        assert obstacles(case) == [ANEW]
        examining.run()
        assert obstacles(case) == []

    def test_a_confirmed_one_stays_in_the_way(self, nordlys: Founded, the_list: ListVersion, ana: User) -> None:
        own(nordlys, KARPOV, "10")
        own(nordlys, "Kari Moe", "90")
        case = scenes.examine(nordlys).case
        screening.rule(Hit.objects.get(), ruling="true", reason="other_evidence", note="The register says so.", by=ana)
        examining.run()
        assert obstacles(case) == ["A party has been confirmed to be on a list."]

    def test_a_newer_list_does_until_the_case_was_examined_against_it(
        self, nordlys: Founded, the_list: ListVersion, tmp_path: Path
    ) -> None:
        own(nordlys, KARPOV.replace("Zorislav", "Milan"), "10")
        own(nordlys, "Kari Moe", "90")
        case = scenes.examine(nordlys).case
        assert obstacles(case) == []
        assert not examining.QUEUE.is_waiting()
        named = scenes.LISTED.replace("KARPOV, Zorislav", "KARPOV, Milan")
        scenes.load_list(tmp_path, named, published=scenes.PUBLISHED + timedelta(days=30))
        assert obstacles(case) == [ANEW]
        assert examining.QUEUE.is_waiting()
        examining.run()
        assert obstacles(case) == ["1 possible match is still open."]
        assert not examining.QUEUE.is_waiting()

    def test_a_match_of_someone_who_left_does_not(self, nordlys: Founded, the_list: ListVersion) -> None:
        gone = own(nordlys, KARPOV, "10")
        own(nordlys, "Kari Moe", "90")
        case = scenes.examine(nordlys).case
        ownership.end(gone, by=nordlys.by)
        assert obstacles(case) == []

    def test_one_against_an_older_list_does_not(self, nordlys: Founded, the_list: ListVersion, tmp_path: Path) -> None:
        own(nordlys, KARPOV, "10")
        own(nordlys, "Kari Moe", "90")
        case = scenes.examine(nordlys).case
        shorter = scenes.LISTED.replace("KARPOV, Zorislav", "NOBODY, Known")
        scenes.load_list(tmp_path, shorter, published=scenes.PUBLISHED + timedelta(days=30))
        examining.run()
        assert Hit.objects.open().count() == 1
        assert obstacles(case) == []

    def test_blocked_ownership_in_its_own_words(self, nordlys: Founded, the_list: ListVersion) -> None:
        company(nordlys, VOLKHOV, "50", owner=("Kari Moe", "100"))
        own(nordlys, "Ola Berg", "50")
        found = obstacles(scenes.examine(nordlys).case)
        assert len(found) == 2
        assert found[1].startswith(f"Blocked under OFAC 50 % if possible matches are true: {VOLKHOV} (possible match) holds 50 %")

    def test_only_the_latest_round_counts(self, nordlys: Founded, the_list: ListVersion, tmp_path: Path) -> None:
        case = scenes.ready(nordlys)
        old = case.examinations.get()
        old.findings.create(organisation=case.organisation, category="ownership", state="bad", sentence="Stops.", anchor="people")
        assert obstacles(case) == ["Stops."]
        scenes.examine_anew(case)
        assert obstacles(case) == []
