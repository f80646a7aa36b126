"""Legal holds: who may, what each must say, and that the database keeps to it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import legal_holds
from accounts.compartment import NamesIncident
from accounts.models import AuditEvent, LegalHold, Organisation, User
from accounts.permissions import ROLES, NotPermitted
from accounts.refused import ReasonMissing
from tests import cast

TOLD = {"source": "agency", "reference": "BIS 7", "asked_by": "BIS", "reason": "Keep all.", "since": date(2026, 1, 2)}


@pytest.fixture
def organisation(db: None) -> Organisation:
    return Organisation.objects.create(name="Nordlys")


@pytest.fixture
def rui(db: None) -> User:
    return cast.staff("approver", "Rui")


class TestPlace:
    def test_leaves_the_row_and_what_was_said(self, organisation, rui):
        hold = legal_holds.place(organisation, **TOLD, by=rui)
        event = AuditEvent.objects.get(verb="legal_hold.placed")
        assert (hold.placed_by, event.organisation_id, event.reason) == (rui, organisation.pk, "Keep all.")

    def test_on_everybody(self, rui):
        assert legal_holds.place(None, **TOLD, by=rui).organisation is None

    def test_repeated_it_is_silence(self, organisation, rui):
        first = legal_holds.place(organisation, **TOLD, by=rui)
        assert legal_holds.place(organisation, **TOLD, by=rui) == first
        assert AuditEvent.objects.filter(verb="legal_hold.placed").count() == 1

    @pytest.mark.parametrize("field", legal_holds.NEEDED)
    def test_says_everything(self, organisation, rui, field):
        with pytest.raises(legal_holds.Incomplete) as refused:
            legal_holds.place(organisation, **TOLD | {field: "  "}, by=rui)
        assert refused.value.field == field

    def test_its_reason_names_no_incident(self, organisation, rui):
        """Whether there is one of the number or not; a court's own reference may look as it likes."""
        with pytest.raises(NamesIncident):
            legal_holds.place(organisation, **TOLD | {"reason": "as in I-2026-0001"}, by=rui)
        hold = legal_holds.place(organisation, **TOLD | {"reference": "I-2026-0001"}, by=rui)
        with pytest.raises(NamesIncident):
            legal_holds.lift(hold, reason="I-2026-0001 is closed", by=rui)
        assert LegalHold.objects.live().get() == hold

    def test_not_before_it_was_asked_for(self, organisation, rui):
        with pytest.raises(legal_holds.NotYet):
            legal_holds.place(organisation, **TOLD | {"since": timezone.now().date() + timedelta(days=1)}, by=rui)

    @pytest.mark.parametrize("day", [date(1, 1, 1), date(1999, 12, 31)])
    def test_not_before_the_year_2000(self, organisation, rui, day):
        with pytest.raises(legal_holds.TooEarly, match="before the year 2000") as refused:
            legal_holds.place(organisation, **TOLD | {"since": day}, by=rui)
        assert refused.value.field == "since"
        assert legal_holds.place(organisation, **TOLD | {"since": date(2000, 1, 1)}, by=rui).since.year == 2000

    @pytest.mark.parametrize("role", sorted(set(ROLES) - {"approver", "senior"}))
    def test_is_for_approvers(self, organisation, role):
        with pytest.raises(NotPermitted):
            legal_holds.place(organisation, **TOLD, by=cast.staff(role))


class TestList:
    def test_those_that_were_lifted_stand_below_with_whose_they_were_and_why(self, organisation, rui):
        gone = legal_holds.place(organisation, **TOLD, by=rui)
        legal_holds.place(None, **TOLD | {"reference": "Still 8"}, by=rui)
        client = cast.signed_in(rui)
        assert "Lifted" not in client.get("/desk/legal-holds/").content.decode()
        legal_holds.lift(gone, reason="The bureau let go by letter.", by=rui)
        force, lifted = client.get("/desk/legal-holds/").content.decode().split('id="lifted"')
        assert "Still 8" in force and "BIS 7" not in force
        assert "BIS 7" in lifted and organisation.numbered in lifted and "lifted by Rui: The bureau let go by letter." in lifted

    def test_many_in_pages_and_no_more_queries(self, organisation, rui, django_assert_max_num_queries):
        told = {name: value for name, value in TOLD.items() if name != "reference"}
        rows = [LegalHold(organisation=organisation, **told, reference=f"Old {n:03}", placed_by=rui) for n in range(60)]
        LegalHold.objects.bulk_create(rows)
        LegalHold.objects.update(lifted_at=timezone.now(), lifted_by=rui, lift_reason="Over.")
        client = cast.signed_in(rui)
        client.get("/desk/legal-holds/")
        with django_assert_max_num_queries(25):
            page = client.get("/desk/legal-holds/?page=2").content.decode()
        assert "51–60 of 60" in page and "Old 009" in page and "Old 010" not in page


class TestLift:
    def test_ends_this_one_and_no_other(self, organisation, rui):
        one, other = (legal_holds.place(organisation, **TOLD | {"reference": ref}, by=rui) for ref in ("1", "2"))
        legal_holds.lift(one, reason="Let go by letter.", by=rui)
        legal_holds.lift(one, reason="Again.", by=rui)
        assert list(LegalHold.objects.live()) == [other]
        assert AuditEvent.objects.filter(verb="legal_hold.lifted").count() == 1

    def test_says_why(self, organisation, rui):
        hold = legal_holds.place(organisation, **TOLD, by=rui)
        with pytest.raises(ReasonMissing):
            legal_holds.lift(hold, reason=" ", by=rui)


class TestTheDatabase:
    @pytest.mark.parametrize(
        "change", [{"since": date(2020, 1, 1)}, {"reason": "x"}, {"organisation": None}, {"source": "audit"}]
    )
    def test_changes_nothing_of_one_in_force(self, organisation, rui, change):
        hold = legal_holds.place(organisation, **TOLD, by=rui)
        with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
            LegalHold.objects.filter(pk=hold.pk).update(**change)

    def test_takes_none_back_that_was_lifted(self, organisation, rui):
        hold = legal_holds.lift(legal_holds.place(organisation, **TOLD, by=rui), reason="Over.", by=rui)
        with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
            LegalHold.objects.filter(pk=hold.pk).update(lifted_at=None, lifted_by=None, lift_reason="")
