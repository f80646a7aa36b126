"""Until when an incident is kept, and that afterwards nothing of it is left to read, while nobody outside is told of either."""

import json
import subprocess
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import disposal as house_disposal
from accounts import legal_holds, partitions, scope, verification
from accounts.models import AuditEvent, Disposal, LegalHold, Organisation, User
from config import postgres
from kyc.networks import actions, disposal, retention
from kyc.networks.models import Incident, IncidentNote, Involvement, Referral
from tests import cast
from tests.accounts.test_sequencer import in_tree
from tests.cast import Founded
from tests.conftest import acting_as
from tests.kyc.networks.conftest import BLOCKS, TOLD

CLOSED, REFERRED, LEFT = date(2026, 11, 9), date(2027, 3, 1), date(2028, 6, 30)


def at(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)


def closed(incident: Incident, *, by: User, day: date = CLOSED) -> Incident:
    """As the action leaves it, on a day of the past or future."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: at(day))
        return actions.close(incident, outcome="unfounded", reason="planted: a customer's own test.", by=by)


def left(organisation: Organisation, day: date = LEFT) -> None:
    with scope.whole():
        by = User.objects.get(membership__organisation=organisation)
        Organisation.objects.filter(pk=organisation.pk).update(closed_at=at(day), closed_by=by)


def until(incident: Incident) -> date | None:
    return retention.of(incident, on=date(2029, 1, 1)).until


def hold(organisation: Organisation | None) -> LegalHold:
    told = {"source": "court", "reference": "HR 1", "asked_by": "A court", "reason": "A claim.", "since": date(2026, 11, 1)}
    return legal_holds.place(organisation, **told, by=cast.staff("approver", f"judge of {organisation}"))


class TestUntilWhen:
    def test_open_it_has_no_end(self, incident: Incident) -> None:
        kept = retention.of(incident, on=date(2050, 1, 1))
        assert kept.until is None and kept.decides and str(kept.decides.waits) == "The incident is open."

    def test_five_years_from_its_closing(self, incident: Incident, ines: User) -> None:
        assert until(closed(incident, by=ines)) == date(2031, 11, 9)

    def test_or_from_a_later_referral(self, incident: Incident, ines: User) -> None:
        incident = closed(incident, by=ines)
        Referral.objects.create(incident=incident, recipient="BIS", made_on=REFERRED, recorded_by=ines)
        Referral.objects.create(incident=incident, recipient="FinCEN", made_on=date(2026, 10, 1), recorded_by=ines)
        assert until(incident) == date(2032, 3, 1)

    def test_or_from_the_end_of_the_relationship_with_the_last_of_whom_it_involves(
        self, incident: Incident, ines: User, nordlys: Founded
    ) -> None:
        other = cast.founded(cast.customer("otto@outside.example", "Otto"), name="Outside").organisation
        for organisation in (nordlys.organisation, other):
            actions.involve(incident, organisation=organisation, why="Its keys.", by=ines)
        left(nordlys.organisation)
        left(other, date(2027, 1, 1))
        kept = retention.of(closed(incident, by=ines), on=date(2029, 1, 1))
        assert (kept.until, kept.decides.rule.code if kept.decides else "") == (date(2033, 6, 30), "cdd-file")
        assert any("Art. 77" in basis.citation for one in kept.running for basis in one.rule.bases(date(2029, 1, 1)))

    def test_whom_it_was_found_not_to_involve_keeps_it_no_longer(self, incident: Incident, ines: User, nordlys: Founded) -> None:
        row = actions.involve(incident, organisation=nordlys.organisation, why="Its keys.", by=ines)
        left(nordlys.organisation)
        actions.end_involvement(row, reason="Another's key.", by=ines)
        assert until(closed(incident, by=ines)) == date(2031, 11, 9)


class TestDue:
    def test_the_day_after_its_last(self, incident: Incident, ines: User) -> None:
        closed(incident, by=ines)
        assert retention.due(date(2031, 11, 9)) == []
        assert retention.due(date(2031, 11, 10)) == [incident.pk]

    def test_not_while_it_is_open(self, incident: Incident) -> None:
        assert retention.due(date(2090, 1, 1)) == []

    def test_not_while_a_customer_stays(self, incident: Incident, ines: User, nordlys: Founded) -> None:
        actions.involve(incident, organisation=nordlys.organisation, why="Its keys.", by=ines)
        closed(incident, by=ines)
        left(nordlys.organisation)
        assert (retention.due(date(2033, 6, 30)), retention.due(date(2033, 7, 1))) == ([], [incident.pk])

    @pytest.mark.parametrize("ended", [False, True])
    def test_not_under_a_legal_hold_on_whom_it_ever_involved(
        self, incident: Incident, ines: User, nordlys: Founded, ended: bool
    ) -> None:
        row = actions.involve(incident, organisation=nordlys.organisation, why="Its keys.", by=ines)
        if ended:
            actions.end_involvement(row, reason="Another's key.", by=ines)
        left(nordlys.organisation)
        closed(incident, by=ines)
        placed, day = hold(nordlys.organisation), date(2040, 1, 1)
        assert retention.due(day) == [] and retention.of(incident, on=day).holds == (placed,)
        legal_holds.lift(placed, reason="Settled.", by=placed.placed_by)
        assert retention.due(day) == [incident.pk]

    def test_nor_under_one_on_everything(self, incident: Incident, ines: User, nordlys: Founded) -> None:
        closed(incident, by=ines)
        assert retention.due(date(2040, 1, 1)) == [incident.pk]
        hold(nordlys.organisation)
        assert retention.due(date(2040, 1, 1)) == [incident.pk], "a hold on somebody else"
        hold(None)
        assert retention.due(date(2040, 1, 1)) == []

    def test_is_asked_in_the_same_number_of_queries_for_many(
        self, incident: Incident, ines: User, nordlys: Founded, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(9):
            more = actions.open_incident(**TOLD | {"title": f"Number {number}"}, by=ines)
            actions.involve(more, organisation=nordlys.organisation, why="Its keys.", by=ines)
            closed(more, by=ines)
        left(nordlys.organisation)
        with django_assert_num_queries(5):
            assert len(retention.due(date(2040, 1, 1))) == 9


ALL_OF_IT = date(2040, 1, 1)
PLANTED = ("planted", "Zugvogel", "Kranich")


def dump() -> str:
    held = connection.settings_dict
    command = [str(postgres.binaries() / "pg_dump"), "-h", held["HOST"], "-U", "postgres", "-d", held["NAME"], "--data-only"]
    return subprocess.run(command, capture_output=True, check=True, timeout=120, text=True).stdout


def recorded() -> int:
    with scope.whole():
        return AuditEvent.objects.count()


@pytest.fixture
def ripe(transactional_db: None, heads_folder: Path) -> Incident:
    """One that is past its last day, with a part of each kind, and its events in the tree."""
    ines = cast.staff("investigator", "Ines Caldeira")
    nordlys = cast.founded(cast.customer())
    with scope.of_officer(ines):
        incident = actions.open_incident(**TOLD | {"title": "Zugvogel"}, by=ines)
        row = actions.involve(incident, organisation=nordlys.organisation, why="planted why", by=ines)
        actions.write(incident, **dict.fromkeys(BLOCKS, "planted block"), by=ines)
        actions.note(incident, text="planted note", by=ines)
        actions.refer(incident, recipient="Kranich bureau", made_on=date(2026, 11, 3), reference="planted 7", by=ines)
        actions.end_involvement(row, reason="planted end", by=ines)
        closed(incident, by=ines)
    left(nordlys.organisation, CLOSED)
    in_tree(recorded())
    return incident


def dispose(incident: Incident) -> Incident | None:
    with acting_as("eraser"):
        return disposal.dispose(incident.pk, on=ALL_OF_IT)


class TestTheEnd:
    def test_nothing_of_it_is_found_any_more(self, ripe: Incident) -> None:
        before = dump()
        assert [word for word in PLANTED if word not in before] == []
        made = dispose(ripe)
        found = [line for line in dump().splitlines() if any(word in line for word in PLANTED)]
        assert found == []
        assert made and made.erased_at and made.title == f"erased, {made.certificate_number}"
        tables = {
            "kyc_incident",
            "kyc_incidentevent",
            "kyc_involvement",
            "kyc_incidentnote",
            "kyc_referral",
            "accounts_auditevent",
        }
        assert tables <= made.erased_rows.keys()

    def test_the_log_still_proves_itself_and_says_it_was_done(self, ripe: Incident) -> None:
        made = dispose(ripe)
        in_tree(recorded())
        with scope.whole():
            event = AuditEvent.objects.latest("pk")
        assert made and (event.verb, event.details["certificate"]) == ("incident.erased", made.certificate_number)
        told = verification.verify().told()
        assert (told["failed"], told["sound"]) == ([], True)

    def test_twice_is_once(self, ripe: Incident) -> None:
        assert dispose(ripe) is not None
        before = recorded()
        assert dispose(ripe) is None
        assert recorded() == before

    def test_what_is_not_due_stays(self, ripe: Incident) -> None:
        with acting_as("eraser"):
            assert disposal.dispose(ripe.pk, on=date(2031, 11, 9)) is None
        with scope.whole():
            assert Incident.objects.get().title == "Zugvogel"

    def test_in_any_other_role_it_is_refused(self, ripe: Incident) -> None:
        with scope.whole(), pytest.raises((ProgrammingError, IntegrityError)):
            disposal.dispose(ripe.pk, on=ALL_OF_IT)
        with scope.whole():
            assert Incident.objects.get().title == "Zugvogel"

    def test_nothing_is_added_to_it_afterwards(self, ripe: Incident) -> None:
        dispose(ripe)
        ines = User.objects.get(name="Ines Caldeira")
        with scope.of_officer(ines):
            with pytest.raises(actions.Closed, match="was erased"):
                actions.note(ripe, text="Late.", by=ines)
            with pytest.raises(actions.Closed, match="was erased"):
                actions.refer(ripe, recipient="Late", made_on=CLOSED, by=ines)

    def test_one_interrupted_leaves_the_whole(self, ripe: Incident, monkeypatch: pytest.MonkeyPatch) -> None:
        def dies(*args: Any, **kwargs: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(house_disposal, "forget_events", dies)
        with pytest.raises(KeyboardInterrupt):
            dispose(ripe)
        with scope.whole():
            assert Incident.objects.get().title == "Zugvogel" and IncidentNote.objects.get().text == "planted note"
            assert not AuditEvent.objects.filter(verb="incident.erased").exists()

    def test_the_disposal_of_whom_it_involves_leaves_it_alone(self, ripe: Incident) -> None:
        """Also the events about it, which name the organisation."""
        organisation = Organisation.objects.get()
        with acting_as("eraser"), transaction.atomic():
            house_disposal.forget_trail(organisation.pk, "DC-2026-000001", house_disposal.Tally())
        with scope.whole():
            reasons = set(AuditEvent.objects.filter(verb__startswith="incident.").values_list("reason", flat=True))
            assert {"planted why", "planted end"} <= reasons
            assert Involvement.objects.get().why == "planted why"


class TestTheNight:
    def test_does_it_and_tells_nobody(self, ripe: Incident, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither the output nor a certificate nor a dry run has a word or a number of it."""
        monkeypatch.setattr(timezone, "now", lambda: at(date(2032, 1, 1)))
        # By the database's own clock no month of use is over.
        monkeypatch.setattr(partitions, "months", lambda model: [])
        told, dry = StringIO(), StringIO()
        with acting_as("eraser"):
            assert house_disposal.planned(date(2032, 1, 1)) is not None
            call_command("dispose", "--dry-run", stdout=dry)
            call_command("dispose", stdout=told)
        with scope.whole():
            assert Incident.objects.get().erased_at
            assert not Disposal.objects.filter(record_class=retention.SUSPICION.code).exists()
        lines = [json.loads(line) for line in told.getvalue().splitlines()]
        tables = {table for line in lines for table in line["rows"]}
        assert not tables & {"kyc_incident", "kyc_involvement", "kyc_incidentnote", "kyc_referral"}
        assert "suspicion" not in told.getvalue() + dry.getvalue()
