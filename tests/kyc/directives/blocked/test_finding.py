"""The product makes the record itself, once and with its clock, and nobody of the customer's is told."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts import scope
from accounts.models import AuditEvent, Message, User
from kyc.directives.blocked import actions, finding
from kyc.directives.blocked.models import BlockedRecord
from kyc.ownership.models import Interest
from kyc.parties.models import Party
from kyc.rules import packs
from kyc.screening import actions as screening
from kyc.screening import overturning
from kyc.screening.models import Hit
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes

pytestmark = pytest.mark.django_db


def otherwise(*, ruling: str, by: User, second: User) -> None:
    """The ruling that stands is overturned by two."""
    hit = Hit.objects.current().get(ruling__in=["true", "false"])
    reason = next(iter(screening.REASONS[ruling]))
    proposed = overturning.overturn(hit, ruling=ruling, reason=reason, note="Looked at again.", by=by)
    overturning.confirm(proposed.overturning, by=second)


def on_another_list(party: Party, same: Hit) -> Hit:
    version = same.list_version
    version.source = "eu-fsf"
    return cast.matched(party, version)


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

    def test_ruled_on_anew_after_it_was_dismissed_it_is_recorded_again(self, found: BlockedRecord, ana: User, rui: User) -> None:
        actions.take(actions.dismiss(found, reason="A licence covers it.", by=ana), by=rui)
        finding.run()
        assert BlockedRecord.objects.count() == 1 and not finding.QUEUE.is_waiting()
        otherwise(ruling="false", by=ana, second=rui)
        otherwise(ruling="true", by=ana, second=rui)
        finding.run()
        finding.run()
        assert BlockedRecord.objects.count() == 2

    def test_bought_after_the_ruling_it_is_blocked_from_the_first_round_that_says_so(
        self, same: Hit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = finding.determined().get()
        assert finding.owned_since(row) == same.ruled_at
        rounds = []
        for days, verdict in ((5, "no"), (7, "yes"), (9, "yes")):
            at = timezone.now() + timedelta(days=days)
            row.pk, row.examination_id, row.verdict, row._state.adding = None, row.examination_id + 1, verdict, True
            with monkeypatch.context() as patch:
                patch.setattr(timezone, "now", lambda at=at: at)
                row.save()
            rounds.append(row.determined_at)
        assert finding.owned_since(row) == rounds[1]

    def test_where_those_of_another_list_are_needed_for_the_half_nothing_is_recorded(self, same: Hit, nordlys: Founded) -> None:
        Interest.objects.live().filter(owner=same.party).update(share="40")
        assert finding.QUEUE.is_waiting()
        on_another_list(nordlys.controller, same)
        finding.run()
        assert not BlockedRecord.objects.exists() and not finding.QUEUE.is_waiting()

    def test_those_of_another_list_beside_owners_of_the_half_change_nothing(self, same: Hit, nordlys: Founded) -> None:
        on_another_list(nordlys.controller, same)
        finding.run()
        assert BlockedRecord.objects.get().basis == "owned"

    def test_one_row_that_fails_is_logged_and_stops_no_other(
        self, same: Hit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(row: object) -> None:
            raise ZeroDivisionError("a share of nothing")

        reminded: list[None] = []
        with monkeypatch.context() as patch:
            patch.setattr(finding, "reached_at", fail)
            finding.run()
            assert not BlockedRecord.objects.exists() and "ZeroDivisionError: a share of nothing" in caplog.text
        made = finding.made
        monkeypatch.setattr(finding, "made", lambda *args, **said: fail(reminded.append(None)))
        finding.run()
        monkeypatch.setattr(finding, "made", made)
        finding.run()
        assert reminded and BlockedRecord.objects.exists()


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
