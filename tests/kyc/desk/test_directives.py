"""The pages of directives: a new one with its numbers first, one with its minutes, and what the customer reads."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from kyc.directives import counting, extending
from kyc.directives.models import Directive, DirectivePreview
from kyc.keys.models import Key
from tests import cast
from tests.cast import Founded
from tests.kyc.directives.conftest import (  # noqa: F401  # fixtures
    ana,
    case,
    entity,
    issued,
    linked,
    nordlys,
    rui,
    sonia,
    the_list,
)
from tests.kyc.directives.scenes import LETTER, in_force, proposed, taken
from tests.kyc.keys.scenes import Issued


@pytest.fixture
def vera(db: None) -> User:
    """With a second factor, as whoever opens pages needs one."""
    return cast.staff("approver", "Vera Lima")


@pytest.fixture
def desk(vera: User) -> Client:
    return cast.signed_in(vera)


class TestNew:
    def test_its_numbers_are_shown_before_anything_is_written(self, desk: Client, linked: Issued) -> None:  # noqa: F811
        page = desk.post(reverse("desk:directive_preview"), LETTER)
        assert page.status_code == 200
        assert "It is being counted" in page.content.decode()
        one = reverse("desk:directive_previewed", args=[page.context["count"].pk])
        assert f'hx-get="{one}"' in page.content.decode()
        counting.run()
        page = desk.post(reverse("desk:directive_preview"), LETTER)
        assert page.context["numbers"]["keys"] == 1
        assert "By what was known at" in page.content.decode()
        alone = desk.get(one).content.decode()
        assert "Keys that are refused" in alone and "It is being counted" not in alone
        assert not Directive.objects.exists()

    def test_then_it_is_proposed(self, desk: Client, linked: Issued) -> None:  # noqa: F811
        page = desk.post(reverse("desk:directive_new"), LETTER | {"left_out": f"{linked.key.organisation.name}; The annex."})
        made = Directive.objects.get()
        assert page.url == reverse("desk:directive", args=[made.pk])
        assert made.exceptions.get().ground == "The annex."

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"issuer": ""}, "issuer"),
            ({"received_at": "noon"}, "received_at"),
            ({"population": "countries", "country_codes": "XX"}, "country_codes"),
            ({"population": "countries"}, "population"),
            ({"population": "named", "named": "Nobody AG"}, "named"),
            ({"population": "rule", "rule": "customer.hair: red"}, "rule"),
            ({"population": "rule", "rule": "customer.headquarters: cn"}, "rule"),
            ({"population": "rule", "rule": "customer.status: foregin"}, "rule"),
            ({"left_out": "Nordlys AS"}, "left_out"),
            ({"kind": "measure"}, "determined_on"),
            ({"tiers": ["frontier"], "later_tiers": ["frontier"]}, "later_at"),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field(self, desk: Client, said: dict[str, str], field: str) -> None:
        page = desk.post(reverse("desk:directive_new"), LETTER | said)
        assert page.status_code == 422
        assert field in page.context["form"].errors
        assert "15 CFR 744.22(b)" in page.content.decode()


class TestOne:
    def test_whoever_proposed_it_takes_it_not(self, desk: Client, linked: Issued, vera: User) -> None:  # noqa: F811
        made = proposed(by=vera)
        assert "another officer takes it" in desk.get(reverse("desk:directive", args=[made.pk])).content.decode()
        assert desk.post(reverse("desk:directive_take", args=[made.pk])).status_code == 422

    def test_the_second_officer_reads_whom_it_is_over_and_what_follows_when(
        self,
        desk: Client,
        linked: Issued,  # noqa: F811
        nordlys: Founded,  # noqa: F811
        rui: User,  # noqa: F811
    ) -> None:
        def page(population: str, parameters: dict[str, Any], **more: Any) -> str:
            made = proposed(by=rui, population=population, parameters=parameters, **more)
            return desk.get(reverse("desk:directive", args=[made.pk])).content.decode()

        assert f"{nordlys.organisation.name} (O-{nordlys.organisation.pk})" in page(
            "named", {"organisations": [nordlys.organisation.pk]}
        )
        tests = [{"fact": "customer.headquarters", "values": ["CN", "MO"]}]
        assert "where the customer has its headquarters: CN, MO" in page("rule", {"tests": tests})
        at = (timezone.now() + timedelta(days=9)).replace(hour=7, minute=31)
        told = page("countries", {"countries": ["CN"], "by": ["parent"]}, tiers=["standard", "frontier"], later={"standard": at})
        assert "Headquarters of the ultimate parent" in told
        assert f"{at:%B} {at.year}, 07:31 UTC (" in told

    def test_whoever_takes_it_reads_fresh_numbers_first(self, desk: Client, linked: Issued, rui: User) -> None:  # noqa: F811
        made = proposed(by=rui)
        ago = timezone.now() - timedelta(hours=2)
        DirectivePreview.objects.update(facts_at=ago, done_at=ago)
        address = reverse("desk:directive", args=[made.pk])
        assert "Count it anew" in desk.get(address).content.decode()
        page = desk.post(reverse("desk:directive_take", args=[made.pk]))
        assert page.status_code == 422 and "counted anew" in page.content.decode()
        assert "It is being counted" in desk.get(address).content.decode()
        counting.run()
        assert "Count it anew" not in desk.get(address).content.decode()
        assert desk.post(reverse("desk:directive_take", args=[made.pk])).status_code == 302

    def test_it_is_extended_on_its_page_by_two(
        self,
        desk: Client,
        linked: Issued,  # noqa: F811
        rui: User,  # noqa: F811
        sonia: User,  # noqa: F811
        vera: User,
    ) -> None:
        ends = timezone.now() + timedelta(days=10)
        made = in_force(by=rui, second=sonia, expires_at=ends)
        until = (ends + timedelta(days=20)).replace(second=0, microsecond=0)
        address = reverse("desk:directive_extend", args=[made.pk])
        page = desk.post(address, {"until": "soon", "reason": "A letter."})
        assert page.status_code == 422 and "until" in page.context["extend_form"].errors
        desk.post(address, {"until": f"{until:%Y-%m-%dT%H:%M}", "reason": "The letter of 1 December."})
        word = made.extensions.get()
        assert (word.until, word.proposed_by) == (until, vera)
        page = desk.post(reverse("desk:directive_extension_take", args=[made.pk]))
        assert page.status_code == 422 and "another person decides" in page.content.decode()
        extending.take(word, by=rui)
        shown = desk.get(reverse("desk:directive", args=[made.pk])).content.decode()
        assert "The letter of 1 December." in shown and f"{until:%H:%M} UTC" in shown

    def test_in_force_it_tells_its_minutes(self, desk: Client, linked: Issued, rui: User, sonia: User) -> None:  # noqa: F811
        made = in_force(by=rui, second=sonia)
        page = desk.get(reverse("desk:directive", args=[made.pk]))
        assert page.context["minutes"]
        assert "Now 1 of 1 keys are refused" in page.content.decode()
        assert "As it was last counted" in page.content.decode() and "By what was known at" in page.content.decode()

    def test_who_could_not_be_told_is_not_told(self, desk: Client, linked: Issued, rui: User, sonia: User) -> None:  # noqa: F811
        made = in_force(by=rui, second=sonia)
        other = cast.founded(cast.customer("dora@other.example", "Dora"), name="Other AS").organisation
        made.notices.create(organisation=other, state="failed")
        assert desk.get(reverse("desk:directive", args=[made.pk])).context["notices"] == {"whole": 2, "told": 1}

    def test_over_by_the_clock_it_is_expired(self, desk: Client, linked: Issued, rui: User, sonia: User) -> None:  # noqa: F811
        until = timezone.now() + timedelta(seconds=3)
        made = taken(by=rui, second=sonia, expires_at=until)
        while timezone.now() <= until:
            time.sleep(0.1)
        page = desk.get(reverse("desk:directive", args=[made.pk])).content.decode()
        assert "Expired" in page and reverse("desk:directive_lift", args=[made.pk]) not in page
        assert made.number not in desk.get(reverse("desk:directives")).content.decode()
        assert made.number in desk.get(reverse("desk:directives"), {"tab": "over"}).content.decode()


class TestCustomer:
    def test_is_told_how_to_show_otherwise(self, linked: Issued, nordlys, rui: User, sonia: User) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
        made = in_force(by=rui, second=sonia, population="countries", parameters={"countries": ["CN"], "by": ["headquarters"]})
        client = cast.signed_in(nordlys.by)
        restriction = made.notices.get().restriction
        page = client.get(reverse("onboarding:restriction", args=[restriction.handle])).content.decode()
        assert "closed to your keys" in page
        assert "A document that shows where you have your headquarters." in page
        assert "Send the appeal" in page

    def test_is_told_what_would_show_it_of_this_order_alone(
        self,
        linked: Issued,  # noqa: F811
        nordlys: Founded,  # noqa: F811
        rui: User,  # noqa: F811
        sonia: User,  # noqa: F811
    ) -> None:
        in_force(by=rui, second=sonia)
        made = in_force(by=rui, second=sonia, population="countries", parameters={"countries": ["CN"], "by": ["headquarters"]})
        address = reverse("onboarding:restriction", args=[made.notices.get().restriction.handle])
        client = cast.signed_in(nordlys.by)
        assert client.get(address).context["would_show"] == ["A document that shows where you have your headquarters."]
        Key.objects.update(state=Key.State.REVOKED, revoked_at=timezone.now(), revoked_by=rui)
        assert client.get(address).context["would_show"] == []

    def test_reads_once_of_each_what_was_done(self, linked: Issued, nordlys, rui: User, sonia: User) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
        for _time in range(2):
            in_force(by=rui, second=sonia)
        page = cast.signed_in(nordlys.by).get(reverse("onboarding:overview")).content.decode()
        assert page.count("See it, or appeal") == 2

    def test_the_key_and_the_doctor_say_what_closes_it(self, linked: Issued, nordlys, rui: User, sonia: User) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
        made = in_force(by=rui, second=sonia)
        client = cast.signed_in(nordlys.by)
        page = client.get(reverse("onboarding:key", args=[linked.key.pk])).content.decode()
        assert "An order of an authority closes our models to it." in page
        assert "Your verification has ended." not in page
        page = client.post(reverse("onboarding:key_doctor"), {"pasted": linked.key.prefix}).content.decode()
        assert reverse("onboarding:restriction", args=[made.notices.get().restriction.handle]) in page
