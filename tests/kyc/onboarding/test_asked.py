"""What an officer asked for: exactly that is shown, open and waited for."""

from collections.abc import Callable
from threading import Event, Thread
from time import sleep

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from kyc.cases import actions as cases
from kyc.cases import examining, exposed, judging
from kyc.cases.meanwhile import NotSent
from kyc.cases.models import Case, Requirement
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.onboarding import steps
from kyc.parties import questionnaires
from kyc.parties.models import Party, Questionnaire, Role
from kyc.screening.models import ListVersion
from tests.cast import ANSWERS, Founded, pdf, signed_in, staff, submitted
from tests.kyc.cases.conftest import the_list  # noqa: F401  # a fixture
from tests.stage import scene


def url(name: str) -> str:
    return reverse(f"onboarding:{name}")


@scene
def asked(alice: User, the_list: ListVersion) -> Founded:  # noqa: F811
    """The identity paper of Alice and the use were asked for."""
    found = submitted(alice)
    examining.run()
    items = [
        {"what": "identity", "party": found.controller.pk, "why": "expired"},
        {"what": "use", "party": None, "why": "unclear", "words": "Which ships?"},
    ]
    decision = cases.propose(
        Case.objects.get(), choice="ask", reason="document_missing", note="See.", items=items, by=staff("analyst", "Ana")
    )
    cases.take(decision, by=staff("approver", "Rui"))
    return found


@pytest.fixture
def client(asked: Founded) -> Client:
    return signed_in(asked.by)


class TestAsked:
    def test_each_item_leads_to_its_own_page(self, asked: Founded, client: Client) -> None:
        page = client.get(url("overview")).content.decode().replace("&amp;", "&")
        assert "Identity document of Alice Olsen. It has expired" in page
        assert "Which ships?" in page
        assert f'href="{url("documents")}?kind=passport&party={asked.controller.pk}"' in page
        assert f'href="{url("use")}"' in page
        assert page.count("By ") == 2

    def test_the_document_is_chosen_beforehand(self, asked: Founded, client: Client) -> None:
        page = client.get(f"{url('documents')}?kind=passport&party={asked.controller.pk}").content.decode()
        assert '<option value="passport" selected>' in page
        assert f'<option value="{asked.controller.pk}" selected>' in page

    @pytest.mark.parametrize("value", ["x", "\x00", "99999999999999999999", "'"])
    def test_a_made_up_choice_takes_no_harm(self, client: Client, value: str) -> None:
        assert client.get(url("documents"), {"kind": value, "party": value}).status_code == 200

    @pytest.mark.parametrize("name", ["kind", "company", "people", "owners", "payment", "person_add", "principal"])
    def test_what_was_not_asked_stays_closed_with_a_sentence(self, client: Client, name: str) -> None:
        for answer in (client.get(url(name)), client.post(url(name), {"name": "Sneaked"})):
            assert answer["Location"] == url("overview")
            assert [str(message) for message in get_messages(answer.wsgi_request)][-1] == str(steps.NOT_ASKED)

    def test_what_is_missing_besides_is_open_too(self, asked: Founded, client: Client) -> None:
        Role.objects.filter(kind=Role.Kind.DIRECTOR).update(valid_to="2099-01-01")
        assert client.get(url("people")).status_code == 200

    def test_under_the_lock_too(self, asked: Founded) -> None:
        with pytest.raises(steps.NotEditable), steps.editing(asked.organisation, "people"):
            pass
        with steps.editing(asked.organisation, "use") as case:
            assert case.state == Case.State.WAITING

    def test_ticks_count_and_headline_follow_what_is_still_asked(self, asked: Founded, client: Client) -> None:
        page = client.get(url("overview")).content.decode()
        assert "Two more things we need from you" in page
        assert '<span class="badge warn count">2</span>' in page
        here = {step.label: step.done for step in steps.way(asked.organisation).stepper()}
        assert (here["Documents"], here["Intended use"], here["People"]) == (False, False, True)
        assert "Identity document of Alice Olsen." in client.get(url("documents")).content.decode()
        check = client.get(url("check")).content.decode()
        assert f'href="{url("use")}"' in check
        assert "Identity document of Alice Olsen." in check
        evidence.upload(asked.organisation, kind="passport", file=pdf(), party=asked.controller, by=asked.by)
        page = client.get(url("overview")).content.decode()
        assert "One more thing we need from you" in page
        assert '<span class="badge warn count">1</span>' in page
        assert {step.label: step.done for step in steps.way(asked.organisation).stepper()}["Documents"]

    def test_it_is_sent_again_once_every_item_is_done(self, asked: Founded, client: Client) -> None:
        refused = client.post(url("check"), {"declared_true": "on"})
        assert refused.status_code == 422
        assert "This is still to be done: Identity document of Alice Olsen." in refused.content.decode()
        evidence.upload(asked.organisation, kind="passport", file=pdf(), party=asked.controller, by=asked.by)
        page = client.get(url("overview")).content.decode()
        assert page.count(">Done<") == 1
        assert "Check and send again" not in page
        assert "Intended use." in client.post(url("check"), {"declared_true": "on"}).content.decode()
        form = client.get(f"{url('use')}?anew").context["form"]
        told = {**form.initial, "end_use": "Fishing vessels.", "signed_name": "Alice Olsen", "shown": form["shown"].value()}
        assert client.post(url("use"), told).status_code == 302
        assert "Check and send again" in client.get(url("overview")).content.decode()
        assert client.post(url("check"), {"declared_true": "on"}).status_code == 302
        assert Case.objects.get().state == Case.State.SUBMITTED

    def test_what_was_asked_of_somebody_who_has_left_is_settled_and_shown_so(self, asked: Founded, client: Client) -> None:
        Party.objects.filter(pk=asked.controller.pk).update(removed_on=timezone.localdate())
        page = client.get(url("overview")).content.decode()
        assert ">Settled: Alice Olsen has left<" in page
        assert "kind=passport" not in page

    def test_a_sentence_alone_opens_everything(self, asked: Founded, client: Client) -> None:
        Requirement.objects.update(what="", party=None)
        assert steps.way(asked.organisation).open == set(steps.STEPS)
        assert client.get(url("people")).status_code == 200


class TestDocuments:
    """While items are named, only documents that one of them or something missing asks for come and go."""

    def sent(self, client: Client, kind: str, party: Party | None) -> HttpResponse:
        told = {"kind": kind, "party": party.pk if party else "", "file": pdf(width=333)}
        return client.post(url("documents"), told)

    @pytest.fixture
    def other(self, asked: Founded) -> Party:
        """Named, but not asked about."""
        return Party.objects.create(organisation=asked.organisation, kind="person", name="Kari Lund", country="NO")

    def test_what_an_item_asks_for_is_added(self, asked: Founded, client: Client) -> None:
        assert self.sent(client, "passport", asked.controller).status_code == 302

    def test_only_the_kinds_asked_for_are_offered(self, client: Client) -> None:
        kinds = client.get(url("documents")).context["form"].fields["kind"].choices
        assert [value for value, _label in kinds] == ["", "passport", "identity_card"]

    @pytest.mark.parametrize("kind", ["articles", "other"])
    def test_another_kind_is_refused_with_a_sentence_that_says_which(self, client: Client, kind: str) -> None:
        answer = self.sent(client, kind, None)
        assert answer.status_code == 422
        assert answer.context["form"].errors["kind"] == [
            "We have asked for certain documents only: Passport or Identity card of Alice Olsen."
        ]

    def test_another_persons_is_refused_too(self, asked: Founded, client: Client, other: Party) -> None:
        before = asked.organisation.document_set.count()
        answer = self.sent(client, "passport", other)
        assert answer.status_code == 422
        assert "Passport or Identity card of Alice Olsen." in answer.context["form"].errors["party"][0]
        assert asked.organisation.document_set.count() == before

    def test_what_is_missing_besides_may_come(self, asked: Founded, client: Client, other: Party) -> None:
        Role.objects.create(organisation=asked.organisation, party=other, kind="signatory", valid_from=timezone.localdate())
        assert self.sent(client, "passport", other).status_code == 302
        assert self.sent(client, "authority", other).status_code == 302
        assert self.sent(client, "address", other).status_code == 422

    def test_what_was_sent_before_and_is_not_asked_for_stays(self, asked: Founded, client: Client) -> None:
        extract = asked.organisation.document_set.get(kind="register_extract")
        gone = reverse("onboarding:document_remove", args=[extract.pk])
        assert gone not in client.get(url("documents")).content.decode()
        answer = client.post(gone)
        assert answer.status_code == 422
        assert "This was sent before we asked" in answer.content.decode()
        assert asked.organisation.document_set.current().filter(pk=extract.pk).exists()

    def test_what_is_asked_for_anew_and_what_was_sent_since_may_go(self, asked: Founded, client: Client) -> None:
        old = asked.organisation.document_set.get(kind="passport")
        since = evidence.upload(asked.organisation, kind="other", file=pdf(width=334), by=asked.by)
        for document in (old, since):
            gone = reverse("onboarding:document_remove", args=[document.pk])
            assert gone in client.get(url("documents")).content.decode()
            assert client.post(gone).status_code == 302
        assert not asked.organisation.document_set.current().filter(pk__in=[old.pk, since.pk]).exists()

    def test_a_document_of_the_customer_itself_names_nobody(self, asked: Founded, client: Client) -> None:
        Requirement.objects.filter(what="identity").update(what="address", party=asked.party)
        assert self.sent(client, "address", None).status_code == 302
        assert self.sent(client, "address", asked.controller).status_code == 422

    def test_an_item_about_nobody_in_particular_takes_it_about_anybody(self, asked: Founded, client: Client) -> None:
        Requirement.objects.filter(what="identity").update(what="address", party=None)
        assert self.sent(client, "address", asked.controller).status_code == 302

    def test_a_sentence_alone_opens_every_kind(self, asked: Founded, client: Client) -> None:
        Requirement.objects.update(what="", party=None)
        assert self.sent(client, "articles", None).status_code == 302
        extract = asked.organisation.document_set.get(kind="register_extract")
        assert client.post(reverse("onboarding:document_remove", args=[extract.pk])).status_code == 302


@pytest.mark.django_db(transaction=True)
class TestOneOrder:
    """A customer's save holds the organisation before the case, as officers do, so that no two wait for each other."""

    def test_an_officer_who_comes_while_a_customer_saves_waits_and_both_succeed(self, asked: Founded) -> None:
        organisation, case = asked.organisation, Case.objects.get()
        ana = User.objects.get(staff_role="analyst", name="Ana")
        began, came, wrong = Event(), Event(), []

        def save() -> None:
            with steps.editing(organisation, "use"):
                began.set()
                came.wait(10)
                # The officer has his first lock by now, or waits for it.
                sleep(0.5)
                questionnaires.sign(organisation, answers=ANSWERS, signed_name="Alice Olsen", by=asked.by)

        def judge() -> None:
            began.wait(10)
            came.set()
            document = Document.objects.filter(organisation=organisation).first()
            with pytest.raises(NotSent):
                judging.verify(case, document=document, by=ana)

        def run(act: Callable[[], None]) -> None:
            try:
                act()
            except Exception as error:  # told below
                wrong.append(error)
            finally:
                connection.close()

        threads = [Thread(target=run, args=(act,)) for act in (save, judge)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert wrong == []
        assert Questionnaire.objects.filter(organisation=organisation).count() == 2


class TestByRule:
    """What is asked for by rule while officers have the case (kyc.cases.exposed)."""

    @pytest.fixture
    def examined(self, alice: User, the_list: ListVersion) -> Founded:  # noqa: F811
        found = submitted(alice)
        examining.run()
        exposed.asked_of(Case.objects.get(), found.controller)
        return found

    def test_it_is_sent_while_the_case_goes_on_and_nothing_else_is_open(self, examined: Founded) -> None:
        client = signed_in(examined.by)
        page = client.get(url("overview")).content.decode().replace("&amp;", "&")
        assert "One more thing we need from you" in page and "Nothing has to be sent again." in page
        assert f'href="{url("documents")}?kind=wealth&party={examined.controller.pk}"' in page
        for name in ("people", "owners", "use", "payment", "check"):
            assert client.get(url(name))["Location"] == url("overview")
        page = client.get(url("documents")).content.decode()
        assert 'value="wealth"' in page and 'value="passport"' not in page and "Go on to check" not in page
        other = {"kind": "passport", "party": examined.controller.pk, "file": pdf(width=333)}
        assert client.post(url("documents"), other).status_code == 422
        # Whose it is, is said beforehand, and what is wrong stands there.
        assert page.count("Proof of the source of wealth of Alice Olsen.") == 1
        wrong = client.post(url("documents"), {"kind": "wealth", "party": "", "file": pdf(width=334)})
        assert wrong.status_code == 422 and list(wrong.context["form"].errors) == ["party"]
        added = {"kind": "wealth", "party": examined.controller.pk, "file": pdf(width=334)}
        page = client.post(url("documents"), added, follow=True).content.decode()
        assert "Added. We read it, and write to you if we need more." in page
        paper = Document.objects.get(kind="wealth")
        assert (paper.party, Case.objects.get().state) == (examined.controller, "review")
        assert "What we asked for is here, and we are reading it" in client.get(url("overview")).content.decode()
        # What officers read stays.
        assert f"/documents/{paper.pk}/remove/" not in page
        kept = client.post(reverse("onboarding:document_remove", args=[paper.pk]))
        assert kept.status_code == 422 and "What was sent is being read" in kept.content.decode()
        assert Document.objects.current().filter(pk=paper.pk).exists()

    def test_without_it_nothing_is_open(self, examined: Founded) -> None:
        Requirement.objects.update(withdrawn_at=timezone.now())
        assert signed_in(examined.by).get(url("documents"))["Location"] == url("overview")

    def test_beside_a_sentence_of_an_officer_everything_is_open(self, examined: Founded) -> None:
        decision = cases.propose(
            Case.objects.get(),
            choice="ask",
            reason="document_missing",
            note="See.",
            message="Call us.",
            by=staff("analyst", "Ana"),
        )
        cases.take(decision, by=staff("approver", "Rui"))
        client = signed_in(examined.by)
        assert [client.get(url(name)).status_code for name in ("people", "owners", "documents")] == [200, 200, 200]
        refused = client.post(url("check"), {"declared_true": "on"})
        assert refused.status_code == 422 and "source of wealth of Alice Olsen" in refused.content.decode()
