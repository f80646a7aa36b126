"""The product makes the record itself, once and with its clock, and nobody of the customer's is told."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts import scope
from accounts.models import AuditEvent, Message, User
from kyc.directives.blocked import finding
from kyc.directives.blocked.models import BlockedRecord
from kyc.rules import packs
from kyc.screening.models import Hit
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes

pytestmark = pytest.mark.django_db


class TestOwned:
    def test_nothing_is_recorded_while_the_match_waits(self, sold: Hit) -> None:
        assert not finding.QUEUE.is_waiting()
        finding.run()
        assert not BlockedRecord.objects.exists()

    def test_what_listed_parties_own_is_recorded_once_with_its_clock(self, same: Hit) -> None:
        assert finding.QUEUE.is_waiting()
        finding.run()
        finding.run()
        made = BlockedRecord.objects.get()
        assert (made.kind, made.basis, made.state, made.made_by) == ("blocked", "owned", "open", None)
        assert made.happened_on == timezone.localdate(same.ruled_at)
        assert made.due_on == packs.current().blocked_due(made.happened_on)
        assert not finding.QUEUE.is_waiting() or made.due_on <= timezone.localdate() + timedelta(days=4)
        assert AuditEvent.objects.get(verb="blocked.recorded").organisation_id is None

    def test_it_keeps_holder_owners_entry_and_arithmetic(self, found: BlockedRecord) -> None:
        assert found.holder == "Nordlys Modelling AS"
        assert found.programme == "SDGT"
        assert found.facts["holder"] == {
            "name": "Nordlys Modelling AS", "kind": "Company", "country": "Norway (NO)", "number": "918334207",
        }  # fmt: skip
        assert [(row["owner"], row["share"]) for row in found.facts["owners"]] == [
            ("Alice Olsen", "40 %"),
            (scenes.KARPOV, "60 %"),
        ]
        [entry] = found.facts["entries"]
        assert (entry["entry"], entry["published"], entry["programmes"]) == ("9103", "2026-10-01", ["SDGT"])
        assert "60 %" in " ".join(found.facts["arithmetic"]["why"])

    def test_the_customer_is_shown_no_row_and_written_nothing(self, found: BlockedRecord, nordlys: Founded) -> None:
        with scope.of(nordlys.organisation.pk):
            assert not BlockedRecord.objects.exists()
        assert not [mail for mail in Message.objects.all() if found.number in mail.text or "OFAC" in mail.text]


class TestListed:
    def test_whoever_was_never_a_customer_was_refused(self, the_list: object, ana: User, rui: User) -> None:
        made = cast.founded(scenes.person("boris@volkhov.example", "Boris Volkov"), name=scenes.VOLKHOV)
        scenes.ready(made)
        hit = Hit.objects.open().get(party=made.party)
        cast.ruled(hit, ruling="true", by=ana, second=rui)
        finding.run()
        record = BlockedRecord.objects.get()
        assert (record.kind, record.basis, record.hit_id) == ("rejected", "listed", hit.pk)
        assert record.kept_from is not None


class TestReminders:
    def test_officers_who_file_are_reminded_once_and_no_customer_is_named(self, found: BlockedRecord, rui: User) -> None:
        BlockedRecord.objects.update(happened_on=date(2026, 11, 2), due_on=timezone.localdate() + timedelta(days=2))
        finding.run()
        finding.run()
        mail = Message.objects.get(to=rui.email)
        assert found.number in mail.text and found.holder not in mail.text + mail.subject
        assert not finding.QUEUE.is_waiting()
