"""R-10, the access directive compliance report: whom an order closed what to, how fast, who was shown to be outside and by what,
what was put right, whom we told, and how it ended."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from accounts.history import as_of, changes, seen_in
from accounts.models import Membership, Organisation, Proposal
from kyc.desk.directive_forms import FACT_WORDS
from kyc.directives import tiers
from kyc.directives.models import Directive, DirectiveException, DirectiveExtension, DirectiveMinute, DirectiveNotice
from kyc.directives.population import BY_COUNTRY, CUSTOMER, FORMED, INSIDE, OUTSIDE, RESPONSIBLE
from kyc.evidence.models import AttributeProof, StatusProof
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.closed import EVERY
from kyc.keys.models import Key
from kyc.keys.standing_models import StandingProof, StandingTier
from kyc.parties.models import Attribute, Party, PersonStatus
from reports.facts.basis import pack_source
from reports.facts.frame import Frame
from reports.facts.reader import Reader, day, instant, moment

Facts = dict[str, Any]
COUNTED = (Directive, DirectiveException, DirectiveExtension, DirectiveNotice)
BLOCKED, LIMITED, EXEMPT, UNLOOKED = "blocked", "limited", "exempt", "not looked at yet"
NOT_YET, REVOKED, UNTOUCHED = "not in effect yet", "revoked since", "has no model of it"
STANDINGS = (BLOCKED, LIMITED, EXEMPT, UNLOOKED, NOT_YET, REVOKED, UNTOUCHED)
WITHHELD = "told in the full report"
OF_STATUS = frozenset({CUSTOMER, RESPONSIBLE})
OF_ATTRIBUTE = frozenset({*BY_COUNTRY.values(), FORMED})
COUNTS = (
    "keys", "outside", "inside", "unproven", "unchecked", "refused", "refused_outside", "imported", "imported_refused",
)  # fmt: skip
POSITION = (
    "Keys are told as they stood at the effective instant, or where the order was over by then, at its last moment. Before are "
    "the keys that were issued by the end of the minute of receipt, or by the entry of the order where that was sooner, and not "
    "revoked then; since are those issued later. A key is blocked where "
    "every model that it has is closed to it, limited where some are, exempt where it was shown to be outside or its customer is "
    "left out. Who is not shown to be outside is inside, also for lack of proof alone."
)
PROOF = (
    "The proof that a key's standing rests on was written down when it was looked at, with the facts, the rows of evidence and "
    "how long it may be relied on. It counts no more from the moment when a fact changed or it ran out."
)
SERIES = (
    "Keys are counted whenever the product works at the order, once a minute at most: from its entry on when keys are looked at "
    "that are new, whose facts changed or whose proof ran out; each minute from when a model was closed until ten minutes later, "
    "and while keys and gateways are brought after it; and once a day from when the order was taken. Before its entry, and "
    "between these, nothing is counted. Refused are those that a gateway that asked in that minute was told no for this order. "
    "The order is in full effect when all its models are closed, what is stored of every key was brought after it, and gateways "
    "that keep a copy were told. Beside that stands the first minute in which every key that is not shown to be outside was "
    "counted as refused; of each minute the first count stands."
)
ELSEWHERE = (
    "Keys that another product issued and that were taken over are told as numbers in the minute series alone: how many there "
    "were, and how many of them were refused. Nobody knows which models they reach, so each is refused while any is closed, "
    "unless its customer is left out."
)
ERRORS = (
    "A key was wrongly caught where a model that it has was closed to it, and it was shown to be outside later: by a proof, or "
    "because an appeal was won. While its customer is left out as a whole nothing is closed to it."
)
NOTICES = (
    "Each customer of a key that the order closes something of is told once: a notice on the pages of the account, and an e-mail "
    "to its owners where it has a key that can be used. So is he told when it ends."
)
SEEN = (
    "The order names several customers. Only officers who may read directives and approvers of this report see it; customers "
    "read their own restriction alone."
)
PROFILE = (
    "Minimised, these are not told: customers and the people of theirs, why one was left out, which document and proof show a "
    "fact, what was said in appeals, and why the order was extended or ended. A key is told by how it begins and ends, with the "
    "facts gone by, their status or country, when they were proved and until when that holds. In full all of it is told. The "
    "text of the order and the names of officers are told in both."
)


class Order:
    """One directive as known in the snapshot, and recorded by the effective instant."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.pk = reader, int(reader.parameters["directive"])

    def then(self, model: type[Any], until: datetime | None = None) -> QuerySet[Any]:
        return as_of(model, self.reader.snapshot, recorded_by=until or self.reader.valid_at).order_by("pgh_obj_id")

    @cached_property
    def row(self) -> Any:
        return self.then(Directive).get(pgh_obj_id=self.pk)

    @property
    def number(self) -> str:
        return f"D-{self.row.proposed_at:%Y}-{self.pk:04d}"

    @cached_property
    def proposal(self) -> Any:
        return self.then(Proposal).get(pgh_obj_id=self.row.proposal_id)

    @cached_property
    def over_at(self) -> datetime | None:
        """When it ended by the effective instant: lifted, undone, or by the clock."""
        ends = [at for at in (self.row.ended_at, self.row.expires_at) if at is not None and at <= self.reader.valid_at]
        return min(ends, default=None)

    @cached_property
    def at(self) -> datetime:
        """Of which moment the position of keys is told."""
        return self.over_at - timedelta(microseconds=1) if self.over_at else self.reader.valid_at

    @cached_property
    def closed(self) -> dict[str, Any]:
        """Tiers by code that had begun then."""
        rows = self.then(StandingTier, self.at).filter(standing_id=self.row.standing_id)
        return {row.tier: row for row in rows if row.begins_at <= self.at}

    @cached_property
    def stated(self) -> dict[str, datetime]:
        later = {code: datetime.fromisoformat(at) for code, at in self.row.later.items()}
        return {code: later.get(code, self.row.effective_at) for code in tiers.named(self.row.tiers)}

    @cached_property
    def began_at(self) -> datetime | None:
        return min((row.begins_at for row in self.closed.values()), default=None)

    def begins(self, key: int) -> datetime | None:
        """From when on a model that the key has is closed; None where none was by then."""
        row = self.keys.get(key)
        return min((tier.begins_at for code, tier in self.closed.items() if row and self.has(row, {code})), default=None)

    @cached_property
    def organisations(self) -> dict[int, Any]:
        """Customers; sandboxes are none."""
        return {row.pgh_obj_id: row for row in self.then(Organisation).filter(sandbox="")}

    @cached_property
    def exceptions(self) -> dict[int, Any]:
        return {row.pgh_obj_id: row for row in self.then(DirectiveException).filter(directive_id=self.pk)}

    @cached_property
    def extensions(self) -> list[Any]:
        return list(self.then(DirectiveExtension).filter(directive_id=self.pk, state=DirectiveExtension.State.TAKEN))

    @cached_property
    def notices(self) -> list[Any]:
        return list(self.then(DirectiveNotice).filter(directive_id=self.pk))

    @cached_property
    def restrictions(self) -> dict[int, Any]:
        told = [row.restriction_id for row in self.notices if row.restriction_id]
        return {row.pgh_obj_id: row for row in self.then(Restriction).filter(pgh_obj_id__in=told)}

    @cached_property
    def before_at(self) -> datetime:
        """The receipt is told to the minute: the end of that, or the entry of the order where that came sooner."""
        return min(self.row.received_at + timedelta(minutes=1), self.row.proposed_at)

    @cached_property
    def before(self) -> dict[int, Any]:
        return self.live_keys(self.before_at)

    @cached_property
    def keys(self) -> dict[int, Any]:
        return {row.pgh_obj_id: row for row in self.then(Key, self.at) if row.organisation_id in self.organisations}

    def live_keys(self, at: datetime) -> dict[int, Any]:
        """Not revoked then, with a model that the order is about."""
        rows = self.then(Key, at).exclude(state=Key.State.REVOKED)
        return {row.pgh_obj_id: row for row in rows if row.organisation_id in self.organisations and self.has(row, self.stated)}

    def has(self, key: Any, codes: Any) -> bool:
        """As kyc.directives.tiers.HAS: of a key without any tier nobody knows what it reaches, so it has each."""
        return bool(codes) and (EVERY in codes or not key.tiers or bool({*key.tiers} & {*codes}))

    @cached_property
    def proofs(self) -> dict[tuple[int | None, int], Any]:
        """Where each key stands, by itself or, under None and the organisation, with all of its customer."""
        rows = self.then(StandingProof, self.at).filter(standing_id=self.row.standing_id)
        return {(row.key_id, row.organisation_id): row for row in rows}

    def is_good(self, proof: Any) -> bool:
        return proof is not None and proof.stale_at is None and (proof.valid_until is None or proof.valid_until > self.at)

    def proof_of(self, key: Any) -> Any:
        """What the key stands by: that of its whole customer first; None where it is to be looked at."""
        whole = self.proofs.get((None, key.organisation_id))
        if self.is_good(whole):
            return whole
        own = self.proofs.get((key.pgh_obj_id, key.organisation_id))
        return own if self.is_good(own) else None

    def stands(self, key: Any, proof: Any) -> str:
        if key.state == Key.State.REVOKED:
            return REVOKED
        if not self.has(key, self.stated):
            return UNTOUCHED
        if proof is not None and proof.verdict == OUTSIDE:
            return EXEMPT
        if not self.has(key, self.closed):
            return NOT_YET
        if proof is None:
            return UNLOOKED
        if EVERY in self.closed or not key.tiers or {*key.tiers} <= {*self.closed}:
            return BLOCKED
        return LIMITED

    @cached_property
    def statuses(self) -> dict[int, Any]:
        return {row.pgh_obj_id: row for row in self.then(PersonStatus)}

    @cached_property
    def attributes(self) -> dict[int, Any]:
        return {row.pgh_obj_id: row for row in self.then(Attribute)}

    @cached_property
    def evidence(self) -> dict[tuple[type[Any], int], Any]:
        return {(model, row.pgh_obj_id): row for model in (StatusProof, AttributeProof) for row in self.then(model)}

    @cached_property
    def parties(self) -> dict[int, str]:
        return {row.pgh_obj_id: str(row.name) for row in self.then(Party)}

    @cached_property
    def officers(self) -> dict[int | None, str]:
        made = [row.made_by_id for row in self.exceptions.values()] + [row.extended_by_id for row in self.extensions]
        return self.reader.people([*made, self.row.proposed_by_id, self.row.ended_by_id, self.proposal.outcome_by_id,
                                   *(row.proved_by_id for row in self.evidence.values())])  # fmt: skip

    def customer(self, organisation: int) -> str:
        """By name in full; else by nothing that tells who it is."""
        return str(self.organisations[organisation].name) if self.reader.is_full and organisation in self.organisations else ""

    def words(self, text: str) -> str:
        return text if self.reader.is_full or not text else WITHHELD

    def ground(self, ground: Facts) -> Facts:
        """One fact gone by, in words, with what it says; in full with the evidence of it."""
        code, row, number = ground["fact"], ground["row"], ground["evidence"]
        told = {
            "fact": str(FACT_WORDS[code]), "status": "", "evidence": "", "proved_by": "", "proved_at": "",
            "valid_until": (ground["until"] or "")[:10],
        }  # fmt: skip
        if code == "exception":
            found = self.exceptions.get(row)
            return told | {"status": "exempt", "evidence": self.words(found.ground) if found else ""}
        model = StatusProof if code in OF_STATUS else AttributeProof if code in OF_ATTRIBUTE else None
        if code in OF_STATUS and row in self.statuses:
            told["status"] = str(PersonStatus.Standing(self.statuses[row].standing).label)
        elif code in OF_ATTRIBUTE and row in self.attributes:
            told["status"] = str(self.attributes[row].country)
        if model and (found := self.evidence.get((model, number or 0))):
            evidence = self.words(f"document {found.document_id}, proof {number}")
            told |= {"evidence": evidence, "proved_at": instant(found.proved_at)}
            told["proved_by"] = self.officers.get(found.proved_by_id, "")
        elif number:
            told["evidence"] = self.words(f"record {number}")
        return told


def order(reader: Reader) -> Order:
    """The same for all sections of one report."""
    if not isinstance(found := reader.__dict__.get("order"), Order):
        found = reader.__dict__["order"] = Order(reader)
    return found


def subject(reader: Reader) -> Facts:
    of = order(reader)
    return {"id": of.pk, "name": f"{of.number}, {of.row.reference}", "native_name": "", "issuer": of.row.issuer}


def directive(reader: Reader) -> Facts:
    of, row = order(reader), order(reader).row
    return {
        "number": of.number,
        "kind": str(Directive.Kind(row.kind).label),
        "reference": row.reference,
        "issuer": row.issuer,
        "authority": row.authority,
        "text": row.why,
        "received_at": instant(row.received_at),
        "entered_at": instant(row.proposed_at),
        "entered_by": of.officers.get(row.proposed_by_id, ""),
        "taken_at": instant(of.proposal.outcome_at) if of.proposal.outcome == Proposal.Outcome.TAKEN else "",
        "taken_by": of.officers.get(of.proposal.outcome_by_id, "") if of.proposal.outcome == Proposal.Outcome.TAKEN else "",
        "determined_on": day(row.determined_on),
        "not_before": day(row.not_before),
        "not_after": day(row.not_after),
        "population": str(Directive.Population(row.population).label),
        "narrowed": narrowed(of),
        "expires_at": instant(row.expires_at),
        "state": str(Directive.State(row.state).label),
        "seen_by": SEEN,
    }


def narrowed(of: Order) -> list[str]:
    """What the population is told by, in words; customers named in it only in full."""
    told = of.row.parameters
    if named := told.get("organisations"):
        return [of.customer(pk) for pk in named] if of.reader.is_full else [f"{len(named)} named"]
    tests = [f"{FACT_WORDS[test['fact']]}: {', '.join(test['values'])}" for test in told.get("tests", ())]
    by = [str(FACT_WORDS[BY_COUNTRY[name]]) for name in told.get("by", ())]
    return [*sorted(told.get("countries", ())), *by, *tests]


def stages(reader: Reader) -> list[Facts]:
    """Each model that it closes: from when by the order, from when in truth, and how long after receipt."""
    of = order(reader)
    rows = []
    for code, at in of.stated.items():
        began = of.closed.get(code)
        rows.append({
            "offering": "every model" if code == EVERY else code,
            "stated_at": instant(at),
            "closed_at": instant(began.begins_at) if began else "",
            "gateways_told_at": instant(began.told_at) if began else "",
            "after_receipt": lasted(began.begins_at - of.row.received_at) if began else "",
            "after_stated": lasted(max(began.begins_at - at, timedelta())) if began else "",
        })  # fmt: skip
    return rows


def lasted(span: timedelta) -> str:
    """`1 d 02:03:04`, without the days where there are none."""
    seconds = int(span.total_seconds())
    days, rest = divmod(seconds, 86_400)
    return (f"{days} d " if days else "") + f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"


def exceptions(reader: Reader) -> list[Facts]:
    of = order(reader)
    return [
        {
            "number": number,
            "customer": of.customer(row.organisation_id),
            "ground": of.words(row.ground),
            "by": "a won appeal" if row.appeal_id else "proposed and taken with the order",
            "made_at": instant(row.made_at),
            "made_by": of.officers.get(row.made_by_id, ""),
        }
        for number, row in enumerate(of.exceptions.values(), start=1)
    ]


def keys(reader: Reader) -> list[Facts]:
    of = order(reader)
    return [row for key in of.keys.values() if (row := key_told(of, key))["stands"] != UNTOUCHED and is_counted(of, key)]


def is_counted(of: Order, key: Any) -> bool:
    """One that was revoked before the order came is none of it, nor one that lived only since."""
    return key.pgh_obj_id in of.before or key.state != Key.State.REVOKED


def key_told(of: Order, key: Any) -> Facts:
    proof = of.proof_of(key)
    stands = of.stands(key, proof)
    grounds = [of.ground(ground) for ground in proof.grounds] if proof else []
    return {
        "key": f"{key.prefix}…{key.last_four}",
        "customer": of.customer(key.organisation_id),
        "responsible": of.parties.get(key.responsible_id, "") if of.reader.is_full else "",
        "since": "before" if key.pgh_obj_id in of.before else "issued since",
        "issued_at": instant(key.issued_at),
        "stands": stands,
        "verdict": str(StandingProof.Verdict(proof.verdict).label) if proof else "",
        "grounds": grounds,
        "missing": [str(FACT_WORDS[code]) for code in proof.missing] if proof else [],
        "checked_at": instant(proof.checked_at) if proof else "",
        "valid_until": instant(proof.valid_until) if proof and proof.verdict == OUTSIDE else "",
        "state": str(Key.State(key.state).label),
        "is_inside": "yes" if proof is not None and proof.verdict == INSIDE else "no",
    }


def series(reader: Reader) -> Facts:
    """Minutes as known in the snapshot up to the effective instant, and when all was in effect."""
    of = order(reader)
    found = DirectiveMinute.objects.filter(seen_in(reader.snapshot), directive_id=of.pk, minute__lte=reader.valid_at)
    rows = [{"minute": instant(row.minute)} | {name: getattr(row, name) for name in COUNTS} for row in found.order_by("minute")]
    full, received = full_effect(of), of.row.received_at
    return {
        "rows": rows,
        "received_at": instant(received),
        "first_effect_at": instant(of.began_at),
        "first_effect_after": lasted(of.began_at - received) if of.began_at else "",
        "full_effect_at": instant(full),
        "full_effect_after": lasted(full - received) if full else "",
        "all_refused_at": all_refused(of, rows),
    }


def full_effect(of: Order) -> datetime | None:
    """When the last of its models was closed, all keys brought after it and gateways told."""
    if {*of.closed} != {*of.stated} or any(row.told_at is None for row in of.closed.values()):
        return None
    return max(row.told_at for row in of.closed.values())


def all_refused(of: Order, rows: list[Facts]) -> str:
    """The first minute counted after its models were closed in which all that are not outside were refused."""
    if not of.closed or {*of.closed} != {*of.stated}:
        return ""
    last = instant(max(row.begins_at for row in of.closed.values()).replace(second=0, microsecond=0))
    met = (row["minute"] for row in rows if row["minute"] >= last and row["refused"] == row["keys"] - row["outside"])
    return next(met, "")


def errors(reader: Reader) -> list[Facts]:
    """Keys that were closed and shown to be outside later."""
    of = order(reader)
    if of.began_at is None:
        return []
    events = changes(StandingProof, reader.snapshot).filter(standing_id=of.row.standing_id, pgh_created_at__lte=of.at)
    return [freed(of, key, since, proof) for key, since, proof in wrongly_closed(events, of.begins)]


def wrongly_closed(events: Iterable[Any], begins: Callable[[int], datetime | None]) -> Iterator[tuple[int, datetime, Any]]:
    """Each time that a key was closed and shown to be outside later: its number, since when it was closed, and the proof that
    freed it. `events` are what was written of proofs, in that order; `begins` says from when on something of a key was closed,
    and None of one of which nothing was. Of a customer who is left out as a whole nothing is closed while that lasts, whatever
    his keys show by themselves."""
    inside: dict[int, dict[int, datetime]] = {}
    left_out: dict[int, datetime] = {}
    for event in events:
        of, key, at = event.organisation_id, event.key_id, event.checked_at
        if event.stale_at is not None:
            if key is None and of in left_out:
                left_out[of] = min(left_out[of], event.stale_at)
            continue
        if key is not None and event.verdict != OUTSIDE:
            inside.setdefault(of, {}).setdefault(key, at)
            continue
        held = inside.get(of, {})
        for one in [*held] if key is None else [key] if key in held else []:
            began = begins(one)
            since = max(held[one], began, left_out.get(of, began)) if began else at
            if since < at:
                yield one, since, event
        if key is None:
            left_out[of] = event.valid_until
        else:
            held.pop(key, None)


def freed(of: Order, key: int, since: datetime, proof: Any) -> Facts:
    row = of.keys[key]
    return {
        "key": f"{row.prefix}…{row.last_four}",
        "customer": of.customer(row.organisation_id),
        "closed_at": instant(since),
        "freed_at": instant(proof.checked_at),
        "closed_for": lasted(proof.checked_at - since),
        "found_by": [of.ground(ground) for ground in proof.grounds],
    }


def notices(reader: Reader) -> Facts:
    of = order(reader)
    told = sorted(row.told_at for row in of.notices if row.told_at)
    return {
        "customers": len(of.notices),
        "told": len(told),
        "first_told_at": instant(told[0]) if told else "",
        "last_told_at": instant(told[-1]) if told else "",
        "channels": NOTICES,
        "rows": [
            {
                "number": number,
                "customer": of.customer(row.organisation_id),
                "found_at": instant(row.found_at),
                "told_at": instant(row.told_at),
                "state": str(DirectiveNotice.State(row.state).label),
                "ended_at": instant(of.restrictions[row.restriction_id].ended_at)
                if row.restriction_id in of.restrictions
                else "",
            }
            for number, row in enumerate(of.notices, start=1)
        ],
    }


def appeals(reader: Reader) -> list[Facts]:
    of = order(reader)
    rows = list(of.then(Appeal).filter(restriction_id__in=of.restrictions))
    people = reader.people(row.decided_by_id for row in rows)
    return [
        {
            "number": f"A-{row.sent_at:%Y}-{row.handle}",
            "customer": of.customer(row.organisation_id),
            "sent_at": instant(row.sent_at),
            "words": of.words(str(row.words)),
            "outcome": str(Appeal.Outcome(row.outcome).label) if row.outcome else "open",
            "decided_at": instant(row.decided_at),
            "decided_by": people.get(row.decided_by_id, ""),
            "answer": of.words(str(row.answer)),
        }
        for row in rows
    ]


def ending(reader: Reader) -> Facts:
    of, row = order(reader), order(reader).row
    rows = [one for one in of.restrictions.values() if one.ended_at]
    is_by_clock = of.over_at is not None and of.over_at != row.ended_at
    extended = [
        {
            "until": instant(one.until),
            "extended_at": instant(one.extended_at),
            "extended_by": of.officers.get(one.extended_by_id, ""),
            "reason": of.words(one.reason),
        }
        for one in of.extensions
    ]
    return {
        "extensions": extended,
        "ended_at": instant(of.over_at),
        "how": "by the clock" if is_by_clock else str(Directive.State(row.state).label) if of.over_at else "",
        "by": of.officers.get(row.ended_by_id, "") if row.ended_at else "",
        "reason": of.words(row.end_reason),
        "lasted": lasted(of.over_at - of.began_at) if of.over_at and of.began_at and of.over_at > of.began_at else "",
        "customers_told": len(rows),
        "last_told_at": instant(max((one.ended_at for one in rows), default=None)),
    }


def totals(reader: Reader, facts: Facts) -> Facts:
    """Before = each standing now, less what was issued since. `agrees` says whether that comes out."""
    of, rows = order(reader), facts["keys"]
    stands = Counter(row["stands"] for row in rows)
    since = sum(row["since"] == "issued since" for row in rows)
    reached = {row.organisation_id for row in of.before.values()}
    members = of.then(Membership, of.before_at).filter(organisation_id__in=reached)
    missing = Counter(text for row in rows if row["stands"] in (BLOCKED, LIMITED) for text in row["missing"])
    began = of.began_at is not None
    active = [row["key"] for row in rows if began and row["stands"] == BLOCKED and row["state"] == str(Key.State.ACTIVE.label)]
    return {
        "told_of": instant(of.at),
        "before": len(of.before),
        "organisations_before": len(reached),
        "users_before": len({row.user_id for row in members}),
        "since": since,
        "rows": [{"stands": name, "keys": stands[name]} for name in STANDINGS if stands[name] or name in STANDINGS[:3]],
        "unproven": sum(row["stands"] in (BLOCKED, LIMITED) and bool(row["missing"]) for row in rows),
        "missing": [{"fact": fact, "keys": count} for fact, count in sorted(missing.items())],
        "agrees": "yes" if len(of.before) + since == sum(stands.values()) else "no",
        "active_inside": active,
    }


def methodology(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    texts = (
        ("Position", POSITION),
        ("Proof", PROOF),
        ("Minute series", SERIES),
        ("Errors", ERRORS),
        ("Notices", NOTICES),
        ("Who may see it", SEEN),
        ("People", PROFILE),
    )
    return [{"topic": topic, "text": text} for topic, text in texts]


def sources(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    records = "The records of the order, of keys and of what showed where they stand"
    return [pack_source(reader, "legal bases"), {"source": records, "version": "", "used_for": "all sections", "sha256": ""}]


def completeness(reader: Reader, facts: Facts) -> Facts:
    of = order(reader)
    of_it = ({"pgh_obj_id": of.pk}, *[{"directive_id": of.pk}] * 3)
    later = sum(
        changes(model, reader.snapshot).filter(pgh_created_at__gt=reader.valid_at, **narrow).count()
        for model, narrow in zip(COUNTED, of_it, strict=True)
    )
    return {
        "unknowns": [{"what": what, "sentence": sentence} for what, sentence in unknowns(facts)],
        "not_covered": [
            {"what": "Keys issued elsewhere", "sentence": ELSEWHERE},
            {"what": "Requests refused", "sentence": "How many requests of each key were refused stands in its customer's R-06."},
        ],
        "recorded_later": later,
    }


def unknowns(facts: Facts) -> Iterator[tuple[str, str]]:
    told = facts["totals"]
    if told["agrees"] == "no":
        yield "Totals", "The keys before and since do not add up to those told here."
    if told["active_inside"]:
        yield "Effect", f"Keys that are blocked and were still stored as active: {', '.join(told['active_inside'])}."
    if told["unproven"]:
        yield "Proof", f"Keys that are inside for lack of proof alone: {told['unproven']}."
    if not facts["series"]["full_effect_at"]:
        yield "Effect", "The order was not seen in full effect by the effective instant."
    if waiting := facts["notices"]["customers"] - facts["notices"]["told"]:
        yield "Notices", f"Customers who had not been told: {waiting}."
    if open_ones := sum(row["outcome"] == "open" for row in facts["appeals"]):
        yield "Appeals", f"Appeals that are open: {open_ones}."


def summary(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    told, of, series = facts["totals"], facts["directive"], facts["series"]
    effect = (
        f"{series['full_effect_at']}, {series['full_effect_after']} after receipt" if series["full_effect_at"] else "not seen"
    )
    rows = (
        ("Order", f"{of['reference']}, {of['issuer']}, under {of['authority']}"),
        ("Received", moment(order(reader).row.received_at)),
        ("Over whom", "; ".join([of["population"], *of["narrowed"]])),
        ("Before", f"{told['before']} keys of {told['organisations_before']} customers with {told['users_before']} users"),
        ("Keys", ", ".join(f"{row['keys']} {row['stands']}" for row in told["rows"])),
        ("Inside for lack of proof alone", str(told["unproven"])),
        ("In full effect", effect.replace("T", " ").replace("Z", " UTC")),
        ("Wrongly caught and freed", str(len(facts["errors"]))),
        ("Customers told", f"{facts['notices']['told']} of {facts['notices']['customers']}"),
        ("Appeals", str(len(facts["appeals"]))),
        ("Stands", f"{facts['ending']['how']} {moment(order(reader).over_at)}" if facts["ending"]["ended_at"] else of["state"]),
        ("Unknown or open", str(len(facts["completeness"]["unknowns"]))),
    )
    return [{"what": what, "value": value} for what, value in rows]


COMPLIANCE = Frame(
    kind="R-10",
    template="R-10/1",
    title="Access Directive Compliance Report",
    sections=(
        ("directive", directive),
        ("stages", stages),
        ("exempted", exceptions),
        ("keys", keys),
        ("series", series),
        ("errors", errors),
        ("notices", notices),
        ("appeals", appeals),
        ("ending", ending),
    ),
    closing=(
        ("totals", totals),
        ("methodology", methodology),
        ("sources", sources),
        ("completeness", completeness),
        ("summary", summary),
    ),
    about=subject,
    has_profiles=True,
    for_others=True,
    has_long_tables=True,
    of_house=True,
)
