"""What an officer has verified: person statuses (IAAS-01, IAAS-18), authority to sign (FATF-02), and where entities are from
(USX-01), each by one document."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from kyc.evidence.authority import OF_PEOPLE, OFFICES, REGISTERS
from kyc.evidence.item_models import DocumentReview
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, StatusProof
from kyc.parties.actions import customer
from kyc.parties.models import Attribute, Party, PersonStatus, Role
from kyc.rules import packs


class NotAProof(Refused):
    """The document is another's or of another kind, has been taken back, or what it proves has been declared anew."""

    field = "document"


def may_prove(document: Document, party: Party, customer: Party | None) -> bool:
    """Whether a document is about that party. What was sent about nobody in particular is about the customer; a person's paper
    is about no company, whoever it was filed under."""
    if document.kind in OF_PEOPLE and not party.is_person:
        return False
    if document.party_id:
        return document.party_id == party.pk
    return customer is not None and customer.pk == party.pk


def shows_authority(document: Document, party: Party, customer: Party | None, *, has_office: bool) -> bool:
    """A proof of authority of that person; or, of a director or a controlling person, what names those who lead the customer."""
    if document.kind == Document.Kind.AUTHORITY:
        return document.party_id == party.pk
    return has_office and customer is not None and document.kind in REGISTERS and may_prove(document, customer, customer)


def papers_of(party: Party, customer: Party | None, documents: Iterable[Document]) -> list[Document]:
    return [document for document in documents if may_prove(document, party, customer)]


def holds_office(party: Party) -> bool:
    return Role.objects.live().filter(party=party, kind__in=OFFICES).exists()


def sent(document: Document, organisation: Organisation) -> Document:
    """The document as it stands now. Raises NotAProof when the organisation has not sent it, or has taken it back."""
    found = Document.objects.current().filter(pk=document.pk, organisation=organisation).first()
    if found is None:
        raise NotAProof(_("Choose a document that this customer has sent."))
    if not found.is_openable:
        raise NotAProof(_("That document has not been checked for viruses yet, so nobody can have read it."))
    return found


def current(document: Document, organisation: Organisation) -> Document:
    """As `sent`, of a document that may be relied on. Raises NotAProof also where an officer has rejected it, or asks for it
    anew."""
    found = sent(document, organisation)
    word = DocumentReview.objects.live().filter(document=found).exclude(ruling=DocumentReview.Ruling.ACCEPTED)
    if word.exists():
        raise NotAProof(_("This document was rejected, or is to be sent anew, so it proves nothing. Choose another."))
    return found


@transaction.atomic
def verify(status: PersonStatus, *, document: Document, note: str = "", by: User) -> StatusProof:
    """An officer has seen what proves the status. The same document named again proves it once. Raises NotAProof. The
    organisation's row is held, so that a round of checks either sees it or is asked for anew."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = Organisation.objects.select_for_update().get(pk=status.organisation_id)
    status = PersonStatus.objects.select_related("party").get(pk=status.pk)
    if status.valid_to or status.party.removed_on:
        raise NotAProof(_("The status has been declared anew meanwhile; look again."))
    document = current(document, organisation)
    if not may_prove(document, status.party, customer(organisation)):
        raise NotAProof(_("This document is not about %(name)s.") % {"name": status.party.name})
    today = timezone.localdate()
    if known := StatusProof.objects.good(today).filter(status=status, document=document).first():
        return known
    proof = StatusProof.objects.create(
        organisation=organisation,
        status=status,
        document=document,
        note=note.strip(),
        proved_by=by,
        valid_until=today + timedelta(days=packs.current().status_proof_days),
    )
    audit.record(
        "status.verified",
        target=proof,
        by=by,
        reason=proof.note,
        name=status.party.name,
        axis=status.axis,
        standing=status.standing,
    )
    return proof


@transaction.atomic
def verify_authority(role: Role, *, document: Document, note: str = "", by: User) -> AuthorityProof:
    """An officer has seen what shows that a signatory may sign. The same document named again proves it once. Raises NotAProof.
    The organisation's row is held, as in `verify`."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = Organisation.objects.select_for_update().get(pk=role.organisation_id)
    role = Role.objects.select_related("party").get(pk=role.pk)
    if role.valid_to or role.kind != Role.Kind.SIGNATORY:
        raise NotAProof(_("Who may sign has been declared anew meanwhile; look again."))
    document, party = current(document, organisation), role.party
    if not shows_authority(document, party, customer(organisation), has_office=holds_office(party)):
        raise NotAProof(_("This document does not show that %(name)s may sign.") % {"name": party.name})
    if known := AuthorityProof.objects.good().filter(role=role, document=document).first():
        return known
    proof = AuthorityProof.objects.create(
        organisation=organisation, role=role, document=document, note=note.strip(), proved_by=by
    )
    audit.record("authority.verified", target=proof, by=by, reason=proof.note, name=party.name)
    return proof


def shows_attribute(document: Document, attribute: Attribute, customer: Party | None) -> bool:
    """A paper of the entity, or of whom it says that it is the parent."""
    about = [attribute.party, *([attribute.parent] if attribute.parent else [])]
    return any(may_prove(document, party, customer) for party in about)


@transaction.atomic
def verify_attribute(attribute: Attribute, *, document: Document, note: str = "", by: User) -> AttributeProof:
    """An officer has seen what shows where an entity was formed or is run from, or who its ultimate parent is. The same document
    named again proves it once. Raises NotAProof. The organisation's row is held, as in `verify`."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = Organisation.objects.select_for_update().get(pk=attribute.organisation_id)
    attribute = Attribute.objects.select_related("party", "parent").get(pk=attribute.pk)
    if attribute.valid_to or attribute.party.removed_on:
        raise NotAProof(_("This has been told anew meanwhile; look again."))
    document = current(document, organisation)
    if not shows_attribute(document, attribute, customer(organisation)):
        raise NotAProof(_("This document is not about %(name)s.") % {"name": attribute.party.name})
    if known := AttributeProof.objects.good().filter(attribute=attribute, document=document).first():
        return known
    proof = AttributeProof.objects.create(
        organisation=organisation, attribute=attribute, document=document, note=note.strip(), proved_by=by
    )
    audit.record("attribute.verified", target=proof, by=by, reason=proof.note, name=attribute.party.name, what=attribute.what)
    return proof


def verified_us(parties: QuerySet[Party]) -> QuerySet[Party]:
    """Those verified, as of today, to be US persons (15 CFR 7.301, proposed)."""
    proofs = StatusProof.objects.good(timezone.localdate()).filter(
        status__axis=PersonStatus.Axis.IAAS, status__standing=PersonStatus.Standing.US
    )
    return parties.filter(pk__in=proofs.values("status__party"))
