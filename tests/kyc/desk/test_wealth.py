"""What an officer sees of a customer in which somebody is politically exposed, and the word on what shows his wealth."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from kyc.cases import examining, exposed, judging
from kyc.cases.models import Case, Requirement
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.parties.models import Party
from kyc.screening.models import ListVersion
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes, test_exposed
from tests.kyc.cases.conftest import nordlys, the_list  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db
TAGS = re.compile(r"<[^>]+>|[\u2066-\u2069]")
SHOWN = "Sold his vineyard in 2019, as the deed says."


def text(answer: Any) -> str:
    return " ".join(unescape(TAGS.sub(" ", answer.content.decode())).split()).replace(" .", ".")


@pytest.fixture
def minister(case: Case, ana: User, rui: User) -> Case:
    """Alice Olsen is ruled to be the one on the list, and what shows her wealth was asked for."""
    party, version = Party.objects.get(name="Alice Olsen"), ListVersion.objects.get()
    hit = cast.matched(party, version, topics=["pep"])
    cast.ruled(hit, ruling="true", reason="other_evidence", note="It is she.", by=ana, second=rui)
    exposed.settle()
    return case


def sent(case: Case) -> Document:
    party = Party.objects.get(name="Alice Olsen")
    by = case.submitted_by
    assert by is not None
    return evidence.upload(case.organisation, kind="wealth", file=cast.pdf(width=421), party=party, by=by)


def address(case: Case) -> str:
    return reverse("desk:wealth", args=[case.pk, Requirement.objects.get().pk])


def test_he_sees_what_is_asked_reads_what_was_sent_and_accepts_it(minister: Case, as_ana: Client, ana: User) -> None:
    documents = reverse("desk:case", args=[minister.pk]) + "?tab=documents"
    page = text(as_ana.get(documents))
    assert "Source of wealth" in page and "not sent yet" in page and "I have read it" not in page
    paper = sent(minister)
    page = text(as_ana.get(documents))
    assert "sent, to be accepted" in page and "I have read it, and it shows it" in page
    unread = as_ana.post(address(minister), {"document": paper.pk, "note": SHOWN})
    assert unread.status_code == 422
    assert "You have not opened “extract.pdf” yet." in text(unread) and SHOWN in text(unread)
    evidence.look_at(paper, by=ana)
    empty = as_ana.post(address(minister), {"document": paper.pk, "note": ""})
    assert empty.status_code == 422 and "Write what the document shows" in text(empty)
    done = as_ana.post(address(minister), {"document": paper.pk, "note": SHOWN}, follow=True)
    assert "Accepted: Alice Olsen." in text(done)
    assert SHOWN in text(done) and "Ana Maric" in text(done) and "I have read it" not in text(done)
    Document.objects.update(removed_at=timezone.now(), removed_by=minister.submitted_by)
    assert "Ana Maric had verified by it, of Alice Olsen: source of wealth" in text(as_ana.get(documents))


def test_who_may_not_approve_is_told_who_can(
    nordlys: Founded,  # noqa: F811
    the_list: ListVersion,  # noqa: F811
    ana: User,
    rui: User,
    as_ana: Client,
    as_rui: Client,
    tmp_path: Path,
) -> None:
    test_exposed.listed_as("pep", tmp_path)
    case = test_exposed.ruled(nordlys, ana)
    judging.accept(case, Requirement.objects.get(), document=test_exposed.sent(nordlys, ana), note=SHOWN, by=ana)
    examining.run()
    helena = cast.staff("senior", "Helena Brandt")
    url = reverse("desk:case", args=[case.pk])
    told = "A senior officer approves this, since somebody in it is politically exposed or close to somebody who is."
    assert f"{told} Who can: Helena Brandt." in text(as_ana.get(url))
    decision = scenes.proposed(case, "approve", by=ana)
    page = as_rui.get(url)
    assert f"{told} Who can: Helena Brandt." in text(page)
    assert '<button class="button primary" type="submit" disabled>Approve' in page.content.decode()
    typed = {"decision": decision.pk, "note": "Seen.", "unseen": "on"}
    refused = as_rui.post(reverse("desk:take", args=[case.pk]), typed, follow=True)
    assert told in text(refused) and Case.objects.get().state == "proposed"
    as_helena = cast.signed_in(helena)
    page = as_helena.get(url)
    assert told not in text(page) and '<button class="button primary" type="submit">Approve' in page.content.decode()
    as_helena.post(reverse("desk:take", args=[case.pk]), typed)
    assert Case.objects.get().state == "approved"
