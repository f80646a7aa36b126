import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts import audit, organisations
from accounts.models import AuditEvent, User
from kyc.cases import actions
from kyc.cases.models import Case
from kyc.desk import timeline
from kyc.evidence.models import Document
from tests import cast


class TestOf:
    def test_newest_first_in_words(self, case: Case, ana: User) -> None:
        actions.assign(case, to=ana, by=ana)
        events, on = timeline.of(case, to=ana)
        assert (events[0].who, events[0].what) == ("Ana Maric", "set the owner: Ana Maric")
        assert events[-1].what == "created the organisation: Nordlys Modelling AS"
        assert on is None

    def test_a_customer_who_bears_an_officers_name_is_told_from_him(self, case: Case, ana: User, as_ana: Client) -> None:
        User.objects.filter(email="alice@nordlys.example").update(name="Ana Maric")
        sides = {event.what: event.by_customer for event in timeline.of(case, to=ana)[0]}
        assert sides["sent the case"] is True
        assert "(customer)" in as_ana.get(f"/desk/cases/{case.pk}/", {"tab": "timeline"}).content.decode()

    def test_one_kind_only(self, case: Case, ana: User) -> None:
        events, _on = timeline.of(case, to=ana, kind="documents")
        assert [event.what for event in events] == ["sent a document: Passport", "sent a document: Register extract"]

    def test_goes_on_where_it_stopped(self, case: Case, ana: User) -> None:
        everything, _on = timeline.of(case, to=ana)
        head, on = timeline.of(case, to=ana, limit=2)
        rest, end = timeline.of(case, to=ana, before=on)
        assert head + rest == everything
        assert end is None

    def test_another_organisation_stays_out(self, case: Case, ana: User) -> None:
        stranger = cast.customer("somebody@else.example", "Somebody Else")
        audit.record("case.opened", target=organisations.create(name="Elsewhere AS", by=stranger), by=stranger)
        assert "Somebody Else" not in {event.who for event in timeline.of(case, to=ana)[0]}

    def test_what_an_investigator_only_read_is_told_to_nobody_outside_the_compartment(self, case: Case, ana: User) -> None:
        ines, document = (
            cast.staff("investigator", "Inês Caldeira"),
            Document.objects.filter(organisation=case.organisation).first(),
        )
        for who in (ines, ana):
            audit.record("document.viewed", target=document, by=who, name="Passport", downloaded=True)
        audit.record("hold.placed", target=case, by=ines)
        assert [event.what for event in timeline.of(case, to=ines)[0][:3]].count("downloaded a document: Passport") == 2
        for limit in (timeline.LATELY, timeline.PAGE):
            told = [(event.who, event.what) for event in timeline.of(case, to=ana, limit=limit)[0]]
            assert ("Inês Caldeira", "downloaded a document: Passport") not in told
            assert ("Ana Maric", "downloaded a document: Passport") in told
            assert told[0][0] == "Inês Caldeira", "what others live with is told"

    def test_also_when_she_is_an_analyst_since(self, case: Case, ana: User) -> None:
        ines, document = (
            cast.staff("investigator", "Inês Caldeira"),
            Document.objects.filter(organisation=case.organisation).first(),
        )
        audit.record("document.viewed", target=document, by=ines, name="Passport", downloaded=True)
        User.objects.filter(pk=ines.pk).update(staff_role="analyst")
        assert "Inês Caldeira" not in {event.who for event in timeline.of(case, to=ana)[0]}


RECORDED = re.compile(r'audit\.record\(\s*"([^"]+)"')


def recorded() -> set[str]:
    """Every verb that the product's code writes."""
    sources = [path for room in ("accounts", "kyc", "reports") for path in Path(settings.BASE_DIR, room).rglob("*.py")]
    return {verb for path in sources for verb in RECORDED.findall(path.read_text())}


class TestVerbs:
    def test_everything_that_is_recorded_has_words(self) -> None:
        assert len(recorded()) > 20
        assert recorded() <= timeline.VERBS.keys() | timeline.CONFINED_VERBS.keys()


class TestTold:
    @pytest.mark.parametrize(
        ("verb", "details", "what"),
        [
            ("decision.proposed", {"choice": "ask", "code": "document_unreadable"}, "proposed a decision: Ask for more"),
            ("hit.ruled", {"ruling": "false", "code": "different_country"}, "ruled on a possible match: it is another"),
            ("hit.ruled", {"ruling": "true"}, "ruled on a possible match: it is the same"),
            ("key.issued", {"prefix": "kh_live_x"}, "issued a key: kh_live_x"),
            ("key.linked", {"key": "kh_live_x", "entity": "E-2026-00001"}, "linked a key: kh_live_x"),
            ("case.assigned", {"to": ""}, "set the owner: nobody"),
            ("document.uploaded", {"kind": "passport", "size": 3, "sha256": "ab"}, "sent a document: Passport"),
            ("document.viewed", {"name": "a.pdf", "downloaded": False}, "looked at a document: a.pdf"),
            ("document.viewed", {"name": "a.pdf", "downloaded": True}, "downloaded a document: a.pdf"),
            ("interest.declared", {"owner": "Bo", "owned": "A AS", "share": "50"}, "declared an interest: Bo, 50 % of A AS"),
            ("interest.declared", {"owner": "Bo", "owned": "A AS", "share": ""}, "declared an interest: Bo, unknown of A AS"),
            ("interest.share_changed", {"before": "1/3", "share": "40"}, "changed a share: 1/3 (≈ 33.33 %) → 40 %"),
            ("interest.share_changed", {"before": "much", "share": ""}, "changed a share: much → unknown"),
            ("interest.ended", {"owner": "Bo", "owned": "A AS"}, "ended an interest: Bo in A AS"),
            ("case.examined", {"rule_pack": "2026.11"}, "finished the checks"),
            (
                "authority.verification_fell",
                {"name": "Alice", "verified_by": "Ana", "document": "a.pdf"},
                "took away what showed who may sign: Alice, as verified by Ana from “a.pdf”",
            ),
        ],
    )
    def test_codes_are_read_by_their_words(self, verb: str, details: dict[str, str], what: str) -> None:
        assert timeline.told(AuditEvent(verb=verb, actor="Ana", details=details)).what == what

    def test_a_reason_that_was_chosen_is_read_by_its_words(self) -> None:
        ruled = AuditEvent(verb="hit.ruled", reason="different_country", details={"ruling": "false", "code": "different_country"})
        assert timeline.told(ruled).detail == "From another country"
        assert timeline.told(AuditEvent(verb="hit.ruled", reason="Seen.", details={"ruling": "false"})).detail == "Seen."

    def test_a_verb_without_words_is_still_readable(self) -> None:
        assert timeline.told(AuditEvent(verb="limit_pool.drawn", actor="Keyholder")).what == "limit pool: drawn"
