"""What is kept of an organisation and until when, on real rows: each rule of the pack at work."""

from datetime import UTC, date, datetime, timedelta

from allauth.usersessions.models import UserSession
from django.apps import apps
from django.utils import timezone
from pghistory.core import event_models

from accounts import keeping, messages, retention, snapshots
from accounts.models import LegalHold, Membership, Message, Organisation, User
from accounts.walls import column_of
from kyc.cases.models import Case, Entity
from kyc.keys import holds
from kyc.keys.models import Hold, Key, Link
from kyc.networks.retention import SIGNALS, SUSPICION
from kyc.parties.models import Party, PersonStatus
from kyc.rules import packs
from kyc.screening.models import Hit, ListVersion
from kyc.screening.retention import INQUIRIES
from reports.models import Report
from reports.retention import HOUSE
from tests import cast
from tests.kyc.cases import scenes
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked  # noqa: F401  # fixtures
from tests.rows import one_of_each
from tests.stage import scene

OURS = ("accounts", "kyc", "reports")
# Rules whose records come with stages that are not built yet.
TO_COME: dict[str, str] = {}


def on(day):
    return datetime.combine(day, datetime.min.time(), UTC)


def kept(organisation, code, *, day=None):
    return next(one for one in retention.of(organisation, on=day) if one.record_class.code == code)


def due(day):
    return {(one.organisation, one.record_class.code) for one in retention.due(day)}


def codes_due(organisation, day):
    return {code for pk, code in due(day) if pk == organisation.pk}


def close(organisation, day):
    """As the action leaves it, on a day of the past or future."""
    at = on(day)
    by = User.objects.get(pk=Membership.objects.filter(organisation=organisation).first().user_id)
    Key.objects.filter(organisation=organisation).update(state="revoked", revoked_at=at, revoked_by=by)
    Link.objects.filter(organisation=organisation, valid_to=None).update(valid_to=at + timedelta(days=9999))
    Link.objects.filter(organisation=organisation).update(valid_from=at, valid_to=at)
    Entity.objects.filter(organisation=organisation, ended_at=None).update(ended_at=at, end_reason="closed")
    Organisation.objects.filter(pk=organisation.pk).update(closed_at=at, closed_by=by)


CLOSED = date(2027, 2, 1)


@scene
def closed(linked):  # noqa: F811
    organisation = linked.key.organisation
    close(organisation, CLOSED)
    return organisation


class TestEveryModel:
    def test_that_has_an_organisation_is_in_one_class_or_no_record_for_a_reason(self):
        events = set(event_models())
        ours = [m for label in OURS for m in apps.get_app_config(label).get_models() if m not in events]
        # Sessions are the sign-in library's, and people's.
        owned = {model._meta.label for model in ours if column_of(model) is not None} | {"usersessions.UserSession"}
        classed = [model._meta.label for found in retention.CLASSES.values() for model in found.models]
        assert len(classed) == len(set(classed))
        assert owned == set(classed) | retention.NO_RECORDS.keys()
        assert not set(classed) & retention.NO_RECORDS.keys()
        assert all(retention.NO_RECORDS.values())

    def test_each_rule_of_the_pack_keeps_something(self):
        classes = [*retention.CLASSES.values(), SUSPICION, SIGNALS, INQUIRIES, HOUSE]
        used = {rule.code for found in classes for rule in found.rules}
        assert used | TO_COME.keys() == packs.current().retention_rules.keys()
        assert not used & TO_COME.keys()

    def test_each_class_has_an_end_for_everybody(self):
        """A rule only for some would keep the others' records for ever."""
        for found in retention.CLASSES.values():
            has_end = any(not rule.only and rule.clock in retention.CLOCKS for rule in found.rules)
            assert found.follows or found.is_by_itself or has_end, found.code
            assert all(rule.clock in retention.CLOCKS or found.made for rule in found.rules), found.code

    def test_a_rule_that_is_only_proposed_says_why_we_keep_to_it(self):
        day = date(2026, 11, 29)
        for found in retention.CLASSES.values():
            for rule in found.rules:
                if any(basis.status == "proposed" for basis in rule.bases(day)):
                    assert rule.note.startswith("A proposed rule is no legal obligation."), rule.code

    def test_one_row_of_each_says_until_when(self, db):
        rows = one_of_each(cast.customer())
        for found in retention.CLASSES.values():
            for model in found.models:
                if model in rows:
                    assert retention.of_record(rows[model]).record_class is found


class TestClocks:
    def test_while_the_customer_is_verified_nothing_has_an_end(self, linked):  # noqa: F811
        for one in retention.of(linked.key.organisation):
            assert one.until is None
            assert bool(one.decides.waits) != one.record_class.is_by_itself
        assert codes_due(linked.key.organisation, date(2027, 1, 1)) == set()

    def test_from_the_closing_each_class_has_its_own(self, closed):
        day = date(2030, 1, 1)
        found = {one.record_class.code: (one.decides.rule.code, one.until) for one in retention.of(closed, on=day)}
        assert found == {
            "identity": ("cip-identity", date(2032, 2, 1)),
            "ownership": ("cip-identity", date(2032, 2, 1)),
            "ownership_sources": ("cdd-file", date(2032, 2, 1)),
            "directives": ("cdd-file", date(2032, 2, 1)),
            "resale": ("cdd-file", date(2032, 2, 1)),
            "training": ("cdd-file", date(2032, 2, 1)),
            "blocked": ("blocked-property", None),
            "use": ("export-records", date(2032, 2, 1)),
            "mail": ("sent-mail", None),
            "sign_ins": ("sign-ins", None),
            "evidence": ("cdd-file", date(2032, 2, 1)),
            "examination": ("cdd-file", date(2032, 2, 1)),
            "screening": ("ofac-transactions", date(2037, 2, 1)),
            "red_flags": ("export-records", date(2032, 2, 1)),
            "reports": ("cdd-file", date(2032, 2, 1)),
            "subject_requests": ("cdd-file", date(2032, 2, 1)),
            "usage_rows": ("usage-rows", None),
            "usage": ("cdd-file", date(2032, 2, 1)),
            "trail": ("ofac-transactions", date(2037, 2, 1)),
        }

    def test_a_ruled_hit_stays_ten_years_and_does_not_drag_the_file_along(self, closed, rui):  # noqa: F811
        party = Party.objects.filter(organisation=closed, kind="person").first()
        hit = cast.matched(party, ListVersion.objects.get(), entry_id="9104", entry_name="BELKIN, Timur", score="0.900")
        cast.ruled(hit, ruling="false", by=rui)
        file = {"identity", "ownership", "ownership_sources", "use", "evidence", "examination", "red_flags", "reports"}
        file |= {"subject_requests", "usage", "directives", "resale", "training"}
        assert codes_due(closed, date(2032, 2, 1)) == {"mail"}
        assert codes_due(closed, date(2032, 2, 2)) == file | {"mail"}
        assert codes_due(closed, date(2037, 2, 1)) == file | {"mail"}
        assert codes_due(closed, date(2037, 2, 2)) == file | {"mail", "screening", "trail"}
        assert retention.of_record(hit, on=date(2033, 1, 1)).until == date(2037, 2, 1)
        assert retention.of_record(party, on=date(2033, 1, 1)).until == date(2032, 2, 1)
        for model in (Hit, Link, Entity, Key):
            assert retention.class_of(model).code == "screening"

    def test_what_is_blocked_has_no_end_until_it_is_unblocked(self, linked, rui):  # noqa: F811
        organisation = linked.key.organisation
        party = Party.objects.filter(organisation=organisation, kind="person").first()
        hit = cast.matched(party, ListVersion.objects.get(), entry_id="9104", entry_name="BELKIN, Timur", score="0.99")
        cast.ruled(hit, ruling="true", by=rui)
        hold = holds.place(organisation=organisation, reason="listed", by=rui)
        close(organisation, CLOSED)
        found = kept(organisation, "screening", day=date(2040, 1, 1))
        assert found.until is None
        assert "not unblocked" in str(found.decides.waits)
        Hold.objects.filter(pk=hold.pk).update(lifted_at=on(date(2028, 6, 1)), lifted_by=rui, lift_reason="delisted")
        assert kept(organisation, "screening", day=date(2040, 1, 1)).until == date(2038, 6, 1)
        assert kept(organisation, "identity", day=date(2040, 1, 1)).until == date(2032, 2, 1)

    def test_the_later_of_closed_and_last_accessed_counts_for_foreign_customers(self, closed):
        Membership.objects.get(organisation=closed)
        User.objects.filter(membership__organisation=closed).update(last_login=on(date(2031, 5, 1)))
        found = kept(closed, "identity", day=date(2031, 6, 1))
        assert (found.decides.rule.code, found.until) == ("iaas-identity", date(2033, 5, 1))
        PersonStatus.objects.filter(organisation=closed).delete()
        PersonStatus.objects.create(
            organisation=closed, party=Party.objects.filter(organisation=closed).first(), axis="iaas", standing="us",
            basis="organised", rule_pack="x", valid_from=date(2026, 1, 1),
        )  # fmt: skip
        assert kept(closed, "identity", day=date(2031, 6, 1)).until == date(2032, 2, 1)

    def test_a_refused_application_ends_on_the_day_of_its_decision(self, case, ana, rui):  # noqa: F811
        scenes.cases.take(scenes.proposed(case, "refuse", by=ana), by=rui)
        day = timezone.now().astimezone(UTC).date()
        found = kept(case.organisation, "identity", day=day)
        assert found.until == day.replace(year=day.year + 5)

    def test_one_that_is_examined_lasts_however_long(self, case):  # noqa: F811
        found = kept(case.organisation, "identity", day=date(2050, 1, 1))
        assert found.until is None
        assert "being examined" in str(found.decides.waits)

    def test_a_draft_is_given_up_once_nobody_was_seen_for_half_a_year(self, db):
        organisation = cast.founded(cast.customer()).organisation
        User.objects.filter(membership__organisation=organisation).update(last_login=on(date(2027, 1, 10)))
        assert "being filled in" in str(kept(organisation, "identity", day=date(2027, 7, 8)).decides.waits)
        assert kept(organisation, "identity", day=date(2027, 7, 9)).until == date(2032, 1, 10)

    def test_an_entity_that_nobody_renewed_ends_on_its_last_day(self, linked):  # noqa: F811
        organisation = linked.key.organisation
        end = Entity.objects.get(organisation=organisation).valid_until.date()
        found = kept(organisation, "examination", day=end + timedelta(days=1))
        assert found.until == date(end.year + 5, end.month, end.day)

    def test_a_document_of_later_is_kept_its_own_five_years(self, closed):
        closed.document_set.update(uploaded_at=on(date(2029, 1, 1)))
        assert kept(closed, "evidence", day=date(2030, 1, 1)).until == date(2034, 1, 1)


class TestReports:
    def test_each_goes_by_its_own_years(self, closed, rui):  # noqa: F811
        rows = [made_report(closed, rui) for _ in range(2)]
        Report.objects.filter(pk=rows[1].pk).update(requested_at=on(date(2029, 1, 1)))
        day = date(2033, 1, 1)
        assert retention.of_record(Report.objects.get(pk=rows[0].pk), on=day).until == date(2032, 2, 1)
        assert retention.of_record(Report.objects.get(pk=rows[1].pk), on=day).until == date(2034, 1, 1)
        found = next(one for one in retention.due(day) if one.record_class.code == "reports")
        assert [row.pk for row in retention.due_rows(found.record_class, Report, day)] == [rows[0].pk]


class TestByItself:
    """Mail, and where somebody signed in: while the relationship lasts."""

    def mailed(self, organisation, day):
        made = messages.queue(to="alice@nordlys.example", subject="Hello", text="Hello", organisation=organisation)
        Message.objects.filter(pk=made.pk).update(queued_at=on(day), state="sent")
        return Message.objects.get(pk=made.pk)

    def test_mail_goes_two_years_after_it_was_made(self, linked):  # noqa: F811
        organisation = linked.key.organisation
        Message.objects.filter(organisation=organisation).update(queued_at=on(date(2026, 6, 1)))
        found = self.mailed(organisation, date(2026, 1, 10))
        assert retention.of_record(found).until == date(2028, 1, 10)
        assert codes_due(organisation, date(2028, 1, 10)) == set()
        assert codes_due(organisation, date(2028, 1, 11)) == {"mail"}
        due_of_it = next(one for one in retention.due(date(2028, 1, 11)) if one.organisation == organisation.pk)
        assert (due_of_it.rule, due_of_it.until) == ("sent-mail", date(2028, 1, 10))
        assert list(retention.due_rows(due_of_it.record_class, Message, date(2028, 1, 11))) == [found]

    def test_a_session_goes_two_years_after_it_was_last_used(self, linked):  # noqa: F811
        organisation = linked.key.organisation
        Message.objects.update(queued_at=on(date(2027, 6, 1)))
        user = User.objects.filter(membership__organisation=organisation).first()
        seen = UserSession.objects.create(user=user, session_key="x", ip="192.0.2.1", user_agent="x")
        UserSession.objects.filter(pk=seen.pk).update(created_at=on(date(2026, 1, 1)), last_seen_at=on(date(2026, 1, 10)))
        assert codes_due(organisation, date(2028, 1, 10)) == set()
        assert codes_due(organisation, date(2028, 1, 11)) == {"sign_ins"}

    def test_a_hold_keeps_them(self, linked, rui):  # noqa: F811
        held(linked.key.organisation, rui)
        self.mailed(linked.key.organisation, date(2020, 1, 1))
        assert codes_due(linked.key.organisation, date(2028, 1, 11)) == set()

    def test_what_is_told_does_not_move_with_what_is_made(self, closed, rui):  # noqa: F811
        """A report, an answer, a mail: whoever looks would learn that there is one."""
        day = date(2031, 1, 1)
        before = keeping.rows(retention.of(closed, on=day))
        for made in (made_report(closed, rui), self.mailed(closed, day)):
            assert keeping.rows(retention.of(closed, on=day)) == before, made
        Report.objects.update(requested_at=on(date(2031, 1, 1)))
        assert keeping.rows(retention.of(closed, on=day)) == before
        # It is kept all the same for as long as it says, and the trail with it.
        assert {one.code for one in retention.CLASSES.values()} - codes_due(closed, date(2035, 12, 31)) >= {"trail", "screening"}
        assert retention.of_record(Report.objects.get(), on=day).until == date(2036, 1, 1)
        told = {row.record_class.code: [line.why for line in row.lines] for row in before}
        assert "Each 5 years from the day it was made." in told["reports"]
        assert told["mail"] == ["Each 2 years from the day it was made."]
        assert told["sign_ins"] == ["Each 2 years from the day it was last used."]


def made_report(organisation, by):
    snapshot = snapshots.take()
    return Report.objects.create(
        kind="R-03", organisation=organisation, valid_at=timezone.now(), known_at=snapshot.taken_at, snapshot=snapshot,
        rule_pack="1", template="1", requested_by=by,
    )  # fmt: skip


class TestLegalHold:
    def test_keeps_everything_of_its_organisation(self, closed, rui):  # noqa: F811
        held(closed, rui)
        assert codes_due(closed, date(2050, 1, 1)) == set()
        assert kept(closed, "identity", day=date(2050, 1, 1)).holds

    def test_one_of_nobody_keeps_everybodys(self, closed, rui):  # noqa: F811
        hold = held(None, rui)
        assert due(date(2050, 1, 1)) == set()
        hold.lifted_at, hold.lifted_by, hold.lift_reason = timezone.now(), rui, "over"
        hold.save()
        assert codes_due(closed, date(2050, 1, 1))


def held(organisation, by):
    return LegalHold.objects.create(
        organisation=organisation, source="agency", reference="BIS 7", asked_by="BIS", reason="Asked to keep.",
        since=date(2027, 1, 1), placed_by=by,
    )  # fmt: skip


class TestQueries:
    def test_of_one_organisation_two(self, closed, django_assert_num_queries):
        with django_assert_num_queries(2):
            retention.of(closed)

    def test_of_all_three_for_each_part_of_them(self, closed, django_assert_num_queries):
        Organisation.objects.bulk_create(Organisation(name=f"Org {n}") for n in range(50))
        with django_assert_num_queries(3):
            assert len({pk for pk, _code in due(date(2050, 1, 1))}) >= 51

    def test_one_with_nothing_ends_when_it_was_made(self, db):
        made = Organisation.objects.create(name="Empty")
        day = made.created_at.astimezone(UTC).date()
        assert kept(made, "identity", day=day).until == day.replace(year=day.year + 5)
        assert not Case.objects.filter(organisation=made).exists()
