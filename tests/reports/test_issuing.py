"""Four eyes over what leaves the house: who approves, what the database refuses, and how an issued report ends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import Error, connection, transaction
from django.utils import timezone

from accounts import proposals, snapshots
from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import NotPermitted
from accounts.refused import ReasonMissing
from accounts.vault import shredding
from kyc.parties.models import Party
from reports import actions, building, issuing, pdf, restating, signing, verification
from reports.facts.catalogue import CATALOGUE
from reports.models import Report
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)
Kept = Callable[[], set[Path]]


@pytest.fixture
def envelopes(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each drawing was made from; pages take most of a report's time."""
    seen: list[dict[str, Any]] = []

    def drawn(facts: dict[str, Any], envelope: dict[str, Any], changes: Any = (), *, told: Any = None) -> bytes:
        seen.append(envelope)
        return b"%PDF-1.7 pages"

    monkeypatch.setattr(pdf, "render", drawn)
    monkeypatch.setattr(signing, "signed", lambda data: data)
    return seen


@pytest.fixture
def rui() -> User:
    return cast.staff("approver", "Rui Duarte")


@pytest.fixture
def awaiting(organisation: Organisation, astrid: User, kept: Kept, envelopes: list[dict[str, Any]]) -> Report:
    report = actions.request(organisation, kind="R-04", profile="full", by=astrid)
    building.run()
    report.refresh_from_db()
    return report


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith="report.").order_by("pk").values_list("verb", flat=True))


def by_sql(change: str, report: Report) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE reports_report SET {change} WHERE id = %s", [report.pk])


class TestWhichTakeTwo:
    @pytest.mark.parametrize(
        ("kind", "profile", "takes_two"),
        [("R-03", "", False), ("R-03", "full", True), ("R-04", "", False), ("R-04", "full", True), ("R-06", "", True)],
    )
    def test_what_leaves_the_house_and_what_tells_people_in_full(
        self, organisation: Organisation, astrid: User, kind: str, profile: str, takes_two: bool
    ) -> None:
        report = actions.request(organisation, kind=kind, profile=profile, by=astrid)
        assert (report.proposal is not None) == takes_two
        if takes_two:
            with pytest.raises(Error, match="report_for_others_takes_two"):
                by_sql("proposal_id = NULL", report)

    def test_the_database_knows_the_kinds_that_the_catalogue_says(self, organisation: Organisation, astrid: User) -> None:
        first = actions.request(organisation, by=astrid)
        cut = ("organisation", "valid_at", "known_at", "snapshot", "rule_pack", "template", "requested_by")
        same = {name: getattr(first, name) for name in cut}
        for kind, frame in CATALOGUE.items():
            refused = ""
            try:
                with transaction.atomic():
                    Report.objects.create(kind=kind, **same)
            except Error as error:
                refused = str(error)
            assert ("report_for_others_takes_two" in refused) == frame.takes_two({}), kind


class TestAwaiting:
    def test_built_it_waits_and_says_so_in_its_envelope(self, awaiting: Report, envelopes: list[dict[str, Any]]) -> None:
        assert (awaiting.state, awaiting.standing) == ("awaiting", "Awaiting approval")
        assert (envelopes[0]["status"], envelopes[0]["approved_by"]) == ("awaiting", "")
        assert verbs() == ["report.requested", "report.built"]

    def test_it_is_read_by_who_may_approve_it_and_by_who_asked(self, awaiting: Report, astrid: User, rui: User) -> None:
        for reader in (astrid, rui):
            assert actions.downloaded(awaiting, by=reader)
        with pytest.raises(NotPermitted):
            actions.downloaded(awaiting, by=cast.staff("analyst"))

    def test_another_person_approves_it_and_a_worker_issues_the_same_facts(
        self, awaiting: Report, rui: User, envelopes: list[dict[str, Any]], kept: Kept
    ) -> None:
        issuing.approve(awaiting, by=rui)
        building.run()
        issued = Report.objects.get(pk=awaiting.pk)
        assert (issued.state, issued.facts, issued.sha256) == ("issued", awaiting.facts, awaiting.sha256)
        assert (envelopes[1]["status"], envelopes[1]["approved_by"]) == ("issued", "Rui Duarte")
        assert envelopes[1]["approved_at"] and envelopes[1]["prepared_by"] == "Astrid Lund"
        assert verbs() == ["report.requested", "report.built", "report.approved", "report.issued"]
        assert kept() == {Path(issued.file.path)}, "what was read to be approved is gone"

    def test_who_asked_does_not_approve_it_whatever_he_may(self, organisation: Organisation, rui: User, kept: Kept) -> None:
        report = actions.request(organisation, kind="R-06", by=rui)
        building.run()
        with pytest.raises(proposals.SamePerson):
            issuing.approve(report, by=rui)
        assert Report.objects.get().state == "awaiting"

    @pytest.mark.parametrize("role", ["analyst", "auditor", "administrator", "investigator", "support"])
    def test_nor_does_who_may_not(self, awaiting: Report, role: str) -> None:
        with pytest.raises(NotPermitted):
            issuing.approve(awaiting, by=cast.staff(role, "Somebody Else"))

    def test_the_database_issues_it_only_with_another_persons_word(self, awaiting: Report) -> None:
        with pytest.raises(Error, match="report_is_issued_by_two"):
            by_sql("state = 'issued'", awaiting)

    def test_what_was_built_to_be_read_does_not_change(self, awaiting: Report) -> None:
        for change in (
            "sha256 = repeat('0', 64)",
            "facts = 'x'::bytea",
            "known_at = now()",
            "requested_by_id = requested_by_id + 1",
        ):
            with pytest.raises(Error, match="built_report_keeps_its_facts"):
                by_sql(change, awaiting)

    @pytest.mark.parametrize("state", ["awaiting", "requested", "failed"])
    def test_nor_in_any_state_before_its_issue(self, awaiting: Report, rui: User, state: str) -> None:
        if state != "awaiting":
            issuing.approve(awaiting, by=rui)
        by_sql(f"state = '{state}'", awaiting)
        for change in ("facts = 'x'::bytea", "changes = 'x'::bytea", "restates_id = id", "sha256 = ''"):
            with pytest.raises(Error, match="built_report_keeps_its_facts"):
                by_sql(change, awaiting)

    @pytest.mark.parametrize(
        "change",
        [
            "state = 'superseded', superseded_at = now(), superseded_by_id = id",
            "state = 'withdrawn', withdrawn_at = now(), withdrawn_by_id = requested_by_id, withdrawn_because = 'x'",
        ],
    )
    def test_nor_does_it_become_registered_in_another_way(self, awaiting: Report, change: str) -> None:
        with pytest.raises(Error, match="report_is_issued_by_two"):
            by_sql(change, awaiting)

    def test_one_not_approved_is_never_issued_and_says_why(self, awaiting: Report, rui: User) -> None:
        with pytest.raises(ReasonMissing):
            issuing.decline(awaiting, note=" ", by=rui)
        issuing.decline(awaiting, note="The wrong customer.", by=rui)
        building.run()
        found = Report.objects.get(pk=awaiting.pk)
        assert (found.state, found.proposal and found.proposal.outcome_note) == ("declined", "The wrong customer.")
        with pytest.raises(issuing.NotAwaiting):
            issuing.approve(awaiting, by=rui)
        with pytest.raises(Error, match=r"issued_report_is_fixed"):
            by_sql("state = 'issued'", awaiting)


@pytest.fixture
def issued(organisation: Organisation, astrid: User, kept: Kept, envelopes: list[dict[str, Any]]) -> Report:
    report = actions.request(organisation, by=astrid)
    building.run()
    report.refresh_from_db()
    assert report.state == "issued", report.failure
    return report


class TestWithdraw:
    def test_it_stays_with_who_when_and_why_and_so_does_its_file(self, issued: Report, rui: User) -> None:
        issuing.withdraw(issued, reason="Asked for wrongly.", by=rui)
        found = Report.objects.get(pk=issued.pk)
        assert (found.state, found.withdrawn_by, found.withdrawn_because) == ("withdrawn", rui, "Asked for wrongly.")
        assert found.withdrawn_at and (found.facts, found.sha256, found.file) == (issued.facts, issued.sha256, issued.file)
        assert actions.downloaded(found, by=rui)
        assert verbs()[-2:] == ["report.withdrawn", "report.downloaded"]

    def test_only_once_only_with_a_reason_and_only_by_who_may(self, issued: Report, astrid: User, rui: User) -> None:
        with pytest.raises(NotPermitted):
            issuing.withdraw(issued, reason="It was wrong.", by=astrid)
        with pytest.raises(ReasonMissing):
            issuing.withdraw(issued, reason="", by=rui)
        issuing.withdraw(issued, reason="It was wrong.", by=rui)
        with pytest.raises(issuing.NotIssued):
            issuing.withdraw(issued, reason="Again.", by=rui)

    @pytest.mark.parametrize(
        "change",
        [
            "state = 'superseded'",
            "state = 'withdrawn'",
            "state = 'superseded', superseded_at = now(), sha256 = repeat('1', 64)",
            "state = 'superseded', superseded_at = now(), envelope = '{}'",
            "superseded_at = now()",
            "state = 'superseded', superseded_at = now()",
            "state = 'superseded', superseded_by_id = id",
            "state = 'requested'",
        ],
    )
    def test_by_sql_nothing_moves_but_as_the_product_moves_it(self, issued: Report, change: str) -> None:
        with pytest.raises(Error, match=r"issued_report_is_fixed|report_superseded|report_withdrawn"):
            by_sql(change, issued)

    def test_one_that_still_waits_is_not_withdrawn(self, awaiting: Report, rui: User) -> None:
        with pytest.raises(issuing.NotIssued):
            issuing.withdraw(awaiting, reason="It was wrong.", by=rui)


class TestRestate:
    """The same instant as known later."""

    def restated(self, first: Report, astrid: User) -> Report:
        made = actions.restate(first, by=astrid)
        building.run()
        made.refresh_from_db()
        assert made.state == "issued", made.failure
        return made

    def test_it_names_what_it_restates_lists_what_changed_and_takes_its_place(
        self, issued: Report, astrid: User, envelopes: list[dict[str, Any]]
    ) -> None:
        Party.objects.create(organisation=issued.organisation, kind="person", name="Kari Moe")
        second = self.restated(issued, astrid)
        first = Report.objects.get(pk=issued.pk)
        assert (second.restates, second.valid_at, second.known_at > first.known_at) == (first, first.valid_at, True)
        assert first.state == "superseded" and first.superseded_at
        changed = json.loads(str(second.changes))
        assert changed and "known at" not in [row["where"] for row in changed]
        told = envelopes[-1]["restates"]
        assert (told["number"], told["sha256"], told["changed"]) == (first.number, first.sha256, len(changed))
        assert "restates" not in envelopes[0] and "restates" not in json.loads(str(second.facts))
        assert verbs()[-2:] == ["report.superseded", "report.issued"]

    @pytest.mark.usefixtures("kept")
    def test_it_is_for_the_same_reader_on_the_same_paper_with_the_same_tables(
        self, organisation: Organisation, astrid: User, rui: User, envelopes: list[dict[str, Any]]
    ) -> None:
        """None of these is the house's own choice, so what forgets one shows."""
        chosen = {"addressee": "Bureau of Industry and Security", "paper": "Letter", "tables": "summary"}
        assert chosen["paper"] != settings.PAPER
        first = self.approved(actions.request(organisation, kind="R-06", **chosen, by=astrid), rui)
        second = self.approved(actions.restate(first, by=astrid), rui)
        assert second.restates == first
        told = [{name: one.envelope[name] for name in chosen} for one in (first, second)]
        assert told == [chosen, chosen]
        # What the pages were drawn from, each time to be approved and to be issued.
        assert [{name: one[name] for name in chosen} for one in envelopes] == [chosen] * 4

    def approved(self, report: Report, rui: User) -> Report:
        building.run()
        issuing.approve(Report.objects.get(pk=report.pk), by=rui)
        building.run()
        report.refresh_from_db()
        assert report.state == "issued", report.failure
        return report

    def test_that_it_is_known_later_is_no_change(self, issued: Report, astrid: User, envelopes: list[dict[str, Any]]) -> None:
        second = self.restated(issued, astrid)
        assert (envelopes[-1]["restates"]["changed"], str(second.changes)) == (0, "")

    def test_report_json_is_that_of_the_five_inputs_and_does_not_know_of_the_first(self, issued: Report, astrid: User) -> None:
        second = self.restated(issued, astrid)
        ines = cast.staff("approver", "Inês Pinto")
        issuing.withdraw(Report.objects.get(pk=second.pk), reason="To ask for it alone.", by=ines)
        alone = actions.again(second, by=ines)
        building.run()
        alone.refresh_from_db()
        assert alone.sha256 == second.sha256

    def test_the_same_instants_again_restate_nothing(self, issued: Report, astrid: User) -> None:
        again = actions.again(issued, by=astrid)
        building.run()
        again.refresh_from_db()
        assert (again.restates, again.sha256) == (None, issued.sha256)
        assert Report.objects.get(pk=issued.pk).state == "issued"

    def test_nor_do_other_parameters(self, issued: Report, astrid: User) -> None:
        other = actions.request(issued.organisation, kind="R-04", valid_at=issued.valid_at, by=astrid)
        building.run()
        other.refresh_from_db()
        assert other.restates is None

    def test_two_at_once_end_in_a_line(self, issued: Report, astrid: User) -> None:
        """Both are asked for before either is built; each restates the one before it."""
        made = [actions.restate(issued, by=astrid) for _ in range(2)]
        for _ in range(3):
            building.run()
            Report.objects.filter(state="requested").update(claimed_until=None)
        second, third = (Report.objects.get(pk=one.pk) for one in made)
        assert [second.state, third.state] == ["superseded", "issued"]
        assert (second.restates_id, third.restates_id) == (issued.pk, second.pk)

    def built_amid(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """While the first is drawn another worker builds the others."""
        render = pdf.render

        def amid(*args: Any, **more: Any) -> bytes:
            monkeypatch.setattr(pdf, "render", render)
            building.run()
            return render(*args, **more)

        monkeypatch.setattr(pdf, "render", amid)
        building.run()

    @pytest.mark.usefixtures("kept", "envelopes")
    def test_of_two_drawn_at_the_same_time_the_later_known_restates_the_other(
        self, organisation: Organisation, astrid: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        valid_at, known_at = timezone.now(), snapshots.take().taken_at
        later = actions.request(organisation, valid_at=valid_at, by=astrid)
        earlier = actions.request(organisation, valid_at=valid_at, known_at=known_at, by=astrid)
        self.built_amid(monkeypatch)
        later.refresh_from_db()
        assert later.state == "requested" and "Overtaken" in later.failure
        Report.objects.filter(state="requested").update(claimed_until=None)
        building.run()
        later.refresh_from_db()
        earlier.refresh_from_db()
        assert (later.state, later.restates, earlier.state, earlier.superseded_by) == ("issued", earlier, "superseded", later)

    @pytest.mark.usefixtures("kept", "envelopes")
    def test_and_where_that_is_done_first_the_other_is_issued_as_superseded(
        self, organisation: Organisation, astrid: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        valid_at = timezone.now()
        earlier, later = (actions.request(organisation, valid_at=valid_at, by=astrid) for _ in range(2))
        self.built_amid(monkeypatch)
        later.refresh_from_db()
        earlier.refresh_from_db()
        assert (later.state, later.restates, earlier.state, earlier.superseded_by) == ("issued", None, "superseded", later)
        assert earlier.superseded_at and verbs()[-2:] == ["report.issued", "report.superseded"]

    def test_old_knowledge_built_again_does_not_stand_beside_the_new(self, issued: Report, astrid: User) -> None:
        second = self.restated(issued, astrid)
        third = actions.again(issued, by=astrid)
        building.run()
        third.refresh_from_db()
        assert (third.state, third.superseded_by, third.sha256) == ("superseded", second, issued.sha256)
        assert list(Report.objects.filter(state="issued")) == [second]

    def test_by_sql_it_does_not_either(self, issued: Report, astrid: User) -> None:
        self.restated(issued, astrid)
        cut = ("organisation", "valid_at", "known_at", "snapshot", "rule_pack", "template", "kind", "parameters", "sha256")
        with pytest.raises(Error, match="one_knowledge_stands"), transaction.atomic():
            Report.objects.create(
                **{name: getattr(issued, name) for name in cut},
                requested_by=astrid, state="issued", facts="{}", file=issued.file.name,
            )  # fmt: skip

    @pytest.mark.usefixtures("kept", "envelopes")
    def test_later_knowledge_approved_first_stands_and_the_earlier_is_issued_as_superseded(
        self, organisation: Organisation, astrid: User, rui: User
    ) -> None:
        valid_at = timezone.now()
        earlier, later = (actions.request(organisation, kind="R-06", valid_at=valid_at, by=astrid) for _ in range(2))
        building.run()
        for one in (later, earlier):
            issuing.approve(one, by=rui)
            building.run()
        later.refresh_from_db()
        earlier.refresh_from_db()
        assert (later.state, earlier.state, earlier.superseded_by) == ("issued", "superseded", later)

    @pytest.mark.usefixtures("kept", "envelopes")
    def test_what_was_read_to_be_approved_names_what_is_restated_or_is_not_issued(
        self, organisation: Organisation, astrid: User, rui: User
    ) -> None:
        valid_at = timezone.now()
        earlier, later = (actions.request(organisation, kind="R-06", valid_at=valid_at, by=astrid) for _ in range(2))
        building.run()
        for one in (earlier, later):
            issuing.approve(one, by=rui)
            building.run()
        later.refresh_from_db()
        assert (later.state, later.restates) == ("requested", None) and "Overtaken" in later.failure
        assert Report.objects.get(pk=earlier.pk).state == "issued"

    def test_what_was_withdrawn_is_built_again_only_by_who_may_withdraw(self, issued: Report, astrid: User, rui: User) -> None:
        issuing.withdraw(issued, reason="The wrong customer.", by=rui)
        for ask in (
            lambda: actions.again(issued, by=astrid),
            lambda: actions.request(issued.organisation, valid_at=issued.valid_at, known_at=issued.known_at, by=astrid),
        ):
            with pytest.raises(actions.WasWithdrawn):
                ask()
        assert actions.again(issued, by=rui).state == "requested"
        page = cast.signed_in(astrid).get(f"/reports/{issued.pk}/").content.decode()
        assert "Build it again" not in page

    def test_what_does_not_stand_is_not_restated_and_leads_to_what_does(self, issued: Report, astrid: User, rui: User) -> None:
        client, second = cast.signed_in(astrid), self.restated(issued, astrid)
        issued.refresh_from_db()
        with pytest.raises(restating.NothingToRestate, match=f"{issued.number} does not stand.*is {second.number}: restate that"):
            actions.restate(issued, by=astrid)
        page = client.get(f"/reports/{issued.pk}/").content.decode()
        assert "Restate as known now" not in page and f'<a href="/reports/{second.pk}/">{second.number}</a>: to have it' in page
        issuing.withdraw(second, reason="The wrong customer.", by=rui)
        for row in (issued, Report.objects.get(pk=second.pk)):
            answer = client.post(f"/reports/{row.pk}/restate/", follow=True)
            page = answer.content.decode()
            assert "No report of that instant stands, so there is nothing to restate." in page
            assert f'href="/reports/request/?kind=R-03&amp;organisation={row.organisation_id}"' in page
        assert Report.objects.count() == 2

    def test_where_what_took_its_place_was_withdrawn_that_is_said(self, issued: Report, astrid: User, rui: User) -> None:
        second = self.restated(issued, astrid)
        first = Report.objects.get(pk=issued.pk)
        assert "Ask for that one" in verification.said(first)
        issuing.withdraw(second, reason="A mistake.", by=rui)
        first = Report.objects.get(pk=issued.pk)
        assert "withdrawn since" in verification.said(first) and "Ask for that one" not in verification.said(first)
        page = cast.signed_in(astrid).get(f"/reports/{first.pk}/").content.decode()
        assert second.number in page and "That one was itself withdrawn since" in page

    def test_an_erased_one_gives_way_and_is_not_compared_with(self, issued: Report, astrid: User) -> None:
        shredding.shred(issued.sealed_for, reason="Past its last day.", by=None)
        second = self.restated(issued, astrid)
        assert (second.restates, Report.objects.get(pk=issued.pk).state) == (None, "superseded")

    def test_what_stands_now_is_told_however_often_it_was_restated(self, issued: Report, astrid: User) -> None:
        third = self.restated(self.restated(issued, astrid), astrid)
        assert restating.successor(Report.objects.get(pk=issued.pk)) == third

    def test_the_database_knows_one_restatement_of_a_report(self, issued: Report, astrid: User) -> None:
        self.restated(issued, astrid)
        third = actions.request(issued.organisation, by=astrid)
        building.run()
        third.refresh_from_db()
        with pytest.raises(Error, match=r"one_restatement_of_a_report|issued_report_is_fixed"):
            by_sql(f"restates_id = {issued.pk}", third)

    def test_the_list_is_attached_and_printed(self, issued: Report, astrid: User, monkeypatch: pytest.MonkeyPatch) -> None:
        Party.objects.create(organisation=issued.organisation, kind="person", name="Kari Moe")
        second = self.restated(issued, astrid)
        facts, changed = json.loads(str(second.facts)), json.loads(str(second.changes))
        files = pdf.files(facts, second.envelope, changed)
        assert json.loads(files["changes.json"]) == changed
        assert "changes.json" in json.loads(files["manifest.json"])
