"""Incidents: opened, filled in step by step, whom they concern, what is noted, to whom referred, and closed for good."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from accounts import scope
from accounts.compartment import confined
from accounts.models import AuditEvent, User
from accounts.permissions import ROLES, NotPermitted
from accounts.refused import ReasonMissing
from kyc.networks import actions
from kyc.networks.models import BLOCKS, Incident, IncidentNote, Involvement, Referral
from tests import cast
from tests.cast import Founded
from tests.kyc.cases.scenes import audit_breaks
from tests.kyc.networks.conftest import BLOCKS as TEXTS
from tests.kyc.networks.conftest import TOLD

DAY = date(2026, 11, 3)


def last() -> AuditEvent:
    return AuditEvent.objects.latest("pk")


def run(statement: str, *parameters: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


ACTIONS: dict[str, Callable[[Incident, Founded, User], object]] = {
    "open": lambda incident, nordlys, by: actions.open_incident(**TOLD, by=by),
    "write": lambda incident, nordlys, by: actions.write(incident, who="Somebody.", by=by),
    "involve": lambda incident, nordlys, by: actions.involve(incident, organisation=nordlys.organisation, why="Its keys.", by=by),
    "note": lambda incident, nordlys, by: actions.note(incident, text="By night.", by=by),
    "refer": lambda incident, nordlys, by: actions.refer(incident, recipient="BIS", made_on=DAY, by=by),
    "close": lambda incident, nordlys, by: actions.close(incident, outcome="unfounded", reason="A test of ours.", by=by),
}


@pytest.mark.parametrize("act", ACTIONS.values(), ids=ACTIONS)
class TestEach:
    @pytest.mark.parametrize("role", sorted({"", *ROLES} - {"investigator"}))
    def test_is_an_investigators_alone(self, incident: Incident, nordlys: Founded, act: Any, role: str) -> None:
        before = AuditEvent.objects.count()
        with pytest.raises(NotPermitted):
            act(incident, nordlys, cast.staff(role, "other"))
        assert AuditEvent.objects.count() == before

    def test_is_one_event_of_the_compartment(self, incident: Incident, nordlys: Founded, ines: User, act: Any) -> None:
        before = AuditEvent.objects.count()
        act(incident, nordlys, ines)
        assert AuditEvent.objects.count() == before + 1
        assert last().target_type in confined()
        assert (last().actor, last().details["incident"][:7]) == ("Ines Caldeira", incident.number[:7])

    def test_does_nothing_if_the_audit_row_cannot_be_written(
        self, incident: Incident, nordlys: Founded, ines: User, act: Any
    ) -> None:
        def stands() -> Any:
            rows = [model.objects.count() for model in (Incident, Involvement, IncidentNote, Referral)]
            return rows, actions.as_shown(Incident.objects.get(pk=incident.pk)), Incident.objects.get(pk=incident.pk).state

        before = stands()
        with audit_breaks():
            act(incident, nordlys, ines)
        assert stands() == before

    def test_takes_an_open_compartment(self, incident: Incident, nordlys: Founded, ines: User, act: Any) -> None:
        with pytest.raises((ProgrammingError, Incident.DoesNotExist)), scope.everything():
            act(incident, nordlys, ines)


class TestOpen:
    def test_has_its_number_and_says_what_is_still_to_be_told(self, incident: Incident) -> None:
        assert incident.number == f"I-{timezone.now():%Y}-{incident.pk:04d}"
        assert incident.empty_blocks == list(BLOCKS)
        assert (last().verb, last().organisation_id) == ("incident.opened", None)

    @pytest.mark.parametrize(("told", "field"), [
        ({"title": "  "}, "title"),
        ({"detected_on": date(2999, 1, 1)}, "detected_on"),
        ({"detected_on": date(1, 1, 1)}, "detected_on"),
        ({"first_seen_on": date(1999, 12, 31)}, "first_seen_on"),
        ({"last_seen_on": DAY}, "first_seen_on"),
        ({"first_seen_on": DAY, "last_seen_on": DAY - timedelta(days=1)}, "last_seen_on"),
    ])  # fmt: skip
    def test_refuses_what_cannot_be(self, opened: None, ines: User, told: dict[str, Any], field: str) -> None:
        with pytest.raises(actions.Impossible) as refused:
            actions.open_incident(**TOLD | told, by=ines)
        assert refused.value.field == field
        assert not Incident.objects.exists()


class TestWrite:
    def test_step_by_step(self, incident: Incident, ines: User) -> None:
        actions.write(incident, who="Three accounts.", by=ines)
        found = actions.write(incident, what="Reasoning traces.", by=ines)
        assert (found.who, found.what) == ("Three accounts.", "Reasoning traces.")
        assert found.empty_blocks == ["when", "where", "why", "how"]
        assert last().details["parts"] == ["what"]
        assert "Reasoning" not in str(last().details)

    def test_the_same_again_is_silence(self, incident: Incident, ines: User) -> None:
        actions.write(incident, who="Three accounts.", by=ines)
        before = AuditEvent.objects.count()
        actions.write(incident, who="Three accounts. ", by=ines)
        assert AuditEvent.objects.count() == before

    def test_nothing_is_written_over_unseen(self, incident: Incident, ines: User) -> None:
        shown = actions.as_shown(incident)
        actions.write(incident, shown=shown, who="Three accounts.", by=ines)
        with pytest.raises(actions.ChangedMeanwhile):
            actions.write(incident, shown=shown, who="Two accounts.", by=cast.staff("investigator", "Second"))
        incident.refresh_from_db()
        assert incident.who == "Three accounts."


class TestInvolve:
    def test_an_organisation_a_key_and_a_party(self, opened: None, ines: User) -> None:
        incident = actions.open_incident(**TOLD, by=ines)
        found = cast.founded(cast.customer())
        whole = actions.involve(incident, organisation=found.organisation, why="Its keys.", by=ines)
        person = actions.involve(incident, organisation=found.organisation, party=found.controller, why="He asked.", by=ines)
        assert (whole.subject, person.subject) == (None, found.controller)
        assert (last().verb, last().organisation_id) == ("incident.involved", found.organisation.pk)

    def test_said_again_is_silence(self, incident: Incident, nordlys: Founded, ines: User) -> None:
        first = actions.involve(incident, organisation=nordlys.organisation, why="Its keys.", by=ines)
        assert actions.involve(incident, organisation=nordlys.organisation, why="Again.", by=ines) == first
        assert Involvement.objects.count() == 1

    def test_needs_a_reason_to_begin_and_to_end(self, incident: Incident, nordlys: Founded, ines: User) -> None:
        with pytest.raises(ReasonMissing):
            actions.involve(incident, organisation=nordlys.organisation, why="\u200b \u2060", by=ines)
        made = actions.involve(incident, organisation=nordlys.organisation, why="Its keys.", by=ines)
        with pytest.raises(ReasonMissing):
            actions.end_involvement(made, reason=" ", by=ines)

    def test_ends_once_and_is_never_deleted(self, incident: Incident, nordlys: Founded, ines: User) -> None:
        made = actions.involve(incident, organisation=nordlys.organisation, why="Its keys.", by=ines)
        ended = actions.end_involvement(made, reason="Another's keys.", by=ines)
        assert (last().verb, last().reason) == ("incident.released", "Another's keys.")
        again = actions.end_involvement(made, reason="Once more.", by=ines)
        assert (again.ended_at, again.end_reason) == (ended.ended_at, "Another's keys.")
        with pytest.raises(IntegrityError, match="never deleted"):
            run("DELETE FROM kyc_involvement WHERE id = %s", made.pk)
        with pytest.raises(IntegrityError, match="ended it stays ended"):
            run("UPDATE kyc_involvement SET why = 'x' WHERE id = %s", made.pk)
        # It may be involved again, which is another row.
        assert actions.involve(incident, organisation=nordlys.organisation, why="After all.", by=ines) != made

    def test_names_a_key_or_party_of_the_organisation_alone(self, incident: Incident, nordlys: Founded, ines: User) -> None:
        other = cast.founded(cast.customer("charlie@outside.example"), name="Outside")
        with pytest.raises(IntegrityError, match="belongs to the organisation"), transaction.atomic():
            actions.involve(incident, organisation=nordlys.organisation, party=other.controller, why="He.", by=ines)


class TestNotesAndReferrals:
    @pytest.mark.parametrize("table", ["kyc_incidentnote", "kyc_referral"])
    @pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
    def test_are_only_ever_added(self, incident: Incident, ines: User, table: str, statement: str) -> None:
        actions.note(incident, text="By night.", by=ines)
        actions.refer(incident, recipient="BIS", made_on=DAY, reference="BIS-1", by=ines)
        with pytest.raises(DatabaseError, match=r"permission denied|Cannot (update|delete)"):
            run(statement.format(table))

    def test_also_after_it_was_closed(self, incident: Incident, ines: User) -> None:
        actions.close(incident, outcome="unfounded", reason="A test of ours.", by=ines)
        actions.note(incident, text="They thanked.", by=ines)
        actions.refer(incident, recipient="BIS", made_on=DAY, by=ines)
        assert (incident.notes.count(), incident.referrals.count()) == (1, 1)

    def test_say_something(self, incident: Incident, ines: User) -> None:
        with pytest.raises(ReasonMissing):
            actions.note(incident, text=" ", by=ines)
        with pytest.raises(actions.Impossible):
            actions.refer(incident, recipient=" ", made_on=DAY, by=ines)
        with pytest.raises(actions.Impossible):
            actions.refer(incident, recipient="BIS", made_on=date(2999, 1, 1), by=ines)


class TestClose:
    def test_for_good(self, incident: Incident, nordlys: Founded, ines: User) -> None:
        actions.write(incident, **TEXTS, by=ines)
        closed = actions.close(incident, outcome="measures", reason="Its keys are revoked.", by=ines)
        assert (closed.state, closed.closed_by, last().details["outcome"]) == ("closed", ines, "measures")
        for act in ("write", "involve", "close"):
            with pytest.raises(actions.Closed):
                ACTIONS[act](incident, nordlys, ines)
        for column, value in (("who", "x"), ("state", "open"), ("outcome", "unfounded"), ("close_reason", "x")):
            with pytest.raises(IntegrityError, match="closed incident does not change"):
                run(f"UPDATE kyc_incident SET {column} = %s WHERE id = %s", value, incident.pk)  # names of our own

    def test_needs_outcome_and_reason(self, incident: Incident, ines: User) -> None:
        with pytest.raises(actions.Impossible):
            actions.close(incident, outcome="forgotten", reason="x", by=ines)
        with pytest.raises(ReasonMissing):
            actions.close(incident, outcome="unfounded", reason=" ", by=ines)
        for columns in ("outcome = 'unfounded'", "outcome = 'unfounded', close_reason = 'x'", "close_reason = 'x'"):
            with pytest.raises(IntegrityError, match="closed_at_and_by_and_why"):
                run(f"UPDATE kyc_incident SET state = 'closed', {columns} WHERE id = %s", incident.pk)  # names of our own

    def test_as_referred_takes_a_referral(self, incident: Incident, ines: User) -> None:
        actions.write(incident, **TEXTS, by=ines)
        with pytest.raises(actions.Impossible, match="No referral"):
            actions.close(incident, outcome="referred", reason="Sent.", by=ines)
        actions.refer(incident, recipient="BIS", made_on=DAY, by=ines)
        assert actions.close(incident, outcome="referred", reason="Sent.", by=ines).outcome == "referred"

    def test_takes_all_six_blocks_unless_there_was_nothing(self, incident: Incident, ines: User) -> None:
        with pytest.raises(actions.Impossible, match="all six"):
            actions.close(incident, outcome="measures", reason="Done.", by=ines)
        assert actions.close(incident, outcome="unfounded", reason="A test of ours.", by=ines).outcome == "unfounded"

    def test_and_is_never_deleted(self, incident: Incident) -> None:
        with pytest.raises(IntegrityError, match="never deleted"):
            run("DELETE FROM kyc_incident WHERE id = %s", incident.pk)


@pytest.mark.parametrize(("model", "act", "others"), [
    (IncidentNote, lambda incident, by: actions.note(incident, text="By night.\r\n", by=by),
     lambda incident, by: actions.note(incident, text="By day.", by=by)),
    (Referral, lambda incident, by: actions.refer(incident, recipient="BIS ", made_on=DAY, by=by),
     lambda incident, by: actions.refer(incident, recipient="BIS", made_on=DAY, reference="7", by=by)),
], ids=["note", "referral"])  # fmt: skip
class TestAgain:
    def test_the_same_words_are_silence(self, incident: Incident, ines: User, model: Any, act: Any, others: Any) -> None:
        first, before = act(incident, ines), AuditEvent.objects.count()
        assert act(incident, ines) == first
        assert (model.objects.count(), AuditEvent.objects.count()) == (1, before)

    def test_but_another_officers_are_not(self, incident: Incident, ines: User, model: Any, act: Any, others: Any) -> None:
        act(incident, ines)
        act(incident, cast.staff("investigator", "Second"))
        assert model.objects.count() == 2

    def test_nor_those_after_something_else(self, incident: Incident, ines: User, model: Any, act: Any, others: Any) -> None:
        for one in (act, others, act):
            one(incident, ines)
        assert model.objects.count() == 3


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_many_posts_of_one_page_one_is_stored(self) -> None:
        ines = cast.staff("investigator", "Ines Caldeira")
        with scope.of_officer(ines):
            incident = actions.open_incident(**TOLD, by=ines)
        ready = threading.Barrier(3)

        def send() -> None:
            try:
                ready.wait(timeout=10)
                with scope.of_officer(ines):
                    actions.note(incident, text="By night.", by=ines)
                with scope.of_officer(ines):
                    actions.refer(incident, recipient="BIS", made_on=DAY, by=ines)
            finally:
                connection.close()

        threads = [threading.Thread(target=send) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        with scope.of_officer(ines):
            assert (IncidentNote.objects.count(), Referral.objects.count()) == (1, 1)
