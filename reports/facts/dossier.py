"""R-03, the customer identification and verification dossier: reads only through `as_of`."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from accounts.history import as_of, changes
from accounts.models import Membership, Organisation, Proposal, Snapshot, User
from kyc.cases.models import Case, Decision, Entity, Examination, Finding, Requirement
from kyc.cases.policy import REASONS
from kyc.evidence.models import Document
from kyc.keys.models import Hold, Key, Link
from kyc.ownership.models import Determination, Interest
from kyc.ownership.shares import parse, shown
from kyc.parties.models import Party, Role
from kyc.risk.models import Factor, Score
from kyc.rules.packs import Pack
from kyc.screening.models import Hit, ListVersion

TEMPLATE = "R-03/1"
TITLE = "Customer Identification and Verification Dossier"
Section = tuple[str, Callable[["Reader"], Any]]


def instant(value: datetime | None) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""


def rows_known(model: Any, reader: "Reader") -> Any:
    """Rows of an append-only table whose transaction is visible in the snapshot: those of visible examinations."""
    return model.objects.filter(organisation_id=reader.organisation, examination_id__in=reader.examinations)


class Reader:
    """What was known of one organisation in one snapshot, and which of it was true at `valid_at`."""

    def __init__(self, *, organisation: int, valid_at: datetime, snapshot: Snapshot, pack: Pack) -> None:
        self.organisation, self.valid_at, self.snapshot, self.pack = organisation, valid_at, snapshot, pack
        done = self.known(Examination).filter(state=Examination.State.DONE, done_at__lte=valid_at)
        self.examinations = list(done.order_by("pgh_obj_id").values_list("pgh_obj_id", flat=True))
        self.people = {row.pgh_obj_id: row for row in self.known(Party).filter(declared_at__lte=valid_at)}
        self.users = {row.pgh_obj_id: row.name or row.email for row in as_of(User, snapshot)}

    def known(self, model: Any) -> Any:
        return as_of(model, self.snapshot).filter(organisation_id=self.organisation).order_by("pgh_obj_id")

    def valid(self, model: Any) -> Any:
        """Rows with dates from-to that hold on the day."""
        day = self.valid_at.date()
        return self.known(model).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)

    def name(self, party: int) -> str:
        return self.people[party].name if party in self.people else f"party {party}"

    def user(self, pk: int | None) -> str:
        return self.users.get(pk, "") if pk else ""

    def current(self, party: Any) -> bool:
        return party.removed_on is None or party.removed_on > self.valid_at.date()


def identity(reader: Reader) -> list[dict[str, str]]:
    roles = reader.valid(Role).filter(kind=Role.Kind.CUSTOMER)
    if not roles:
        return []
    party = reader.people[roles[0].party_id]
    since = str(roles[0].valid_from)
    values = [
        ("Legal name", party.name),
        ("Name in its own script", party.native_name),
        ("Legal form", party.legal_form),
        ("Registration number", masked(party.registration_number)),
        ("Country of formation", party.country),
        ("Headquarters country", party.hq_country),
        ("Address", party.address),
    ]
    return [
        {"attribute": label, "value": value or "not given", "valid_from": since, "source": "declared by the customer"}
        for label, value in values
    ]


def masked(number: str) -> str:
    return f"{'•' * max(0, len(number) - 3)}{number[-3:]}" if number else ""


def people(reader: Reader) -> list[dict[str, str]]:
    roles = reader.valid(Role).exclude(kind=Role.Kind.CUSTOMER)
    return [
        {
            "name": reader.name(role.party_id),
            "role": Role.Kind(role.kind).label.__str__(),
            "title": role.title,
            "country": reader.people[role.party_id].country,
            "birth_year": reader.people[role.party_id].birth_date[:4],
            "from": str(role.valid_from),
        }
        for role in roles
        if role.party_id in reader.people
    ]


def ownership(reader: Reader) -> dict[str, Any]:
    interests = [
        {
            "owner": reader.name(i.owner_id),
            "owned": reader.name(i.owned_id),
            "share": shown(parse(i.share)),
            "from": str(i.valid_from),
        }
        for i in reader.valid(Interest)
    ]
    latest = reader.examinations[-1:] or [0]
    verdicts = [
        {"regime": d.regime, "party": reader.name(d.party_id), "verdict": d.verdict, "share": d.share_min, "why": d.why}
        for d in Determination.objects.filter(organisation_id=reader.organisation, examination_id__in=latest).order_by(
            "regime", "party_id"
        )
    ]
    return {"interests": interests, "verdicts": verdicts}


def documents(reader: Reader) -> list[dict[str, Any]]:
    rows = reader.known(Document).filter(uploaded_at__lte=reader.valid_at)
    return [
        {
            "kind": Document.Kind(row.kind).label.__str__(),
            "name": row.name,
            "type": row.content_type,
            "bytes": row.size,
            "sha256": row.sha256,
            "uploaded_at": instant(row.uploaded_at),
        }
        for row in rows
        if row.removed_at is None or row.removed_at > reader.valid_at
    ]


def screening(reader: Reader) -> dict[str, Any]:
    versions = {row.pgh_obj_id: row for row in as_of(ListVersion, reader.snapshot)}
    used = {entry["id"] for e in reader.known(Examination).filter(pgh_obj_id__in=reader.examinations) for entry in e.lists}
    hits = [
        {
            "party": reader.name(hit.party_id),
            "entry": hit.entry_id,
            "entry_name": hit.entry_name,
            "score": str(hit.score),
            "reasons": hit.reasons,
            "ruling": {"": "open", "true": "the same", "false": "another"}[hit.ruling],
            "ruled_by": reader.user(hit.ruled_by_id),
            "ruled_at": instant(hit.ruled_at),
            "note": hit.ruling_note,
        }
        for hit in reader.known(Hit).filter(found_at__lte=reader.valid_at)
    ]
    lists = [
        {
            "list": ListVersion.Source(versions[pk].source).label,
            "published": str(versions[pk].published),
            "entries": versions[pk].entries_count,
        }
        for pk in sorted(used)
        if pk in versions
    ]
    return {"lists": lists, "hits": hits}


def risk(reader: Reader) -> dict[str, Any]:
    score = (
        Score.objects.filter(organisation_id=reader.organisation, examination_id__in=reader.examinations)
        .order_by("-examination_id")
        .first()
    )
    if score is None:
        return {}
    factors = [
        {"points": f.points, "sentence": f.sentence} for f in Factor.objects.filter(score=score).order_by("-points", "code")
    ]
    return {"value": score.value, "band": score.band, "rule_pack": score.rule_pack, "factors": factors}


def findings(reader: Reader) -> list[dict[str, str]]:
    rows = Finding.objects.filter(organisation_id=reader.organisation, examination_id__in=reader.examinations[-1:]).order_by("pk")
    return [{"category": row.category, "state": row.state, "sentence": row.sentence} for row in rows]


def case(reader: Reader) -> dict[str, Any]:
    cases = list(reader.known(Case).filter(opened_at__lte=reader.valid_at))
    proposals = {p.pgh_obj_id: p for p in as_of(Proposal, reader.snapshot).filter(kind="case.decision")}
    decisions = []
    for row in reader.known(Decision):
        proposal = proposals[row.proposal_id]
        if proposal.proposed_at > reader.valid_at:
            continue
        decisions.append(
            {
                "choice": proposal.choice,
                "reason": str(REASONS.get(proposal.reason, proposal.reason)),
                "note": proposal.note,
                "proposed_by": reader.user(proposal.proposed_by_id),
                "proposed_at": instant(proposal.proposed_at),
                "outcome": proposal.outcome or "open",
                "outcome_by": reader.user(proposal.outcome_by_id),
                "outcome_at": instant(proposal.outcome_at),
            }
        )
    asked = [
        {"sentence": r.sentence, "due_on": str(r.due_on), "met_at": instant(r.met_at)}
        for r in reader.known(Requirement).filter(asked_at__lte=reader.valid_at)
    ]
    return {
        "cases": [
            {
                "opened_at": instant(row.opened_at),
                "submitted_at": instant(row.submitted_at),
                "state": row.state,
                "notice_version": row.notice_version,
                "notice_shown_at": instant(row.notice_shown_at),
                "notice_locale": row.notice_locale,
            }
            for row in cases
        ],
        "decisions": decisions,
        "asked": asked,
    }


def keys(reader: Reader) -> dict[str, Any]:
    entities = {e.pgh_obj_id: e for e in reader.known(Entity).filter(valid_from__lte=reader.valid_at)}
    links = {link.key_id: link for link in reader.known(Link).filter(valid_from__lte=reader.valid_at)}
    rows = [
        {
            "key": f"{key.prefix}…{key.last_four}",
            "name": key.name,
            "responsible": reader.name(key.responsible_id),
            "issued_at": instant(key.issued_at),
            "state": key.state,
            "entity": entities[links[key.pgh_obj_id].entity_id].reference if key.pgh_obj_id in links else "",
            "because": links[key.pgh_obj_id].because if key.pgh_obj_id in links else "not linked",
            "revoked_at": instant(key.revoked_at),
        }
        for key in reader.known(Key).filter(issued_at__lte=reader.valid_at)
    ]
    holds = [
        {"source": h.source, "reason": h.reason, "from": instant(h.placed_at), "to": instant(h.lifted_at)}
        for h in reader.known(Hold).filter(placed_at__lte=reader.valid_at)
    ]
    made = [
        {
            "reference": e.reference,
            "name": e.name,
            "assurance": e.assurance,
            "from": instant(e.valid_from),
            "until": instant(e.valid_until),
        }
        for e in entities.values()
    ]
    return {"entities": made, "keys": rows, "holds": holds}


def members(reader: Reader) -> list[dict[str, str]]:
    return [{"name": reader.user(row.user_id), "role": row.role, "since": instant(row.since)} for row in reader.known(Membership)]


def history(reader: Reader) -> list[dict[str, str]]:
    """Every change of what identifies the customer: when, what, and the new name or state."""
    found = []
    for model in (Party, Role, Interest, Document, Case):
        for row in changes(model, reader.snapshot).filter(organisation_id=reader.organisation):
            told = getattr(row, "name", "") or getattr(row, "state", "") or getattr(row, "share", "") or getattr(row, "kind", "")
            found.append((row.pgh_created_at, model.__name__.lower(), row.pgh_label, str(row.pgh_obj_id), told))
    return [
        {"at": instant(at), "what": what, "change": label, "id": pk, "now": told} for at, what, label, pk, told in sorted(found)
    ]


SECTIONS: tuple[Section, ...] = (
    ("identity", identity),
    ("people", people),
    ("ownership", ownership),
    ("documents", documents),
    ("screening", screening),
    ("risk", risk),
    ("findings", findings),
    ("decision", case),
    ("keys", keys),
    ("members", members),
    ("history", history),
)


def build(*, organisation: int, valid_at: datetime, snapshot: Snapshot, pack: Pack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields (section just done, the facts so far); the last one is report.json."""
    reader = Reader(organisation=organisation, valid_at=valid_at, snapshot=snapshot, pack=pack)
    known = as_of(Organisation, snapshot).filter(pgh_obj_id=organisation).first()
    facts: dict[str, Any] = {
        "report": "R-03",
        "title": TITLE,
        "template": TEMPLATE,
        "subject": {"id": organisation, "name": known.name if known else "not known at that time"},
        "valid_at": instant(valid_at),
        "known_at": instant(snapshot.taken_at),
        "rule_pack": {"version": pack.version, "reviewed_on": pack.reviewed_on},
        "legal_bases": pack.legal_bases("R-03"),
    }
    for name, section in SECTIONS:
        facts[name] = section(reader)
        yield name, facts
