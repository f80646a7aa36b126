from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from reports import canonical, envelope, signing
from reports.instants import parse

FACTS: dict[str, Any] = {"report": "R-03", "name": "Нордлис"}
ASKED = datetime(2026, 11, 24, 14, 0, 0, 7, tzinfo=timezone(timedelta(hours=2)))


def issued() -> dict[str, Any]:
    return envelope.issued(FACTS, number="R-03-2026-00001", prepared_by="Astrid Lund", addressee="BIS", requested_at=ASKED)


class TestIssued:
    def test_it_says_who_for_whom_and_that_it_is_registered(self, settings: Any) -> None:
        settings.PROVIDER_NAME = "Example AI, Inc."
        found = issued()
        found.pop("generated_at"), found.pop("sha256")
        assert found == {
            "number": "R-03-2026-00001",
            "status": "issued",
            "status_text": "Issued and registered",
            "provider": "Example AI, Inc.",
            "contact": settings.CONTACT_EMAIL,
            "verify": f"{settings.SITE_URL}/verify/R-03-2026-00001",
            "prepared_by": "Astrid Lund",
            "approved_by": "",
            "approved_at": "",
            "addressee": "BIS",
            "requested_at": "2026-11-24T12:00:00.000007Z",
            "classification": "Confidential",
            "paper": settings.PAPER,
            "signature": signing.words(),
        }

    def test_the_time_of_making_is_now_and_can_be_read_back(self) -> None:
        made = parse(issued()["generated_at"]).first
        assert timedelta(0) <= datetime.now(UTC) - made < timedelta(seconds=5)


class TestDraft:
    def test_it_says_that_it_is_neither_issued_nor_registered(self) -> None:
        found = envelope.draft(FACTS)
        assert (found["number"], found["status"], found["status_text"]) == (
            "draft",
            "draft",
            "Draft: not issued and not registered",
        )
        assert (found["prepared_by"], found["addressee"], found["requested_at"]) == (
            "Command line, by whoever may run it",
            "",
            "",
        )

    def test_it_has_the_fields_of_an_issued_one(self) -> None:
        assert set(envelope.draft(FACTS)) == set(issued())


@pytest.mark.parametrize("make", [envelope.draft, lambda facts: issued()])
def test_its_digest_is_that_of_the_facts(make: Any) -> None:
    assert make(FACTS)["sha256"] == canonical.sha256(canonical.encode(FACTS))
