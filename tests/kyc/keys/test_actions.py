"""Issuing and revoking keys; the secret is shown once and kept nowhere."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.permissions import NotPermitted
from accounts.refused import Refused
from kyc.cases.models import Entity
from kyc.keys import actions as keys
from kyc.keys import holds, linking, secret
from kyc.keys.introspection import introspect
from kyc.keys.models import Key, Link
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import audit_breaks
from tests.kyc.keys.scenes import Issued, issue

pytestmark = pytest.mark.django_db


def tables_holding(text: str) -> set[str]:
    """Every table of which any column of any row holds the text, whatever the column's type."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}" r WHERE strpos(r::text, %s) > 0)', [text])
            if cursor.fetchone() == (True,):
                found.add(table)
    return found


def events(verb: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb=verb))


class TestIssue:
    def test_gives_a_key_that_waits_for_its_link(self, nordlys: Founded, issued: Issued) -> None:
        key = issued.key
        assert (key.state, key.name, key.responsible, key.issued_by) == ("unlinked", "prod", nordlys.controller, nordlys.by)
        written = secret.parse(issued.secret)
        assert written is not None
        assert (key.prefix, key.last_four) == (written.prefix, written.last_four)
        assert introspect(issued.secret) == {"active": False}

    def test_is_audited(self, issued: Issued) -> None:
        (event,) = events("key.issued")
        key = issued.key
        assert event.details == {
            "prefix": key.prefix, "responsible": "Alice Olsen", "scopes": ["inference", "embeddings"], "service": False,
            "tiers": ["small", "standard"], "networks": 0, "expires_at": f"{key.expires_at:%Y-%m-%d %H:%M:%S}",
        }  # fmt: skip
        assert (event.target_id, event.actor) == (str(issued.key.pk), "Alice Olsen")

    def test_the_secret_stands_nowhere_in_the_database(self, nordlys: Founded, linked: Issued, caplog: Any, rui: User) -> None:
        caplog.set_level(logging.DEBUG)
        assert introspect(linked.secret)["active"] is True
        keys.revoke(linked.key, reason="test", by=nordlys.by)
        # The prefix is found, so the search sees what there is.
        assert {"kyc_key", "kyc_keyevent", "accounts_auditevent"} <= tables_holding(linked.key.prefix)
        body = linked.secret[20:60]
        for part in (linked.secret, body, body[:20], body[20:]):
            assert tables_holding(part) == set()
            assert part not in caplog.text
        assert "digest" not in {field.name for field in Key.pgh_event_model._meta.fields}

    def test_two_of_them_have_nothing_in_common(self, nordlys: Founded, issued: Issued) -> None:
        other = issue(nordlys, "stage")
        assert other.key.prefix != issued.key.prefix
        assert other.key.digest != issued.key.digest

    def test_signs_with_the_newest_pepper_and_believes_the_older_ones(
        self, nordlys: Founded, linked: Issued, settings: Any
    ) -> None:
        assert linked.key.pepper_version == "1"
        settings.KEY_PEPPERS = {**settings.KEY_PEPPERS, "9": "nine", "10": "ten"}
        second = issue(nordlys)
        linking.run()
        assert second.key.pepper_version == "10"
        assert introspect(second.secret)["active"] is True
        assert introspect(linked.secret)["active"] is True
        settings.KEY_PEPPERS = {"10": "ten"}
        assert introspect(linked.secret) == {"active": False}

    @pytest.mark.parametrize("role", ["", "analyst", "approver", "administrator"])
    def test_only_by_members(self, nordlys: Founded, entity: Entity, role: str) -> None:
        other = scenes.person("other@outside.example", "Other", role)
        with pytest.raises(NotPermitted):
            keys.issue(
                nordlys.organisation, project=nordlys.organisation.project_set.get(), name="x", responsible=nordlys.controller,
                by=other,
            )  # fmt: skip
        assert not Key.objects.exists()

    def test_only_once_verified(self, nordlys: Founded) -> None:
        with pytest.raises(keys.NotVerified, match="once you are verified"):
            issue(nordlys)

    @pytest.mark.parametrize("column", ["ended_at", "valid_until"])
    def test_only_while_verified(self, nordlys: Founded, entity: Entity, column: str) -> None:
        Entity.objects.filter(pk=entity.pk).update(**{column: timezone.now(), "valid_from": timezone.now() - timedelta(days=9)})
        with pytest.raises(keys.NotVerified):
            issue(nordlys)

    def test_only_for_a_project_of_the_organisation(self, nordlys: Founded, entity: Entity, sorvik: Founded) -> None:
        theirs = sorvik.organisation.project_set.get()
        with pytest.raises(NotPermitted, match="another organisation"):
            keys.issue(nordlys.organisation, project=theirs, name="x", responsible=nordlys.controller, by=nordlys.by)

    def test_only_with_a_person_of_the_organisation_who_is_still_there(
        self, nordlys: Founded, entity: Entity, sorvik: Founded
    ) -> None:
        gone = parties.declare_person(
            nordlys.organisation, name="Siv Dahl", country="NO", birth_date="1980-01-01", roles=["director"], by=nordlys.by
        )
        ownership.remove(gone, by=nordlys.by)
        project = nordlys.organisation.project_set.get()
        for responsible in (sorvik.controller, nordlys.party, gone):
            with pytest.raises(keys.NotResponsible, match="people we have verified"):
                keys.issue(nordlys.organisation, project=project, name="x", responsible=responsible, by=nordlys.by)
        assert not Key.objects.exists()

    @pytest.mark.parametrize("name", ["", "  ", "\t\n"])
    def test_only_with_a_name(self, nordlys: Founded, entity: Entity, name: str) -> None:
        with pytest.raises(Refused, match="Give the key a name"):
            issue(nordlys, name)

    def test_does_nothing_if_the_audit_row_cannot_be_written(self, nordlys: Founded, entity: Entity) -> None:
        with audit_breaks():
            issue(nordlys)
        assert not Key.objects.exists()


class TestRevoke:
    def test_is_final(self, nordlys: Founded, linked: Issued) -> None:
        keys.revoke(linked.key, reason="rotated", by=nordlys.by)
        key = Key.objects.get()
        assert (key.state, key.revoked_by, key.revoke_reason) == ("revoked", nordlys.by, "rotated")
        link = Link.objects.get()
        assert (link.valid_to, link.ended_because) == (key.revoked_at, "key revoked")
        assert introspect(linked.secret) == {"active": False}
        for state in ("active", "held", "unlinked", "failed"):
            with pytest.raises(IntegrityError), transaction.atomic():
                Key.objects.filter(pk=key.pk).update(state=state)
        linking.run()
        assert linked.state == "revoked"

    def test_repeated_it_is_silence(self, nordlys: Founded, linked: Issued, rui: User) -> None:
        first = keys.revoke(linked.key, reason="rotated", by=nordlys.by)
        again = keys.revoke(linked.key, reason="other", by=rui)
        assert (again.revoked_at, again.revoked_by, again.revoke_reason) == (first.revoked_at, nordlys.by, "rotated")
        assert [(event.reason, event.actor) for event in events("key.revoked")] == [("rotated", "Alice Olsen")]

    def test_one_that_was_never_linked(self, nordlys: Founded, issued: Issued) -> None:
        keys.revoke(issued.key, by=nordlys.by)
        linking.run()
        assert issued.state == "revoked"
        assert not Link.objects.exists()

    def test_one_on_hold_stays_revoked_when_the_hold_is_lifted(self, nordlys: Founded, linked: Issued, rui: User) -> None:
        hold = holds.place(key=linked.key, reason="why", by=rui)
        keys.revoke(linked.key, by=nordlys.by)
        holds.lift(hold, reason="done", by=rui)
        assert linked.state == "revoked"

    @pytest.mark.parametrize("role", ["approver", "investigator"])
    def test_is_also_for_staff_who_may_place_holds(self, linked: Issued, role: str) -> None:
        officer = scenes.person("officer@keyholder.example", "Officer", role)
        keys.revoke(linked.key, reason="leaked", by=officer)
        assert linked.state == "revoked"

    @pytest.mark.parametrize("role", ["", "analyst", "auditor", "administrator", "support"])
    def test_is_nobody_elses(self, linked: Issued, role: str) -> None:
        with pytest.raises(NotPermitted):
            keys.revoke(linked.key, by=scenes.person("other@outside.example", "Other", role))
        assert linked.state == "active"

    def test_does_nothing_if_the_audit_row_cannot_be_written(self, nordlys: Founded, linked: Issued) -> None:
        with audit_breaks():
            keys.revoke(linked.key, by=nordlys.by)
        assert linked.state == "active"
        assert introspect(linked.secret)["active"] is True
