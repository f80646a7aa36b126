"""The customer's keys: listed, issued and shown once, revoked."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Membership, Proposal, User
from kyc.cases import actions as cases
from kyc.cases.models import Case, Decision, Entity
from kyc.keys import limits, linking, pools
from kyc.keys.models import Hold, Key, KeyRequirement, KeyUse, Leak
from kyc.onboarding.key_pages import ONCE
from kyc.ownership import actions as ownership
from kyc.parties.models import Party
from tests.cast import Founded, signed_in, staff
from tests.stage import scene

PRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
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
    first = {"once": once[1], "name": "prod", "project": project.pk, "responsible": found.controller.pk}
    return {**first, "holder": "service", "scopes": ["inference"], "tiers": ["small", "standard"], "expires": "90", "proof": ""}


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


class TestTerms:
    def test_more_settings_are_folded_and_have_answers(self, verified: Founded) -> None:
        page = signed_in(verified.by).get(ISSUE).content.decode()
        assert "<details>" in page and "<details open>" not in page
        assert re.search(r'name="expires" value="90"', page)
        assert len(re.findall(r'type="checkbox" name="(?:scopes|tiers)"[^>]*checked', page)) == 4

    def test_what_was_chosen_stands_on_the_key(self, verified: Founded) -> None:
        client = signed_in(verified.by)
        more = {
            "scopes": ["usage", "inference"], "tiers": ["frontier"], "holder": "person", "expires": "7",
            "networks": "203.0.113.0/24\n\n 2001:db8::/32 \n203.0.113.0/24\n198.51.100.7", "proof": "jkt", "thumbprint": PRINT,
        }  # fmt: skip
        before = timezone.now()
        assert client.post(ISSUE, {**form_of(client, verified), **more}).status_code == 200
        key = Key.objects.get()
        assert (key.scopes, key.tiers, key.is_service) == (["inference", "usage"], ["frontier"], False)
        assert key.allowed_networks == ["203.0.113.0/24", "2001:db8::/32", "198.51.100.7/32"]
        assert key.confirmation == {"jkt": PRINT}
        assert before + timedelta(days=7) <= key.expires_at <= timezone.now() + timedelta(days=7)

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"networks": "203.0.113.7/24"}, "Write 203.0.113.0/24 for the network, or 203.0.113.7 for that address."),
            ({"networks": "somewhere"}, "“somewhere” is no IP network."),
            ({"networks": "\n".join(f"198.51.{n}.0/24" for n in range(51))}, "At most 50 networks; these are 51."),
            ({"expires": "366"}, "A key lives 365 days at most"),
            ({"expires": "0"}, "A key expires in the future"),
            ({"expires": "soon"}, "Write a number of days such as 90"),
            ({"expires": "2026-02-30"}, "Write a number of days such as 90"),
            ({"scopes": []}, "Choose at least one."),
            ({"tiers": ["secret"]}, "Choose from the list."),
            ({"proof": "jkt", "thumbprint": "abc"}, "A thumbprint is a SHA-256"),
            ({"proof": "", "thumbprint": PRINT}, "Say of what this is the thumbprint"),
        ],
    )
    def test_what_is_wrong_is_explained_unfolded_and_nothing_is_lost(
        self, verified: Founded, wrong: dict[str, object], sentence: str
    ) -> None:
        client = signed_in(verified.by)
        answer = client.post(ISSUE, {**form_of(client, verified), "name": "kept name", "networks": "192.0.2.0/24", **wrong})
        page = answer.content.decode()
        assert answer.status_code == 422 and sentence in page and "<details open>" in page
        assert 'value="kept name"' in page and str(wrong.get("networks", "192.0.2.0/24")) in page
        assert not Key.objects.exists()


class TestChange:
    def active(self, verified: Founded) -> tuple[Client, Key, str]:
        client = signed_in(verified.by)
        client.post(ISSUE, form_of(client, verified))
        linking.run()
        key = Key.objects.get()
        return client, key, reverse("onboarding:key_change", args=[key.pk])

    def sent(self, client: Client, url: str, **more: str) -> dict[str, str]:
        shown = re.search(r'name="shown" value="([^"]+)"', client.get(url).content.decode())
        assert shown
        return {"shown": shown[1], "name": "prod", "networks": "", "expires": "", **more}

    def test_an_outsider_finds_nothing_and_a_member_is_told_whose_it_is(self, verified: Founded, other: Founded) -> None:
        client, key, url = self.active(verified)
        assert signed_in(other.by).get(url).status_code == 404
        bob = User.objects.create(email="bob@nordlys.example")
        Membership.objects.create(organisation=verified.organisation, user=bob, role="member")
        bobs = signed_in(bob)
        assert url in client.get(reverse("onboarding:key", args=[key.pk])).content.decode()
        assert url not in bobs.get(reverse("onboarding:key", args=[key.pk])).content.decode()
        answer = bobs.post(url, self.sent(bobs, url, networks="192.0.2.0/24"))
        assert answer.status_code == 422 and "Only an owner of the account changes a key." in answer.content.decode()

    def test_networks_name_and_a_sooner_end(self, verified: Founded) -> None:
        client, key, url = self.active(verified)
        answer = client.post(url, self.sent(client, url, name="nightly", networks="192.0.2.0/24\n203.0.113.7", expires="3"))
        assert answer["Location"] == reverse("onboarding:key", args=[key.pk])
        key.refresh_from_db()
        assert (key.name, key.allowed_networks) == ("nightly", ["192.0.2.0/24", "203.0.113.7/32"])
        assert key.expires_at and key.expires_at < timezone.now() + timedelta(days=4)
        page = client.get(url).content.decode()
        assert "192.0.2.0/24\n203.0.113.7/32</textarea>" in page

    def test_each_wrong_line_is_told_and_what_was_typed_kept(self, verified: Founded) -> None:
        client, _key, url = self.active(verified)
        answer = client.post(url, self.sent(client, url, networks="192.0.2.0/24\nhere\n10.0.0.1/8", expires="100000"))
        page = answer.content.decode()
        assert answer.status_code == 422
        for words in (
            "<li>Line 2: “here” is no IP network.",
            "<li>Line 3: “10.0.0.1/8” is an address",
            "here\n10.0.0.1/8</textarea>",
        ):
            assert words in page, words
        assert Key.objects.get().allowed_networks == []

    def test_from_a_second_tab_what_the_first_has_saved_is_shown(self, verified: Founded) -> None:
        client, _key, url = self.active(verified)
        first, second = self.sent(client, url, networks="192.0.2.0/24"), self.sent(client, url, networks="203.0.113.0/24")
        client.post(url, first)
        answer = client.post(url, second)
        assert answer.status_code == 422 and "“<bdi>192.0.2.0/24</bdi>” is what stands here now" in answer.content.decode()
        assert Key.objects.get().allowed_networks == ["192.0.2.0/24"]

    def test_of_a_revoked_key_a_sentence_says_why_not(self, verified: Founded) -> None:
        client, key, url = self.active(verified)
        client.post(reverse("onboarding:key_revoke", args=[key.pk]))
        assert "is revoked and cannot be used any more" in client.get(url, follow=True).content.decode()


class TestRoll:
    def rolled(self, client: Client, key: Key, **more: object) -> tuple[str, object]:
        url = reverse("onboarding:key_roll", args=[key.pk])
        once = re.search(r'name="once" value="([^"]+)"', client.get(url).content.decode())
        assert once
        return url, {"once": once[1], "overlap": "24", **more}

    def active(self, verified: Founded) -> tuple[Client, Key]:
        client = signed_in(verified.by)
        client.post(ISSUE, form_of(client, verified))
        linking.run()
        return client, Key.objects.get()

    def test_shows_the_new_secret_once_and_when_the_old_one_stops(self, verified: Founded) -> None:
        client, old = self.active(verified)
        url, sent = self.rolled(client, old)
        page = client.post(url, sent).content.decode()
        new = Key.objects.get(replaces=old)
        secret = re.search(r"kh_live_\w{58}", page)
        assert secret and secret[0].startswith(new.prefix)
        old.refresh_from_db()
        assert f"stops on {old.expires_at:%-d %B %Y, %H:%M:%S} UTC" in page
        assert secret[0] not in client.get(KEYS).content.decode()
        assert client.post(url, sent)["Location"] == KEYS
        assert Key.objects.count() == 2

    def test_it_may_be_used_from_other_networks_which_are_asked_for(self, verified: Founded) -> None:
        client, old = self.active(verified)
        Key.objects.update(allowed_networks=["203.0.113.0/24", "2001:db8::/32"])
        url, sent = self.rolled(client, old, networks="198.51.100.7/24")
        assert "203.0.113.0/24\n2001:db8::/32</textarea>" in client.get(url).content.decode()
        sent["once"] = client.session[ONCE]
        answer = client.post(url, sent)
        assert answer.status_code == 422 and "Write 198.51.100.0/24 for the network" in answer.content.decode()
        client.post(url, {**sent, "once": client.session[ONCE], "networks": "::ffff:198.51.100.0/120"})
        assert Key.objects.get(replaces=old).allowed_networks == ["198.51.100.0/24"]

    def test_networks_that_hardly_limit_anything_are_taken_and_warned_of(self, verified: Founded) -> None:
        client, old = self.active(verified)
        url, sent = self.rolled(client, old, networks="0.0.0.0/0\n203.0.113.0/24")
        page = client.post(url, sent).content.decode()
        assert "prod may be used from nearly anywhere: 0.0.0.0/0 holds very many addresses." in page
        assert Key.objects.get(replaces=old).allowed_networks == ["0.0.0.0/0", "203.0.113.0/24"]
        change = reverse("onboarding:key_change", args=[old.pk])
        page = client.post(change, TestChange().sent(client, change, networks="::/0"), follow=True).content.decode()
        assert "from nearly anywhere: ::/0" in page and "Saved." in page

    def test_the_new_ones_end_is_asked_for_and_told(self, verified: Founded) -> None:
        client, old = self.active(verified)
        Key.objects.update(expires_at=timezone.now() + timedelta(days=3))
        url, sent = self.rolled(client, old)
        page = client.get(url).content.decode()
        assert 'name="expires" value="3"' in page
        sent["once"] = client.session[ONCE]
        day = timezone.now().astimezone(UTC).date() + timedelta(days=60)
        page = client.post(url, {**sent, "expires": day.isoformat()}).content.decode()
        new = Key.objects.get(replaces=old)
        assert new.expires_at == datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
        assert f"It works until {day:%-d %B %Y}, 23:59:59 UTC." in page

    def test_an_end_that_is_too_far_is_refused(self, verified: Founded) -> None:
        client, old = self.active(verified)
        url, sent = self.rolled(client, old, expires="366")
        answer = client.post(url, sent)
        assert answer.status_code == 422 and "A key lives 365 days at most" in answer.content.decode()

    def test_a_form_that_does_not_ask_for_networks_keeps_them(self, verified: Founded) -> None:
        client, old = self.active(verified)
        Key.objects.update(allowed_networks=["203.0.113.0/24"])
        client.post(*self.rolled(client, old))
        assert Key.objects.get(replaces=old).allowed_networks == ["203.0.113.0/24"]

    def test_an_overlap_that_is_not_offered_is_refused(self, verified: Founded) -> None:
        client, old = self.active(verified)
        url, sent = self.rolled(client, old, overlap="48")
        answer = client.post(url, sent)
        assert answer.status_code == 422 and "Choose one from the list." in answer.content.decode()
        assert Key.objects.count() == 1

    def test_of_a_key_that_cannot_be_rolled_a_sentence_says_why(self, verified: Founded) -> None:
        client, old = self.active(verified)
        Key.objects.filter(pk=old.pk).update(state="held", expires_at=timezone.now())
        answer = client.get(reverse("onboarding:key_roll", args=[old.pk]), follow=True)
        assert "prod has expired. Issue a new key instead." in answer.content.decode()

    @pytest.mark.parametrize("once", ["\0", "a" * 100_000, ""])
    def test_a_form_whose_number_nobody_made_rolls_nothing(self, verified: Founded, once: str) -> None:
        client, key = self.active(verified)
        roll = reverse("onboarding:key_roll", args=[key.pk])
        assert client.post(roll, {"once": once, "overlap": "24"})["Location"] == KEYS
        assert Key.objects.count() == 1

    def test_is_not_a_strangers_to_do(self, verified: Founded, other: Founded) -> None:
        _, old = self.active(verified)
        assert signed_in(other.by).post(reverse("onboarding:key_roll", args=[old.pk])).status_code == 404
        assert Key.objects.count() == 1


class TestOne:
    def active(self, verified: Founded) -> tuple[Client, Key]:
        return TestRoll().active(verified)

    def test_tells_all_there_is_of_it(self, verified: Founded) -> None:
        client, key = self.active(verified)
        Key.objects.update(allowed_networks=["203.0.113.0/24", "2001:db8::/32"], confirmation={"x5t#S256": PRINT})
        used = timezone.now()
        KeyUse.objects.create(key=key, organisation=key.organisation, last_used_at=used)
        page = client.get(reverse("onboarding:key", args=[key.pk])).content.decode()
        told = ("Alice Olsen", "203.0.113.0/24", "2001:db8::/32", PRINT, "Ask models", "Small models", f"{used:%-d %B %Y, %H:%M}")
        for text in (*told, f"{key.expires_at:%-d %B %Y, %H:%M:%S} UTC", "A program (service account)"):
            assert text in page

    def test_an_old_one_is_warned_of_in_the_list_and_on_its_page(self, verified: Founded) -> None:
        client, key = self.active(verified)
        assert "days old" not in client.get(KEYS).content.decode()
        Key.objects.update(issued_at=timezone.now() - timedelta(days=91))
        assert "91 days old: roll it" in client.get(KEYS).content.decode()
        assert "It is 91 days old" in client.get(reverse("onboarding:key", args=[key.pk])).content.decode()

    def test_an_expired_one_says_so_and_offers_no_roll(self, verified: Founded) -> None:
        client, key = self.active(verified)
        Key.objects.update(state="held", expires_at=timezone.now())
        page = client.get(KEYS).content.decode()
        assert ">Expired</span>" in page and reverse("onboarding:key_roll", args=[key.pk]) not in page

    def test_one_that_was_found_in_public_leads_to_rolling(self, verified: Founded) -> None:
        client, key = self.active(verified)
        Hold.objects.create(organisation=key.organisation, key=key, source="leak", reason="Found in public.")
        page = client.get(reverse("onboarding:key", args=[key.pk])).content.decode()
        assert "Its secret was found in public." in page and reverse("onboarding:key_roll", args=[key.pk]) in page

    def test_where_its_secret_was_found_is_told(self, verified: Founded) -> None:
        client, key = TestStopped().verified_with_key(verified)
        url = reverse("onboarding:key", args=[key.pk])
        assert "Where its secret was found" not in client.get(url).content.decode()
        hold = Hold.objects.create(organisation=key.organisation, key=key, source="leak", reason="Found in public.")
        told = {"signed_with": "ours", "place": "commit", "url": "https://example.com/a?<b>", "finding": "x"}
        Leak.objects.create(organisation=key.organisation, key=key, hold=hold, **told)
        page = client.get(url).content.decode()
        assert "https://example.com/a?&lt;b&gt;" in page and "commit" in page and 'href="https://example.com' not in page
        case = f"/desk/cases/{Case.objects.get().pk}/"
        officer, path = signed_in(staff("approver")), f"{case}leaks/{Leak.objects.get().pk}/reveal/"
        page = officer.get(case + "?tab=keys").content.decode()
        assert "Found in public" in page and path in page and "example.com/a" not in page
        assert officer.post(path, {"purpose": ""}).status_code == 422
        assert "https://example.com/a?&lt;b&gt;" in officer.post(path, {"purpose": "contact"}).content.decode()
        event = AuditEvent.objects.get(verb="field.revealed")
        assert (event.details["field"], event.details["name"], event.reason) == ("url", key.prefix, "contact")
        assert "example.com" not in officer.get(case + "?tab=keys").content.decode()
        auditor = signed_in(staff("auditor"))
        assert auditor.post(path, {"purpose": "contact"}).status_code == 404

    @pytest.mark.parametrize("name", ["key", "key_responsible", "key_wake"])
    def test_is_no_strangers(self, verified: Founded, other: Founded, name: str) -> None:
        _, key = self.active(verified)
        for method in ("get", "post") if name != "key_wake" else ("post",):
            assert getattr(signed_in(other.by), method)(reverse(f"onboarding:{name}", args=[key.pk])).status_code == 404

    def test_who_answers_is_chosen_and_a_stranger_is_no_choice(self, verified: Founded, other: Founded) -> None:
        client, key = self.active(verified)
        url = reverse("onboarding:key_responsible", args=[key.pk])
        assert client.post(url, {"responsible": other.controller.pk}).status_code == 422
        assert client.post(url, {"responsible": verified.controller.pk})["Location"] == reverse("onboarding:key", args=[key.pk])

    def test_what_it_asks_for_is_on_its_page_and_a_click_wakes_it(self, verified: Founded) -> None:
        client, key = self.active(verified)
        hold = Hold.objects.create(organisation=key.organisation, key=key, source="policy.idle", reason="Unused.")
        told = {"what": "use", "why": "idle", "state": "held", "due_on": timezone.localdate(), "hold": hold}
        KeyRequirement.objects.create(organisation=key.organisation, key=key, **told)
        url = reverse("onboarding:key", args=[key.pk])
        page = client.get(url).content.decode()
        assert "Nobody has used it for long." in page and "Wake it</button>" in page
        client.post(reverse("onboarding:key_wake", args=[key.pk]))
        page = client.get(url).content.decode()
        assert "Wake it</button>" not in page and "prod is kept." in page and Key.objects.get().state == "active"
        page = client.post(reverse("onboarding:key_wake", args=[key.pk]), follow=True).content.decode()
        assert "prod asks for nothing" in page and "is kept" not in page

    def test_the_list_costs_no_more_however_long(self, verified: Founded) -> None:
        client, key = self.active(verified)
        with CaptureQueriesContext(connection) as one:
            client.get(KEYS)
        for n in range(5):
            key.pk, key.prefix, key.state, key.once = None, f"kh_live_{n}", "unlinked", ""
            key.save(force_insert=True)
        with CaptureQueriesContext(connection) as six:
            client.get(KEYS)
        assert len(six) == len(one)


class TestStopped:
    """What the pages say of keys that cannot be used: why, since or until when, and where to go."""

    def verified_with_key(self, verified: Founded) -> tuple[Client, Key]:
        client, key = TestRoll().active(verified)
        past = timezone.now() - timedelta(days=1)
        sent = {"submitted_at": past, "submitted_by": verified.by, "declared_true_at": past, "declared_true_by": verified.by}
        Case.objects.update(state="approved", **sent)
        Key.objects.update(name="R&D <i>")
        return client, key

    def test_the_overview_says_that_keys_are_on_hold_since_when_and_what_to_do(self, verified: Founded) -> None:
        client, key = self.verified_with_key(verified)
        assert "on hold" not in client.get("/verification/").content.decode()
        own = {"organisation": key.organisation, "source": "officer", "reason": "A rumour of fraud"}
        for on in ({"on_organisation": key.organisation}, {"entity": Entity.objects.get()}):
            hold = Hold.objects.create(**own, **on)
            page = client.get("/verification/").content.decode()
            assert f"All your keys are on hold since {hold.placed_at:%-d %B %Y, %H:%M} UTC." in page
            assert "We have put them on hold." in page and "rumour" not in page and "Live keys can be switched on" not in page
            Hold.objects.update(lifted_at=timezone.now(), lifted_by=verified.by, lift_reason="answered")
        Hold.objects.create(organisation=key.organisation, key=key, source="leak", reason="Found in public.")
        page = client.get("/verification/").content.decode()
        assert "Your key <bdi>R&amp;D &lt;i&gt;</bdi> is on hold since" in page and "Roll it to get a new one" in page
        assert reverse("onboarding:key", args=[key.pk]) in page
        Key.objects.update(state="held", expires_at=timezone.now())
        assert "on hold" not in client.get("/verification/").content.decode()

    def test_a_limit_that_is_reached_stands_wherever_the_key_does(self, verified: Founded) -> None:
        client, key = self.verified_with_key(verified)
        places = ["/verification/", KEYS, reverse("onboarding:key", args=[key.pk])]
        assert reverse("onboarding:usage") + f"?key={key.pk}" in client.get(places[2]).content.decode()
        limits.set_limit(key.organisation, unit="requests", period="day", limit=2, key=key, by=verified.by)
        for place in places:
            assert "reached" not in client.get(place).content.decode()
        today = timezone.now().date()
        pools.charge([pools.Charge(key.organisation_id, key.pk, today, "requests", "", used=2)])
        tomorrow = f"until {today + timedelta(days=1):%-d %B %Y}, 00:00 UTC"
        for place in places:
            page = client.get(place).content.decode()
            assert "imit" in page and "reached" in page and tomorrow in page and "#limits" in page
        officer = signed_in(staff("auditor"))
        page = officer.get(f"/desk/cases/{Case.objects.get().pk}/?tab=keys").content.decode()
        assert f"Limit reached {tomorrow}" in page

    def test_an_officer_reads_that_an_expired_key_has_expired(self, verified: Founded) -> None:
        self.verified_with_key(verified)
        Key.objects.update(state="held", expires_at=timezone.now())
        page = signed_in(staff("auditor")).get(f"/desk/cases/{Case.objects.get().pk}/?tab=keys").content.decode()
        assert (
            '<span class="badge dot neutral">Expired</span>' in page and '<span class="badge dot bad">On hold</span>' not in page
        )


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
        assert "or revoke them first" in client.get(remove).content.decode()
        client.post(remove)
        assert Party.objects.get(pk=verified.controller.pk).removed_on is None

    def test_an_owner_who_answers_for_one_is_removed_only_after_a_warning(self, verified: Founded) -> None:
        client = signed_in(verified.by)
        client.post(ISSUE, form_of(client, verified))
        told = {"owned": verified.party, "interest": "shareholding", "kind": "person", "share": "30", "by": verified.by}
        held = ownership.declare_owner(verified.organisation, name="Kari Moe", country="NO", **told)
        remove = reverse("onboarding:owner_remove", args=[held.pk])
        assert "answers for these keys" not in client.get(remove).content.decode()
        Key.objects.update(responsible=held.owner)
        page = client.get(remove).content.decode()
        assert "<bdi>Kari Moe</bdi> answers for these keys." in page
        assert reverse("onboarding:key_responsible", args=[Key.objects.get().pk]) in page
