"""Nobody but a member sees a customer's pages, and a stranger's thing looks like no thing at all."""

import pytest
from django.test import Client
from django.urls import reverse

from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.ownership import actions as ownership
from kyc.parties.models import Party
from tests.cast import Founded, customer, pdf, signed_in, staff
from tests.stage import scene

NAMED = ("overview", "create", "company", "people", "person_add", "owners", "documents", "check", "keys", "key_issue")
WITH_ID = (
    "person",
    "person_remove",
    "owner",
    "owner_remove",
    "document",
    "document_remove",
    "key_revoke",
    "key",
    "key_responsible",
    "key_roll",
)
MISSING = 999_999_999


@scene
def strangers_ids(other: Founded) -> dict[str, int]:
    """Ids of things that exist, in another organisation."""
    interest = ownership.declare_owner(other.organisation, owned=other.party, owner=other.controller, share="100", by=other.by)
    document = evidence.upload(other.organisation, kind="passport", file=pdf(), by=other.by)
    return {
        **dict.fromkeys(("person", "person_remove"), other.controller.pk),
        **dict.fromkeys(("owner", "owner_remove"), interest.pk),
        **dict.fromkeys(("document", "document_remove"), document.pk),
        **dict.fromkeys(("key", "key_responsible", "key_roll", "key_revoke"), MISSING - 1),
    }


class TestStrangers:
    @pytest.mark.parametrize("name", WITH_ID)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_strangers_thing_and_a_missing_one_are_the_same_bytes(
        self, alices: Client, strangers_ids: dict[str, int], name: str, method: str
    ) -> None:
        theirs = getattr(alices, method)(reverse(f"onboarding:{name}", args=[strangers_ids[name]]))
        missing = getattr(alices, method)(reverse(f"onboarding:{name}", args=[MISSING]))
        assert theirs.status_code == missing.status_code == 404
        assert theirs.content == missing.content

    @pytest.mark.parametrize("kind", ["person", "company", "known"])
    def test_a_strangers_company_takes_no_owner(self, alices: Client, other: Founded, kind: str) -> None:
        theirs = alices.post(reverse("onboarding:owner_add", args=[other.party.pk, kind]), {"name": "X", "share": "1"})
        missing = alices.post(reverse("onboarding:owner_add", args=[MISSING, kind]), {"name": "X", "share": "1"})
        assert theirs.status_code == missing.status_code == 404
        assert theirs.content == missing.content

    def test_a_strangers_party_is_no_choice(self, alices: Client, nordlys: Founded, other: Founded) -> None:
        url = reverse("onboarding:owner_add", args=[nordlys.party.pk, "known"])
        assert "Charlie Other" not in alices.get(url).content.decode()
        assert alices.post(url, {"owner": other.controller.pk, "share": "5"}).status_code == 422

    @pytest.mark.parametrize("number", [0, 10**18, 10**40])
    def test_numbers_beyond_any_row_are_missing_too(self, alices: Client, number: int) -> None:
        assert alices.get(f"/verification/people/{number}/").status_code == 404


class TestEveryPage:
    @pytest.mark.parametrize("name", NAMED)
    def test_sends_the_unknown_to_sign_in(self, db: None, name: str) -> None:
        response = Client().get(reverse(f"onboarding:{name}"))
        assert response.status_code == 302
        assert response["Location"].startswith("/account/login/")

    @pytest.mark.parametrize("name", NAMED)
    def test_does_not_exist_for_staff(self, db: None, name: str) -> None:
        analyst = signed_in(staff("analyst"))
        response = analyst.get(reverse(f"onboarding:{name}"))
        # Without an enrolled second factor staff are led to enrolment first; neither way shows the page.
        assert response.status_code == 404 or "/account/2fa/" in response["Location"]

    @pytest.mark.parametrize("name", NAMED)
    def test_is_kept_by_no_cache(self, alices: Client, name: str) -> None:
        response = alices.get(reverse(f"onboarding:{name}"))
        assert "no-store" in response["Cache-Control"]

    @pytest.mark.parametrize("name", [name for name in NAMED if name != "create"])
    def test_asks_who_has_no_organisation_to_begin(self, db: None, name: str) -> None:
        response = signed_in(customer()).get(reverse(f"onboarding:{name}"))
        assert response["Location"] == reverse("onboarding:create")


class TestWhileEditable:
    @pytest.mark.parametrize("name", ["company", "people", "person_add", "owners", "documents", "check"])
    def test_what_was_sent_is_not_changed(self, alices: Client, nordlys: Founded, name: str) -> None:
        ownership.declare_owner(nordlys.organisation, owned=nordlys.party, owner=nordlys.controller, share="100", by=nordlys.by)
        evidence.upload(nordlys.organisation, kind="register_extract", file=pdf(), by=nordlys.by)
        evidence.upload(nordlys.organisation, kind="passport", file=pdf(width=420), party=nordlys.controller, by=nordlys.by)
        alices.post(reverse("onboarding:check"), {"declared_true": "on"})
        assert Case.objects.get().state == Case.State.SUBMITTED
        before = Party.objects.count()
        response = alices.post(reverse(f"onboarding:{name}"), {"name": "Sneaked AS"}, follow=True)
        assert response.redirect_chain[-1][0] == reverse("onboarding:overview")
        assert Party.objects.count() == before
        assert not Party.objects.filter(name="Sneaked AS").exists()
