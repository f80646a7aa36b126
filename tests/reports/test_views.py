"""The auditor's face: ask, watch, download. The outsider first."""

import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import ROLES, NotPermitted, Permission
from kyc.keys.models import Key
from reports import actions, building, issuing, links, many, pack, packing, scheduling, stages
from reports.facts.catalogue import CATALOGUE, ENTRIES
from reports.models import Report
from tests import cast
from tests.rows import one_of_each

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(organisation: Organisation, astrid: User) -> Report:
    return actions.request(organisation, by=astrid)


@pytest.fixture
def auditor(astrid: User) -> Client:
    return cast.signed_in(astrid)


def addresses(report: Report) -> list[str]:
    return ["/reports/", "/reports/request/", f"/reports/{report.pk}/", f"/reports/{report.pk}/download/"]


def ready(report: Report) -> Report:
    building.run()
    report.refresh_from_db()
    assert report.state == Report.State.ISSUED, report.failure
    return report


def text(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]  # the test client's response


def asked(organisation: Organisation, /, **values: str) -> dict[str, str]:
    return {"kind": "R-03", "organisation": str(organisation.pk), "as_of": "", "known_at": "", **values}


def downloads() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb="report.downloaded"))


class TestAddressee:
    def test_whom_it_is_for_stands_in_the_envelope_and_on_its_cover_and_never_in_the_facts(
        self, auditor: Client, organisation: Organisation, tmp_path: Path
    ) -> None:
        assert 'name="addressee"' in text(auditor.get("/reports/request/"))
        auditor.post("/reports/request/", asked(organisation, addressee=" Bureau of Industry and Security "))
        report = ready(Report.objects.get())
        assert report.envelope["addressee"] == "Bureau of Industry and Security"
        assert "Bureau of Industry" not in str(report.facts) and "Bureau of Industry" not in str(report.parameters)
        (tmp_path / "r.pdf").write_bytes(report.file.read())
        drawn = subprocess.run(["pdftotext", str(tmp_path / "r.pdf"), "-"], capture_output=True, text=True, check=True).stdout
        assert "Bureau of Industry and Security" in " ".join(drawn.split())

    def test_it_may_be_left_out_and_is_no_letter(self, auditor: Client, organisation: Organisation) -> None:
        assert auditor.post("/reports/request/", asked(organisation, addressee="a" * 201)).status_code == 422
        assert not Report.objects.exists()
        assert auditor.post("/reports/request/", asked(organisation, addressee=" ")).status_code == 302
        assert Report.objects.get().envelope["addressee"] == ""


@pytest.mark.usefixtures("short_pages")
class TestDoor:
    def test_a_stranger_signs_in_first(self, report: Report) -> None:
        for address in addresses(report):
            assert Client().get(address)["Location"].startswith("/account/login/"), address

    def test_outsiders_the_customer_and_staff_without_business_here_get_the_page_for_a_missing_one(
        self, report: Report, alice: User
    ) -> None:
        building.run()
        charlie = cast.customer("charlie@outside.example", "Charlie")
        for person in (charlie, alice, cast.staff("administrator"), cast.staff("support")):
            client = cast.signed_in(person)
            missing = client.get("/no/such/page").content
            for address in addresses(report):
                answer = client.get(address)
                assert (answer.status_code, answer.content) == (404, missing), (person, address)
        assert downloads() == []

    def test_they_ask_for_nothing_either(self, organisation: Organisation, alice: User) -> None:
        for person in (alice, cast.staff("administrator"), cast.staff("investigator")):
            assert cast.signed_in(person).post("/reports/request/", asked(organisation)).status_code == 404
        assert not Report.objects.exists()

    @pytest.mark.parametrize("role", ["analyst", "approver", "investigator", "auditor"])
    def test_staff_who_work_cases_may_view(self, report: Report, role: str) -> None:
        client = cast.signed_in(User.objects.filter(staff_role=role).first() or cast.staff(role))
        assert report.number in text(client.get("/reports/"))
        assert client.get(f"/reports/{report.pk}/").status_code == 200

    def test_a_report_that_is_not_there_is_missing(self, auditor: Client) -> None:
        for address in ("/reports/999999/", "/reports/999999/download/"):
            assert auditor.get(address).status_code == 404


class TestList:
    def test_it_says_of_each_what_when_and_by_whom(self, report: Report, auditor: Client) -> None:
        page = text(auditor.get("/reports/"))
        for told in (report.number, "Nordlys Modelling AS", "Requested", "Astrid Lund", f"{report.known_at:%H:%M:%S}"):
            assert told in page

    def test_it_is_as_many_queries_for_many_as_for_one(
        self, organisation: Organisation, astrid: User, auditor: Client, reads: Any
    ) -> None:
        for _ in range(5):
            actions.request(organisation, by=astrid)
        with reads(at_most=7):
            auditor.get("/reports/")

    def test_none_is_said(self, auditor: Client) -> None:
        assert "No report has been asked for yet." in text(auditor.get("/reports/"))


class TestAsk:
    def test_it_offers_every_organisation(self, organisation: Organisation, auditor: Client) -> None:
        assert "Nordlys Modelling AS" in text(auditor.get("/reports/request/"))

    def test_a_request_leads_to_its_own_page(self, organisation: Organisation, auditor: Client, astrid: User) -> None:
        answer = auditor.post("/reports/request/", asked(organisation))
        report = Report.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, f"/reports/{report.pk}/")
        assert report.requested_by == astrid

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"organisation": ""}, "This is needed."),
            ({"organisation": "999999"}, "Choose one from the list."),
            ({"kind": "R-99"}, "Choose one from the list."),
            ({"as_of": "9999-01-01"}, "lies in the future. Choose a day that has begun."),
            ({"as_of": "never"}, "Write a day such as 2026-03-31."),
            ({"known_at": "9999-01-01T00:00:00"}, "“As known at” lies in the future. Choose a moment that has passed."),
            ({"known_at": "2001-01-01T00:00:00"}, "Nothing was recorded yet at that moment."),
            ({"as_of": "2026-03-01"}, "There was no such customer at that time: its account was opened on"),
            ({"as_of": "1999-12-31"}, "“As of” lies before the year 2000, of which nothing is recorded."),
            ({"kind": "R-06", "since": "0001-01-01"}, "“From” lies before the year 2000, of which nothing is recorded."),
            ({"kind": "R-06", "since": "1999-12-31"}, "“From” lies before the year 2000, of which nothing is recorded."),
            ({"kind": "R-06", "since": "9999-12-31"}, "“From” lies in the future. Choose a day that has begun."),
            ({"kind": "R-06", "since": "2026-03-02", "as_of": "2026-03-01"}, "“From” must lie before “to”."),
            ({"kind": "R-06", "key": "kh_live_x"}, "This organisation has no such key."),
            ({"key": "kh_live_x"}, "This organisation has no such key."),
        ],
    )
    def test_bad_input_is_explained_and_asks_for_nothing(
        self, organisation: Organisation, auditor: Client, values: dict[str, str], sentence: str
    ) -> None:
        answer = auditor.post("/reports/request/", asked(organisation, **values))
        assert answer.status_code == 422
        assert sentence in text(answer)
        assert not Report.objects.exists()


@pytest.mark.usefixtures("short_pages")
class TestWatch:
    def test_it_shows_how_far_it_is_and_asks_again(self, report: Report, auditor: Client) -> None:
        assert "Waiting for a worker." in text(auditor.get(f"/reports/{report.pk}/"))
        claim = building.QUEUE.claim()
        assert claim
        shown = []
        for progress, stage in ((5, "identity"), (25, "access"), (building.DRAWING, "pages")):
            building.told(claim, progress, stage)
            page = text(auditor.get(f"/reports/{report.pk}/"))
            assert f"Working on: {stages.told(stage)}." in page and 'hx-trigger="every 1s"' in page
            found = re.search(r'<progress max="100" value="(\d+)"', page)
            assert found
            shown.append(int(found[1]))
        assert shown == [5, 25, 80]

    def test_what_htmx_asks_for_is_the_part_that_changes(self, report: Report, auditor: Client) -> None:
        part = text(auditor.get(f"/reports/{report.pk}/", headers={"HX-Request": "true"}))
        assert part.lstrip().startswith('<section class="card" id="progress"')
        assert "<html" not in part

    def test_a_ready_one_offers_its_file_and_asks_no_more(self, report: Report, auditor: Client) -> None:
        building.run()
        report.refresh_from_db()
        page = text(auditor.get(f"/reports/{report.pk}/"))
        assert f"/reports/{report.pk}/download/" in page
        assert report.sha256 in page
        assert "hx-get" not in page

    def test_a_failed_one_says_why(self, report: Report, auditor: Client) -> None:
        Report.objects.update(state="failed", failure="UnknownPack: 1999.01")
        page = text(auditor.get(f"/reports/{report.pk}/"))
        assert "It could not be built: UnknownPack: 1999.01" in page
        assert "hx-get" not in page and "download" not in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("short_pages")
class TestAgain:
    def test_the_same_instants_give_the_same_facts_after_a_later_change(
        self, report: Report, organisation: Organisation, auditor: Client
    ) -> None:
        first = ready(report)
        Organisation.objects.filter(pk=organisation.pk).update(name="Sudlys Modelling AS")
        answer = auditor.post(f"/reports/{first.pk}/again/")
        second = ready(Report.objects.exclude(pk=first.pk).get())
        assert answer["Location"] == f"/reports/{second.pk}/"
        assert (second.valid_at, second.known_at, second.sha256) == (first.valid_at, first.known_at, first.sha256)
        later = ready(actions.request(organisation, by=first.requested_by))
        assert later.sha256 != first.sha256

    def test_who_may_only_view_finds_nothing(self, report: Report) -> None:
        assert cast.signed_in(cast.staff("investigator")).post(f"/reports/{report.pk}/again/").status_code == 404
        assert Report.objects.count() == 1


@pytest.mark.usefixtures("short_pages")
class TestDownload:
    def test_one_that_is_not_ready_is_not_there_and_nothing_is_written_down(self, report: Report, auditor: Client) -> None:
        assert auditor.get(f"/reports/{report.pk}/download/").status_code == 404
        assert downloads() == []

    def test_the_file_comes_whole_and_each_time_is_written_down(self, report: Report, auditor: Client, astrid: User) -> None:
        building.run()
        report.refresh_from_db()
        for count in (1, 2):
            answer = auditor.get(f"/reports/{report.pk}/download/")
            assert answer["Content-Type"] == "application/pdf"
            assert answer["Content-Disposition"] == f'attachment; filename="{report.number}.pdf"'
            assert "no-store" in answer["Cache-Control"]
            assert b"".join(answer.streaming_content) == report.file.open().read()
            assert len(downloads()) == count
        event = downloads()[0]
        assert (event.actor_id, event.target_id) == (astrid.pk, str(report.pk))
        assert event.details == {"sha256": report.sha256, "state": "issued"}
        assert event.organisation_id == report.organisation_id
        assert timezone.now() - event.at < timedelta(seconds=30)


class TestNarrowedList:
    @pytest.fixture
    def many(self, organisation: Organisation, astrid: User) -> None:
        first = actions.request(organisation, kind="R-06", by=astrid)
        fields = ("organisation", "valid_at", "known_at", "snapshot", "rule_pack", "template", "requested_by")
        same = {name: getattr(first, name) for name in fields}
        Report.objects.bulk_create(Report(kind="R-03", **same) for _ in range(60))

    def rows(self, page: str) -> list[str]:
        return re.findall(r'<a class="nowrap" href="/reports/\d+/">([^<]+)</a>', page)

    def test_it_has_fifty_a_page_the_newest_first(self, many: None, auditor: Client) -> None:
        first, second = (text(auditor.get(address)) for address in ("/reports/", "/reports/?page=2"))
        assert len(self.rows(first)) == 50
        assert self.rows(first) + self.rows(second) == [report.number for report in Report.objects.order_by("-pk")]
        assert "?page=2" in first and "?page=1" in second

    def test_kind_and_organisation_stand_in_the_address(self, many: None, organisation: Organisation, auditor: Client) -> None:
        (only,) = self.rows(text(auditor.get(f"/reports/?kind=R-06&organisation={organisation.pk}")))
        assert only.startswith("R-06-")
        other = cast.having_sent(Organisation.objects.create(name="Sudlys AS"), by=cast.customer("bob@sudlys.example", "Bob"))
        page = text(auditor.get(f"/reports/?organisation={other.pk}"))
        assert self.rows(page) == [] and "No such report has been asked for" in page

    @pytest.mark.parametrize("address", ["?kind=R-99", "?organisation=x", "?page=x", "?page=999", "?kind=%00"])
    def test_a_bad_address_narrows_nothing_and_breaks_nothing(self, many: None, auditor: Client, address: str) -> None:
        answer = auditor.get(f"/reports/{address}")
        assert answer.status_code == 200
        assert self.rows(text(answer))


class TestStuck:
    def test_one_that_no_worker_takes_says_so_and_what_happens_next(self, report: Report, auditor: Client) -> None:
        assert "no worker has taken it" not in text(auditor.get(f"/reports/{report.pk}/"))
        Report.objects.update(requested_at=timezone.now() - timedelta(seconds=40))
        assert "no worker has taken it" not in text(auditor.get(f"/reports/{report.pk}/")), "so long a lost wake-up may take"
        Report.objects.update(requested_at=timezone.now() - timedelta(seconds=72))
        page = text(auditor.get(f"/reports/{report.pk}/"))
        assert "The report: no worker has taken it for 70 s. It is taken up by itself" in page
        assert f'<noscript><p><a class="button" href="/reports/{report.pk}/">' in page

    def test_a_failed_one_can_be_built_again(self, report: Report, auditor: Client) -> None:
        Report.objects.update(state="failed", failure="UnknownPack: 1999.01")
        assert f'action="/reports/{report.pk}/again/"' in text(auditor.get(f"/reports/{report.pk}/"))
        assert auditor.post(f"/reports/{report.pk}/again/").status_code == 302
        assert Report.objects.filter(state="requested").count() == 1


class TestKeysToChooseFrom:
    @pytest.fixture
    def key(self, alice: User) -> Key:
        return one_of_each(alice)[Key]  # type: ignore[no-any-return]  # a row of each

    def test_follow_the_organisation_that_is_chosen(self, key: Key, auditor: Client) -> None:
        page = auditor.get("/reports/request/").content.decode()
        assert 'hx-get="/reports/request/"' in page and key.prefix not in page
        answer = auditor.get("/reports/request/", {"organisation": key.organisation_id}, headers={"HX-Request": "true"})
        assert answer.content.decode().strip().startswith('<datalist id="keys">')
        assert key.prefix in answer.content.decode()

    def test_without_scripts_a_button_asks_for_them_and_nothing_typed_is_lost(self, key: Key, auditor: Client) -> None:
        typed = {"kind": "R-06", "organisation": key.organisation_id, "since": "2026-02-03", "suggest": "keys"}
        answer = auditor.post("/reports/request/", typed | {"key": f"kh_live_{'a' * 58}"})
        page = answer.content.decode()
        assert answer.status_code == 200
        assert key.prefix in page and 'value="2026-02-03"' in page
        assert f'value="{key.organisation_id}" selected' in page
        assert "a" * 58 not in page
        assert not Report.objects.filter(kind="R-06").exists()


class TestAskForPeriod:
    def test_an_attribution_report_says_its_interval_on_its_page(self, organisation: Organisation, auditor: Client) -> None:
        answer = auditor.post("/reports/request/", asked(organisation, kind="R-06", since="2026-03-02"))
        page = text(auditor.get(answer["Location"]))
        assert "2 March 2026 00:00:00 UTC" in page and "every key of the organisation" in page

    def test_a_sandbox_is_not_offered(self, organisation: Organisation, auditor: Client) -> None:
        Organisation.objects.create(name="Try-out", sandbox="approved")
        assert "Try-out" not in text(auditor.get("/reports/request/"))


@pytest.mark.usefixtures("quick_pages")
class TestIssuing:
    """What the page of a report that two people issue says, and to whom it offers what."""

    @pytest.fixture
    def awaiting(self, organisation: Organisation, astrid: User) -> Report:
        report = actions.request(organisation, kind="R-04", profile="full", by=astrid)
        building.run()
        report.refresh_from_db()
        assert report.state == "awaiting", report.failure
        return report

    @pytest.fixture
    def approver(self) -> Client:
        return cast.signed_in(cast.staff("approver", "Rui Duarte"))

    def test_who_asked_is_told_that_another_approves_it_and_is_offered_no_button(self, awaiting: Report, auditor: Client) -> None:
        page = text(auditor.get(f"/reports/{awaiting.pk}/"))
        assert "Awaiting approval" in page and "waits for somebody else to approve it" in page
        assert "/approve/" not in page and "Restate as known now" not in page

    def test_an_approver_approves_it_there_and_it_is_issued_with_both_names(self, awaiting: Report, approver: Client) -> None:
        page = text(approver.get(f"/reports/{awaiting.pk}/"))
        assert "Approve and issue it" in page and "People are told in full." in page
        approver.post(f"/reports/{awaiting.pk}/approve/")
        building.run()
        page = text(approver.get(f"/reports/{awaiting.pk}/"))
        assert "Approved by <bdi>Rui Duarte</bdi>" in page and "Restate as known now" in page

    def test_one_that_could_not_be_drawn_once_approved_says_why_and_offers_no_file(
        self, awaiting: Report, approver: Client, auditor: Client
    ) -> None:
        approver.post(f"/reports/{awaiting.pk}/approve/")
        Report.objects.update(state="failed", failure="OSError: disk full")
        page = text(auditor.get(f"/reports/{awaiting.pk}/"))
        assert "It could not be built: OSError: disk full" in page and "Build it again" in page
        assert "/download/" not in page

    def test_one_that_is_not_approved_says_by_whom_and_why(self, awaiting: Report, approver: Client, auditor: Client) -> None:
        approver.post(f"/reports/{awaiting.pk}/decline/", {"why": "\x00"})
        assert Report.objects.get().state == "awaiting"
        approver.post(f"/reports/{awaiting.pk}/decline/", {"why": "The wrong <b>customer</b>."})
        page = text(auditor.get(f"/reports/{awaiting.pk}/"))
        assert "<bdi>Rui Duarte</bdi> did not approve it on" in page and "The wrong &lt;b&gt;customer&lt;/b&gt;." in page

    def test_one_that_was_withdrawn_says_so_and_can_still_be_read(
        self, report: Report, approver: Client, auditor: Client
    ) -> None:
        ready(report)
        assert "Withdraw it" in text(approver.get(f"/reports/{report.pk}/"))
        assert "Withdraw it" not in text(auditor.get(f"/reports/{report.pk}/"))
        approver.post(f"/reports/{report.pk}/withdraw/", {"why": "It was asked for wrongly."})
        page = text(auditor.get(f"/reports/{report.pk}/"))
        assert "UTC by <bdi>Rui Duarte</bdi>: It was asked for wrongly." in page and "Download the PDF" in page

    @pytest.mark.parametrize("verb", ["approve", "decline", "withdraw"])
    def test_an_auditor_does_none_of_it(self, awaiting: Report, auditor: Client, verb: str) -> None:
        assert auditor.post(f"/reports/{awaiting.pk}/{verb}/", {"why": "Because."}).status_code == 404
        assert Report.objects.get().state == "awaiting"


class TestCatalogue:
    def test_every_kind_has_its_line(self) -> None:
        assert [entry.frame for entry in ENTRIES] == [*CATALOGUE.values()]
        assert {entry.kind for entry in ENTRIES} == set(Report.Kind.values)

    def test_it_stands_above_the_list_open_only_where_nothing_was_asked_for(
        self, organisation: Organisation, auditor: Client, astrid: User
    ) -> None:
        page = text(auditor.get("/reports/"))
        assert '<details id="catalogue" open>' in page and "Which reports there are" in page
        for entry in ENTRIES:
            assert (f'href="/reports/request/?kind={entry.kind}"' in page) == entry.is_requested
        actions.request(organisation, by=astrid)
        page = text(auditor.get("/reports/"))
        assert '<details id="catalogue">' in page

    def test_who_may_not_ask_is_led_nowhere(self, organisation: Organisation) -> None:
        page = text(cast.signed_in(cast.staff("investigator")).get("/reports/"))
        assert "Which reports there are" in page and "/reports/request/" not in page

    @pytest.mark.parametrize(("kind", "profile"), [("R-03", "full"), ("R-04", "full"), ("R-06", ""), ("R-03", "minimised")])
    def test_what_it_says_of_approvals_is_what_is_done(
        self, organisation: Organisation, astrid: User, kind: str, profile: str
    ) -> None:
        report = actions.request(organisation, kind=kind, profile=profile, by=astrid)
        [told] = [str(entry.approval) for entry in ENTRIES if entry.kind == kind]
        takes_two = told.startswith("Another") or ("In full: another" in told and profile == "full")
        assert (report.proposal is not None) == takes_two


@pytest.mark.usefixtures("quick_pages", "kept")
class TestWhatSanctionsBlocked:
    """R-20 is read by who reads of blocked property: an investigator reads reports, and not that."""

    @pytest.fixture
    def tove(self) -> User:
        return cast.staff("investigator", "Tove Lie")

    @pytest.fixture
    def blocked(self, organisation: Organisation, astrid: User) -> Report:
        found = actions.request(organisation, kind="R-20", by=astrid)
        building.run()
        issuing.approve(Report.objects.get(pk=found.pk), by=cast.staff("approver", "Rui Duarte"))
        return ready(found)

    def test_no_page_of_it_is_there_for_another(self, blocked: Report, astrid: User, tove: User) -> None:
        pages = [f"/reports/{blocked.pk}/", f"/reports/{blocked.pk}/download/", f"/reports/{blocked.pk}/pack.zip"]
        assert [cast.signed_in(tove).get(page).status_code for page in pages] == [404] * 3
        assert [cast.signed_in(astrid).get(page).status_code for page in pages[:2]] == [200] * 2
        assert cast.signed_in(tove).post(f"/reports/{blocked.pk}/links/", {"reader": "x", "days": "1"}).status_code == 404
        assert blocked.number in text(cast.signed_in(astrid).get("/reports/"))
        assert blocked.number not in text(cast.signed_in(tove).get("/reports/"))
        assert [event.actor_id for event in downloads()] == [astrid.pk]

    def test_no_action_hands_it_to_another(self, blocked: Report, organisation: Organisation, tove: User) -> None:
        acts = [
            lambda: actions.downloaded(blocked, by=tove),
            lambda: pack.allowed(blocked, by=tove),
            lambda: links.make(blocked, reader="x", by=tove),
        ]
        for act in acts:
            with pytest.raises(NotPermitted):
                act()
        with pytest.raises(many.NoneChosen):
            many.chosen([blocked.pk], by=tove)

    def test_what_was_given_before_is_not_given_after_the_right_to_it_ended(self, blocked: Report, astrid: User) -> None:
        _link, token = links.make(blocked, reader="x", by=astrid)
        made = packing.ask([blocked], is_evidence=False, by=astrid)
        packing.run()
        assert links.known(token) and packing.take(made, by=astrid)
        User.objects.filter(pk=astrid.pk).update(staff_role="investigator")
        moved = User.objects.get(pk=astrid.pk)
        assert links.known(token) is None and links.shown(blocked) == []
        with pytest.raises(NotPermitted):
            packing.take(made, by=moved)

    def test_nobody_without_it_asks_for_one_or_has_one_asked_for_by_the_calendar(
        self, organisation: Organisation, astrid: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No role may ask for reports and not read of what is blocked; one that came to be would be refused."""
        told: dict[str, Any] = {"rhythm": "month", "first_on": timezone.localdate()}
        made = scheduling.set_up(kind="R-20", organisation=None, **told, by=astrid)
        monkeypatch.setitem(ROLES, "auditor", ROLES["auditor"] - {Permission.BLOCKED_VIEW})
        for act in (actions.request, scheduling.set_up):
            more = told if act is scheduling.set_up else {}
            with pytest.raises(NotPermitted):
                act(organisation=organisation, kind="R-20", **more, by=astrid)
        assert scheduling.over(made) == "left"
        assert actions.request(organisation, by=astrid)
