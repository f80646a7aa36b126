"""One customer's whole life in the product, through its actions, and the dossier drawn of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone, translation

from accounts import audit, credentials, organisations, snapshots
from accounts.models import Organisation, Range, Snapshot, User
from kyc.cases import actions as cases
from kyc.cases import examining
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence import confirmations, invitations, items, mismatches, proofs
from kyc.evidence.models import Document, Invitation
from kyc.keys import actions as keys
from kyc.keys import holds, linking
from kyc.keys.models import Hold, Key
from kyc.ownership import actions as ownership
from kyc.ownership import observing
from kyc.ownership.models import Discrepancy, Interest, Observation
from kyc.parties import actions as parties
from kyc.parties import exclusions
from kyc.parties.models import Party, PersonStatus
from kyc.rules import packs
from kyc.screening import lists
from kyc.screening.models import Hit
from kyc.usage import intake
from reports.building import LANGUAGE
from reports.facts.attribution import ATTRIBUTION
from reports.facts.control import CONTROL
from reports.facts.dossier import DOSSIER
from reports.facts.reader import exact
from reports.instants import year_before
from tests import cast
from tests.kyc.usage.scenes import row, sent, this_hour

PUBLISHED = date(2026, 5, 2)
# Alice's namesake is born on another day, Solveig's on the very same.
LISTED = """\
101,"OLSEN, Alice","individual","SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 05 May 1961."
102,"NYQUIST, Solveig","individual","SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 09 Oct 1975."
"""
INVITED = "alice.private@post.example"
SOLVEIG_BORN, FUND_NUMBER, PASSPORT_NUMBER = "1975-10-09", "NO 987 654 321", "N1234567"


@dataclass
class Story:
    organisation: Organisation
    party: Party
    controller: Party
    fund: Party
    alice: User
    ana: User
    rui: User
    astrid: User
    live: Key
    revoked: Key
    secrets: tuple[str, ...]
    interest: Interest

    @property
    def case(self) -> Case:
        return self.organisation.case_set.get()


def load_list(folder: Path) -> None:
    cast.load_list(folder, LISTED, published=PUBLISHED)


def dossier_of(
    organisation: Organisation, *, valid_at: datetime | None = None, snapshot: Snapshot | None = None, profile: str = "minimised"
) -> dict[str, Any]:
    """report.json of what is known now, or in `snapshot`."""
    snapshot = snapshot or snapshots.take()
    with translation.override(LANGUAGE):
        *_, (_, facts) = DOSSIER.build(
            organisation=organisation.pk, valid_at=valid_at or snapshot.taken_at, snapshot=snapshot, pack=packs.current(),
            parameters={"profile": profile},
        )  # fmt: skip
    return facts


def control_of(
    organisation: Organisation, *, valid_at: datetime | None = None, snapshot: Snapshot | None = None, profile: str = "minimised"
) -> dict[str, Any]:
    """As `dossier_of`, of ownership and control."""
    snapshot = snapshot or snapshots.take()
    with translation.override(LANGUAGE):
        *_, (_, facts) = CONTROL.build(
            organisation=organisation.pk, valid_at=valid_at or snapshot.taken_at, snapshot=snapshot, pack=packs.current(),
            parameters={"profile": profile},
        )  # fmt: skip
    return facts


def attribution_of(
    organisation: Organisation,
    *,
    since: datetime | None = None,
    valid_at: datetime | None = None,
    snapshot: Snapshot | None = None,
    key: Key | None = None,
) -> dict[str, Any]:
    """report.json over [since, valid_at), by default the year before now, of what is known now or in `snapshot`."""
    snapshot = snapshot or snapshots.take()
    until = valid_at or snapshot.taken_at
    parameters = {"from": exact(since or year_before(until))} | ({"key": key.pk} if key else {})
    with translation.override(LANGUAGE):
        *_, (_, facts) = ATTRIBUTION.build(
            organisation=organisation.pk, valid_at=until, snapshot=snapshot, pack=packs.current(), parameters=parameters
        )
    return facts


def declared(alice: User) -> Story:
    """Told by the customer, and sent."""
    found = cast.founded(alice)
    organisation = found.organisation
    interest = ownership.declare_owner(organisation, owned=found.party, owner=found.controller, share="60", by=alice)
    fund = ownership.declare_owner(
        organisation, owned=found.party, kind="company", name="Fjord Invest AS", share="25-30", country="NO", hq_country="SE",
        registration_number=FUND_NUMBER, by=alice,
    ).owner  # fmt: skip
    ownership.declare_owner(
        organisation, owned=fund, name="Solveig Nyquist", share="", country="NO", birth_date=SOLVEIG_BORN, by=alice
    )
    exclusions.claim(fund, ground="listed_company", reference="NYSE: FJRD", by=alice)
    evidence.upload(organisation, kind="register_extract", file=cast.pdf(), by=alice)
    invited(found.controller, by=alice)
    evidence.upload(organisation, kind="identity_card", file=cast.pdf(width=300), party=found.controller, by=alice)
    cases.submit(organisation.case_set.get(), declared_true=True, by=alice)
    staff = [cast.staff("analyst", "Ana Maric"), cast.staff("approver", "Rui Duarte"), cast.staff("auditor", "Astrid Lund")]
    return Story(organisation, found.party, found.controller, fund, alice, *staff, Key(), Key(), (), interest)


def invited(person: Party, *, by: User) -> None:
    """Asked to prove himself; what matters to a report is the row, not the letter."""
    with transaction.atomic():
        Invitation.objects.create(
            organisation=person.organisation, party=person, email=INVITED, digest=invitations.digest("a link"), locale="en",
            invited_by=by, expires_at=timezone.now() + timedelta(days=7),
        )  # fmt: skip
        audit.record("person.invited", target=person, by=by, name=person.name)


def examine() -> None:
    """The machine's round leaves two possible matches open."""
    examining.run()
    assert Hit.objects.open().count() == 2


def passport() -> SimpleUploadedFile:
    upload = cast.pdf()
    return SimpleUploadedFile("passport.pdf", ContentFile(upload.read() + b"\n%").read(), content_type="application/pdf")


def read_elsewhere(story: Story) -> None:
    """A register agrees with what was declared of the company, and writes the fund's owner otherwise, which is settled with the
    customer; what was read in the wrong ledger is withdrawn."""

    def observe(owned: Party, owner: str | Party, share: str, *, source: str = "officialRegister", **more: Any) -> Observation:
        who = {"owner_name": owner} if isinstance(owner, str) else {"owner": owner}
        return observing.observe(
            story.organisation, owned=owned, source=source, found_in="Brønnøysund register", stated_on=date(2026, 5, 1),
            share=share, by=story.ana, **who, **more,
        )[0]  # fmt: skip

    observe(story.party, story.controller, "60")
    observe(story.party, story.fund, "27", is_all=True)
    observe(story.fund, "Solveig Nykvist", "100", owner_country="NO")
    observing.resolve(
        Discrepancy.objects.open().get(), resolution="spelling", reason="Asked: written as her father did.", by=story.ana
    )
    observing.withdraw(
        observe(story.fund, "Kari Moe", "10", source="thirdParty"), reason="The ledger of another fund.", by=story.ana
    )


def approve(story: Story) -> None:
    """Asked for more, answered, approved by two, with a live key and a revoked one."""
    for hit in Hit.objects.open():
        cast.ruled(hit, ruling="false", reason="different_birth_date", note="Another person.", by=story.ana)
    read_elsewhere(story)
    item = {"what": "identity", "party": story.controller.pk, "why": "missing", "words": "In colour, please."}
    decide(story, "ask", "document_missing", message="Please send Alice's passport.", items=[item])
    document = invitations.prove(Invitation.objects.get(), kind="passport", file=passport())
    status = PersonStatus.objects.live().get(party=story.controller, axis=PersonStatus.Axis.IAAS)
    proofs.verify(status, document=document, note="Seen in the original.", by=story.ana)
    graded(story, document)
    cast.shown(story.organisation, story.alice, officer=story.ana)
    cases.submit(story.case, declared_true=True, by=story.alice)
    examining.run()
    decide(story, "approve", "identity_established")
    story.live, one = issued(story, "production")
    story.revoked, two = issued(story, "staging")
    linking.run()
    keys.revoke(story.revoked, reason="no longer needed", by=story.alice)
    story.secrets = (one, two)


def graded(story: Story, passport: Document) -> None:
    """The passport is evidence of Alice, on which her name is written otherwise; the register's extract confirms the number."""
    item = items.record(
        story.controller, kind="passport", document=passport, issuer="Politiet", issuing_country="NO", number=PASSPORT_NUMBER,
        issued_on=date(2021, 2, 1), expires_on=timezone.localdate() + timedelta(days=900), shown={"name": "Alice M. Olsen"},
        by=story.ana,
    )  # fmt: skip
    mismatches.resolve(item.mismatches.get(), resolution="spelling", reason="A middle name more.", by=story.ana)
    items.validate(item, method="features_issuer", by=story.ana)
    items.verify(item, method="compared", by=story.ana)
    extract = Document.objects.get(organisation=story.organisation, kind="register_extract")
    confirmations.by_paper(
        story.party, what="registration", how="extract", document=extract, dated=timezone.localdate(),
        issuer="Brønnøysundregistrene", number="918334207", by=story.ana,
    )  # fmt: skip


def decide(story: Story, choice: str, reason: str, *, message: str = "", items: Sequence[dict[str, Any]] = ()) -> None:
    decision = cases.propose(
        story.case, choice=choice, reason=reason, note="Read in full.", message=message, items=items, by=story.ana
    )
    cases.take(decision, note="Agreed.", by=story.rui)


def issued(story: Story, name: str) -> tuple[Key, str]:
    project = story.organisation.project_set.get()
    return keys.issue(story.organisation, project=project, name=name, responsible=story.controller, by=story.alice)


def use(story: Story) -> None:
    """What a gateway counted of this hour, from two addresses of one network, and of the other key from nowhere known."""
    gateway = credentials.issue(name="edge", by=None)[0]
    hour, place = this_hour(), {"asn": 2116, "country": "NO"}
    rows = [
        row(story.live.prefix, hour, 12, ip_hash=digit * 43, tokens_in=900, tokens_out=400, errors=2, **place) for digit in "ab"
    ]
    # As a file of ranges says of that network.
    Range.objects.get_or_create(source="clouds", asn=2116, hub="cloud")
    intake.take(sent(*rows, row(story.revoked.prefix, hour, 3, refusals=1)), credential=gateway)


def hold(story: Story) -> None:
    """One hold on a key, lifted; one on the entity, in force. Before, the keys are used."""
    use(story)
    lifted = holds.place(key=story.live, reason="a leaked key was reported", by=story.rui)
    holds.lift(lifted, reason="it was another key", by=story.rui)
    holds.place(entity=story.organisation.entity_set.get(), reason="the register shows a new owner", by=story.rui)


def afterwards(story: Story, folder: Path) -> None:
    """Everything that a dossier tells changes, so that an older one must not."""
    alice = story.alice
    parties.declare_company(
        story.organisation, name="Sudlys Modelling AS", native_name="Южный Свет", legal_form="ASA",
        registration_number="918334999", country="NO", hq_country="SE", address="Storgata 1, Bodø",
        phone="+47 77 00 00 01", by=alice,
    )  # fmt: skip
    parties.declare_person(
        story.organisation, name="Alice B. Olsen", country="SE", birth_date="1984-03-18", roles=["director"], title="Chair",
        party=story.controller, by=alice,
    )  # fmt: skip
    ownership.change_share(story.interest, share="55", by=alice)
    evidence.remove(Document.objects.filter(organisation=story.organisation).latest("pk"), by=alice)
    organisations.rename_member(alice, name="Alice Berg", by=alice)
    organisations.rename_member(story.rui, name="Rui Dias", by=story.rui)
    keys.revoke(story.live, reason="moved", by=alice)
    for hold in Hold.objects.live():
        holds.lift(hold, reason="the register was wrong", by=story.rui)
    path = folder / "newer.csv"
    path.write_text(LISTED.replace("Alice", "Alicia"))
    lists.load("ofac-sdn", primary=path, published=date(2026, 6, 1))


# The stages of the story, in their order.
STAGES = ("signed_up", "declared", "examined", "approved", "lived", "afterwards")


@dataclass(frozen=True)
class Told:
    """A dossier and an attribution report drawn at a stage, and the two inputs that change from one to the next."""

    facts: dict[str, Any]
    snapshot: Snapshot
    keys: dict[str, Any]
    control: dict[str, Any]

    @property
    def valid_at(self) -> datetime:
        return self.snapshot.taken_at


@dataclass(frozen=True)
class Life:
    """The dossier at every stage as drawn then; the same five inputs again after the end; and the same instants as they
    were known at the end. So the attribution report too, and that of one key."""

    then: dict[str, Told]
    again: dict[str, dict[str, Any]]
    restated: dict[str, dict[str, Any]]
    keys_again: dict[str, dict[str, Any]]
    keys_restated: dict[str, dict[str, Any]]
    control_again: dict[str, dict[str, Any]]
    control_restated: dict[str, dict[str, Any]]
    full: dict[str, dict[str, Any]]
    one_key: dict[str, Any]
    secrets: tuple[str, ...]
    digests: tuple[str, ...]


def whole_life(folder: Path) -> Life:
    then: dict[str, Told] = {}

    def tell(stage: str, organisation: Organisation) -> None:
        snapshot = snapshots.take()
        told = [make(organisation, snapshot=snapshot) for make in (attribution_of, control_of)]
        then[stage] = Told(dossier_of(organisation, snapshot=snapshot), snapshot, *told)

    load_list(folder)
    alice = cast.customer()
    organisation = organisations.create(name="Nordlys Modelling AS", by=alice)
    tell("signed_up", organisation)
    story = declared(alice)
    tell("declared", organisation)
    examine()
    tell("examined", organisation)
    approve(story)
    tell("approved", organisation)
    hold(story)
    tell("lived", organisation)
    afterwards(story, folder)
    tell("afterwards", organisation)
    return Life(
        then,
        {name: dossier_of(organisation, valid_at=told.valid_at, snapshot=told.snapshot) for name, told in then.items()},
        {name: dossier_of(organisation, valid_at=told.valid_at) for name, told in then.items()},
        {name: attribution_of(organisation, valid_at=told.valid_at, snapshot=told.snapshot) for name, told in then.items()},
        {name: attribution_of(organisation, valid_at=told.valid_at) for name, told in then.items()},
        {name: control_of(organisation, valid_at=told.valid_at, snapshot=told.snapshot) for name, told in then.items()},
        {name: control_of(organisation, valid_at=told.valid_at) for name, told in then.items()},
        {
            "R-03": dossier_of(organisation, snapshot=then["lived"].snapshot, profile="full"),
            "R-04": control_of(organisation, snapshot=then["lived"].snapshot, profile="full"),
        },
        attribution_of(organisation, key=story.live),
        story.secrets,
        tuple(Key.objects.values_list("digest", flat=True)),
    )
