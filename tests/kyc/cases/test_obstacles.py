"""What stands in the way of an approval."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from accounts.models import User
from kyc.cases import actions, examining, judging
from kyc.cases.models import Case, Examination
from kyc.cases.obstacles import obstacles, second_person
from kyc.evidence import actions as evidence
from kyc.evidence import proofs
from kyc.evidence.models import AuthorityProof, Document
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import payments, statuses
from kyc.parties.models import Party, PaymentMeans, PersonStatus, Role
from kyc.screening import actions as screening
from kyc.screening.models import Hit, ListVersion
from tests import cast
from tests.cast import Founded, pdf
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import KARPOV, VOLKHOV, company, own

pytestmark = pytest.mark.django_db
ANEW = "The checks are being made anew: %s."
RULED = ANEW % "the last possible match was ruled on"
LISTED = ANEW % "a newer version of a list is in use"
SAID = ANEW % "the customer has told or sent something else"
VERIFIED = ANEW % "an officer has verified or recorded something"


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
        cast.ruled(first, ruling="false", reason="different_country", by=ana)
        assert obstacles(case) == ["1 possible match is still open."]
        cast.ruled(second, ruling="false", reason="different_country", by=ana)
        assert obstacles(case) == [RULED]
        examining.run()
        assert obstacles(case) == []

    def test_a_confirmed_one_stays_in_the_way(self, nordlys: Founded, the_list: ListVersion, ana: User) -> None:
        own(nordlys, KARPOV, "10")
        own(nordlys, "Kari Moe", "90")
        case = scenes.examine(nordlys).case
        cast.ruled(Hit.objects.get(), ruling="true", reason="other_evidence", note="The register says so.", by=ana)
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
        named = cast.LISTED.replace("KARPOV, Zorislav", "KARPOV, Milan")
        cast.load_list(tmp_path, named, published=cast.PUBLISHED + timedelta(days=30))
        assert obstacles(case) == [LISTED]
        assert examining.QUEUE.is_waiting()
        examining.run()
        assert obstacles(case) == ["1 possible match is still open."]
        assert not examining.QUEUE.is_waiting()

    def test_a_match_of_someone_who_left_does_not(self, nordlys: Founded, the_list: ListVersion) -> None:
        gone = own(nordlys, KARPOV, "10")
        own(nordlys, "Kari Moe", "90")
        case = scenes.examine(nordlys).case
        ownership.end(gone, by=nordlys.by)
        examining.run()
        assert obstacles(case) == []

    def test_one_whose_entry_is_called_otherwise_by_now_still_does(
        self, nordlys: Founded, the_list: ListVersion, tmp_path: Path
    ) -> None:
        own(nordlys, KARPOV, "10")
        own(nordlys, "Kari Moe", "90")
        case = scenes.examine(nordlys).case
        shorter = cast.LISTED.replace("KARPOV, Zorislav", "NOBODY, Known")
        cast.load_list(tmp_path, shorter, published=cast.PUBLISHED + timedelta(days=30))
        examining.run()
        assert obstacles(case)[0] == "1 possible match is still open."

    def test_one_that_waits_for_a_second_person_does_and_says_so(
        self, nordlys: Founded, the_list: ListVersion, ana: User, rui: User
    ) -> None:
        own(nordlys, KARPOV, "10")
        own(nordlys, "Kari Moe", "90")
        case = scenes.examine(nordlys).case
        hit = screening.rule(Hit.objects.get(), ruling="false", reason="different_country", by=ana)
        assert obstacles(case) == ["1 possible match is still open. It waits for a second person."]
        screening.confirm(hit.proposal, by=rui)
        examining.run()
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


def in_the_country(found: Founded) -> None:
    """All that were named say that they are US persons, and nothing is told that only foreign customers must tell."""
    parties.declare_company(
        found.organisation, name="Nordlys Modelling AS", legal_form="Inc.", registration_number="918334207", country="US",
        hq_country="US", address="1 Main Street", by=found.by,
    )  # fmt: skip
    statuses.declare(found.controller, basis="citizen", by=found.by)
    for means in PaymentMeans.objects.filter(organisation=found.organisation):
        payments.end(means, by=found.by)


def verify(party: Party, document_of: Founded, *, by: User) -> None:
    status = PersonStatus.objects.live().get(party=party, axis="iaas")
    paper = next(
        paper
        for paper in document_of.organisation.document_set.order_by("pk")
        if proofs.may_prove(paper, party, document_of.party)
    )
    proofs.verify(status, document=paper, by=by)


class TestForeignData:
    """What only foreign customers must tell may be missing when everybody is verified not to be foreign (IAAS-18)."""

    @pytest.fixture
    def case(self, nordlys: Founded, the_list: ListVersion) -> Case:
        in_the_country(nordlys)
        return scenes.ready(nordlys)

    def test_that_they_say_so_is_not_enough(self, case: Case) -> None:
        assert obstacles(case) == [
            "Missing: a telephone number, a means of payment. That may be left out only where every party is verified to be a "
            "US person, and these are not: Nordlys Modelling AS, Alice Olsen. Verify them under “People and ownership”, or ask "
            "the customer for what is missing."
        ]

    def test_one_who_is_not_verified_is_enough(self, nordlys: Founded, case: Case, ana: User) -> None:
        verify(nordlys.party, nordlys, by=ana)
        examining.run()
        (told,) = obstacles(case)
        assert "and these are not: Alice Olsen." in told

    def test_with_all_verified_it_may_be_missing(self, nordlys: Founded, case: Case, ana: User) -> None:
        verify(nordlys.party, nordlys, by=ana)
        verify(nordlys.controller, nordlys, by=ana)
        examining.run()
        assert obstacles(case) == []

    def test_a_proof_whose_document_was_taken_back_counts_no_more(self, nordlys: Founded, case: Case, ana: User) -> None:
        verify(nordlys.party, nordlys, by=ana)
        verify(nordlys.controller, nordlys, by=ana)
        evidence.remove(nordlys.organisation.document_set.get(kind="passport"), by=nordlys.by)
        examining.run()
        (told,) = obstacles(case)
        assert told.startswith("Missing: a telephone number")

    def test_who_has_told_it_needs_no_verification(self, nordlys: Founded, the_list: ListVersion) -> None:
        statuses.declare(nordlys.controller, basis="citizen", by=nordlys.by)
        assert obstacles(scenes.ready(nordlys)) == []


class TestUnverifiedAuthority:
    """Nobody is approved while no officer has verified who signs (FATF-02)."""

    def test_that_he_is_declared_a_director_is_not_enough(self, nordlys: Founded, case: Case, ana: User) -> None:
        AuthorityProof.objects.all().delete()
        told = "Not verified that these may sign for the customer: Alice Olsen. Verify it under “People and ownership”."
        assert obstacles(case) == [told]
        evidence.look_at(extract(nordlys), by=ana)
        judging.verify(case, document=extract(nordlys), authority=signs(nordlys.controller), by=ana)
        assert obstacles(case) == [VERIFIED]
        examining.run()
        assert obstacles(case) == []

    def test_it_ends_with_the_document_and_with_the_role(self, nordlys: Founded, case: Case) -> None:
        evidence.remove(extract(nordlys), by=nordlys.by)
        examining.run()
        assert obstacles(case)[0].startswith("Not verified that these may sign")

    def test_an_approval_proposed_before_a_new_signatory_was_named_is_not_taken(
        self, nordlys: Founded, case: Case, ana: User, rui: User
    ) -> None:
        decision = scenes.proposed(case, "approve", by=ana)
        parties.declare_person(
            nordlys.organisation, name="Lars Dahl", country="NO", birth_date="1970-01-01", roles=["signatory"], by=nordlys.by
        )
        examining.run()
        with pytest.raises(actions.Stopped, match="Lars Dahl"):
            actions.take(decision, by=rui)


def extract(found: Founded) -> Document:
    return found.organisation.document_set.get(kind="register_extract")


def signs(party: Party) -> Role:
    return Role.objects.live().get(party=party, kind="signatory")


class TestChangedSince:
    """Whatever lets a change through after a case was sent, nobody approves by what was found before it."""

    @pytest.fixture
    def changes(self, nordlys: Founded, ana: User) -> dict[str, Callable[[], object]]:
        by, party = nordlys.by, nordlys.controller
        return {
            "corrected": lambda: parties.correct(party, name=KARPOV, country="RU", birth_date="1961-02-04", by=by),
            "share": lambda: ownership.change_share(party.interests.get(), share="60", by=by),
            "document": lambda: evidence.upload(nordlys.organisation, kind="other", file=pdf(), by=by),
            "verified": lambda: verify(party, nordlys, by=ana),
        }

    @pytest.mark.parametrize("change", ["corrected", "share", "document", "verified"])
    def test_stands_in_the_way_until_it_was_looked_at(
        self, case: Case, changes: dict[str, Callable[[], object]], change: str
    ) -> None:
        changes[change]()
        assert obstacles(case) == [VERIFIED if change == "verified" else SAID]
        assert examining.QUEUE.is_waiting()
        examining.run()
        assert not [sentence for sentence in obstacles(case) if "made anew" in sentence]
        assert not examining.QUEUE.is_waiting()

    def test_what_the_new_round_finds_then_stands_in_the_way(self, case: Case, changes: dict[str, Callable[[], object]]) -> None:
        changes["corrected"]()
        examining.run()
        assert obstacles(case)[0] == "1 possible match is still open."

    def test_an_approval_proposed_before_is_not_taken(
        self, case: Case, changes: dict[str, Callable[[], object]], ana: User, rui: User
    ) -> None:
        decision = scenes.proposed(case, "approve", by=ana)
        changes["corrected"]()
        with pytest.raises(actions.Stopped, match="made anew"):
            actions.take(decision, by=rui)

    def test_another_organisations_change_does_not(self, case: Case) -> None:
        other = scenes.sorvik()
        parties.correct(other.controller, name="Bob Bergen", country="NO", by=other.by)
        assert obstacles(case) == []


@pytest.mark.parametrize(
    ("waiting", "of", "said"),
    [
        (1, 1, "It waits for a second person."),
        (2, 2, "All of them wait for a second person."),
        (1, 3, "One of them waits for a second person."),
        (2, 3, "2 of them wait for a second person."),
    ],
)
def test_how_many_wait_is_said_as_one_would_say_it(waiting: int, of: int, said: str) -> None:
    assert second_person(waiting, of=of) == said
