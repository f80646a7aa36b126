"""R-17: what a person is told who asked about his own data. Nothing in it is about another person, and nothing of it reads the
investigators' compartment (FIN-17)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Model, Q

from accounts.history import as_of
from accounts.models import AuditEvent, Membership, Message, Proposal, User
from accounts.vault import Erased
from kyc.cases.models import Case, DecidedOwner, Decision, Entity, Examination, Finding, FlagRuling, Requirement
from kyc.desk import timeline
from kyc.evidence.confirmation_models import Confirmation, OutsideCheck
from kyc.evidence.item_models import EvidenceItem, Mismatch
from kyc.evidence.models import AuthorityProof, Document, Invitation, StatusProof
from kyc.keys.models import Key, Link
from kyc.ownership.models import Determination, Interest
from kyc.parties.models import Party, PaymentMeans, PersonStatus, Profile, Questionnaire, Role
from kyc.risk.models import Factor, Score
from kyc.rules import assurance
from kyc.screening.models import Hit, ListVersion
from reports import mailed
from reports.facts import basis, earlier, individual
from reports.facts.access import shown
from reports.facts.changes import share
from reports.facts.determined import determinations
from reports.facts.frame import Frame
from reports.facts.reader import Reader, country, day, instant, masked, moment
from reports.models import SubjectRequest

Facts = dict[str, Any]
Rows = Iterator[tuple[str, str]]
ANOTHER = "another person"
OLDER = "It was asked to be erased. It is not listed here, whether that is done yet or not."
# Of a person's own acts so many are printed and stand in report.json, the newest; the rest is counted.
MOST_ACTS = 500
COPY = (
    "This is a copy of the data about you that belong to one account of ours, as they stood at the effective instant. What the "
    "account's own members told us of you is marked so. If you are known to us through another account, ask about that one too."
)
SESSIONS = (
    "With what, and from where, stands in your account under “Where you are signed in”, and is forgotten with each session."
)
OTHERS = (
    "The log keeps who did what. Of it your own acts stand here by their kind and time; what they were about may concern others."
)


@dataclass(frozen=True)
class Asked:
    """The request that the report answers, and whose data it tells."""

    reader: Reader

    @cached_property
    def row(self) -> Any:
        wanted = self.reader.parameters["request"]
        return self.reader.then(SubjectRequest).filter(pgh_obj_id=wanted).get()

    @cached_property
    def party(self) -> Any | None:
        return self.reader.parties.get(self.row.party_id)

    @cached_property
    def user(self) -> Any | None:
        if self.row.user_id is None:
            return None
        return as_of(User, self.reader.snapshot).filter(pgh_obj_id=self.row.user_id).first()

    @cached_property
    def is_customer(self) -> bool:
        """Whether he is, or was, not only of the customer but the customer himself."""
        return any(row.kind == Role.Kind.CUSTOMER for row in self.of_party(self.reader.known(Role)))

    @property
    def name(self) -> str:
        return str(self.party.name if self.party else (self.user.name or self.user.email) if self.user else "")

    def of_party(self, rows: Iterable[Any]) -> list[Any]:
        return [row for row in rows if self.row.party_id is not None and row.party_id == self.row.party_id]


def subject(reader: Reader) -> Facts:
    """What the cover says of whom it is about: the person, and not the organisation."""
    asked = Asked(reader)
    return {
        "id": reader.organisation,
        "name": asked.name,
        "party_id": asked.row.party_id or 0,
        "legal_name": asked.name,
        "native_name": asked.party.native_name if asked.party else "",
        "registration_number": "",
        "country": country(asked.party.country) if asked.party else "",
        "case": "",
    }


def request(reader: Reader) -> dict[str, str]:
    row = Asked(reader).row
    return {
        "number": SubjectRequest(pk=row.pgh_obj_id, recorded_at=row.recorded_at).number,
        "kind": str(SubjectRequest.Kind(row.kind).label),
        "is_erasure": "yes" if row.kind == SubjectRequest.Kind.ERASURE else "no",
        "channel": str(SubjectRequest.Channel(row.channel).label),
        "received_on": day(row.received_on),
        "due_on": day(row.due_on),
        "extended_because": row.extended_because,
        "identity": row.identity,
        "identified_at": instant(row.identified_at),
        "decided_at": instant(row.ended_at),
    }


def data(reader: Reader) -> list[Facts]:
    """By what they are for: title, source, and rows of what and value; only what there is."""
    asked = Asked(reader)
    groups = [
        {"title": one.title, "source": one.source, "rows": [{"what": what, "value": value} for what, value in one.told(asked)]}
        for one in GROUPS
    ]
    return [group for group in groups if group["rows"]]


def account(asked: Asked) -> Rows:
    if asked.user is None:
        return
    yield "Name", asked.user.name
    yield "E-mail", asked.user.email
    yield "Account since", moment(asked.user.joined_at)
    for row in asked.reader.then(Membership).filter(user_id=asked.row.user_id):
        yield "Member since", f"{moment(row.since)}, as {str(Membership.Role(row.role).label).lower()}"
    for row in asked.reader.events(Membership).filter(user_id=asked.row.user_id, pgh_label="delete"):
        until = f"{moment(row.since)} until {moment(row.pgh_created_at)}"
        yield "Member before", f"{until}, as {str(Membership.Role(row.role).label).lower()}"
    yield from kept_of_account(asked.row.decision.get("account", {}), asked.user.email)


def kept_of_account(kept: Facts, email: str) -> Rows:
    """What is not tracked, as the decision found it; nothing of one that was erased."""
    if kept:
        yield from (("Another address", address) for address in kept["emails"] if address != email)
        yield from (("Second factor", kind) for kind in kept["factors"])
        yield "Open sessions", f"{kept['sessions']} when this was decided. {SESSIONS}"


def person(asked: Asked) -> Rows:
    row = asked.party
    if row is None:
        return
    told = (
        ("Full legal name", row.name),
        ("Name in its own script", row.native_name),
        ("Date of birth", row.birth_date),
        ("Nationality", country(row.country)),
        ("Address", row.address),
        ("E-mail", row.email),
        ("Telephone", row.phone),
        # A number of a document is never printed whole, to nobody.
        ("Number of a document", masked(row.registration_number)),
        ("Tax number", masked(row.tax_number)),
        ("Country of the tax number", country(row.tax_country)),
    )
    yield from ((what, str(value)) for what, value in told if value)
    yield "Named to us on", moment(row.declared_at)
    if row.removed_on:
        yield "No longer named since", day(row.removed_on)


def offices(asked: Asked) -> Rows:
    proved = {row.role_id: row for row in asked.reader.then(AuthorityProof)}
    for row in asked.of_party(asked.reader.known(Role)):
        told = ", ".join(filter(None, (str(Role.Kind(row.kind).label), row.title)))
        proof = proved.get(row.pgh_obj_id)
        verified = f", verified {moment(proof.proved_at)}" if proof else ""
        yield told, f"from {day(row.valid_from)}{f' to {day(row.valid_to)}' if row.valid_to else ''}{verified}"


def standing(asked: Asked) -> Rows:
    proofs = {row.status_id: row for row in asked.reader.then(StatusProof)}
    for row in asked.of_party(asked.reader.known(PersonStatus)):
        proof = proofs.get(row.pgh_obj_id)
        verified = f", verified until {day(proof.valid_until)}" if proof else ", not verified"
        ended = f", until {day(row.valid_to)}" if row.valid_to else ""
        told = f"{PersonStatus.Standing(row.standing).label}: {PersonStatus.Basis(row.basis).label}"
        yield str(PersonStatus.Axis(row.axis).label), f"{told}, from {day(row.valid_from)}{ended}{verified}"


def holdings(asked: Asked) -> Rows:
    """What he holds, and what others hold for him: people among these are not named."""
    pk = asked.row.party_id
    for row in asked.reader.known(Interest):
        if pk is not None and pk in (row.owner_id, row.held_for_id):
            ended = f" to {day(row.valid_to)}" if row.valid_to else ""
            how = "held by you" if row.owner_id == pk else f"held for you by {named(asked, row.owner_id)}"
            held_for = f", for {named(asked, row.held_for_id)}" if row.held_for_id not in (None, pk) else ""
            since = f", since {row.held_since}" if row.held_since else ""
            yield named(asked, row.owned_id), f"{share(row)}, {how}{held_for}{since}, from {day(row.valid_from)}{ended}"


def named(asked: Asked, party: int) -> str:
    """A company by its name, yourself by yours, anybody else not at all."""
    row = asked.reader.parties.get(party)
    if row is None or (row.kind in (Party.Kind.PERSON, Party.Kind.UNKNOWN) and party != asked.row.party_id):
        return ANOTHER
    return str(row.name)


def documents(asked: Asked) -> Rows:
    """Of a person who is the customer himself also those that are about nobody else."""
    rows = [row for row in asked.reader.then(Document) if row.party_id is not None or asked.is_customer]
    for row in [row for row in rows if row.party_id in (None, asked.row.party_id)]:
        gone = f", taken back {moment(row.removed_at)}" if row.removed_at else ""
        told = f"{row.name}, received {moment(row.uploaded_at)}, SHA-256 {row.sha256}{gone}"
        yield str(Document.Kind(row.kind).label), told


def evidenced(asked: Asked) -> Rows:
    """What we take as evidence of who he is, and where it says otherwise than was declared."""
    kinds, mine = assurance.load().kinds, {}
    for row in asked.of_party(asked.reader.known(EvidenceItem)):
        mine[row.pgh_obj_id] = title = kinds[row.kind].title if row.kind in kinds else row.kind
        told = (
            row.issuer,
            country(row.issuing_country),
            f"number {masked(row.number)}" if row.number else "",
            f"valid until {day(row.expires_on)}" if row.expires_on else "",
            f"checked {moment(row.validated_at)}" if row.validated_at else "not checked yet",
            f"counts no more since {moment(row.withdrawn_at)}" if row.withdrawn_at else "",
        )
        yield title, ", ".join(part for part in told if part)
    for row in asked.reader.known(Mismatch):
        if row.item_id in mine:
            ended = f"resolved {moment(row.resolved_at)}" if row.resolved_at else "open"
            told_otherwise = f"{row.get_what_display().lower()}: declared {row.declared}, there {row.shown}, {ended}"
            yield f"{mine[row.item_id]} says otherwise", told_otherwise


def invitations(asked: Asked) -> Rows:
    for row in asked.of_party(asked.reader.then(Invitation)):
        answered = f"answered {moment(row.used_at)}" if row.used_at else "not answered"
        yield row.email, f"sent {moment(row.invited_at)}, {answered}"


def confirmed(asked: Asked) -> Rows:
    for row in asked.of_party(asked.reader.then(Confirmation)):
        ended = f", ended {moment(row.ended_at)}" if row.ended_at else ""
        how = Confirmation.How(row.how).label
        yield str(Confirmation.What(row.what).label), f"{row.value}: {how}, {moment(row.confirmed_at)}{ended}"
    for check in asked.of_party(asked.reader.then(OutsideCheck)):
        if check.state == OutsideCheck.State.BEGINNING:
            # Nobody has checked anything: the service has not answered that it does.
            continue
        told = ", ".join(f"{name} {text}" for name, text in sorted(check.descriptors.items()))
        state = OutsideCheck.State(check.state).label
        yield "A verification service", f"{check.service}, {check.reference}, {moment(check.started_at)}: {state}. {told}".strip()


def screening(asked: Asked) -> Rows:
    rounds = [found for found in asked.reader.examinations if asked.party is not None and was_there(asked.party, found)]
    for found in rounds:
        lists = ", ".join(f"{used['source']} published {used['published']}" for used in found.lists)
        yield "Your name was compared", f"{moment(found.done_at)} with {lists or 'no list'}"
    if rounds and not asked.of_party(asked.reader.hits):
        yield "What was found", "No possible match."
    found_in = as_of(ListVersion, asked.reader.snapshot).filter(
        pgh_obj_id__in=[hit.list_version_id for hit in asked.of_party(asked.reader.hits)]
    )
    versions = {row.pgh_obj_id: row for row in found_in}
    for hit in asked.of_party(asked.reader.hits):
        ruled = f"ruled on {moment(hit.ruled_at)}: {RULED[hit.ruling]}" if hit.ruling else "not yet looked at"
        ruled += ", overturned since" if hit.pgh_obj_id in asked.reader.overturned else ""
        entry = f"entry {hit.entry_id} of {versions[hit.list_version_id].source}, {hit.entry_name}"
        by = f"by {hit.engine} with the weights {hit.configuration}"
        yield "A possible match", f"{entry}, compared as {hit.party_name}, {hit.score} of 1 {by}; {ruled}"


def in_regimes(asked: Asked) -> Rows:
    """What each set of rules makes of him in the last round. Its reasons name others."""
    for regime in determinations(asked.reader) if asked.party is not None else []:
        for row in (*regime["verdicts"], *regime["others"]):
            if row["party_id"] == asked.row.party_id:
                yield regime["title"], f"{regime['line']}: {row['verdict']}, {row['share']}"


def decided_owner(asked: Asked) -> Rows:
    """Whether two officers took him for a beneficial owner, by each decision that stands."""
    reader = asked.reader
    taken = as_of(Proposal, reader.snapshot, recorded_by=reader.valid_at).filter(outcome=Proposal.Outcome.TAKEN)
    at = dict(taken.filter(organisation_id=reader.organisation).values_list("pgh_obj_id", "outcome_at"))
    decisions = {row.pgh_obj_id: row for row in reader.then(Decision) if row.proposal_id in at}
    rows = DecidedOwner.objects.filter(decision__in=decisions, party_id=asked.row.party_id, party__isnull=False)
    for row in rows.order_by("pk"):
        yield str(row.get_standing_display()), f"decided {moment(at[decisions[row.decision_id].proposal_id])}"


RULED = {Hit.Ruling.TRUE: "it is you", Hit.Ruling.FALSE: "it is somebody else", Hit.Ruling.UNDECIDED: "it can't be told yet"}


def was_there(party: Any, found: Examination) -> bool:
    ended = party.removed_on is not None and found.done_at.date() > party.removed_on
    return bool(found.done_at >= party.declared_at) and not ended


def keys(asked: Asked) -> Rows:
    links = asked.reader.then(Link)
    for row in asked.reader.then(Key):
        mine = [link for link in links if link.key_id == row.pgh_obj_id and link.responsible_id == asked.row.party_id]
        if asked.row.party_id is not None and (row.responsible_id == asked.row.party_id or mine):
            revoked = f", revoked {moment(row.revoked_at)}" if row.revoked_at else ""
            spans = "; ".join(f"you answered for it from {moment(link.valid_from)} to {until(link)}" for link in mine)
            yield f"{row.name}, {shown(row)}", f"issued {moment(row.issued_at)}{revoked}{f'; {spans}' if spans else ''}"


def until(link: Any) -> str:
    return moment(link.valid_to) or "now"


def signatures(asked: Asked) -> Rows:
    if asked.row.user_id is None:
        return
    for row in asked.reader.then(Questionnaire).filter(signed_by_id=asked.row.user_id):
        told = f"signed as {row.signed_name} {moment(row.signed_at)}, good until {day(row.expires_on)}"
        yield f"Answers about the use, version {row.version}", told


def mail(asked: Asked) -> Rows:
    places, reader = mailed.of_decision(asked.row.decision), asked.reader
    among = as_of(Message, reader.snapshot)
    rows = mailed.rows(places, organisation=reader.organisation, among=among, on=reader.day)
    for row in rows.order_by("pgh_obj_id"):
        yield row.subject, f"to {row.to}, {moment(row.sent_at) or 'not sent'}"
    if any(place["after"] for place in places):
        yield "Older mail", OLDER


def requests(asked: Asked) -> Rows:
    """All that he has asked, this one too."""
    rows = asked.reader.known(SubjectRequest)
    mine = Q(user_id=asked.row.user_id, user_id__isnull=False) | Q(party_id=asked.row.party_id, party_id__isnull=False)
    for row in rows.filter(mine):
        number = SubjectRequest(pk=row.pgh_obj_id, recorded_at=row.recorded_at).number
        outcome = str(SubjectRequest.Outcome(row.outcome).label).lower() if row.outcome else "open"
        yield number, f"{SubjectRequest.Kind(row.kind).label}, received {day(row.received_on)}, {outcome}"


def of_customer(told: Callable[[Reader], Rows]) -> Callable[[Asked], Rows]:
    """Of a person who is the customer himself, what is about the customer is about him."""

    def rows(asked: Asked) -> Rows:
        return told(asked.reader) if asked.is_customer else iter(())

    return rows


def acts(asked: Asked) -> Rows:
    if asked.row.user_id is None:
        return
    # What officers research is theirs, whose change it ever followed upon.
    events = asked.reader.audited().filter(actor_id=asked.row.user_id).exclude(verb__startswith="discrepancy.")
    found = list(events.values_list("at", "verb")[:MOST_ACTS])
    for at, verb in found:
        yield moment(at), timeline.in_words(verb)
    if left := events.count() - len(found):
        yield "Earlier acts, not printed", str(left)


def corrected(asked: Asked) -> Rows:
    return earlier.values(asked.reader, party=asked.row.party_id, user=asked.row.user_id, is_customer=asked.is_customer)


class Group(NamedTuple):
    """What is told under one heading, where it comes from, and of which models it reads."""

    title: str
    source: str
    told: Callable[[Asked], Rows]
    models: tuple[type[Model], ...]


BY_ACCOUNT, BY_YOU, BY_US = "told by the account's members", "given by you", "made by us"
GROUPS = (
    Group("Your account", BY_YOU, account, (User, Membership)),
    Group("Who you are", BY_ACCOUNT, person, (Party,)),
    Group("Your part in the organisation", BY_ACCOUNT, offices, (Role, AuthorityProof)),
    Group("Your standing as a US or foreign person", BY_ACCOUNT, standing, (PersonStatus, StatusProof)),
    Group("What you hold", BY_ACCOUNT, holdings, (Interest,)),
    Group("Documents about you", "sent by you or the account's members", documents, (Document,)),
    Group("Evidence of who you are", BY_US, evidenced, (EvidenceItem, Mismatch)),
    Group("Invitations to prove who you are", BY_US, invitations, (Invitation,)),
    Group("What was confirmed of what is said of you", BY_US, confirmed, (Confirmation, OutsideCheck)),
    Group("Comparison with sanctions lists", BY_US, screening, (Examination, Hit, ListVersion)),
    Group("What rules of ownership make of you", BY_US, in_regimes, (Determination,)),
    Group("Whether we took you for a beneficial owner", BY_US, decided_owner, (DecidedOwner, Decision, Proposal)),
    Group("Keys that you answer for", BY_ACCOUNT, keys, (Key, Link)),
    Group("What you signed", BY_YOU, signatures, (Questionnaire,)),
    Group("How you come to us", BY_ACCOUNT, of_customer(individual.coming), (Profile,)),
    Group("How you pay", BY_ACCOUNT, of_customer(individual.payments), (PaymentMeans,)),
    Group("What you answered", BY_ACCOUNT, of_customer(individual.answers), (Questionnaire, FlagRuling)),
    Group("What we asked you for", BY_US, of_customer(individual.asked_for), (Requirement,)),
    Group("How we scored the risk, and why", BY_US, of_customer(individual.scores), (Score, Factor)),
    Group("What the checks found", BY_US, of_customer(individual.findings), (Finding,)),
    Group("What was decided about you", BY_US, of_customer(individual.decided), (Case, Decision, Proposal, Entity)),
    Group("What stood here before it was corrected", "as it was told", corrected, (Party, User, Role)),
    Group("What you asked us about your data", BY_YOU, requests, (SubjectRequest,)),
    Group("What we mailed to you", BY_US, mail, (Message,)),
    Group("What you did here", BY_US, acts, (AuditEvent,)),
)


def decision(reader: Reader) -> Facts:
    """What is erased, what is kept until when and by what, as it was decided."""
    found = Asked(reader).row.decision
    if isinstance(found, Erased) or not found:
        return {"erased": [], "kept": [], "grounds": ""}
    return {name: found[name] for name in ("erased", "kept", "grounds")}


def told_besides(name: str) -> Callable[[Reader], list[str]]:
    def section(reader: Reader) -> list[str]:
        return list(reader.pack.subjects[name])

    return section


def methodology(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    texts = (("What this is", COPY), ("The log", OTHERS), ("Reproducing this report", basis.REPRODUCED))
    return [{"topic": topic, "text": text} for topic, text in texts]


def sources(reader: Reader, facts: Facts) -> list[Facts]:
    rows = sorted({group["source"] for group in facts["data"]})
    used = [{"source": source[0].upper() + source[1:], "version": "", "used_for": "your data", "sha256": ""} for source in rows]
    return [basis.pack_source(reader, "legal bases, periods, rights"), *used]


def completeness(reader: Reader, facts: Facts) -> Facts:
    unknown = "Nobody whom the account's members named to us was found to be you. If one of them is you, tell us, and ask again."
    account = "No account was found to be yours. If you have one, ask from there too."
    told = [] if facts["subject"]["party_id"] else [{"what": "Named by others", "sentence": unknown}]
    told += [] if Asked(reader).row.user_id else [{"what": "Your account", "sentence": account}]
    return {
        "unknowns": told,
        "not_covered": [{"what": "Left out", "sentence": sentence} for sentence in facts["withheld"]],
        "recorded_later": 0,
    }


def summary(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    asked, decided = facts["request"], facts["decision"]
    rows = [
        ("You asked for", asked["kind"].lower()),
        ("Received, answer due", f"{asked['received_on']}, {asked['due_on']}"),
        ("Decided", moment(Asked(reader).row.ended_at)),
        ("Kinds of data told here", str(len(facts["data"]))),
    ]
    if asked["is_erasure"] == "yes":
        rows.append(("Erased", f"{len(decided['erased'])} kind of data: {', '.join(row['what'] for row in decided['erased'])}"))
    dated = sorted(row["until"] for row in decided["kept"] if row["until"])
    last = f", the last dated one until {dated[-1]}" if dated else ""
    rows.append(("Kept", f"{len(decided['kept'])} kinds of records{last}"))
    return [{"what": what, "value": value} for what, value in rows]


SUBJECT = Frame(
    kind="R-17",
    template="R-17/1",
    title="Answer About Your Personal Data",
    sections=(
        ("request", request),
        ("data", data),
        ("decision", decision),
        *((name, told_besides(name)) for name in ("purposes", "recipients", "rights", "remedies", "withheld")),
    ),
    closing=(
        ("methodology", methodology),
        ("sources", sources),
        ("completeness", completeness),
        ("summary", summary),
    ),
    about=subject,
    for_subject=True,
)
