"""The section that says how sure the evidence made us of each party: levels, evidence items, where they say otherwise than was
declared, and what was confirmed without papers (IDA-01, FIN-12)."""

from functools import cached_property
from typing import Any

from kyc.evidence import confirmations, graded
from kyc.evidence.confirmation_models import Confirmation
from kyc.evidence.grading.reaching import Item, reached
from kyc.evidence.item_models import DocumentReview, EvidenceItem, Mismatch
from kyc.evidence.models import SHUT, Document
from kyc.parties.models import Party, PaymentMeans
from kyc.rules import assurance, packs
from kyc.rules.assurance import Guideline
from reports.facts.reader import Reader, country, day, instant, masked

Facts = dict[str, Any]
W = Confirmation.What
COUNTS, STANDS, OPEN = "counts", "stands", "open"
# What of a person is no direct identifier, of a confirmation or a mismatch.
PUBLIC = (W.DOMAIN, W.LEI, W.PAYMENT, Mismatch.What.NAME, Mismatch.What.COUNTRY)
NO_LEVEL = "none of its levels"
RESULTS = {"": "", EvidenceItem.Result.PASSED: "found good", EvidenceItem.Result.FAILED: "not found good"}
ITSELF = "found by the product itself"


def assured(reader: Reader) -> Facts:
    """Of everyone with a live role the level reached by each guideline that fits, and of every party what it rests on."""
    return Assured(reader).told()


def confirmed_now(reader: Reader) -> dict[str, str]:
    """By what it is, how and until when what the customer says of itself was confirmed at the effective instant."""
    found = Assured(reader)
    mine = [row for row in found.confirmations if found.of_customer(row) and found.standing(row) == STANDS]
    return {row.what: f"confirmed {Confirmation.How(row.how).label}, until {day(row.valid_until)}" for row in mine}


class Assured:
    """What proved who the parties are at the effective instant, by rows of history alone."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.rules = reader, assurance.of_pack(reader.pack.version)

    @cached_property
    def items(self) -> list[Any]:
        return [row for row in self.reader.then(EvidenceItem) if row.party_id in self.reader.parties]

    @cached_property
    def confirmations(self) -> list[Any]:
        return [row for row in self.reader.then(Confirmation) if row.party_id in self.reader.parties]

    @cached_property
    def mismatches(self) -> list[Any]:
        known = {row.pgh_obj_id for row in self.items}
        return [row for row in self.reader.then(Mismatch) if row.item_id in known]

    @cached_property
    def documents(self) -> dict[int, Any]:
        return {row.pgh_obj_id: row for row in self.reader.then(Document)}

    @cached_property
    def rejected(self) -> set[int]:
        reviews = self.reader.then(DocumentReview).filter(ruling=DocumentReview.Ruling.REJECTED)
        return {row.document_id for row in reviews.filter(superseded_at__isnull=True)}

    @cached_property
    def means(self) -> dict[int, Any]:
        return {row.pgh_obj_id: row for row in self.reader.held(PaymentMeans)}

    @cached_property
    def names(self) -> dict[int | None, str]:
        ids = [pk for row in self.items for pk in (row.recorded_by_id, row.validated_by_id, row.verified_by_id)]
        ids += [row.confirmed_by_id for row in self.confirmations]
        return self.reader.people([*ids, *(row.resolved_by_id for row in self.mismatches)])

    def of_customer(self, row: Any) -> bool:
        return bool(self.reader.customer and row.party_id == self.reader.customer.pgh_obj_id)

    def told(self) -> Facts:
        return {
            "rules": {"version": self.rules.version, "sha256": self.rules.sha256},
            "levels": [self.level_row(pk, one) for pk in sorted(self.reader.roles) for one in self.guidelines(pk)],
            "items": [self.item_row(row) for row in self.items],
            "mismatches": [self.mismatch_row(row) for row in self.mismatches],
            "confirmations": [self.confirmation_row(row) for row in self.confirmations],
        }

    def about(self, party: int) -> str:
        is_person = self.reader.parties[party].kind == Party.Kind.PERSON
        return assurance.PERSON if is_person else assurance.ENTITY

    def guidelines(self, party: int) -> list[Guideline]:
        return self.rules.of(self.about(party))

    def seen(self, party: int) -> dict[int, tuple[Item, str]]:
        """What counts for the party, by number, with what it is called."""
        found = {}
        for row in self.items:
            if row.party_id == party and row.kind in self.rules.kinds and self.state(row) == COUNTS:
                found[row.pgh_obj_id] = graded.counted_at(row, row.pgh_obj_id), self.called(row)
        for row in self.confirmations if self.about(party) == assurance.ENTITY else []:
            paper = self.documents[row.document_id].kind if row.document_id else ""
            item = graded.confirmed_at(row, row.pgh_obj_id, paper=paper, rules=self.rules)
            if item and row.party_id == party and self.standing(row) == STANDS:
                title = self.rules.kinds[item.kind].title
                found[item.number] = item, f"{title}, {Confirmation.How(row.how).label}"
        return found

    def called(self, row: Any) -> str:
        kind = self.rules.kinds.get(row.kind)
        return ", ".join(filter(None, (kind.title if kind else row.kind, row.issuer, country(row.issuing_country))))

    def level_row(self, party: int, guideline: Guideline) -> Facts:
        seen = self.seen(party)
        kept = [row for row in self.items if row.party_id == party and self.is_kept(row)]
        given = graded.told(self.reader.parties[party], kept)
        level = reached(guideline, [item for item, _ in seen.values()], given, self.rules)
        aim, wanted = self.rules.aim[guideline.about]
        return {
            "party": self.reader.name(party),
            "about": self.reader.about(party),
            "guideline": guideline.title,
            "version": guideline.version,
            "status": packs.STATUSES[guideline.status],
            "level": level.level.title if level else NO_LEVEL,
            "way": level.way.code if level else "",
            "by": [seen[number][1] for number in level.items] if level else [],
            "asked_for": next(one.title for one in guideline.levels if one.code == wanted) if guideline.code == aim else "",
            "is_enough": enough(guideline, level.level.code if level else "", wanted) if guideline.code == aim else "",
        }

    def is_kept(self, row: Any) -> bool:
        return not row.withdrawn_at and not (row.document_id and self.documents[row.document_id].removed_at)

    def state(self, row: Any) -> str:
        """Whether the item counts, and if not why."""
        if row.withdrawn_at:
            return f"withdrawn on {day(row.withdrawn_at.date())}: {row.withdrawn_because}"
        if fallen := self.fallen(row):
            return fallen
        if row.expires_on and row.expires_on < self.reader.day:
            return "has expired"
        if row.validation_result == EvidenceItem.Result.FAILED:
            return f"not found good: {row.validation_note}"
        return COUNTS if row.validation_result else "not validated yet"

    def fallen(self, row: Any) -> str:
        """What became of the document that the row rests on, where nothing rests on it any more."""
        paper = self.documents.get(row.document_id)
        if paper is None:
            return ""
        if paper.removed_at:
            return "its document was taken back"
        if paper.pgh_obj_id in self.rejected:
            return "its document was rejected"
        return "its document was not let through by the virus scanner" if paper.intake in SHUT else ""

    def item_row(self, row: Any) -> Facts:
        reader, rules = self.reader, self.rules
        verification = rules.verifications.get(row.verification)
        paper = self.documents.get(row.document_id)
        return {
            "party": reader.name(row.party_id),
            "about": reader.about(row.party_id),
            "kind": rules.kinds[row.kind].title if row.kind in rules.kinds else row.kind,
            "issuer": row.issuer,
            "issuing_country": country(row.issuing_country),
            "number": reader.masked(row.number),
            "issued_on": day(row.issued_on),
            "expires_on": day(row.expires_on),
            "strength": str(EvidenceItem.Strength(row.strength).label) if row.strength else "",
            "validated": rules.validations.get(row.validation, row.validation),
            "validation": RESULTS[row.validation_result],
            "validated_by": self.names.get(row.validated_by_id, ""),
            "validated_at": instant(row.validated_at),
            "verified": verification.title if verification else row.verification,
            "verification": RESULTS[row.verification_result],
            "verified_by": self.names.get(row.verified_by_id, ""),
            "verified_at": instant(row.verified_at),
            "document": paper.name if paper else "",
            "guideline": row.guideline,
            "recorded_by": self.names.get(row.recorded_by_id, ""),
            "recorded_at": instant(row.recorded_at),
            "state": self.state(row),
        }

    def mismatch_row(self, row: Any) -> Facts:
        item = next(one for one in self.items if one.pgh_obj_id == row.item_id)
        return {
            "party": self.reader.name(item.party_id),
            "about": self.reader.about(item.party_id),
            "kind": self.called(item),
            "what": str(Mismatch.What(row.what).label),
            "declared": self.open_to_reader(row.what, row.declared, item.party_id),
            "shown": self.open_to_reader(row.what, row.shown, item.party_id),
            "result": str(Mismatch.Resolution(row.resolution).label) if row.resolution else OPEN,
            "reason": row.reason,
            "resolved_by": self.names.get(row.resolved_by_id, ""),
            "resolved_at": instant(row.resolved_at),
        }

    def open_to_reader(self, what: str, value: str, party: int) -> str:
        """What a minimised report tells of a direct identifier; of an entity they are public."""
        if self.reader.is_full or self.about(party) == assurance.ENTITY or what in PUBLIC:
            return str(value)
        if what in (W.IDENTITY, Mismatch.What.BIRTH_DATE):
            return str(value[:4])
        return "" if what in (W.EMAIL, W.ADDRESS) else masked(value)

    def standing(self, row: Any) -> str:
        """Whether the confirmation may be relied on, and if not why."""
        if row.ended_at:
            return f"ended on {day(row.ended_at.date())}: {row.ended_because}"
        if fallen := self.fallen(row):
            return fallen
        if row.valid_until < self.reader.day:
            return "has expired"
        return STANDS if row.mark in self.marks(row.party_id) else "the party says otherwise, or nothing, by now"

    def marks(self, party: int) -> set[str]:
        told = self.reader.parties[party]
        found = {confirmations.mark_of(told, what, text) for what, text in confirmations.said(told).items()}
        return found | {confirmations.mark_of_payment(told, means, pk) for pk, means in self.means.items()}

    def confirmation_row(self, row: Any) -> Facts:
        paper = self.documents.get(row.document_id)
        return {
            "party": self.reader.name(row.party_id),
            "about": self.reader.about(row.party_id),
            "what": str(W(row.what).label),
            "value": self.open_to_reader(row.what, row.value, row.party_id),
            "how": str(Confirmation.How(row.how).label),
            "by": self.names.get(row.confirmed_by_id, "") or ITSELF,
            "at": instant(row.confirmed_at),
            "until": day(row.valid_until),
            "document": paper.name if paper else "",
            "rule_pack": row.rule_pack,
            "state": self.standing(row),
        }


def enough(guideline: Guideline, code: str, wanted: str) -> str:
    places = [level.code for level in guideline.levels]
    return "yes" if code and places.index(code) >= places.index(wanted) else "no"
