"""The audit trail. The outsider first."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import audit, heads, merkle, proving, sequencer
from accounts.models import AuditEvent, AuditHead, AuditLeaf, Organisation, User
from reports import trail
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def omar() -> User:
    return cast.staff("administrator", "Omar Said")


@pytest.fixture
def events(alice: User, omar: User, organisation: Organisation) -> list[AuditEvent]:
    """The last of all: one of an organisation, and one of none."""
    return [
        audit.record("hold.placed", target=organisation, by=alice, reason="=1+1", source="officer"),
        audit.record("gateway.credential_issued", target=omar, by=omar, name="edge-1"),
    ]


@pytest.fixture
def auditor(astrid: User) -> Client:
    return cast.signed_in(astrid)


def shown(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [event["row"].verb for event in answer.context["events"]]


def rows(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200 and answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))


class TestDoor:
    def test_a_stranger_signs_in_first_and_outsiders_find_nothing(self, events: list[AuditEvent], alice: User) -> None:
        outside = (alice, *(cast.staff(role) for role in ("analyst", "approver", "investigator", "support")))
        for address in ("/audit/", "/audit/export.csv"):
            assert Client().get(address)["Location"].startswith("/account/login/")
            for person in outside:
                assert cast.signed_in(person).get(address).status_code == 404

    def test_who_sees_no_case_sees_what_was_done_to_no_organisation(self, events: list[AuditEvent], omar: User) -> None:
        client = cast.signed_in(omar)
        page = client.get("/audit/")
        assert "gateway.credential_issued" in shown(page) and "hold.placed" not in shown(page)
        assert "Nordlys" not in page.content.decode()
        assert {row["organisation"] for row in rows(client.get("/audit/export.csv"))} == {""}

    def test_nor_whom_an_auditor_looked_at(self, events: list[AuditEvent], auditor: Client, astrid: User, omar: User) -> None:
        b"".join(auditor.get("/audit/export.csv?who=Alice")).decode()
        administrator = cast.signed_in(omar)
        b"".join(administrator.get("/audit/export.csv?who=Omar")).decode()
        (by_her,) = AuditEvent.objects.filter(verb="audit.exported", actor_id=astrid.pk)
        assert administrator.get(f"/audit/{by_her.pk}/").status_code == 404
        shown = [event["row"] for event in administrator.get("/audit/?what=audit.exported").context["events"]]
        assert [row.actor for row in shown] == ["Omar Said"]

    def test_it_is_where_an_administrator_begins(self, omar: User) -> None:
        assert cast.signed_in(omar).get("/start/")["Location"] == "/audit/"


class TestTrail:
    def test_shows_the_newest_first_with_who_what_whom_and_why(self, events: list[AuditEvent], auditor: Client) -> None:
        page = auditor.get("/audit/")
        assert shown(page)[:2] == ["gateway.credential_issued", "hold.placed"]
        text = page.content.decode()
        for said in ("Alice Olsen", "placed a hold", "Nordlys Modelling AS", "=1+1", "Omar Said", "edge-1", "not yet"):
            assert said in text, said

    @pytest.mark.parametrize(
        ("query", "verbs"),
        [
            ("who=omar", ["gateway.credential_issued"]),
            ("what=hold.placed", ["hold.placed"]),
            ("what=hold.placed&who=omar", []),
            ("since=2999-01-01", []),
            ("until=2000-01-01", []),
        ],
    )
    def test_every_filter_stands_in_the_address(
        self, events: list[AuditEvent], auditor: Client, query: str, verbs: list[str]
    ) -> None:
        page = auditor.get(f"/audit/?{query}")
        assert shown(page) == verbs
        assert f'href="/audit/export.csv?{page.context["export"]}"'.replace("&", "&amp;") in page.content.decode()

    def test_an_organisation_and_its_days_narrow(
        self, events: list[AuditEvent], auditor: Client, organisation: Organisation
    ) -> None:
        day = timezone.now().astimezone(UTC).date()
        query = f"organisation={organisation.pk}&since={day}&until={day}"
        found = auditor.get(f"/audit/?{query}")
        assert set(found.context["page"].object_list.values_list("organisation_id", flat=True)) == {organisation.pk}
        assert shown(found)[0] == "hold.placed"
        assert not shown(auditor.get(f"/audit/?organisation={organisation.pk}&since={day + timedelta(days=1)}"))

    def test_a_filter_that_is_none_narrows_nothing_and_says_so(self, events: list[AuditEvent], auditor: Client) -> None:
        page = auditor.get("/audit/?what=no.such&since=yesterday&organisation=x")
        assert shown(page)[0] == "gateway.credential_issued"
        assert page.context["form"].errors.keys() == {"what", "since", "organisation"}

    def test_asks_no_more_however_long_it_is(
        self, events: list[AuditEvent], auditor: Client, organisation: Organisation, reads: Any
    ) -> None:
        for _ in range(60):
            audit.record("hold.placed", target=organisation, by=None)
        with reads(at_most=13):
            page = auditor.get("/audit/")
        assert len(shown(page)) == trail.A_PAGE and page.context["older_url"] == "?page=2"


class TestProved:
    def test_says_that_nothing_is_signed_yet(self, auditor: Client) -> None:
        text = auditor.get("/audit/").content.decode()
        assert "Nothing is signed yet." in text and "Not verified yet" in text

    def test_says_up_to_where_it_is_signed_and_verified_and_when(self, events: list[AuditEvent], auditor: Client) -> None:
        at = datetime(2026, 11, 28, 9, 5, 3, tzinfo=UTC)
        AuditHead.objects.create(size=7, root=b"", peaks=b"", at=at, incarnation=1, boundary=2**62, key="", signature=b"")
        AuditLeaf.objects.create(index=6, event_id=events[0].pk, hash=b"")
        audit.record("audit.verified", target=AuditHead(size=5), by=None, count=5)
        page = auditor.get("/audit/")
        text = page.content.decode()
        assert "Signed up to head 7 at 28 Nov 2026 09:05:03 UTC." in text and "Verified up to head 5 at " in text
        assert [event["row"].place for event in page.context["events"]][2] == 6
        audit.record("audit.found_altered", target=AuditHead(size=7), by=None, count=7)
        page = auditor.get("/audit/").content.decode()
        assert "Found altered at " in page and "Later checks" not in page
        audit.record("audit.verified", target=AuditHead(size=8), by=None, count=8)
        page = auditor.get("/audit/").content.decode()
        assert "Found altered at " in page and "Later checks do not undo this" in page and "Verified up to head 8" in page

    def test_says_when_events_wait_too_long(self, auditor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "held them up" not in auditor.get("/audit/").content.decode()
        monkeypatch.setattr(sequencer, "oldest_waiting", lambda: timezone.now() - timedelta(seconds=42))
        assert "in the signed log for 42 seconds" in auditor.get("/audit/").content.decode()


class TestExport:
    def test_is_the_same_events_with_everything_that_is_kept(self, events: list[AuditEvent], auditor: Client) -> None:
        first, *others = rows(auditor.get("/audit/export.csv?what=hold.placed"))
        assert not others and first.keys() == set(trail.CELLS)
        assert (first["number"], first["who"], first["what"]) == (str(events[0].pk), "Alice Olsen", "hold.placed")
        assert (first["why"], first["place"], first["details"]) == ("'=1+1", "", '{"source": "officer"}')

    def test_is_an_event_itself(self, auditor: Client, astrid: User) -> None:
        auditor.get("/audit/export.csv?who=ana")
        auditor.head("/audit/export.csv")
        event = AuditEvent.objects.get(verb="audit.exported")
        assert (event.actor_id, event.details) == (astrid.pk, {"filters": "who=ana"})


class TestOperator:
    @pytest.fixture(autouse=True)
    def issued(self, alice: User) -> None:
        audit.record("gateway.credential_issued", target=alice, by=None, name="edge-1", operator="deploy-7")

    def test_who_ran_a_command_is_named_and_found(self, auditor: Client) -> None:
        page = auditor.get("/audit/", {"who": "deploy-7"})
        assert shown(page) == ["gateway.credential_issued"]
        assert "by a command of deploy-7" in page.content.decode()
        (row,) = rows(auditor.get("/audit/export.csv", {"who": "deploy-7"}))
        assert (row["who"], row["operator"]) == ("Keyholder", "deploy-7")


class TestBadFilters:
    @pytest.mark.parametrize("asked", [{"since": "2026-02-02", "until": "2026-02-01"}, {"what": "nothing"}, {"since": "soon"}])
    def test_no_file_is_made_of_one_but_the_page_says_what_is_wrong(self, auditor: Client, asked: dict[str, str]) -> None:
        page = auditor.get("/audit/export.csv", asked, follow=True)
        assert page.redirect_chain[0][0].startswith("/audit/?")
        assert page.context["form"].errors
        assert page.context["export"] == page.wsgi_request.GET.urlencode()
        assert not AuditEvent.objects.filter(verb="audit.exported").exists()

    def test_to_before_from_is_told(self, auditor: Client) -> None:
        page = auditor.get("/audit/", {"since": "2026-02-02", "until": "2026-02-01"})
        assert page.context["form"].errors["until"] == ["“To” lies before “From”."]


class TestEvent:
    @pytest.fixture
    def placed(self, events: list[AuditEvent]) -> list[AuditEvent]:
        """In the tree, which takes nothing of a test's own transaction."""
        for row in AuditEvent.objects.filter(pk__in=[event.pk for event in events]).order_by("pk"):
            sequencer.store([row], sequencer.tree_of(sequencer.last_head()), reached=(row.incarnation, row.xid))  # type: ignore[list-item]  # has its columns
        return events

    def test_shows_one_event_to_who_may_see_it_in_the_trail(
        self, placed: list[AuditEvent], auditor: Client, omar: User, alice: User
    ) -> None:
        of_nordlys, of_none = (f"/audit/{event.pk}/" for event in placed)
        page = auditor.get(of_nordlys).content.decode()
        for said in ("Alice Olsen", "placed a hold", "Nordlys Modelling AS", "=1+1", "officer", "Download the proof"):
            assert said in page, said
        administrator = cast.signed_in(omar)
        assert administrator.get(of_none).status_code == 200
        for method in ("get", "post"):
            assert getattr(administrator, method)(of_nordlys).status_code == 404
            assert getattr(cast.signed_in(alice), method)(of_none).status_code == 404

    def test_its_proof_is_a_file_that_is_checked_without_us_and_who_took_it_is_written_down(
        self, placed: list[AuditEvent], auditor: Client, astrid: User
    ) -> None:
        answer = auditor.post(f"/audit/{placed[0].pk}/", {"since": "1"})
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
        assert answer["Content-Disposition"] == f'attachment; filename="audit-{placed[0].pk}.json"'
        assert "no-store" in answer["Cache-Control"]
        found = proving.proved(answer.content.decode(), kept=[sequencer.said(AuditHead.objects.get(size=1))])
        assert (found.event["verb"], found.values["reason"], found.head.size) == ("hold.placed", "=1+1", 2)
        event = AuditEvent.objects.get(verb="audit.proved")
        assert (event.actor, event.organisation_id) == ("Astrid Lund", None), "no officer of the case sees what she looks at"
        assert event.details == {"event": placed[0].pk, "since": 1}

    def test_the_newest_head_is_kept_from_the_trail_and_proofs_lead_to_it(
        self, events: list[AuditEvent], auditor: Client
    ) -> None:
        assert auditor.get("/audit/head.jsonl").status_code == 404
        assert "Keep this head" not in auditor.get("/audit/").content.decode()
        first, second = AuditEvent.objects.filter(pk__in=[event.pk for event in events]).order_by("pk")
        sequencer.store([first], merkle.Tree(), reached=(first.incarnation, first.xid))  # type: ignore[list-item]  # has its columns
        kept = auditor.get("/audit/head.jsonl")
        assert kept["Content-Disposition"] == 'attachment; filename="head-1.jsonl"'
        sequencer.store([second], sequencer.tree_of(sequencer.last_head()), reached=(second.incarnation, second.xid))  # type: ignore[list-item]  # has its columns
        proof = auditor.post(f"/audit/{second.pk}/", {"since": "1"}).content.decode()
        assert proving.proved(proof, kept=heads.read(kept.content.decode().splitlines())).index == 1

    @pytest.mark.parametrize(
        ("since", "sentence"),
        [("7", "No head of 7 events was signed."), ("0", "greater than or equal to 1"), ("x", "Write a whole number."),
         ("9" * 30, "less than or equal to")],
    )  # fmt: skip
    def test_a_head_that_is_none_is_told_beside_its_field(
        self, placed: list[AuditEvent], auditor: Client, since: str, sentence: str
    ) -> None:
        answer = auditor.post(f"/audit/{placed[0].pk}/", {"since": since})
        assert answer.status_code == 422
        assert sentence in " ".join(answer.context["form"].errors["since"])
        assert not AuditEvent.objects.filter(verb="audit.proved").exists()

    def test_one_that_waits_for_its_place_has_none_yet(self, events: list[AuditEvent], auditor: Client) -> None:
        assert "Download the proof" not in auditor.get(f"/audit/{events[0].pk}/").content.decode()
        answer = auditor.post(f"/audit/{events[0].pk}/", {"since": ""})
        assert answer.status_code == 422
        assert "no place in the signed log yet" in answer.content.decode()
