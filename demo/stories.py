"""What became of the demo's organisations: what officers, customers and gateways then did."""

import re
from collections.abc import Callable
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Message, Organisation, User
from config import jobs
from demo import clock, confirming, documents, founding, identity, proven
from demo.founding import examined, named, staff, turn
from demo.organisations.rows import Customer, Owner, Reading, Story
from kyc.cases import actions as cases
from kyc.cases import differing, flags, judging
from kyc.cases.models import Case, Decision
from kyc.evidence import actions as evidence
from kyc.evidence import authority, invitations, proofs
from kyc.evidence.models import Document, Invitation
from kyc.keys import actions as keys
from kyc.keys import holds, introspection, lapsing, linking
from kyc.keys.models import Key, KeyRequirement
from kyc.keys.terms import Terms
from kyc.ownership import leaving, observing
from kyc.ownership.models import Discrepancy
from kyc.parties import questionnaires
from kyc.parties.models import Exclusion, Party, PersonStatus, Role
from kyc.rules import packs
from kyc.screening import actions as screening
from kyc.screening.models import Hit

HOURS = 1 / 24
# The link in the mail to whoever is asked to prove himself.
LINK = re.compile(r"/([\w-]{40,})/?\s")


def tell(row: Customer) -> Organisation:
    """One organisation from its first day to where it stands."""
    sent = row.story.sent
    with clock.days_ago(sent + 0.4):
        organisation, by = founding.founded(row)
    if row.story.invited:
        with clock.days_ago(sent + 0.3):
            invite(organisation, row.story, by)
    ENDS[row.story.end](organisation, row, by)
    return organisation


def draft(organisation: Organisation, row: Customer, by: User) -> None:
    """Still being filled in."""


def review(organisation: Organisation, row: Customer, by: User) -> None:
    """Examined, and in an officer's queue."""
    send(organisation, row, by)


def proposed(organisation: Organisation, row: Customer, by: User) -> None:
    """One officer has spoken."""
    propose(send(organisation, row, by), row.story)


def waiting(organisation: Organisation, row: Customer, by: User) -> None:
    """Asked for more."""
    take(propose(send(organisation, row, by), row.story, choice="ask"), row.story)


def refused(organisation: Organisation, row: Customer, by: User) -> None:
    take(propose(send(organisation, row, by), row.story, choice="refuse"), row.story)


def approved(organisation: Organisation, row: Customer, by: User) -> None:
    approve(send(organisation, row, by), row.story, by)


def answered(organisation: Organisation, row: Customer, by: User) -> None:
    """Asked for more, answered, and then approved."""
    case = send(organisation, row, by)
    asked = Story("waiting", row.story.sent, reason="document_unreadable", note="The extract is too old.", items=row.story.items)
    take(propose(case, asked, choice="ask"), asked)
    with clock.days_ago(row.story.sent - 2):
        today = {"In the register as of": "this year", "Number": row.number, "Name": row.name}
        file = documents.paper("Register extract", issuer="Register of Companies", rows=today)
        with turn(by):
            founding.sent_in(organisation, kind=Document.Kind.REGISTER_EXTRACT, file=file, by=by)
            case = cases.submit(case, declared_true=True, by=by)
        case = examined(case)
    approve(case, row.story, by, after=2.5)


ENDS: dict[str, Callable[[Organisation, Customer, User], None]] = {
    story.__name__: story for story in (draft, review, proposed, waiting, refused, approved, answered)
}


def send(organisation: Organisation, row: Customer, by: User) -> Case:
    """Sent and examined; what an officer did first."""
    story = row.story
    with clock.days_ago(story.sent):
        case = founding.sent(organisation, row, by, unreadable=is_unreadable(story))
    with clock.days_ago(story.sent - 6 * HOURS):
        if story.taken_on:
            with turn(analyst := staff("analyst")):
                cases.assign(case, to=analyst, by=analyst)
        for reading in story.readings:
            read(organisation, row.name, reading)
        if story.confirmed:
            confirming.confirm(case, row, by)
        if story.recorded:
            case = record(case, row)
        if story.end != "review":
            case = verify_excluded(rule(case, story.listed), row)
        else:
            say(case, story.unconfirmed)
            case = expose(case, story.exposed)
    return case


def record(case: Case, row: Customer) -> Case:
    """What stands on the paper of the first of its people, whatever it is worth; the checks are made anew."""
    person = named(case.organisation, row.owner.name)
    paper = Document.objects.current().filter(party=person, kind__in=authority.IDENTITY).latest("pk")
    with turn(analyst := staff("analyst")):
        proven.recorded(case, paper.party, paper, by=analyst)
    return examined(case)


def read(organisation: Organisation, customer: str, reading: Reading) -> None:
    """What a source says, and what the analyst makes of where it differs."""
    with turn(analyst := staff("analyst")):
        for owner in reading.owners:
            is_last = owner == reading.owners[-1]
            observe(organisation, reading.of or customer, reading, owner, is_all=reading.is_all and is_last, by=analyst)
        how, why = reading.resolved
        for row in Discrepancy.objects.open().filter(organisation=organisation) if how else []:
            differing.resolve(row, resolution=how, reason=why, by=analyst)


def observe(organisation: Organisation, owned: str, reading: Reading, owner: Owner, *, is_all: bool, by: User) -> None:
    known = named(organisation, owner.name)
    observing.observe(
        organisation,
        owned=Party.objects.current().get(organisation=organisation, name=owned),
        source=reading.source,
        found_in=reading.found_in,
        stated_on=timezone.localdate() - timedelta(days=reading.days),
        owner=known,
        owner_name="" if known else owner.name,
        owner_kind=owner.kind,
        owner_country=owner.country,
        kind=owner.role,
        share=owner.share,
        is_all=is_all,
        by=by,
    )


def is_unreadable(story: Story) -> bool:
    return story.reason == "document_unreadable" or any(item.why == "unreadable" for item in story.items)


def rule(case: Case, listed: tuple[str, ...]) -> Case:
    """On every possible match: those on the list are the ones in `listed`. Then the checks are made anew."""
    by = staff("analyst")
    with turn(by):
        hits = list(Hit.objects.open().current().filter(organisation=case.organisation).select_related("party"))
        ruled = [said_of(hit, listed, by) for hit in hits]
    confirm(ruled)
    return examined(case)


def confirm(ruled: list[Hit]) -> None:
    """What takes two people."""
    with turn(second := staff("approver")):
        for hit in ruled:
            if hit.proposal and hit.waits:
                screening.confirm(hit.proposal, note="Compared myself; I say the same.", by=second)


def say(case: Case, listed: tuple[str, ...]) -> None:
    """The analyst's word alone, which waits for a second person."""
    with turn(by := staff("analyst")):
        for hit in Hit.objects.open().current().filter(organisation=case.organisation, party__name__in=listed):
            note = "The exchange of that name in Tallinn; the list names its addresses, and the customer the same register."
            screening.rule(hit, ruling="true", reason="other_evidence", note=note, by=by)


def expose(case: Case, names: tuple[str, ...]) -> Case:
    """Two officers find them to be in public office; the source of their wealth is then asked for by itself."""
    if not names:
        return case
    with turn(by := staff("analyst")):
        note = "Seen on the assembly's own page; born on the same day."
        hits = Hit.objects.open().current().filter(organisation=case.organisation, party__name__in=names)
        ruled = [screening.rule(hit, ruling="true", reason="same_name_and_birth_date", note=note, by=by) for hit in hits]
    confirm(ruled)
    return examined(case)


def said_of(hit: Hit, listed: tuple[str, ...], by: User) -> Hit:
    if hit.party.name in listed:
        note = "Name and country are the list's, and the customer says so too."
        return screening.rule(hit, ruling="true", reason="confirmed_by_customer", note=note, by=by)
    if hit.party.birth_date:
        return screening.rule(hit, ruling="false", reason="different_birth_date", note="Born in another year.", by=by)
    return screening.rule(hit, ruling="false", reason="different_name", note="Only a common word agrees.", by=by)


def propose(case: Case, story: Story, *, choice: str = "", after: float = 0.5) -> Decision:
    if (choice or story.choice) == Decision.Choice.APPROVE:
        with clock.days_ago(story.sent - after + HOURS / 2):
            case = authorise(case)
    parties_of = {party.name: party.pk for party in cases.parties_of(case).values()}
    items = [
        {"what": item.what, "why": item.why, "party": parties_of[item.party] if item.party else None, "words": item.words}
        for item in story.items
    ]
    choice = choice or story.choice
    with clock.days_ago(story.sent - after), turn(analyst := staff("analyst")):
        if choice == Decision.Choice.APPROVE:
            explain(case.organisation)
        return cases.propose(
            case,
            choice=choice,
            reason=story.reason,
            note=story.note,
            message=story.message,
            items=items,
            by=analyst,
        )


def take(decision: Decision, story: Story, *, after: float = 0.7) -> Case:
    with clock.days_ago(story.sent - after), turn(approver := staff("approver")):
        return cases.take(decision, by=approver)


def verify_excluded(case: Case, row: Customer) -> Case:
    """An officer has read what shows that a company is left out of FinCEN's rule; the checks are made anew."""
    shown = [one for one in row.claims if one.verified]
    with turn(analyst := staff("analyst")):
        for one in shown:
            claim = Exclusion.objects.live().get(organisation=case.organisation, party__name=one.of, ground=one.ground)
            paper = Document.objects.current().filter(organisation=case.organisation, kind=Document.Kind.LICENCE).latest("pk")
            evidence.look_at(paper, by=analyst)
            judging.rule_exclusion(case, claim, ruling="verified", document=paper, reason=one.verified, by=analyst)
    return examined(case) if shown else case


def approve(case: Case, story: Story, by: User, *, after: float = 0.5) -> None:
    """Two officers, and then what the customer and they do with its keys."""
    if story.verified_us:
        with clock.days_ago(story.sent - after + HOURS):
            verify_us(case.organisation, by)
            # What was sent and verified since calls for another round.
            case = examined(case)
    take(propose(case, story, choice="approve", after=after), story, after=after + 0.2)
    began = story.sent - after - 0.3
    held: list[tuple[Key, str, str]] = []
    for number, (name, end) in enumerate(story.keys):
        with clock.days_ago(began - number * HOURS):
            held.append((*use_key(case.organisation, name, by, terms=SERVICE if end == "service" else None), end))
    for number, (key, secret, end) in enumerate(held):
        # Of what was rolled both are to be seen.
        with clock.days_ago(0.3 if end == "rolled" else began / 2 - number * HOURS):
            end_key(key, secret, end, by)
    if story.held:
        with clock.days_ago(0.1), turn(approver := staff("approver")):
            holds.place(organisation=case.organisation, reason=story.held, by=approver)


def explain(organisation: Organisation) -> None:
    """What an answer makes an officer ask is asked, and what came back is written down."""
    signed = questionnaires.current(organisation)
    for flag in flags.of(signed) if signed else []:
        note = "Asked by telephone. The signed answers say it whole, and the contract with the customer agrees."
        flags.rule(signed, flag.question, ruling="explained", note=note, by=staff("analyst"))


def authorise(case: Case) -> Case:
    """An officer has read what shows that those may sign who do; the checks are made anew."""
    current = Document.objects.current().filter(organisation=case.organisation)
    registers = current.filter(party=None, kind__in=authority.REGISTERS)
    with turn(analyst := staff("analyst")):
        for one in authority.of(case.organisation):
            role = Role.objects.get(pk=one.role)
            shows = current.filter(pk__in=one.papers).first() or registers.latest("pk")
            evidence.look_at(shows, by=analyst)
            judging.verify(case, document=shows, authority=role, note="Names this person.", by=analyst)
            for paper in current.filter(party=role.party, kind__in=authority.IDENTITY):
                proven.by_paper(case, role.party, paper, by=analyst)
    return examined(case)


def verify_us(organisation: Organisation, by: User) -> None:
    """Each person shows a passport, or what proves the residence, a company its extract; an officer has looked at it."""
    for party in Party.objects.current().filter(organisation=organisation).order_by("pk"):
        status = PersonStatus.objects.live().get(party=party, axis=PersonStatus.Axis.IAAS)
        with turn(by):
            document = proof_of(party, status, by)
        with turn(analyst := staff("analyst")):
            proofs.verify(status, document=document, note="Seen; the names agree.", by=analyst)


def proof_of(party: Party, status: PersonStatus, by: User) -> Document:
    kinds = Document.Kind
    if not party.is_person:
        return Document.objects.current().get(organisation=party.organisation, kind=kinds.REGISTER_EXTRACT)
    kind = kinds.RESIDENCE if status.basis == PersonStatus.Basis.RESIDENT else kinds.PASSPORT
    if sent := Document.objects.current().filter(party=party, kind=kind).first():
        return sent
    file = identity.sent(party, kind) if kind == kinds.PASSPORT else residence(party)
    return founding.sent_in(party.organisation, kind=kind, party=party, file=file, by=by)


def residence(party: Party) -> SimpleUploadedFile:
    rows = {"Name": party.name, "Born": str(party.birth_date), "May live and work in": "the United States, without a term"}
    return documents.paper("Permanent resident", issuer="United States", rows=rows)


# A program in one data centre, which needs little.
SERVICE = Terms(scopes=("inference", "usage"), tiers=("small",), networks=("203.0.113.0/24", "2001:db8:17::/48"), is_service=True)


def use_key(organisation: Organisation, name: str, by: User, *, terms: Terms | None = None) -> tuple[Key, str]:
    """Issued, linked, and asked about by a gateway."""
    project = organisation.project_set.get()
    responsible = Party.objects.people().filter(organisation=organisation).order_by("pk").first()
    if responsible is None:
        raise LookupError(f"{organisation} has nobody who could answer for a key.")
    with turn(by):
        key, secret = keys.issue(organisation, project=project, name=name, responsible=responsible, terms=terms, by=by)
    linking.link(jobs.Claim(linking.QUEUE, key))
    introspection.introspect(secret)
    return key, secret


def end_key(key: Key, secret: str, end: str, by: User) -> None:
    """What became of it, and the gateway's next question."""
    if end == Key.State.HELD:
        reason = "Used from an address that the customer does not know; asked about it."
        with turn(approver := staff("approver")):
            holds.place(key=key, reason=reason, by=approver)
    elif end == Key.State.REVOKED:
        with turn(by):
            keys.revoke(key, reason="replaced", by=by)
    elif end == "rolled":
        with turn(by):
            new, secret = keys.roll(key, overlap=max(packs.current().key_overlaps), by=by)
        linking.link(jobs.Claim(linking.QUEUE, new))
    elif end == "left":
        orphan(key, by)
    introspection.introspect(secret)


def orphan(key: Key, by: User) -> None:
    """A colleague has taken it on and is taken out as a director: it asks for somebody else by a day."""
    colleague = Party.objects.people().filter(organisation=key.organisation).order_by("pk")[1]
    with turn(by):
        lapsing.name_responsible(key, responsible=colleague, by=by)
        leaving.remove(colleague, by=by)
    lapsing.begin(Key.objects.select_related("responsible").get(pk=key.pk), KeyRequirement.What.ANSWER)
    for row in KeyRequirement.objects.filter(key=key):
        lapsing.act(row)


def invite(organisation: Organisation, story: Story, by: User) -> None:
    """Each is sent a link; the first has followed it."""
    for number, name in enumerate(story.invited):
        person = named(organisation, name)
        if person is None:
            raise LookupError(f"{organisation} names no {name}.")
        with turn(by):
            invitation = invitations.invite(person, email=address(organisation, number), by=by)
        if number == 0:
            prove(invitation, person)


def address(organisation: Organisation, number: int) -> str:
    return f"person-{organisation.pk}-{number + 1}@mail.example"


def prove(invitation: Invitation, person: Party) -> None:
    """As the person does who reads the mail: the link stands nowhere else."""
    mail = Message.objects.filter(to=invitation.email).latest("pk")
    link = LINK.search(mail.text)
    found = invitations.known(link[1]) if link else None
    if found is None:
        raise LookupError(f"The mail to {invitation.email} holds no link.")
    kind = identity.kind_of(person)
    founding.opened(invitations.prove(found, kind=kind, file=identity.sent(person, kind)))
