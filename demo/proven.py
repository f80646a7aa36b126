"""What officers of the demo make of the passports and cards that its people have sent."""

from accounts.models import User
from demo import identity
from kyc.cases import evidencing
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence.item_models import EvidenceItem
from kyc.evidence.models import Document
from kyc.parties.models import Party


def by_paper(case: Case, party: Party, paper: Document, *, by: User) -> None:
    """Opened, accepted, recorded, found good, and compared with the face."""
    item = recorded(case, party, paper, by=by)
    evidencing.review(case, paper, ruling="accepted", by=by)
    item = evidencing.validate(case, item, method="inspected", result="passed", by=by)
    evidencing.verify(case, item, method="compared", result="passed", note="By eye, in a call.", by=by)


def recorded(case: Case, party: Party, paper: Document, *, by: User) -> EvidenceItem:
    """Opened, and kept as evidence with what stands on it."""
    bearer = identity.bearer(party, paper.kind)
    evidence.look_at(paper, by=by)
    return evidencing.record(
        case,
        party,
        document=paper,
        kind=paper.kind,
        issuer=bearer.state,
        issuing_country=party.country,
        number=bearer.number,
        issued_on=bearer.issued,
        expires_on=bearer.expires,
        shown={"name": party.name, "birth_date": bearer.born.isoformat()},
        by=by,
    )
