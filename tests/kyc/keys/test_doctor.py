"""What stops a key, by its prefix or by the number of a refused answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import credentials
from accounts.models import User
from kyc.cases.models import Entity
from kyc.keys import actions as keys
from kyc.keys import doctor, feed, holds, secret
from kyc.keys.doctor import Asked, Finding, find, read
from kyc.keys.models import Key, Link
from kyc.keys.pool_models import LimitPool
from kyc.keys.refusal_models import KeyRefusal
from tests.cast import Founded
from tests.kyc.keys.scenes import Issued, caught_up

WRITTEN = secret.generate()
P, NUMBER = WRITTEN.prefix, "0123456789abcdef"


class TestRead:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            (P, Asked(prefix=P)),
            (f"  {P}…9Zx1 ", Asked(prefix=P)),
            (f"Authorization: Bearer {WRITTEN.text}\r\n", Asked(prefix=P, is_secret=True)),
            (WRITTEN.text[:-5], Asked(prefix=P, is_secret=True)),
            (WRITTEN.text[:-1] + "\x00", Asked(prefix=P, is_secret=True)),
            (NUMBER, Asked(request_id=NUMBER)),
            (f"X-Request-Id: {NUMBER.upper()}", Asked(request_id=NUMBER)),
            (f'{{"request": "{NUMBER}", "key": "{P}"}}', Asked(prefix=P)),
            ("", None), ("kh_live_", None), (NUMBER + "0", None), (P[:-1], None), ("\x00", None), ("\ud800", None),
            ("x" * 10**6 + P, None),
        ],
        # What is drawn anew for each process is no name of a test.
        ids=range(15),
    )  # fmt: skip
    def test_what_may_be_looked_up(self, text: str, found: Asked | None) -> None:
        assert read(text) == found

    @given(text=st.text() | st.text(alphabet="kh_livetest0aB…- ").map(lambda text: text + WRITTEN.text))
    def test_never_gives_back_more_than_a_prefix_or_a_number(self, text: str) -> None:
        found = read(text)
        if found is not None:
            assert found.prefix == "" or doctor.PREFIX.fullmatch(found.prefix)
            assert found.request_id == "" or doctor.REQUEST.fullmatch(found.request_id)


def looked(issued: Issued) -> Finding:
    found = find(Asked(prefix=issued.key.prefix), Key.objects.filter(organisation=issued.key.organisation))
    assert found is not None and found.key == issued.key
    return found


@pytest.mark.django_db
class TestFind:
    def test_another_customers_key_is_as_unknown_as_none(self, linked: Issued, sorvik: Founded) -> None:
        refused(linked.key, "key_held")
        theirs = Key.objects.filter(organisation=sorvik.organisation)
        for asked in (Asked(prefix=linked.key.prefix), Asked(request_id=NUMBER), Asked(prefix=P), None):
            assert find(asked, theirs) is None

    def test_good(self, linked: Issued) -> None:
        found = looked(linked)
        assert (found.reason, found.since, found.limit, found.refusal) == ("", None, None, None)

    def test_held_since_the_first_hold_that_stands(self, linked: Issued, rui: User) -> None:
        lifted = holds.place(key=linked.key, reason="a", by=rui)
        stands = holds.place(organisation=linked.key.organisation, reason="b", by=rui)
        holds.place(entity=Entity.objects.get(), reason="c", by=rui)
        holds.lift(lifted, reason="d", by=rui)
        found = looked(linked)
        assert (found.reason, found.since) == ("key_held", stands.placed_at)

    def test_revoked(self, linked: Issued, rui: User) -> None:
        keys.revoke(linked.key, by=rui)
        assert (looked(linked).reason, looked(linked).since) == ("key_revoked", Key.objects.get().revoked_at)

    def test_expired(self, linked: Issued) -> None:
        over = timezone.now() - timedelta(seconds=5)
        Key.objects.update(expires_at=over, state="held")
        assert (looked(linked).reason, looked(linked).since) == ("key_expired", over)

    def test_verification_ended_expired_or_not_begun(self, linked: Issued) -> None:
        now = timezone.now()
        hours = {name: now + timedelta(hours=n) for name, n in (("before", -1), ("after", 1), ("late", 2))}
        Entity.objects.update(valid_from=hours["after"], valid_until=hours["late"])
        assert (looked(linked).reason, looked(linked).since) == ("entity_not_yet_valid", hours["after"])
        Entity.objects.update(valid_from=now - timedelta(days=1), valid_until=hours["before"])
        assert (looked(linked).reason, looked(linked).since) == ("entity_expired", hours["before"])
        Entity.objects.update(ended_at=now)
        assert (looked(linked).reason, looked(linked).since) == ("entity_ended", now)

    def test_not_linked(self, issued: Issued) -> None:
        assert (looked(issued).reason, looked(issued).since) == ("key_not_linked", issued.key.issued_at)

    def test_no_more_linked(self, linked: Issued) -> None:
        ended = timezone.now()
        Link.objects.update(valid_to=ended, ended_because="test")
        assert (looked(linked).reason, looked(linked).since) == ("key_not_linked", ended)

    def test_which_limit_is_reached_and_when_it_begins_anew(self, linked: Issued) -> None:
        key = linked.key
        for period, amount in (("total", 5), ("day", 0)):
            LimitPool.objects.create(
                organisation=key.organisation, unit="requests", period=period, limit=amount, set_at=timezone.now(),
                set_by=key.issued_by,
            )  # fmt: skip
        found = looked(linked)
        assert found.reason == "limit_reached" and found.limit is not None
        assert (found.limit.period, found.limit.limit) == ("day", 0) and found.limit.resets_at is not None

    def test_of_two_that_are_reached_the_one_that_stops_it_for_longest(self, linked: Issued) -> None:
        key = linked.key
        for period in ("day", "total", "month"):
            LimitPool.objects.create(
                organisation=key.organisation, unit="requests", period=period, limit=0, set_at=timezone.now(),
                set_by=key.issued_by,
            )  # fmt: skip
        found = looked(linked)
        assert found.limit is not None and found.limit.period == "total"

    @pytest.mark.parametrize("reason", ["network_not_allowed", "embargoed_region"])
    def test_what_stopped_one_call_is_known_by_its_number(self, linked: Issued, reason: str) -> None:
        made = refused(linked.key, reason)
        found = find(Asked(request_id=NUMBER), Key.objects.all())
        assert found is not None and (found.key, found.reason, found.refusal) == (linked.key, "", made)
        assert find(Asked(request_id="f" * 16), Key.objects.all()) is None

    def test_a_change_that_replicas_are_told_of_and_one_that_they_are_not(
        self, linked: Issued, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In its own transaction nothing of it has passed."""
        assert looked(linked).is_behind
        monkeypatch.setattr(feed, "end", lambda: feed.Position(10**6, 0, 0))
        assert not looked(linked).is_behind


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_has_passed(linked: Issued) -> None:
    caught_up()
    assert not feed.is_behind(linked.key.organisation_id, linked.key.pk)


def refused(key: Key, reason: str, **more: Any) -> KeyRefusal:
    now = timezone.now()
    gateway, _ = credentials.issue(name="edge", by=None)
    told = {"reason": reason, "minute": now, "at": now, "request_id": NUMBER} | more
    return KeyRefusal.objects.create(key=key, organisation=key.organisation, gateway=gateway, **told)
