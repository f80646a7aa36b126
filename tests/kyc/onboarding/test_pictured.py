"""The customer sees the picture of what was declared, and nothing of what anybody found."""

import html

import pytest
from django.test import Client
from django.urls import reverse

from kyc.cases.models import Examination
from kyc.ownership import actions as ownership
from kyc.ownership.models import Determination, Interest
from kyc.parties.models import Party
from kyc.screening.models import ListVersion
from tests import cast
from tests.cast import Founded

OWNERS, FILE = reverse("onboarding:owners"), reverse("onboarding:picture")


def told(client: Client, url: str) -> str:
    return html.unescape(client.get(url).content.decode())


@pytest.fixture
def holding(nordlys: Founded) -> Party:
    return ownership.declare_owner(
        nordlys.organisation, owned=nordlys.party, kind="company", name="Fjord Invest AS", share="1/3", country="NO",
        hq_country="NO", by=nordlys.by,
    ).owner  # fmt: skip


@pytest.fixture
def found_out(nordlys: Founded, holding: Party) -> None:
    """An officer knows that Fjord is listed and blocks Nordlys."""
    version = ListVersion.objects.create(
        source="ofac-sdn", published="2024-05-02", sha256="0" * 64, entries_count=1, is_active=True
    )
    case = nordlys.organisation.case_set.get()
    lists = [{"id": version.pk, "source": "ofac-sdn", "published": "2024-05-02"}]
    done = Examination.objects.create(
        organisation=nordlys.organisation, case=case, rule_pack="2026.11", state="done", done_at="2026-11-01T00:00Z", lists=lists
    )
    cast.matched(holding, version, score="1.000")
    for party in (holding, nordlys.party):
        Determination.objects.create(
            organisation=nordlys.organisation, party=party, regime="ofac-50", verdict="yes", share_min="0", share_max="0",
            rule_pack="2026.11", examination_id=done.pk,
        )  # fmt: skip


class TestPage:
    @pytest.mark.parametrize("url", [OWNERS, reverse("onboarding:check"), reverse("onboarding:overview")])
    def test_shows_who_owns_whom_as_it_was_told(self, alices: Client, nordlys: Founded, holding: Party, url: str) -> None:
        page = told(alices, url)
        picture = page.partition('<div class="picture"')[2].partition("</svg>")[0]
        for words in ("Fjord Invest AS · NO", "1/3 (≈ 33.33 %)", f"{nordlys.party.name} · NO", "you"):
            assert f">{words}</text>" in picture, words

    def test_says_nothing_of_what_was_found(self, alices: Client, found_out: None) -> None:
        before = told(alices, OWNERS).partition('id="picture"')[2].partition("</section>")[0]
        assert before
        for word in ("listed", "blocked", "possible match", "own-bad", "own-is-bad", "own-mark", "not checked"):
            assert word not in before, word
        for word in ("listed", "blocked", "possible match", "own-is-bad", "own-mark"):
            assert word not in alices.get(FILE).content.decode(), word

    def test_before_an_owner_is_named_there_is_none(self, alices: Client, nordlys: Founded) -> None:
        for interest in Interest.objects.live().filter(organisation=nordlys.organisation):
            ownership.end(interest, by=nordlys.by)
        assert 'class="picture"' not in told(alices, OWNERS)
        assert alices.get(FILE).status_code == 404


class TestDownload:
    def test_is_a_file_of_its_own(self, alices: Client, nordlys: Founded, holding: Party) -> None:
        answer = alices.get(FILE)
        assert answer["Content-Type"] == "image/svg+xml"
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert f"Who owns {nordlys.party.name}, as declared" in answer.content.decode()
