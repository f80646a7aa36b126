"""The pages on which a verified customer tells of a change, or confirms that nothing has changed."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from kyc.cases import examining
from kyc.cases.models import Case, Entity
from kyc.onboarding import steps
from kyc.ownership import actions as ownership
from kyc.ownership.models import Interest
from tests.cast import Founded, signed_in
from tests.kyc.cases import scenes
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.stage import scene

pytestmark = pytest.mark.django_db
PAGE, NONE, HOME = "/verification/change/", "/verification/change/none/", "/verification/"


@scene
def entity(case: Case, ana: User, rui: User) -> Entity:  # noqa: F811
    return scenes.approved(case, ana=ana, rui=rui)


@pytest.fixture
def client(nordlys: Founded, entity: Entity) -> Client:  # noqa: F811
    return signed_in(nordlys.by)


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


class TestTell:
    def test_the_verified_find_the_way_and_what_opens_is_only_what_has_changed(self, client: Client) -> None:
        assert f'<a href="{PAGE}">Tell us about a change</a>' in read(client, HOME)
        answer = client.post(PAGE, {"parts": ["owners"], "words": "Kari bought ten per cent."}, follow=True)
        page = answer.content.decode()
        assert "Change what has changed, then send it" in page
        assert "You stay verified meanwhile, and your keys go on working." in page
        assert "Owners. You told us that this has changed." in page
        assert client.get("/verification/owners/").status_code == 200
        assert client.get("/verification/people/").status_code == 302

    def test_telling_of_it_is_the_last_that_was_saved(self, client: Client, nordlys: Founded) -> None:  # noqa: F811
        before = steps.saved_at(nordlys.organisation)
        page = client.post(PAGE, {"parts": ["owners"]}, follow=True)
        told = AuditEvent.objects.get(verb="case.change_told").at
        assert before != told == page.context["saved_at"]

    def test_what_has_changed_is_sent_and_examined(self, client: Client, nordlys: Founded) -> None:  # noqa: F811
        client.post(PAGE, {"parts": ["owners"]})
        ownership.change_share(Interest.objects.live().get(), share="90", by=nordlys.by)
        assert "Check what has changed and send it" in read(client, HOME)
        assert client.post("/verification/check/", {"declared_true": "on"}).status_code == 302
        examining.run()
        assert Case.objects.latest("pk").state == "review"

    def test_nothing_chosen_is_refused_in_a_sentence(self, client: Client) -> None:
        answer = client.post(PAGE, {"words": "Something."})
        assert answer.status_code == 422
        assert "Choose what has changed. If nothing has, say so below." in answer.content.decode()
        assert "Something." in answer.content.decode()

    def test_something_else_can_be_added(self, client: Client) -> None:
        client.post(PAGE, {"parts": ["owners"]})
        page = read(client, PAGE)
        assert "What else has changed?" in page and "Confirm that nothing has changed" not in page
        client.post(PAGE, {"parts": ["payment"]})
        assert Case.objects.latest("pk").requirements.count() == 2

    def test_after_all_nothing(self, client: Client, nordlys: Founded) -> None:  # noqa: F811
        client.post(PAGE, {"parts": ["owners"]})
        assert NONE in read(client, HOME)
        ownership.change_share(Interest.objects.live().get(), share="90", by=nordlys.by)
        assert "Send it as it stands" in read(client, NONE)
        assert client.post(NONE, {}).status_code == 422
        assert "Sent as it stands." in client.post(NONE, {"declared_true": "on"}, follow=True).content.decode()
        assert Case.objects.latest("pk").state == "submitted"
        assert client.get(NONE).status_code == 302

    def test_one_told_by_mistake_is_taken_back_and_he_stands_verified_as_before(self, client: Client) -> None:
        client.post(PAGE, {"parts": ["use"]})
        assert "You have changed nothing yet." in read(client, NONE)
        page = client.post(NONE, follow=True).content.decode()
        assert "What was verified stands" in page and "You are verified" in page
        assert client.get(NONE).status_code == 302
        assert client.get(PAGE).status_code == 200, "another can be told"

    def test_who_is_not_verified_is_led_away(self, case: Case, nordlys: Founded) -> None:  # noqa: F811
        client = signed_in(nordlys.by)
        assert client.get(PAGE).status_code == client.post(PAGE, {"parts": ["owners"]}).status_code == 302
        assert Case.objects.count() == 1


class TestConfirm:
    def test_before_the_verification_ends_its_page_says_so(self, client: Client) -> None:
        assert "from then on your keys stop" not in read(client, HOME)
        Entity.objects.update(valid_until=timezone.now() + timedelta(days=20))
        page = read(client, HOME)
        assert "from then on your keys stop" in page and "Confirm or change" in page

    def test_once_it_has_ended_by_its_day_it_can_still_be_confirmed(self, client: Client) -> None:
        Entity.objects.update(valid_from=timezone.now() - timedelta(days=9), valid_until=timezone.now() - timedelta(days=1))
        page = read(client, HOME)
        assert "Your verification has ended" in page and "Confirm or change" in page
        client.post(PAGE, {"confirm": "1", "declared_true": "on"})
        assert Case.objects.latest("pk").state == "submitted"

    def test_one_that_was_ended_for_a_reason_cannot(self, client: Client) -> None:
        Entity.objects.update(ended_at=timezone.now(), end_reason="refused by the decision of C-2026-0002")
        assert "Confirm or change" not in read(client, HOME)
        assert client.get(PAGE).status_code == 302

    def test_is_sent_by_one_box(self, client: Client) -> None:
        assert "Confirm that nothing has changed" in read(client, PAGE)
        answer = client.post(PAGE, {"confirm": "1"})
        assert answer.status_code == 422
        assert "Confirm that what you have told us is true and complete." in answer.content.decode()
        answer = client.post(PAGE, {"confirm": "1", "declared_true": "on"}, follow=True)
        assert "We are examining what you sent" in answer.content.decode()
        assert Case.objects.latest("pk").trigger == "confirmation"
