"""The statement of what we keep, as the customer downloads it on paper."""

import io
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pikepdf
import pytest
from django.utils import timezone, translation

from accounts import limits
from accounts.models import AuditEvent, User
from kyc.keys import closing
from reports import statements
from tests import cast
from tests.kyc.keys.conftest import ana, case, entity, issued, linked, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.reports.test_pdf import extracted, tags, violations

ADDRESS = "/verification/kept/statement.pdf"


def attached(document: pikepdf.Pdf) -> dict[str, bytes]:
    return {name: file.get_file().read_bytes() for name, file in document.attachments.items()}


@pytest.fixture
def closed(nordlys: Any, linked: Any, rui: User) -> Any:  # noqa: F811
    closing.close(nordlys.organisation, reason="Resold keys.", by=rui)
    nordlys.organisation.refresh_from_db()
    return nordlys


class TestStatement:
    def test_is_the_members_to_download(self, closed: Any) -> None:
        answer = cast.signed_in(closed.by).get(ADDRESS)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert answer["Content-Disposition"] == f'attachment; filename="statement-{closed.organisation.pk}.pdf"'
        assert "no-store" in answer["Cache-Control"]
        assert AuditEvent.objects.filter(verb="organisation.statement_downloaded").count() == 1

    def test_says_what_the_page_says_and_nothing_of_our_reasons(self, closed: Any) -> None:
        data = statements.drawn(closed.organisation)
        words = " ".join(extracted(data, "-raw").split())
        for told in ("Final statement", closed.organisation.name, "We closed the account on", "prod", "What happens next"):
            assert told in words, told
        assert "Resold keys" not in words
        with pikepdf.open(io.BytesIO(data)) as document:
            ((name, stored),) = attached(document).items()
        assert name == "statement.json"
        for page in extracted(data).split("\f")[:-1]:
            assert f"SHA-256 {sha256(stored).hexdigest()}" in page
        told = json.loads(stored)
        assert told["account_closed_by"] == "provider"
        assert all(row["what"] in words for row in told["records"])
        assert "Resold keys" not in stored.decode()

    def test_paper_and_json_of_one_day_are_the_same_statement(self, closed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Drawn hours apart: the digest that the paper bears is that of the other file too."""
        client, morning = cast.signed_in(closed.by), datetime(2026, 11, 29, 7, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: morning)
        alone = client.get("/verification/kept/statement.json").content
        monkeypatch.setattr(timezone, "now", lambda: morning + timedelta(hours=9))
        paper = b"".join(client.get(ADDRESS))
        with pikepdf.open(io.BytesIO(paper)) as document:
            assert attached(document)["statement.json"] == alone
        assert sha256(alone).hexdigest() in "".join(extracted(paper, "-raw").split())
        assert json.loads(alone)["made_on"] == "2026-11-29"

    def test_is_tagged_and_archivable(self, closed: Any) -> None:
        with pikepdf.open(io.BytesIO(statements.drawn(closed.organisation))) as document:
            assert violations(document) == []
            found = tags(document)
            assert found["H1"] == 1 and found["TH"] > 10
            assert str(document.Root.Lang) == "en"

    def test_of_an_open_account_is_not_final(self, nordlys: Any) -> None:  # noqa: F811
        words = " ".join(extracted(statements.drawn(nordlys.organisation)).split())
        assert "Final" not in words and "While you are a customer" in words

    def test_is_in_the_language_of_who_asks(self, nordlys: Any) -> None:  # noqa: F811
        with translation.override("de"), pikepdf.open(io.BytesIO(statements.drawn(nordlys.organisation))) as document:
            assert str(document.Root.Lang) == "de"

    def test_is_not_drawn_without_end(self, nordlys: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
        monkeypatch.setattr(limits, "spent", lambda *_, **__: True)
        assert cast.signed_in(nordlys.by).get(ADDRESS).status_code == 429
        assert not AuditEvent.objects.filter(verb="organisation.statement_downloaded").exists()
