"""Placing and lifting holds."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.compartment import NamesIncident
from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import NotPermitted
from accounts.refused import ReasonMissing
from kyc.cases.models import Entity
from kyc.keys import holds, linking
from kyc.keys.introspection import introspect
from kyc.keys.models import Hold
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import audit_breaks
from tests.kyc.keys.scenes import Issued, issue

pytestmark = pytest.mark.django_db
KINDS = ["key", "organisation", "entity"]


def place(kind: str, issued: Issued, by: User, question: str = "a question") -> Hold:
    key = issued.key
    on = {"key": key, "organisation": key.organisation, "entity": Entity.objects.get(organisation=key.organisation)}
    return holds.place(**{kind: on[kind]}, reason=f"{question} about the {kind}", by=by)


@pytest.mark.parametrize("kind", KINDS)
class TestPlace:
    def test_counts_on_the_next_question(self, linked: Issued, rui: User, kind: str) -> None:
        hold = place(kind, linked, rui)
        assert linked.state == "held"
        assert introspect(linked.secret) == {"active": False}
        (event,) = AuditEvent.objects.filter(verb="hold.placed")
        assert (event.reason, event.details) == (f"a question about the {kind}", {"source": "officer"})
        assert (event.target_id, event.organisation_id) == (str(hold.pk), linked.key.organisation_id)

    def test_stops_a_key_that_is_linked_later(self, issued: Issued, rui: User, kind: str) -> None:
        hold = place(kind, issued, rui)
        linking.run()
        assert issued.state == "held"
        assert introspect(issued.secret) == {"active": False}
        holds.lift(hold, reason="answered", by=rui)
        assert introspect(issued.secret)["active"] is True

    def test_reaches_as_far_as_its_kind(self, nordlys: Founded, linked: Issued, sorvik: Founded, rui: User, kind: str) -> None:
        second, theirs = issue(nordlys, "second"), issue(sorvik)
        linking.run()
        place(kind, linked, rui)
        assert second.state == ("active" if kind == "key" else "held")
        assert theirs.state == "active"

    @pytest.mark.parametrize("role", ["", "analyst", "auditor", "administrator", "support"])
    def test_is_not_for_everyone(self, linked: Issued, kind: str, role: str) -> None:
        with pytest.raises(NotPermitted):
            place(kind, linked, scenes.person("other@keyholder.example", "Other", role))
        assert linked.state == "active"

    def test_does_nothing_if_the_audit_row_cannot_be_written(self, linked: Issued, rui: User, kind: str) -> None:
        with audit_breaks():
            place(kind, linked, rui)
        assert (Hold.objects.count(), linked.state) == (0, "active")


class TestPlaceAnything:
    @pytest.mark.parametrize("reason", ["", "  \n", "\u200b \u2060", "\u3164"])
    def test_needs_a_reason(self, linked: Issued, rui: User, reason: str) -> None:
        with pytest.raises(ReasonMissing):
            holds.place(key=linked.key, reason=reason, by=rui)

    def test_is_on_exactly_one(self, linked: Issued, rui: User, entity: Entity) -> None:
        organisation = linked.key.organisation
        for both in (
            {"key": linked.key, "entity": entity},
            {"key": linked.key, "organisation": organisation},
            {"organisation": organisation, "entity": entity},
        ):
            with pytest.raises(IntegrityError, match="hold_is_on_exactly_one"), transaction.atomic():
                holds.place(**both, reason="why", by=rui)

    def test_repeated_it_is_silence(self, linked: Issued, rui: User) -> None:
        one = place("key", linked, rui)
        assert place("key", linked, rui) == one
        assert AuditEvent.objects.filter(verb="hold.placed").count() == 1
        assert place("key", linked, rui, "another question") != one
        holds.lift(one, reason="answered", by=rui)
        assert place("key", linked, rui) != one

    def test_an_investigator_may(self, linked: Issued) -> None:
        place("key", linked, scenes.person("ines@keyholder.example", "Ines", "investigator"))
        assert linked.state == "held"


class TestLift:
    @pytest.mark.parametrize("first", KINDS)
    @pytest.mark.parametrize("second", KINDS)
    def test_ends_that_one_only(self, linked: Issued, rui: User, first: str, second: str) -> None:
        one, other = place(first, linked, rui), place(second, linked, rui, "another question")
        holds.lift(one, reason="answered", by=rui)
        assert list(Hold.objects.live()) == [other]
        assert linked.state == "held"
        assert introspect(linked.secret) == {"active": False}
        holds.lift(other, reason="answered too", by=rui)
        assert linked.state == "active"
        assert introspect(linked.secret)["active"] is True

    def test_repeated_it_is_silence(self, linked: Issued, rui: User) -> None:
        hold = place("key", linked, rui)
        first = holds.lift(hold, reason="answered", by=rui)
        again = holds.lift(hold, reason="again", by=scenes.person("ines@keyholder.example", "Ines", "investigator"))
        assert (again.lifted_at, again.lifted_by, again.lift_reason) == (first.lifted_at, rui, "answered")
        assert [event.reason for event in AuditEvent.objects.filter(verb="hold.lifted")] == ["answered"]

    @pytest.mark.parametrize("reason", ["", " "])
    def test_needs_a_reason(self, linked: Issued, rui: User, reason: str) -> None:
        hold = place("key", linked, rui)
        with pytest.raises(ReasonMissing):
            holds.lift(hold, reason=reason, by=rui)
        assert linked.state == "held"

    def test_is_not_for_everyone(self, nordlys: Founded, linked: Issued, rui: User, ana: User) -> None:
        hold = place("key", linked, rui)
        for other in (nordlys.by, ana):
            with pytest.raises(NotPermitted):
                holds.lift(hold, reason="mine", by=other)
        assert linked.state == "held"

    def test_does_nothing_if_the_audit_row_cannot_be_written(self, linked: Issued, rui: User) -> None:
        hold = place("key", linked, rui)
        with audit_breaks():
            holds.lift(hold, reason="answered", by=rui)
        assert (Hold.objects.live().count(), linked.state) == (1, "held")


class TestIncidents:
    @pytest.mark.parametrize(
        "number",
        ["I-2026-0001", "CT-2026-0001", "N-2026-0001", "M-2026-0001", "i-2026-9999", "I – 2026 – 1", "(I\u20102026\u20100001)"],
    )
    def test_are_named_in_no_reason(self, linked: Issued, rui: User, number: str) -> None:
        """Whether there is one of the number or not, and whoever asks."""
        with pytest.raises(NamesIncident, match="Leave out that number") as refused:
            holds.place(key=linked.key, reason=f"under {number}, see there", by=rui)
        assert refused.value.field == "reason"
        standing = place("key", linked, rui)
        with pytest.raises(NamesIncident):
            holds.lift(standing, reason=f"{number} is closed", by=rui)
        assert (Hold.objects.count(), Hold.objects.live().count()) == (1, 1)

    def test_but_other_numbers_are(self, linked: Issued, rui: User) -> None:
        assert holds.place(key=linked.key, reason="BI-2026-0001 and I-95 of 2026-11-03", by=rui).lifted_at is None


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_many_posts_of_one_page_one_places_a_hold(self) -> None:
        organisation = Organisation.objects.create(name="Nordlys Modelling AS")
        rui = scenes.person("rui@keyholder.example", "Rui", "approver")
        ready = threading.Barrier(4)

        def place() -> None:
            try:
                ready.wait(timeout=10)
                holds.place(organisation=organisation, reason="a question", by=rui)
            finally:
                connection.close()

        threads = [threading.Thread(target=place) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert Hold.objects.count() == 1
        assert AuditEvent.objects.filter(verb="hold.placed").count() == 1
