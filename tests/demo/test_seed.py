"""The seed makes forty organisations in every state, two sandboxes, and accounts that have only signed up, through the product's
own actions only."""

import ast
import json
import re
import unicodedata
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import scope
from accounts.models import AuditEvent, GatewayCredential, Membership, Message, Organisation, Proposal, User
from demo import hands, identity, incident, seed, stories
from demo.cast import CAST, PASSWORD, Person
from kyc.cases.models import Case, Decision, Entity, Finding, Requirement
from kyc.cases.outdated import outdated
from kyc.desk import elsewhere, queue, summary
from kyc.directives.blocked.models import BlockedRecord
from kyc.directives.resellers.models import ResellerAssessment
from kyc.evidence import authority, graded, sharing
from kyc.evidence.confirmation_models import Confirmation
from kyc.evidence.item_models import EvidenceItem, Mismatch
from kyc.evidence.models import Document, Invitation, StatusProof
from kyc.keys.models import Hold, Key, KeyRequirement
from kyc.networks.models import Incident
from kyc.ownership.bods import network, schema
from kyc.ownership.models import Determination, Discrepancy, Divergence, Interest, Observation
from kyc.parties import questionnaires, sameness
from kyc.parties.models import Party, PaymentMeans, Profile, Questionnaire, Role
from kyc.risk.models import Score
from kyc.rules import packs
from kyc.screening.models import Hit
from reports import bods
from reports.facts.reader import Reader
from reports.models import Report
from tests import cast
from tests.demo.conftest import Seeded
from tests.reports.moments import uncommitted
from tests.test_rules import our_models
from tests.whole import IS_WHOLE, some

DEMO = Path(seed.__file__).parent
TOUR = {
    "Nordlys Modelling AS": "approved",
    "Lotus Inference Ltd": "review",
    "Helios Compute FZE": "review",
    "Al Ufuq Computing LLC": "waiting",
    "Outside Analytics GmbH": "draft",
}
# What must have been done, in this order, for a case to stand there. One that was asked for more goes twice through a part.
SENT = ["case.opened", "case.submitted", "case.examined"]
DECIDED = [*SENT, "decision.proposed", "decision.taken"]
DONE = {
    "draft": ["case.opened"],
    "review": SENT,
    "proposed": [*SENT, "decision.proposed"],
    "waiting": [*DECIDED, "case.waiting"],
    "approved": [*DECIDED, "case.approved"],
    "refused": [*DECIDED, "case.refused"],
}
SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "DEVANAGARI")


def counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in our_models()}


def told_of(case: Case) -> list[AuditEvent]:
    events = AuditEvent.objects.filter(organisation_id=case.organisation_id, verb__regex="^(case|decision)")
    return list(events.exclude(verb="case.assigned").order_by("pk"))


@pytest.mark.usefixtures("seeded")
class TestTheWhole:
    def test_forty_customers_and_two_sandboxes_stand_where_their_rows_say(self) -> None:
        ends = {row.name: "approved" if row.story.end == "answered" else row.story.end for row in (*seed.FIRST, *seed.OTHERS)}
        only_signed_up = dict.fromkeys((row[0] for row in (*hands.HAND, *hands.AGENCY, *hands.OFFICE)), "draft")
        assert (len(ends), len(only_signed_up)) == (40, 29)
        assert Organisation.objects.exclude(sandbox="").count() == 2
        assert dict(Organisation.objects.real().values_list("name", "case__state")) == ends | only_signed_up
        assert TOUR.items() <= ends.items()
        # Of the accounts of the demo none is closed, so that each can be tried, and nothing that was asked was taken back.
        assert set(ends.values()) == set(Case.State.values) - {Case.State.SUBMITTED, Case.State.CLOSED, Case.State.WITHDRAWN}
        assert min(Counter(ends.values()).values()) >= 2
        assert seed.loaded() == seed.TOTAL

    def test_every_case_came_there_by_what_people_did(self) -> None:
        for case in Case.objects.select_related("organisation"):
            told, expected = [event.verb for event in told_of(case)], DONE[case.state]
            if told.count("case.submitted") < 2:
                # Whoever was ruled on was examined again.
                assert list(dict.fromkeys(told)) == expected, case.organisation
            else:
                assert told[: len(DONE["waiting"])] == DONE["waiting"] and told[-1] == "case.approved", case.organisation
            for event in told_of(case):
                assert (event.actor_id is None) == (event.verb == "case.examined")

    def test_two_officers_decided_and_robots_only_sandboxes(self) -> None:
        decided = Proposal.objects.filter(kind="case.decision")
        taken = decided.exclude(outcome="").select_related("proposed_by", "outcome_by", "decision__organisation")
        people = {(p.proposed_by.name, p.outcome_by.name) for p in taken if not p.decision.organisation.sandbox}
        assert people == {("Ana Marić", "Rui Duarte")}
        assert all(p.proposed_by.is_robot == bool(p.decision.organisation.sandbox) for p in taken)
        assert {p.choice for p in decided.filter(outcome="")} == {"approve", "ask", "refuse"}

    def test_time_goes_forward_in_every_story_and_stays_in_the_past(self) -> None:
        now = timezone.now()
        for organisation in Organisation.objects.all():
            at = list(AuditEvent.objects.filter(organisation_id=organisation.pk).order_by("pk").values_list("at", flat=True))
            assert at == sorted(at), organisation
            assert at[-1] <= now, organisation

    def test_cases_are_late_due_today_and_due_later(self) -> None:
        today = timezone.localdate()
        still = Case.objects.filter(organisation__sandbox="", due_on__isnull=False)
        assert still.filter(due_on__lt=today, state="review").count() >= 2
        assert still.filter(due_on__lt=today, state="waiting").exists()
        assert still.filter(due_on=today).exists()
        assert still.filter(due_on__gt=today).count() >= 5

    def test_no_case_waits_for_another_round(self) -> None:
        assert not outdated().exists()

    def test_keys_stand_in_every_state(self) -> None:
        assert set(Key.objects.values_list("state", flat=True)) == {"active", "held", "revoked"}
        live = Hold.objects.live()
        assert live.filter(key__isnull=False).exists()
        assert live.filter(on_organisation__sandbox="").exists()
        assert Key.objects.good().count() == Key.objects.filter(state="active").count()
        assert {key.prefix[:8] for key in Key.objects.exclude(organisation__sandbox="")} == {"kh_test_"}

    def test_customers_are_asked_item_by_item(self) -> None:
        asked = Requirement.objects.filter(met_at__isnull=True, case__state="waiting")
        assert {"register_extract", "owners", "identity"} <= set(asked.values_list("what", flat=True))
        assert asked.filter(party__isnull=False).exists()
        assert Requirement.objects.filter(met_at__isnull=False).exists()

    def test_every_class_and_programme_comes(self) -> None:
        assert set(Profile.objects.values_list("customer_class", flat=True)) == set(Profile.CustomerClass.values)
        assert set(Profile.objects.values_list("programme", flat=True)) == set(Profile.Programme.values)
        assert set(PaymentMeans.objects.values_list("kind", flat=True)) == set(PaymentMeans.Kind.values)
        us = Organisation.objects.get(name="Pomelo Loop Inc.")
        assert not PaymentMeans.objects.filter(organisation=us).exists(), "it is not asked"
        assert StatusProof.objects.filter(organisation=us).count() == Party.objects.filter(organisation=us).count() == 3

    def test_uses_that_must_be_asked_about_were_declared(self) -> None:
        flags = {flag for signed in Questionnaire.objects.live() for flag in questionnaires.flags(signed)}
        assert {"Resale of access was declared.", "Use for the military or for weapons was declared."} <= flags

    def test_registers_and_documents_were_read_beside_what_was_declared(self) -> None:
        nordlys, falkenried = (Organisation.objects.get(name=name) for name in ("Nordlys Modelling AS", "Falkenried Optik AG"))
        ended = Discrepancy.objects.get(organisation=nordlys)
        assert (ended.kind, ended.resolution, ended.resolved_by.name) == ("not_declared", "spelling", "Ana Marić")
        open_ones = Discrepancy.objects.open()
        assert set(open_ones.filter(organisation=falkenried).values_list("kind", flat=True)) == {"share", "not_declared"}
        assert open_ones.count() == 2
        assert set(Observation.objects.values_list("source", flat=True)) == {"officialRegister", "thirdParty"}

    def test_two_customers_named_one_company_and_an_officer_is_to_say_whether(self) -> None:
        organisations = {party.organisation_id for party in Party.objects.current()}
        found = [pair for pk in organisations for pair in sameness.alike(Party.objects.current().filter(organisation=pk))]
        unruled = [pair for pair in found if pair.ruling is None]
        assert {(pair.party.name, pair.other.name) for pair in unruled} == {
            ("Tidemark Nominees Ltd", "TIDEMARK NOMINEES LIMITED"),
            ("TIDEMARK NOMINEES LIMITED", "Tidemark Nominees Ltd"),
        }
        assert {pair.party.name for pair in found if pair.is_same} == {"Westmoor Trustees Ltd"} and len(found) == 4
        assert all(pair.shared == ("lei", "register") for pair in unruled)
        for pair in unruled:
            case = Case.objects.get(organisation=pair.party.organisation)
            shown = elsewhere.facts(case, [pair.party], User.objects.get(staff_role="analyst", is_robot=False), {})
            assert case.state == "review" and [row.pair.other for row in shown] == [pair.other]

    def test_of_another_that_was_ruled_to_be_one_they_tell_differently_and_that_waits(self) -> None:
        open_ones = Divergence.objects.open()
        assert {(row.party.name, row.what) for row in open_ones} == {("Westmoor Trustees Ltd", "owner")}
        assert {row.owner.name for row in open_ones if row.owner} == {"Philippa Gorringe", "Rupert Daventry"}
        analyst = User.objects.get(staff_role="analyst", is_robot=False)
        page = cast.signed_in(analyst).get("/desk/cases/differences/?source=customers").content.decode()
        assert "Westmoor Trustees Ltd" in page and "The Larkhill Settlement" in page and "Thornbury Orchard Ltd" in page

    def test_a_key_asks_for_somebody_since_who_answered_for_it_has_left(self) -> None:
        row = KeyRequirement.objects.get()
        assert (row.key.name, row.what, row.why, row.key.responsible.name) == (
            "dock planner",
            "answer",
            "removed",
            "Gareth Pellow",
        )
        assert row.due_on and row.due_on > timezone.localdate() and row.hold is None and row.key.state == "active"
        fiona = User.objects.get(email="fiona@kestrelharbour.example")
        assert "Name who answers for it by" in cast.signed_in(fiona).get("/verification/keys/").content.decode()

    def test_owners_stand_in_every_shape(self) -> None:
        assert set(Interest.objects.values_list("kind", flat=True)) == set(Interest.Kind.values)
        assert Interest.objects.filter(held_for__isnull=False).exists()
        assert Interest.objects.filter(owner__kind="state").exists()
        assert Interest.objects.filter(share="").exclude(kind__in=set(Interest.Kind.values) - {"shareholding"}).exists()
        circle = Interest.objects.filter(owner__name="Corvane Holding B.V.", owned__name="Ravelijn Participaties B.V.")
        assert circle.exists() and Interest.objects.filter(owner=circle[0].owned, owned=circle[0].owner).exists()

    def test_owners_of_some_are_unknown_in_part_and_a_parent_is_listed_on_an_exchange(self) -> None:
        unknown = Finding.objects.filter(category="unaccounted").exclude(state="good")
        assert unknown.exists()
        parent = Interest.objects.get(owner__name__startswith="Brackwater", owned__roles__kind="customer")
        assert parent.owner.kind == "company" and parent.organisation.case_set.get().state in {"approved", "review", "proposed"}
        told = Decision.objects.filter(organisation=parent.organisation).values_list("proposal__note", flat=True)
        assert any("listed on an exchange" in note for note in told)

    def test_every_structure_passes_as_a_file_of_the_standard(self) -> None:
        snapshot = uncommitted()
        told = [
            bods.statements(Reader(organisation=pk, valid_at=snapshot.taken_at, snapshot=snapshot, pack=packs.current()))
            for pk in Role.objects.filter(kind=Role.Kind.CUSTOMER).values_list("organisation", flat=True)
        ]
        assert len(told) >= 40 and sum(map(len, told)) > 200
        for statements in told:
            assert (list(schema.errors(statements)), network.findings(statements, today=date.today())) == ([], [])

    def test_names_stand_in_their_own_script_beside_the_latin_one(self) -> None:
        assert Party.objects.get(name="Lotus Inference Ltd").native_name == "莲花推理有限公司"
        told = "".join(f"{name} {native}" for name, native in Party.objects.values_list("name", "native_name"))
        found = {unicodedata.name(letter).partition(" ")[0] for letter in told if letter.isalpha()}
        assert set(SCRIPTS) <= found | {"KATAKANA", "HIRAGANA"}

    def test_risk_bands_and_matches_are_mixed(self) -> None:
        assert set(Score.objects.values_list("band", flat=True)) == {"low", "medium", "high"}
        assert set(Hit.objects.values_list("ruling", flat=True)) == {"", "true", "false"}

    def test_one_ruling_waits_for_a_second_person(self) -> None:
        hit = Hit.objects.open().get(proposal__outcome="")
        assert (hit.party.name, hit.proposal.choice, hit.proposal.proposed_by.staff_role) == (
            "GARANTEX EUROPE OU",
            "true",
            "analyst",
        )

    def test_half_of_helios_belongs_to_a_holding_half_of_which_is_listed(self) -> None:
        holding = Interest.objects.get(organisation__name="Helios Compute FZE", owner__name="ROSOBORONEXPORT OAO")
        assert (holding.owned.name, holding.share) == ("Meridian Holding Ltd", "50")
        assert Interest.objects.get(owner=holding.owned).share == "50"
        assert Hit.objects.filter(party=holding.owner, score__gte="0.9", ruling="").exists()
        verdicts = Determination.objects.filter(regime="ofac-50", organisation=holding.organisation, verdict="yes")
        assert set(verdicts.values_list("party__name", flat=True)) == {
            "ROSOBORONEXPORT OAO",
            "Meridian Holding Ltd",
            "Helios Compute FZE",
        }

    def test_invitations_were_sent_and_one_followed(self) -> None:
        assert Invitation.objects.live().exists()
        assert Invitation.objects.filter(used_at__isnull=False).exists()

    def test_the_auditor_has_asked_for_two_dossiers_and_an_attribution_report_of_one_with_keys(self) -> None:
        asked = Report.objects.values_list("kind", "organisation__name", "requested_by__name")
        assert sorted(asked) == [
            ("R-03", "Norddal County Mapping Agency", "Astrid Lund"),
            ("R-03", "Nordlys Modelling AS", "Astrid Lund"),
            ("R-06", "Nordlys Modelling AS", "Astrid Lund"),
        ]
        report = Report.objects.get(kind="R-06")
        assert Key.objects.filter(organisation=report.organisation, issued_at__gte=report.parameters["from"]).exists()

    def test_people_sent_pictures_of_their_papers_and_one_a_pdf(self) -> None:
        sent = Document.objects.filter(kind__in=authority.IDENTITY, organisation__sandbox="")
        types = Counter(sent.values_list("content_type", flat=True))
        assert types["application/pdf"] == 1 and types["image/png"] >= 5 and types["image/jpeg"] > sum(types.values()) / 2
        assert set(sent.values_list("kind", flat=True)) == set(authority.IDENTITY)

    def test_what_officers_recorded_is_what_stands_on_the_paper(self) -> None:
        items = EvidenceItem.objects.filter(kind__in=authority.IDENTITY).select_related("party")
        assert items.count() > 10
        for item in items:
            bearer = identity.bearer(item.party, item.kind)
            assert (item.number, item.expires_on) == (bearer.number, bearer.expires)

    def test_one_party_of_each_kind_has_reached_more_than_the_lowest_level(self) -> None:
        nordlys = Organisation.objects.get(name="Nordlys Modelling AS")
        found = {
            party.name: {one.guideline.code: one.reached.level.code for one in graded.graded(party) if one.reached}
            for party in Party.objects.current().filter(organisation=nordlys, name__in=[nordlys.name, "Ingrid Hansen"])
        }
        assert found[nordlys.name]["entity"] == "documented"
        assert found["Ingrid Hansen"]["cip"] == "verified" and found["Ingrid Hansen"]["nist"] == "ial1"
        confirmed = set(Confirmation.objects.live().filter(organisation=nordlys).values_list("how", flat=True))
        assert confirmed == {"email_code", "phone_code", "domain_mail", "extract", "gleif", "payment_name"}

    def test_papers_that_say_otherwise_stand_where_their_rows_say(self) -> None:
        mismatch = Mismatch.objects.open().select_related("item__party").get()
        assert (mismatch.item.party.name, mismatch.what, mismatch.shown) == (
            "Yusuf Abdelrahim Sorour",
            "birth_date",
            "1976-08-16",
        )
        soon = timezone.localdate() + timedelta(days=60)
        assert EvidenceItem.objects.get(expires_on__lte=soon).party.name == "Tamar Ben-Shachar"
        shared = {one.name for one in Organisation.objects.real() if sharing.count(one.pk)}
        assert shared == {"The Larkhill Settlement", "Quillmere Trading Ltd"}
        score = Score.objects.filter(organisation__name="The Larkhill Settlement").latest("pk")
        assert score.factors.filter(code="shared_document").exists()

    def test_the_verified_were_told_so(self) -> None:
        assert Entity.objects.live().count() == Case.objects.filter(state="approved").count()
        assert {"ingrid@nordlys.example", "layla@ufuq.example"} <= set(Message.objects.values_list("to", flat=True))

    def test_nobody_acts_in_two_organisations(self) -> None:
        assert max(Counter(Membership.objects.values_list("user", flat=True)).values()) == 1

    def test_the_cast_can_sign_in_staff_with_a_second_factor(self) -> None:
        people = User.objects.filter(email__in=[person.email for person in CAST])
        assert sorted(people.values_list("name", "staff_role")) == sorted((person.name, person.role) for person in CAST)
        assert all(person.check_password(PASSWORD) for person in people)
        roles = {person.role for person in CAST if person.role}
        assert set(Authenticator.objects.values_list("user__staff_role", flat=True)) == roles

    def test_the_gateways_credential_works_and_is_not_what_is_stored(self, seeded: Seeded) -> None:
        (credential,) = GatewayCredential.objects.all()
        assert seeded.gateway.startswith(credential.prefix)
        assert seeded.gateway not in json.dumps(list(GatewayCredential.objects.values()), default=str)
        assert seed.is_ours(seeded.gateway) and not seed.is_ours("khgw_ffffffff_x")

    def test_progress_was_told_after_each(self, seeded: Seeded) -> None:
        assert seeded.told == list(range(len(seed.FIRST) + 1, seed.TOTAL + 1))

    def test_a_second_time_it_changes_nothing(self) -> None:
        before, told = counts(), list[int]()
        with transaction.atomic():
            seed.begin()
            for row in (*seed.FIRST, *seed.OTHERS):
                seed.customer(row)()
            for each in seed.SANDBOXES:
                seed.sandbox(*each)()
        seed.complete(told.append)
        assert counts() == before
        assert told == []


# Tabs of a case, and what each may say that has nothing to show; nothing at all is being examined.
MAY_SAY = {
    "screening": {"No possible match"},
    "risk": {"Nothing raised it"},
    "use": {"None was named"},
    "keys": {"No key was issued"},
}
OFFICERS = ["analyst", "approver", "auditor", "investigator"]
EMPTY = re.compile(r'class="empty[^"]*">\s*(?:<strong>)?([^<]*)')


def empties(client: Client, address: str) -> set[str]:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return {title.strip() for title in EMPTY.findall(answer.content.decode())}


@pytest.mark.usefixtures("seeded")
class TestScreens:
    """Whoever of the cast signs in has something true to look at."""

    @pytest.mark.parametrize("person", CAST, ids=lambda person: person.name)
    def test_each_of_the_cast_begins_with_something(self, person: Person) -> None:
        client = cast.signed_in(User.objects.get(email=person.email))
        page = client.get("/start/", follow=True)
        assert page.status_code == 200
        assert not EMPTY.findall(page.content.decode())

    @pytest.mark.parametrize("role", some("full lists", OFFICERS, count=len(OFFICERS) if IS_WHOLE else 1))
    @pytest.mark.soak
    @pytest.mark.sample
    def test_lists_of_officers_are_full(self, role: str) -> None:
        client = cast.signed_in(User.objects.filter(staff_role=role, is_robot=False).earliest("pk"))
        for tab in queue.TABS:
            assert bool(empties(client, f"/desk/cases/?tab={tab}")) == (tab == "examining"), tab
        assert not empties(client, "/reports/")

    def test_every_tab_of_a_case_shows_something(self) -> None:
        client = cast.signed_in(User.objects.get(staff_role="approver", is_robot=False))
        shown = Case.objects.filter(organisation__sandbox="").exclude(state="draft")
        one_of_each = [shown.filter(state=state).earliest("pk") for state in sorted(set(shown.values_list("state", flat=True)))]
        helios = shown.get(organisation__name="Helios Compute FZE")
        full = Counter[str]()
        for case in {*one_of_each, helios}:
            for tab in summary.TABS:
                said = empties(client, f"/desk/cases/{case.pk}/?tab={tab}")
                assert said <= MAY_SAY.get(tab, set()), f"{case.organisation}, {tab}"
                assert tab != "keys" or bool(said) == (case.state != "approved"), case.organisation
                full[tab] += not said
        assert set(full) == set(summary.TABS) and min(full.values()) > 0, full


@pytest.mark.django_db
@pytest.mark.chaos
class TestKilled:
    def test_what_was_begun_is_gone_and_the_next_start_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cast.load_shipped_list()
        monkeypatch.setattr(seed, "OTHERS", seed.OTHERS[:3])
        monkeypatch.setattr(seed, "SANDBOXES", ())
        monkeypatch.setattr(seed, "FIRST", ())
        monkeypatch.setattr(seed, "REPORTED", {})
        seed.begin()
        tell, dies_in = stories.ENDS["approved"], seed.OTHERS[1].name

        def killed(organisation: Organisation, *rest: Any) -> None:
            if organisation.name == dies_in:
                raise KeyboardInterrupt
            tell(organisation, *rest)

        monkeypatch.setitem(stories.ENDS, "approved", killed)
        with pytest.raises(KeyboardInterrupt):
            seed.complete()
        assert list(Organisation.objects.values_list("name", flat=True)) == [seed.OTHERS[0].name]
        first = Case.objects.values_list("pk", "state").get()
        monkeypatch.setitem(stories.ENDS, "approved", tell)
        seed.complete()
        assert list(Organisation.objects.order_by("pk").values_list("name", flat=True)) == [row.name for row in seed.OTHERS]
        assert Case.objects.values_list("pk", "state").get(pk=first[0]) == first


@pytest.mark.django_db(transaction=True)
class TestPatiently:
    def test_goes_on_when_the_database_is_back(self) -> None:
        made: list[str] = []

        def make() -> None:
            made.append("tried")
            User.objects.create_user(f"{len(made)}@x.example", "x")
            if len(made) == 1:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        seed.patiently(make, rest=0)
        assert made == ["tried", "tried"]
        assert list(User.objects.values_list("email", flat=True)) == ["2@x.example"]

    def test_and_not_over_an_error_of_its_own(self) -> None:
        with pytest.raises(LookupError):
            seed.patiently(lambda: {}["x"], rest=0)


# Who signs up is made by the sign-in library; the demo's own mailbox is no row of the product.
WRITES = {"create", "bulk_create", "get_or_create", "update_or_create", "create_user", "save", "update", "bulk_update", "delete"}
ALLOWED = {("founding.py", "user"), ("mailbox.py", "send_messages"), ("mailbox.py", "show_text")}
# What they save is a file.
PAPER = {"documents.py", "photographs.py"}
RAW = {"cursor", "execute", "raw", "executemany"}


def writes(source: str, file: str) -> list[str]:
    found = []
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef) or (file, function.name) in ALLOWED:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                past_actions = node.func.attr in WRITES and "objects" in ast.unparse(node.func)
                if past_actions or node.func.attr in {"save", *RAW}:
                    found.append(f"{file} {function.name}: {ast.unparse(node)}")
    return found


class TestActionsOnly:
    def test_no_row_of_the_product_is_written_past_its_actions(self) -> None:
        files = [path for path in DEMO.rglob("*.py") if "migrations" not in path.parts and path.name not in PAPER]
        assert len(files) > 10
        assert [line for path in files for line in writes(path.read_text(), path.name)] == []

    @pytest.mark.parametrize(
        "line", ["Case.objects.create(x=1)", "Key.objects.filter(pk=1).update(state='active')", "case.save()", "c.execute('x')"]
    )
    def test_one_that_is_would_be_seen(self, line: str) -> None:
        assert writes(f"def make():\n    {line}", "seed.py")

    @pytest.mark.django_db
    def test_nothing_is_written_past_the_apps_role(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == ("app",)


@pytest.mark.django_db
class TestTheCommand:
    @pytest.fixture(autouse=True)
    def nobody(self, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The cast, and no organisations."""
        settings.DATA_DIR = tmp_path
        for name in ("FIRST", "OTHERS", "SANDBOXES"):
            monkeypatch.setattr(seed, name, ())
        monkeypatch.setattr(seed, "REPORTED", {})

    def test_hands_the_credential_over_once_and_for_the_servers_user_alone(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("seed_demo")
        path = tmp_path / "demo-gateway"
        text = path.read_text()
        call_command("seed_demo")
        assert path.read_text() == text
        assert path.stat().st_mode & 0o077 == 0
        out = capsys.readouterr().out
        assert out.count("Seeded the demo.") == 1
        assert text.strip() not in out
        assert GatewayCredential.objects.count() == 1

    def test_issues_another_where_the_first_was_lost(self, tmp_path: Path) -> None:
        call_command("seed_demo", part="first")
        path = tmp_path / "demo-gateway"
        before = path.read_text()
        path.unlink()
        call_command("seed_demo", part="first")
        assert path.read_text() != before
        assert GatewayCredential.objects.filter(revoked_at__isnull=True).get().prefix == path.read_text()[:13]

    def test_leaves_one_that_was_revoked(self, tmp_path: Path) -> None:
        call_command("seed_demo")
        GatewayCredential.objects.update(revoked_at=timezone.now())
        call_command("seed_demo")
        assert not GatewayCredential.objects.filter(revoked_at__isnull=True).exists()

    def test_says_how_far_it_is(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr(seed, "complete", lambda tell: [tell(there) for there in range(6, seed.TOTAL + 1)])
        call_command("seed_demo", part="rest")
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == f"The demo is loading: 10 of {seed.TOTAL} organisations."
        assert lines[-1].startswith(f"The demo is complete: {seed.TOTAL} organisations")
        assert len(lines) == 8


class TestIncident:
    def test_is_there_for_the_investigator_alone_and_once(self, seeded: Seeded) -> None:
        ines = User.objects.get(email="ines@keyholder.example")
        assert not Incident.objects.exists()
        incident.record()
        with scope.of_officer(ines):
            found = Incident.objects.get()
            assert found.is_open and found.empty_blocks == ["where", "how"]
            involved = found.involvements.values_list("organisation__name", flat=True)
            assert {*involved} == {*incident.ABOUT} and len(involved) == len(incident.ABOUT) + 1
            for name in incident.ABOUT:
                assert Case.objects.sent().filter(organisation__name=name).exists(), "an officer can open its case"
        assert found.title in cast.signed_in(ines).get("/desk/incidents/").content.decode()


class TestBlocked:
    def test_what_was_refused_waits_to_be_reported_and_what_is_held_was(self, seeded: Seeded) -> None:
        found = {(row.kind, row.state, row.made_by is None) for row in BlockedRecord.objects.select_related("made_by")}
        assert {("rejected", "open", True), ("blocked", "filed", False)} <= found


class TestResellers:
    def test_one_is_in_order_and_of_one_the_clock_runs(self, seeded: Seeded) -> None:
        found = ResellerAssessment.objects.values_list("reseller__place", "state")
        assert {*found} == {("domestic", "complies"), ("foreign", "open")}
