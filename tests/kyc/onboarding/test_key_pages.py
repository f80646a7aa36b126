"""The customer's keys: listed, issued and shown once, revoked."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Proposal
from kyc.cases import actions as cases
from kyc.cases.models import Case, Decision, Entity
from kyc.keys.models import Key
from kyc.onboarding.key_pages import ONCE
from kyc.parties.models import Party
from tests.cast import Founded, signed_in, staff
from tests.stage import scene

KEYS, ISSUE = "/verification/keys/", "/verification/keys/issue/"


@scene
def verified(nordlys: Founded) -> Founded:
    """Nordlys with an entity, by an approval that a second person took."""
    ana, rui = staff("analyst", "Ana"), staff("approver", "Rui")
    proposal = Proposal.objects.create(kind="case.decision", choice="approve", reason="identity_established", proposed_by=ana)
    Proposal.objects.filter(pk=proposal.pk).update(outcome="taken", outcome_by=rui, outcome_at=timezone.now())
    case = nordlys.organisation.case_set.get()
    decision = Decision.objects.create(organisation=nordlys.organisation, case=case, proposal=proposal)
    cases.make_entity(case, decision, by=rui)
    return nordlys


def form_of(client: Client, found: Founded) -> dict[str, object]:
    """A form as the browser would send it."""
    once = re.search(r'name="once" value="([^"]+)"', client.get(ISSUE).content.decode())
    assert once
    project = found.organisation.project_set.get()
    return {"once": once[1], "name": "prod", "project": project.pk, "responsible": found.controller.pk}


class TestEmpty:
    def test_says_what_a_key_is_for_what_is_needed_and_what_comes_next(self, nordlys: Founded) -> None:
        client = signed_in(nordlys.by)
        page = client.get(KEYS).content.decode()
        for heading in ("What a key is for", "What you need", "What comes next"):
            assert f"<strong>{heading}</strong>" in page
        assert f'href="{reverse("onboarding:overview")}">See how the verification stands</a>' in page
        assert ISSUE not in page

    def test_leads_the_verified_to_the_first_key(self, verified: Founded) -> None:
        client = signed_in(verified.by)
        assert f'href="{ISSUE}">Issue your first key</a>' in client.get(KEYS).content.decode()
        client.post(ISSUE, form_of(client, verified))
        assert "Issue your first key" not in client.get(KEYS).content.decode()


class TestIssue:
    def test_is_closed_until_the_organisation_is_verified(self, alices: Client) -> None:
        assert "once you are verified" in alices.get(KEYS).content.decode()
        assert alices.get(ISSUE)["Location"] == KEYS
        assert alices.post(ISSUE, {"name": "prod"})["Location"] == KEYS
        assert not Key.objects.exists()

    def test_shows_the_secret_once_and_keeps_it_nowhere(self, verified: Founded) -> None:
        client = signed_in(verified.by)
        page = client.post(ISSUE, form_of(client, verified))
        secret = re.search(r"kh_live_[\w-]+", page.content.decode())
        assert secret
        assert "no-store" in page["Cache-Control"]
        key = Key.objects.get()
        assert key.last_four == secret[0][-4:]
        assert secret[0] not in client.get(KEYS).content.decode()
        assert secret[0] not in str(dict(client.session))

    def test_sent_again_by_reload_it_issues_no_second_key(self, verified: Founded) -> None:
        client = signed_in(verified.by)
        sent = form_of(client, verified)
        client.post(ISSUE, sent)
        assert client.post(ISSUE, sent)["Location"] == KEYS
        assert Key.objects.count() == 1
        assert ONCE not in client.session

    def test_without_a_form_that_was_shown_it_issues_none(self, verified: Founded) -> None:
        client = signed_in(verified.by)
        sent = {**form_of(client, verified), "once": ""}
        fresh = signed_in(verified.by)
        for values in (sent, {name: value for name, value in sent.items() if name != "once"}, {**sent, "once": "made up"}):
            assert fresh.post(ISSUE, values)["Location"] == KEYS
        assert not Key.objects.exists()

    def test_sent_twice_before_the_first_answer_it_issues_one(self, verified: Founded) -> None:
        client = signed_in(verified.by)
        sent = form_of(client, verified)
        # As the second of two that came at the same moment: the session still knows the form.
        client.post(ISSUE, sent)
        session = client.session
        session[ONCE] = sent["once"]
        session.save()
        assert client.post(ISSUE, sent)["Location"] == KEYS
        assert Key.objects.count() == 1

    def test_a_strangers_person_and_project_are_no_choice(self, verified: Founded, other: Founded) -> None:
        client = signed_in(verified.by)
        for field, theirs in (("responsible", other.controller.pk), ("project", other.organisation.project_set.get().pk)):
            assert client.post(ISSUE, {**form_of(client, verified), field: theirs}).status_code == 422
        assert not Key.objects.exists()

    @pytest.mark.parametrize("name", ["", "a\x00b", "\u202ex", "x" * 101])
    def test_a_bad_name_is_explained_and_the_form_still_works(self, verified: Founded, name: str) -> None:
        client = signed_in(verified.by)
        assert client.post(ISSUE, {**form_of(client, verified), "name": name}).status_code == 422
        assert client.post(ISSUE, form_of(client, verified)).status_code == 200
        assert Key.objects.count() == 1


class TestExpired:
    def test_the_customer_reads_that_it_has_ended_and_issues_nothing(self, verified: Founded) -> None:
        client = signed_in(verified.by)
        past = timezone.now() - timedelta(days=1)
        Entity.objects.update(valid_from=past - timedelta(days=1), valid_until=past)
        sent = {"submitted_at": past, "submitted_by": verified.by, "declared_true_at": past, "declared_true_by": verified.by}
        Case.objects.update(state="approved", **sent)
        page = client.get("/verification/").content.decode()
        assert "Your verification has ended" in page
        assert "You are verified" not in page
        assert ISSUE not in page
        assert client.get(ISSUE)["Location"] == KEYS


class TestRevoke:
    def test_is_asked_first_and_final(self, verified: Founded) -> None:
        client = signed_in(verified.by)
        client.post(ISSUE, form_of(client, verified))
        key = Key.objects.get()
        revoke = reverse("onboarding:key_revoke", args=[key.pk])
        assert "Revoke <bdi>prod</bdi>?" in client.get(revoke).content.decode()
        assert Key.objects.get().state == Key.State.UNLINKED
        client.post(revoke)
        client.post(revoke)
        assert Key.objects.get().state == Key.State.REVOKED
        assert client.get(revoke)["Location"] == KEYS, "nothing is left to revoke"
        assert f'href="{revoke}"' not in client.get(KEYS).content.decode()

    def test_is_not_a_strangers_to_do(self, verified: Founded, other: Founded) -> None:
        client, charlie = signed_in(verified.by), signed_in(other.by)
        client.post(ISSUE, form_of(client, verified))
        theirs = charlie.post(reverse("onboarding:key_revoke", args=[Key.objects.get().pk]))
        missing = charlie.post(reverse("onboarding:key_revoke", args=[999_999_999]))
        assert theirs.status_code == 404
        assert theirs.content == missing.content
        assert Key.objects.get().state == Key.State.UNLINKED


class TestPersonWithKeys:
    def test_cannot_be_removed_before_the_key_is_revoked(self, verified: Founded) -> None:
        client = signed_in(verified.by)
        client.post(ISSUE, form_of(client, verified))
        # The case was never moved on in this fixture, so its pages are still open.
        remove = reverse("onboarding:person_remove", args=[verified.controller.pk])
        assert "Revoke them first" in client.get(remove).content.decode()
        client.post(remove)
        assert Party.objects.get(pk=verified.controller.pk).removed_on is None
