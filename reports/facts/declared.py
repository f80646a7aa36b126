"""Sections of the dossier that say what the customer told of itself besides who it is: class and programme, who signs, person
statuses, invitations, intended use, payment."""

from typing import Any

from kyc.evidence import authority
from kyc.evidence.authority import Signatory
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, Invitation, StatusProof
from kyc.parties import questionnaires
from kyc.parties.models import Attribute, Party, PaymentMeans, PersonStatus, Profile, Questionnaire, Role
from kyc.rules import packs
from reports.facts.reader import Reader, country, day, instant


def coming(reader: Reader) -> dict[str, str]:
    """What the customer is, and through which programme it comes; empty before it said so."""
    row = reader.then(Profile).first()
    if row is None:
        return {}
    return {
        "customer_class": str(Profile.CustomerClass(row.customer_class).label),
        "programme": str(Profile.Programme(row.programme).label),
        "programme_run_by": row.programme_run_by,
        "recorded_at": instant(row.pgh_created_at),
    }


def signatories(reader: Reader) -> list[dict[str, str]]:
    """Who may sign for the customer, what is said to show it, and by what an officer has verified it (FATF-02)."""
    roles = {row.pgh_obj_id: row for held in reader.roles.values() for row in held}
    held = {row.pgh_obj_id: row for row in documents(reader)}
    found = authority.signatories(roles, held, reader.then(AuthorityProof))
    names = reader.people(one.proof.proved_by_id for one in found if one.proof)
    return [signatory_row(reader, one, held, names) for one in found]


def signatory_row(reader: Reader, one: Signatory, held: dict[int, Any], names: dict[int | None, str]) -> dict[str, str]:
    return {
        "party": reader.name(one.party),
        "about": reader.about(one.party),
        "identity": "; ".join(f"document held: {held[pk].name}" for pk in one.identity) or "no identity document held",
        "authority": claimed(one, held),
        "result": "verified" if one.proof else "not verified",
        "document": titled(held[one.proof.document_id]) if one.proof else "",
        "proved_by": names.get(one.proof.proved_by_id, "") if one.proof else "",
        "proved_at": instant(one.proof.proved_at) if one.proof else "",
        "note": one.proof.note if one.proof else "",
    }


def claimed(one: Signatory, held: dict[int, Any]) -> str:
    offices = ", ".join(str(Role.Kind(kind).label).lower() for kind in one.offices)
    told = [f"declared as {offices}"] if offices else []
    return "; ".join([*told, *(f"document held: {held[pk].name}" for pk in one.papers)]) or "no proof held"


def titled(document: Any) -> str:
    return f"{Document.Kind(document.kind).label}, {document.name}"


def documents(reader: Reader) -> list[Any]:
    return [row for row in reader.then(Document) if row.removed_at is None]


def statuses(reader: Reader) -> list[dict[str, str]]:
    """Where each party stands under both tests, as declared, and by what an officer has verified it (IAAS-01, IAAS-02)."""
    held = {row.pgh_obj_id: row for row in documents(reader)}
    proofs: dict[int, Any] = {row.status_id: row for row in reader.then(StatusProof)}
    names = reader.people(row.proved_by_id for row in proofs.values())
    rows = [row for row in reader.held(PersonStatus) if row.party_id in reader.roles]
    rows.sort(key=lambda row: (row.party_id, row.axis != PersonStatus.Axis.IAAS))
    return [status_row(reader, row, proofs.get(row.pgh_obj_id), held, names) for row in rows]


def status_row(reader: Reader, row: Any, proof: Any | None, held: dict[int, Any], names: dict[int | None, str]) -> dict[str, str]:
    document = held.get(proof.document_id) if proof else None
    return {
        "party": reader.name(row.party_id),
        "about": reader.about(row.party_id),
        "test": str(PersonStatus.Axis(row.axis).label),
        "standing": str(PersonStatus.Standing(row.standing).label),
        "ground": str(PersonStatus.Basis(row.basis).label),
        "declared_on": day(row.valid_from),
        "rule_pack": row.rule_pack,
        "result": verified(reader, row, proof, document),
        "document": titled(document) if document else "",
        "proved_by": names.get(proof.proved_by_id, "") if proof else "",
        "proved_at": instant(proof.proved_at) if proof else "",
        "until": day(proof.valid_until) if proof else "",
        "note": proof.note if proof else "",
    }


def verified(reader: Reader, row: Any, proof: Any | None, document: Any | None) -> str:
    if proof is None:
        told = "follows from the country declared" if reader.parties[row.party_id].kind != Party.Kind.PERSON else "declared"
        return f"{told}, not verified"
    if document is None:
        return "was verified; the document has been taken back"
    return "verified" if proof.valid_until >= reader.day else "was verified; that has expired"


def origins(reader: Reader) -> list[dict[str, Any]]:
    """Of each entity where it was formed and is run from, and of the customer who is its ultimate parent: all values that are
    known, each with its days, its source and by what an officer has verified it (USX-01)."""
    held = {row.pgh_obj_id: row for row in documents(reader)}
    proofs: dict[int, Any] = {row.attribute_id: row for row in reader.then(AttributeProof)}
    names = reader.people(row.proved_by_id for row in proofs.values())
    holding = {row.pgh_obj_id for row in reader.attributes.values()}
    order = list(Attribute.What.values)
    rows = [row for row in reader.known(Attribute) if row.party_id in reader.roles and is_shown(row, holding)]
    rows.sort(key=lambda row: (row.party_id, order.index(row.what), row.valid_from, row.pgh_obj_id))
    return [origin_row(reader, row, row.pgh_obj_id in holding, proofs.get(row.pgh_obj_id), held, names) for row in rows]


def is_shown(row: Any, holding: set[int]) -> bool:
    """Not what was corrected on the day on which it was told."""
    return row.pgh_obj_id in holding or row.valid_to != row.valid_from


def origin_row(
    reader: Reader, row: Any, holds: bool, proof: Any | None, held: dict[int, Any], names: dict[int | None, str]
) -> dict[str, Any]:
    document = held.get(proof.document_id) if proof else None
    taken_back = "was verified; the document has been taken back" if proof else "not verified"
    return {
        "party_id": row.party_id,
        "party": reader.name(row.party_id),
        "about": reader.about(row.party_id),
        "what": str(Attribute.What(row.what).label),
        "value": reader.brief(row.parent_id) if row.parent_id else country(row.country),
        "holds": "yes" if holds else "no",
        "since": row.since,
        "from": day(row.valid_from),
        "to": day(row.valid_to),
        "source": str(Attribute.Source(row.source).label),
        "result": "verified" if document else taken_back,
        "document": titled(document) if document else "",
        "proved_by": names.get(proof.proved_by_id, "") if proof else "",
        "proved_at": instant(proof.proved_at) if proof else "",
        "note": proof.note if proof else "",
    }


def invitations(reader: Reader) -> list[dict[str, str]]:
    """Who was asked to prove himself by a link, and when a file came by it. The address it went to is not shown."""
    rows = list(reader.then(Invitation))
    names = reader.people(row.invited_by_id for row in rows)
    return [
        {
            "person": reader.brief(row.party_id),
            "invited_at": instant(row.invited_at),
            "invited_by": names.get(row.invited_by_id, "") or "sent anew on request",
            "expires_at": instant(row.expires_at),
            "result": answered(reader, row),
            "proved_at": instant(row.used_at),
        }
        for row in rows
    ]


def answered(reader: Reader, row: Any) -> str:
    if row.used_at:
        return "sent an identity document by the link"
    if row.ended_at:
        return "withdrawn or replaced"
    return "open" if row.expires_at > reader.valid_at else "expired unanswered"


def intended_use(reader: Reader) -> list[dict[str, Any]]:
    """The signed answers that stood, one row an offering (EXP-01)."""
    rows = [row for row in reader.then(Questionnaire) if row.superseded_at is None]
    names = reader.people(row.signed_by_id for row in rows)
    return [questionnaire_row(reader, row, names) for row in rows]


def questionnaire_row(reader: Reader, row: Any, names: dict[int | None, str]) -> dict[str, Any]:
    return {
        "offering": dict(packs.questions(row.version).offerings).get(row.offering, row.offering),
        "version": row.version,
        "signed_name": row.signed_name,
        "signed_by": names.get(row.signed_by_id, ""),
        "signed_at": instant(row.signed_at),
        "expires_on": day(row.expires_on),
        "state": "good" if row.expires_on >= reader.day else "expired",
        "answers": [{"question": question, "answer": answer} for question, answer in questionnaires.in_words(row)],
        "flags": questionnaires.flags(row),
    }


def payment(reader: Reader) -> list[dict[str, str]]:
    """Means of payment by what tells them apart; token, account number and wallet address stay where they are (IAAS-11)."""
    return [
        {
            "means": str(PaymentMeans.Kind(row.kind).label),
            "holder": row.holder,
            "institution": row.institution,
            "country": country(row.country),
            "ending": f"•••• {row.last_four}" if row.last_four else "",
            "network": row.network,
            "source": str(PaymentMeans.Source(row.source).label),
            "source_details": row.source_details,
            "declared_on": day(row.valid_from),
        }
        for row in reader.held(PaymentMeans)
    ]
