"""What was said of networks and controllers goes once it is over and whom it was about are kept no longer, and in silence."""

from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from accounts import disposal as house
from accounts import scope, verification
from accounts.models import AuditEvent, Disposal, Organisation, Proposal, User
from kyc.networks import actions, controlling, disposal, ending, erasing, measuring
from kyc.networks.controller_models import Controller, ControllerMember, KeptEvidence
from kyc.networks.indication_models import Authorisation
from kyc.networks.measure_models import Measure
from kyc.networks.network_models import Attachment, NetworkChange
from kyc.networks.ruling_models import ProposedRuling, Ruling
from tests import cast, networked, rows
from tests.accounts.test_sequencer import in_tree
from tests.conftest import acting_as, owner
from tests.kyc.networks.conftest import TOLD
from tests.kyc.networks.test_retention import CLOSED, dump, hold, left, recorded

ALL_OF_IT = date(2040, 1, 1)
# In the scene's words; and of the proposals and the attachment, which have none there.
WORDS = ("Mirror", "One card.", "Asked the bank.", "It copies.", "A shared bookkeeper.", "One account.", "planted")


@pytest.fixture
def ripe(transactional_db: None, heads_folder: Path) -> Organisation:
    """A controller that was never ruled, with a note, kept evidence and a measure; a network, rulings and an attachment."""
    organisation = cast.founded(cast.customer()).organisation
    ines = cast.staff("investigator", "Ines Caldeira")
    rows.of_network(organisation, ines)
    with scope.of_officer(ines):
        ruled, measured = (
            Proposal.objects.create(kind=f"network.{kind}", choice=choice, reason="harm", proposed_by=ines)
            for kind, choice in (("controller", "rule"), ("measure", "measure"))
        )
        controller = Controller.objects.create(name="Mirror", why="One card.", proposal=ruled, opened_by=ines)
        ControllerMember.objects.create(controller=controller, organisation=organisation, why="One card.", added_by=ines)
        controlling.note(controller, text="Asked the bank.", by=ines)
        controlling.keep(controller, by=ines)
        about = {"kind": "hold", "told": "account", "why": "It copies.", "starts_at": timezone.now()}
        measure = Measure.objects.create(controller=controller, **about, proposal=measured, proposed_by=ines)
        measuring.decline(measure, reason="planted: not now.", by=ines)
        controlling.decline(controller, reason="planted: two brothers.", by=ines)
    with scope.whole():
        now = timezone.now()
        ended = {"outcome": "declined", "outcome_at": now, "outcome_by": ines, "outcome_note": "planted"}
        Attachment.objects.update(**ended)
        ruling = {"outcome": "withdrawn", "outcome_at": now, "outcome_by": ines, "outcome_note": "planted"}
        Proposal.objects.filter(kind="network.ruling").update(**ruling)
    left(organisation, CLOSED)
    in_tree(recorded())
    return organisation


def erase(on: date = ALL_OF_IT) -> int:
    with acting_as("eraser"):
        return erasing.erase_words(on)


def words() -> set[str]:
    with scope.whole():
        return {
            Controller.objects.get().name, KeptEvidence.objects.get().content, Measure.objects.get().why,
            Ruling.objects.get().reason, ProposedRuling.objects.get().reason, NetworkChange.objects.get().reason,
            Attachment.objects.get().outcome_note,
        }  # fmt: skip


def forced(table: str, change: str, *values: object) -> None:
    """Past the triggers, as no action does it."""
    with owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {table} SET {change}", values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


class TestTheEnd:
    def test_leaves_none_of_the_words(self, ripe: Organisation) -> None:
        before = dump()
        assert [word for word in WORDS if word not in before] == []
        assert erase() == 5
        found = [line for line in dump().splitlines() if any(word in line for word in WORDS)]
        assert found == []
        assert words() == {"erased, NC-2040-01-01"}

    def test_says_so_to_investigators_alone_and_the_log_proves_itself(self, ripe: Organisation) -> None:
        erase()
        assert not Disposal.objects.exists() and not AuditEvent.objects.filter(verb="networks.erased").exists()
        in_tree(recorded())
        with scope.whole():
            assert AuditEvent.objects.filter(verb="networks.erased").count() == 5
        assert verification.verify().told()["sound"]

    def test_twice_is_once(self, ripe: Organisation) -> None:
        assert (erase(), erase()) == (5, 0)

    def test_is_part_of_the_night(self) -> None:
        assert erasing.erase_words in house.APART and disposal.dispose_of_all in house.APART

    def test_in_any_other_role_is_refused(self, ripe: Organisation) -> None:
        with scope.whole(), pytest.raises((ProgrammingError, IntegrityError)):
            erasing.erase_words(ALL_OF_IT)
        assert "Mirror" in words()


class TestStays:
    """Each for its own reason; nothing is erased."""

    def test_what_is_younger_than_an_incidents_period(self, ripe: Organisation) -> None:
        assert erase(timezone.now().date().replace(year=timezone.now().year + 4)) == 0

    def test_what_is_of_who_was_a_customer_until_later(self, ripe: Organisation) -> None:
        left(ripe, date(2033, 6, 30))
        assert (erase(date(2038, 6, 30)), erase(date(2038, 7, 1))) == (0, 5)

    @pytest.mark.parametrize("everybody", [False, True])
    def test_under_a_legal_hold(self, ripe: Organisation, everybody: bool) -> None:
        hold(None if everybody else ripe)
        assert erase() == 0

    def test_a_controller_that_is_ruled_or_proposed(self, ripe: Organisation) -> None:
        forced("kyc_controller", "state = 'proposed'")
        assert erase() == 4 and "Mirror" in words()

    def test_a_controller_of_which_an_incident_is_kept(self, ripe: Organisation) -> None:
        ines = User.objects.get(name="Ines Caldeira")
        with scope.of_officer(ines):
            incident = actions.open_incident(**TOLD, by=ines)
        forced("kyc_keptevidence", "incident_id = %s", incident.pk)
        assert erase() == 4 and "Mirror" in words()


class TestAuthorisations:
    def test_go_as_an_incident_does_once_they_hold_no_longer(self, transactional_db: None, heads_folder: Path) -> None:
        organisation = cast.founded(cast.customer()).organisation
        ines = cast.staff("investigator", "Ines Caldeira")
        with scope.of_officer(ines):
            said = {"reference": "planted contract", "reason": "planted", "since": date(2026, 1, 1), "until": date(2026, 2, 1)}
            Authorisation.objects.create(organisation=organisation, declared_by=ines, **said)
        left(organisation, CLOSED)
        assert erase(date(2031, 1, 31)) == 0
        assert erase() == 1
        assert "planted" not in dump()


class TestPlan:
    """A night reads what may be due, and not all that was ever said."""

    def test_of_changes_goes_by_their_index(self, db: None) -> None:
        networked.six()
        with scope.whole(), connection.cursor() as cursor:
            # As of a large table; where no index serves it is read as a whole all the same.
            cursor.execute("SET LOCAL enable_seqscan = off")
            plan = ending.with_words().filter(at__lt=ending.oldest(date(2032, 1, 1))).explain()
            assert "network_change_with_words" in plan
            assert "Seq Scan" in NetworkChange.objects.filter(at__lt=timezone.now()).explain()
