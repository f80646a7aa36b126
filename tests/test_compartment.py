"""The investigators' compartment (FIN-17): first that an investigator is shown an incident; then that nobody else is shown a
byte, an answer or a conclusion that depends on there being one.

Every page that somebody can reach about the organisation is drawn before an incident is opened about it and after it was written,
noted, referred, released and closed, and the two are compared. What cannot be the same is left out of both: tokens, nonces, the
number of the request, and how long ago something was.
"""

import io
import json
import logging
import re
import subprocess
from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta
from typing import Any
from zipfile import ZipFile
from zlib import crc32

import pikepdf
import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts import scope
from accounts.compartment import confined
from accounts.models import AuditEvent, Message, Organisation, User
from accounts.permissions import ROLES
from kyc.cases import items, meanwhile
from kyc.cases.models import Case
from kyc.cases.outdated import CHANGES, outdated
from kyc.desk import summary, timeline, unsent
from kyc.evidence import looks
from kyc.evidence.models import Document
from kyc.keys import renewals
from kyc.keys.models import Key
from kyc.networks import (
    actions,
    asking,
    carrying,
    controlling,
    downloads,
    extending,
    freeing,
    joining,
    lifting,
    measuring,
    ruling,
)
from kyc.networks.models import BLOCKS, Incident
from kyc.networks.network_models import Attachment, Network, NetworkRun
from kyc.networks.rulings import About
from kyc.onboarding import steps
from kyc.parties.models import Party
from tests import cast, networked
from tests.networked import CARD, PHONE, shares
from tests.test_doors import (
    DOORS,
    NORDLYS,
    OURS,
    House,
    errors,
    for_long,  # noqa: F401  # a fixture: however slow the machine, nobody is asked for the second factor in between
    knock,
    path_of,
    standing,
    undone,
)
from tests.whole import IS_WHOLE, TURN, by_turns

TITLE, TEXT = "Zugvogel extraction", "Pelikan reasoning traces"
OTHERS, SECOND = "Neighbour", "Vasco Reis"
WORDS = (TITLE, TEXT, "Zugvogel", "Pelikan", "Kranich")
BESIDES = ("owner", "member", "outsider", "nobody", "stranger", "bare", "gateway", *sorted({*ROLES} - {"investigator"}))
SIGNED_IN = [one for one in BESIDES if one not in ("nobody", "stranger", "bare", "gateway")]
# Doors to one incident, network, controller, measure or indication, by whichever number leads to it.
CONFINED_NUMBERS = dict.fromkeys(
    ("incident", "involvement", "network", "edge", "network_ruling", "network_attachment", "hand", "ruled_controller",
     "ruled_member", "measure", "proposed_measure", "measured", "indication", "authorisation", "ended_network", "said",
     "coming", "kept"), 1
) | {"handle": "0123456789"}  # fmt: skip
OF_ONE = {
    name
    for name in OURS
    if name.startswith(("desk:incident", "desk:network", "desk:controller", "desk:measure", "desk:indic", "desk:authoris"))
    and (own := DOORS[name].own)
    and {*own({}).values()} & CONFINED_NUMBERS.keys()
}
# Where an investigator is shown it.
SHOWN_ON = {"desk:case", "desk:queue", "desk:incidents", "timeline"}
# What differs from one drawing to the next by itself.
UNLIKE = (
    (re.compile(rb'(nonce|csrfmiddlewaretoken" value|X-CSRFToken|name="once" value)="?[^"]*"'), b""),
    (re.compile(rb"(?m)^\d+,(.*audit\.exported.*),[0-9a-f]+\r$"), rb"\1"),
    (re.compile(rb"<time[^>]*>[^<]*</time>"), b"<time>"),
    (re.compile(rb'data-absolute="\d+"'), b""),
    (re.compile(rb"(_seconds(\{[^}]*\})?) [0-9.e+-]+"), rb"\1"),
    (re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(Z|\+00:00)?"), b"<instant>"),
)
# The export holds the event of its own making, whose number comes after all others; that some are missing from a trail, an
# auditor may tell from places and numbers (AuditQuerySet.visible_to), and no more than that.
UNLIKE_HEADERS = {"X-Request-Id", "Content-Security-Policy", "Set-Cookie", "Date", "Expires", "Last-Modified"}


def record(organisation: Organisation, by: User, *, key: Key | None = None, party: Party | None = None) -> Incident:
    """All that can be done with an incident, about this organisation."""
    with scope.of_officer(by):
        incident = actions.open_incident(title=TITLE, kind="extraction", confidence="high", detected_on=date(2026, 11, 2), by=by)
        actions.involve(incident, organisation=organisation, why=f"{TEXT} by its keys.", by=by)
        more = actions.involve(incident, organisation=organisation, key=key, party=party, why="Kranich.", by=by)
        actions.write(incident, **dict.fromkeys(BLOCKS, TEXT), by=by)
        actions.note(incident, text=TEXT, by=by)
        actions.refer(incident, recipient="Kranich bureau", made_on=date(2026, 11, 3), by=by)
        actions.end_involvement(more, reason="Kranich.", by=by)
        tied(organisation, by)
        acted(organisation, by)
        # Another of the same stays open.
        second = actions.open_incident(title=TITLE, kind="resale", confidence="low", detected_on=date(2026, 11, 2), by=by)
        actions.involve(second, organisation=organisation, why=TEXT, by=by)
        return actions.close(incident, outcome="referred", reason="Kranich.", by=by)


def tied(organisation: Organisation, by: User) -> None:
    """All that can be done with a network that it is in, with others who were customers before."""
    partner, newcomer = Organisation.objects.filter(name__startswith=OTHERS).order_by("pk")
    network = networked.network_of([organisation, partner], {(0, 1): [shares(*PHONE), shares(*CARD)]})
    told = {"organisation": newcomer, "bits": 9, "proposed_at": timezone.now()}
    attachment = Attachment.objects.create(network=network, **told)
    joining.attach(attachment, reason=TEXT, by=by)
    about = About(value=(PHONE[0], networked.hashed(PHONE[1])))
    ruling.rule(network, about, kind="shared_infrastructure", reason=TEXT, by=by)
    # One building that failed, and one that waits.
    NetworkRun.objects.create(state="failed", failure=TEXT)
    asking.ask(by=by)
    downloads.record(network, what="ledger", by=by)


def acted(organisation: Organisation, by: User) -> None:
    """All that can be done with a controller and its measures short of reaching the account: what a measure places there is told
    to the customer and to other officers, so none comes to its time."""
    second = User.objects.get(name=SECOND)
    partner, newcomer = Organisation.objects.filter(name__startswith=OTHERS).order_by("pk")
    of_it = {"name": TITLE, "why": TEXT, "reason": "payment", "members": [organisation, partner]}
    controlling.decline(controlling.propose(**of_it, by=by), reason=TEXT, by=second)
    network = Network.objects.get(memberships__organisation=organisation)
    ruled = controlling.take(controlling.propose(**of_it, network=network, by=by), by=second)
    for answer in (extending.decline, extending.take):
        coming = extending.propose(ruled, members=[newcomer], why=TEXT, reason="payment", by=by)
        more = {"reason": TEXT} if answer is extending.decline else {}
        answer(ruled, coming, **more, by=second)
    controlling.note(ruled, text=TEXT, by=by)
    controlling.open_incident(
        ruled, title=TITLE, kind="extraction", confidence="low", detected_on=date(2026, 11, 2), by=by
    )  # fmt: skip
    later = {"told": "terms", "why": TEXT, "reason": "harm", "left_out": {}, "starts_at": timezone.now() + timedelta(days=9)}
    limit = {"kind": "limit", "unit": "requests", "period": "day", "limit": 5}
    for kind in ({"kind": "hold"}, {"kind": "verification", "items": ["identity"]}, limit):
        measuring.decline(measuring.propose(ruled, **later, **kind, by=by), reason=TEXT, by=second)
        taken = measuring.take(measuring.propose(ruled, **later, **kind, by=by), by=second)
        measuring.spare(taken.members.get(organisation=newcomer), reason=TEXT, by=by)
        measuring.release(taken, by=by)
        if kind != limit:
            measuring.undo(taken, reason=TEXT, by=by)
    controlling.end_member(ruled.members.get(organisation=newcomer, ended_at=None), reason=TEXT, by=by)
    # Its limit ends with it.
    freeing.end(ruled, reason=TEXT, by=by)
    carrying.run()
    lifting.run()
    # Another stays open.
    controlling.take(controlling.propose(**of_it, network=network, by=by), by=second)


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """Without any incident yet."""
    for house in standing(django_db_blocker, confined=False):
        house.case_is("review")
        networked.accounts(2, f"{OTHERS} {{}}")
        cast.staff("investigator", SECOND)
        yield house


@pytest.fixture(autouse=True)
def fresh(settings: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still, so that no page differs by how long ago something was."""
    instant = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: instant)
    cache.clear()
    if "house" in request.fixturenames:
        settings.METRICS_TOKEN = request.getfixturevalue("house").gateway


def recorded(house: House) -> Incident:
    key = Key.objects.get(pk=house.mine["key"])
    return record(key.organisation, house.people["investigator"], key=key, party=key.responsible)


def about(house: House) -> list[str]:
    """What the desk, the trail and the reports can be asked about Nordlys, beyond the bare addresses of DOORS."""
    case, queue = reverse("desk:case", args=[house.mine["case"]]), reverse("desk:queue")
    kinds = [*timeline.KINDS, *timeline.CONFINED_KINDS]
    trail = f"organisation={house.mine['organisation']}"
    events = AuditEvent.objects.latest("pk").pk
    return [
        *(f"{case}?tab={tab}" for tab in summary.TABS),
        *(f"{case}?tab=timeline&kind={kind}" for kind in kinds),
        *(f"{reverse('desk:live', args=[house.mine['case']])}?tab={tab}" for tab in summary.TABS),
        *(f"{queue}?tab={tab}" for tab in ("review", "waiting", "approve", "examining", "decided")),
        *(f"{queue}?q={word}" for word in ("Nordlys", "Zugvogel", "I-2026-0001", "Pelikan", "Kranich")),
        *(f"{reverse(name)}?{asked}" for name in ("audit", "audit_export") for asked in (
            trail, "who=investigator", "what=incident.opened", "who=Zugvogel", f"{trail}&what=incident.involved",
        )),
        # Those that stand there, and those that the incident's events will be.
        *(reverse("audit_event", args=[number]) for number in (events - 1, events, *range(events + 1, events + 13, 4))),
        f"{reverse('reports:list')}?{trail}",
        *(path_of(name, {"incident": 1, "involvement": 1} | house.mine) for name in OURS if name.startswith("desk:incident")),
        "/desk/incidents/2/", "/desk/incidents/999999/", "/desk/incidents/?q=Nordlys", "/desk/incidents/?tab=closed",
    ]  # fmt: skip


def of_networks(house: House) -> list[str]:
    """Their own pages, by numbers that will stand there."""
    numbers = CONFINED_NUMBERS | house.mine
    pages = [path_of(name, numbers) for name in OURS if name in OF_ONE and not name.startswith("desk:incident")]
    return [*pages, "/desk/networks/999999/", "/desk/networks/?q=Nordlys"]


def named(path: str, number: int) -> str:
    """What `is_drawn` calls it: the number of a case differs from run to run."""
    return "timeline" if path.endswith("?tab=timeline") else str(number)


def legible(body: bytes) -> bytes:
    """Of a PDF, in which no two are the same, what can be read in it and what is attached."""
    if body.startswith(b"PK"):
        return b"\n".join(unpacked(body))
    if not body.startswith(b"%PDF"):
        return body
    try:
        with pikepdf.open(io.BytesIO(body)) as pdf:
            attached = [pdf.attachments[name].get_file().read_bytes() for name in sorted(pdf.attachments)]
    except pikepdf.PdfError:
        return body
    words = subprocess.run(["pdftotext", "-", "-"], input=body, capture_output=True, check=True).stdout
    return b"\n".join([words, *(data for data in attached if b"sha256" not in data)])


def unpacked(body: bytes) -> Iterator[bytes]:
    """Of a pack what can be read in its files, and which events stand in it. It is an event itself, of which the next one
    tells."""
    verbs = set()
    with ZipFile(io.BytesIO(body)) as pack:
        for name in sorted(pack.namelist()):
            if name.startswith("trail/"):
                verbs.add(json.loads(pack.read(name))["event"]["verb"])
            elif b"sha256" not in (said := legible(pack.read(name))):
                yield said
    yield " ".join(sorted(verbs - {"report.pack_taken"})).encode()


def heard(answer: Any) -> Any:
    """What tells one answer from another."""
    bodies = []
    for body in map(legible, (answer.said, answer.leads_to)):
        for pattern, instead in UNLIKE:
            body = pattern.sub(instead, body)
        bodies.append(body)
    headers = {name: value for name, value in answer.headers.items() if name not in UNLIKE_HEADERS | {"Content-Length"}}
    return answer.status_code, headers, bodies


def is_drawn(what: str, role: str, roles: Collection[str]) -> bool:
    """Of those who share a page every ninth one draws it, at least one, and of the pages every third is drawn at all, others with
    the next commit; where an investigator is shown an incident all of them draw it, and in the long run each draws everything."""
    sharing = [one for one in BESIDES if one in roles] or [role]
    place, first = sharing.index(role) if role in sharing else 0, crc32(what.encode()) + TURN
    is_one_of_them = (place - first) % len(sharing) % min(9, len(sharing)) == 0
    return IS_WHOLE or what in SHOWN_ON or (is_one_of_them and first // len(sharing) % 3 == 0)


def drawn(house: House, role: str) -> dict[str, Any]:
    """Every page that DOORS has for this role, and every one of `about`; and what a form says that was sent empty. By turns,
    where others share it."""
    found = {}
    for name in OURS:
        door = DOORS[name]
        # `mine` is without an incident, so a door to one leads nowhere here; `about` knocks on those.
        if role not in door.who or name in OF_ONE:
            continue
        if not is_drawn(name, role, door.who):
            continue
        path = path_of(name, house.mine)
        found[f"GET {path}"] = heard(knock(house, role, "GET", path))
        if door.post and (answer := knock(house, role, "POST", path)).status_code in {422, 404, 405}:
            found[f"POST {path}"] = heard(answer)
    asked = about(house)
    shared = [path for number, path in enumerate(asked[:-14]) if role in ROLES and is_drawn(named(path, number), role, ROLES)]
    # None of these shows anybody but an investigator anything, so that one of the others asks for all of them.
    is_asking = role == by_turns("networks", SIGNED_IN)
    networks = [
        path for number, path in enumerate(of_networks(house)) if is_asking or is_drawn(f"network {number}", role, BESIDES)
    ]
    for path in [*shared, *asked[-14:], *networks]:
        cache.clear()
        found[path] = heard(knock(house, role, "GET", path))
    for name in ("desk:involve", "desk:incident_note", "desk:incident_close"):
        path = path_of(name, {"incident": 1} | house.mine)
        found[f"POST {path}"] = heard(knock(house, role, "POST", path, {"incident": "1", "about": "organisation", "why": "x"}))
    return found


class TestAnInvestigator:
    """Is shown the row, the count, the search result and the timeline's entry, so that the others could be."""

    def get(self, house: House, path: str) -> str:
        answer = knock(house, "investigator", "GET", path)
        assert answer.status_code == 200, path
        return str(answer.said.decode())

    def test_is_shown_it(self, house: House) -> None:
        with undone():
            incident = recorded(house)
            listed = self.get(house, "/desk/incidents/")
            assert TITLE in listed and NORDLYS in listed
            assert re.search(r'Open <span class="count">2</span>', listed), "the count"
            assert re.search(r'Closed <span class="count">1</span>', listed), "the count"
            for word in (incident.number, "zugvogel", "nordlys"):
                assert incident.number in self.get(house, f"/desk/incidents/?tab=closed&q={word}")
            page = self.get(house, f"/desk/incidents/{incident.pk}/")
            assert TEXT in page and "Kranich bureau" in page and "closed an incident" in page
            case = reverse("desk:case", args=[house.mine["case"]])
            assert incident.number in self.get(house, case)
            assert f"involved the organisation in an incident: {incident.number}" in self.get(house, f"{case}?tab=timeline")
            assert f"incident: {incident.number}" in self.get(house, f"{case}?tab=timeline&kind=incidents")

    @pytest.mark.soak
    @pytest.mark.sample
    def test_and_the_comparison_below_would_tell(self, house: House) -> None:
        """The negative control: of whoever is shown it, the pages differ."""
        before = drawn(house, "investigator")
        with undone():
            recorded(house)
            after = drawn(house, "investigator")
        case = reverse("desk:case", args=[house.mine["case"]])
        differing = {path for path in before if before[path] != after[path]}
        assert {f"GET {case}", f"{case}?tab=timeline", "GET /desk/incidents/"} <= differing
        assert f"GET {reverse('desk:queue')}" not in differing


@pytest.mark.soak
@pytest.mark.sample
@pytest.mark.parametrize("role", BESIDES)
def test_every_page_is_the_same_to_the_byte(house: House, role: str) -> None:
    before = drawn(house, role)
    mails = Message.objects.count()
    with undone():
        recorded(house)
        after = drawn(house, role)
        assert Message.objects.count() == mails
    assert before.keys() == after.keys() and len(before) > 6
    differing = [path for path in before if before[path] != after[path]]
    assert not differing, first_difference(before[differing[0]], after[differing[0]])
    said = b"".join(body for _, _, bodies in after.values() for body in bodies)
    # But for what was asked itself, which a page of a search repeats.
    assert not [word for word in (TITLE, TEXT, "bureau") if word.encode() in said]


def first_difference(before: Any, after: Any) -> Any:
    if before[:2] != after[:2]:
        return before[:2], after[:2]
    one, other = next((a, b) for a, b in zip(before[2], after[2], strict=True) if a != b)
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[max(0, at - 200) : at + 200], other[max(0, at - 200) : at + 200]


@pytest.mark.parametrize("role", sorted({*ROLES} - {"investigator"}))
def test_a_guessed_address_is_the_page_of_what_does_not_exist(house: House, role: str) -> None:
    with undone():
        incident = recorded(house)
        with scope.whole():
            number = Network.objects.latest("pk").pk
        for method in ("GET", "POST", "PUT", "OPTIONS"):
            for there, nowhere in (
                (f"/desk/incidents/{incident.pk}/", "/desk/incidents/999999/"),
                (f"/desk/networks/{number}/", "/desk/networks/999999/"),
                ("/desk/incidents/", "/desk/no/"),
            ):
                found, missing = (heard(knock(house, role, method, path)) for path in (there, nowhere))
                assert found[0] == missing[0] == 404
                assert found[2] == missing[2], f"{role} {method} {there}"


CONCLUSIONS: dict[str, Callable[[Case, User], Any]] = {
    "which cases are outdated": lambda case, by: sorted(outdated().values_list("pk", *summary_causes())),
    "what was done of what was asked": lambda case, by: items.done(list(case.requirements.all())),
    "what the customer has not sent": lambda case, by: unsent.of(case),
    "how the case came to stand so": lambda case, by: meanwhile.told(case, by=by),
    "when the customer saved last": lambda case, by: steps.saved_at(case.organisation),
    "who is told that answers expire": lambda case, by: list(renewals.expiring()),
    "whose answers have expired": lambda case, by: list(renewals.expired()),
    "which documents were opened": lambda case, by: looks.opened(
        Document.objects.filter(organisation=case.organisation), by=User.objects.get(staff_role="analyst", name="The analyst")
    ),
}


def summary_causes() -> tuple[str, ...]:
    return ("is_ruled", "is_listed_anew", "is_said_anew", "is_verified_anew")


class TestWhatTheMachineConcludes:
    @pytest.mark.parametrize("conclude", CONCLUSIONS.values(), ids=CONCLUSIONS)
    @pytest.mark.parametrize("state", ["review", "waiting"])
    def test_is_the_same_whoever_asks(self, house: House, conclude: Any, state: str) -> None:
        with undone():
            house.case_is(state)
            case = Case.objects.get(pk=house.mine["case"])
            expected = conclude(case, house.people["analyst"])
            recorded(house)
            for role in ("analyst", "investigator"):
                with scope.of_officer(house.people[role]):
                    assert conclude(case, house.people[role]) == expected, role

    def test_goes_by_no_verb_of_the_compartment(self) -> None:
        verbs = {*timeline.CONFINED_VERBS}
        assert len(verbs) == 46
        said = {verb for item in items.ITEMS.values() for verb in item.verbs + item.undoing}
        assert not verbs & {*CHANGES, *said, *meanwhile.MOVES, *unsent.SAID, renewals.TOLD}
        assert not verbs & timeline.VERBS.keys()


class TestQueriesOfTheLog:
    """The first wall, by itself: with the compartment open, a person who may not see it is given nothing of it."""

    @pytest.mark.parametrize("role", sorted({*ROLES} - {"investigator"}))
    def test_leave_it_out(self, house: House, role: str) -> None:
        person = house.people[role]
        with undone():
            recorded(house)
            case = Case.objects.get(pk=house.mine["case"])
            with scope.whole():
                assert AuditEvent.objects.filter(target_type__in=confined()).count() > 8
                assert not AuditEvent.objects.visible_to(person).filter(target_type__in=confined()).exists()
                assert not AuditEvent.objects.shown_to(person).filter(target_type__in=confined()).exists()
                assert not Incident.objects.visible_to(person).exists()
                told = " ".join(event.what for event in timeline.of(case, to=person)[0])
                assert "incident" not in told
                assert not timeline.verbs(person).keys() & timeline.CONFINED_VERBS.keys()


class TestErrors:
    def test_what_an_investigator_does_leaves_nothing_in_the_logs(self, house: House, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        caplog.set_level(logging.DEBUG, logger="django.request")
        with undone():
            incident = recorded(house)
            for path, data in (
                (f"/desk/incidents/{incident.pk}/write/", {"title": TITLE, "who": TEXT}),
                ("/desk/incidents/new/", {"title": TITLE, "who": TEXT}),
                (f"/desk/cases/{house.mine['case']}/involve/", {"why": TEXT}),
            ):
                answer = knock(house, "investigator", "POST", path, data)
                assert answer.status_code == 422 and errors(answer), path
        ours = "\n".join(line.getMessage() for line in caplog.records if not line.name.startswith("django.db"))
        assert ours and not [word for word in (*WORDS, NORDLYS) if word in ours]

    def test_nor_does_the_database_name_a_row(self, house: House) -> None:
        """To whoever names one by its number it is as if there were none."""
        with undone():
            incident = recorded(house)
            with scope.everything(), pytest.raises(Incident.DoesNotExist) as told:
                actions.note(incident, text=TEXT, by=house.people["investigator"])
            assert str(told.value) == "Incident matching query does not exist."
