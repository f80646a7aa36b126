"""Which cases are examined anew."""

import ast
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import AuditEvent, User
from config.installation import BASE
from kyc.cases import examining
from kyc.cases.models import Case
from kyc.cases.obstacles import obstacles
from kyc.cases.outdated import CHANGES
from kyc.parties import actions as parties
from kyc.risk.models import Score
from kyc.screening.models import Hit
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import KARPOV, finding, own

pytestmark = pytest.mark.django_db


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
        cast.ruled(hit, ruling=ruling, reason=reason, note="The register says so.", by=ana)

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
        """One of a name that the party has given up, and that the list gives to somebody else, is nobody's question any more."""
        belkin = Hit.objects.get(party__name="Timur Belkin")
        parties.correct(belkin.party, name="Timur Bel", country="NO", by=case.submitted_by)
        cast.load_list(tmp_path, published=date(2026, 11, 1), text=cast.LISTED.replace("BELKIN", "BELOV"))
        examining.run()
        assert [hit.party.name for hit in Hit.objects.open().current()] == [KARPOV]
        assert not examining.QUEUE.is_waiting()
        assert obstacles(case)[0] == "1 possible match is still open."
        newest = Hit.objects.get(party__name=KARPOV)
        cast.ruled(newest, ruling="false", reason="different_country", by=ana)
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


@cache
def recorded() -> set[str]:
    """The verbs that the stages below write into the record."""
    found = set()
    for stage in ("parties", "ownership", "evidence"):
        for path in (BASE / "kyc" / stage).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                    assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno} names no verb"
                    found.add(node.args[0].value)
    return found


class TestChanges:
    def test_are_all_that_is_recorded_of_parties_interests_and_evidence_but_reading_inviting_and_comparing(self) -> None:
        inviting = {"person.invited", "person.invited_anew", "person.invitation_withdrawn", "person.proofing_told"}
        # Rounds go by what was declared; what other sources say stands beside it.
        comparing = {verb for verb in recorded() if verb.startswith(("observation.", "discrepancy.", "divergence.", "sameness."))}
        assert len(comparing) == 10
        # How sure evidence makes us is reckoned when it is looked at.
        counted = {"evidence.recorded", "evidence.withdrawn", "evidence.fell"}
        grading = {verb for verb in recorded() if verb.startswith("evidence.")} - counted | {"document.reviewed"}
        # So are what was confirmed besides, and whose accounts an agency runs.
        beside = {verb for verb in recorded() if verb.startswith(("agency.", "code.", "confirmation.", "domain.", "outside."))}
        looking = {"document.viewed", "field.revealed"}
        # Until they are signed, answers are nobody's word.
        unsigned = {"questionnaire.draft_kept"}
        assert set(CHANGES) == recorded() - looking - unsigned - inviting - comparing - grading - beside

    def test_are_found_by_the_index_of_organisation_and_time(self, case: Case) -> None:
        events = AuditEvent.objects.filter(verb__in=CHANGES, organisation_id=case.organisation_id, at__gt=case.opened_at)
        with connection.cursor() as cursor:
            # Of a table this small it would read the whole.
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert "(organisation_id = " in events.explain() and "(at > " in events.explain().partition("Filter")[0]
