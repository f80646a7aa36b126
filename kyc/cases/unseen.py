"""What an approval would rest on that its officer has not seen: documents he never opened, and owners of whom nothing is
verified. None of it stops an approval; it is named, and whoever approves all the same says so."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from kyc.cases.declared import listed
from kyc.cases.models import Case, Examination
from kyc.evidence import looks
from kyc.evidence.models import Document, StatusProof
from kyc.ownership.models import Determination
from kyc.ownership.regimes import YES
from kyc.ownership.rule import OF_OWNERS
from kyc.ownership.verdicts import line
from kyc.parties.models import Party
from kyc.parties.sentences import one_stop
from kyc.rules import packs


@dataclass(frozen=True)
class Unseen:
    documents: list[Document]
    owners: list[Party]

    @property
    def sentences(self) -> list[str]:
        """Empty where all was opened and verified."""
        said = []
        if self.documents:
            names = [f"{document.get_kind_display()}, {document.name}" for document in self.documents]
            said.append(_("You have not opened: %(documents)s.") % {"documents": "; ".join(names)})
        if self.owners:
            told = {"line": line(packs.current().threshold(OF_OWNERS)), "names": listed([str(owner) for owner in self.owners])}
            sentence = ngettext(
                "Owns %(line)s, and no officer has verified anything of this person: %(names)s.",
                "Own %(line)s each, and no officer has verified anything of these people: %(names)s.",
                len(self.owners),
            )
            said.append(one_stop(sentence % told))
        return said


def of(case: Case, *, by: User) -> Unseen:
    """As it is now, for this officer. A sandbox is nobody's to look at."""
    if case.organisation.sandbox:
        return Unseen([], [])
    documents = Document.objects.current().filter(organisation=case.organisation).order_by("pk")
    seen = looks.opened(documents, by=by)
    return Unseen([document for document in documents if document.pk not in seen], unverified_owners(case))


def unverified_owners(case: Case) -> list[Party]:
    """Whom the newest checks take for owners at the line, and of whom no status is verified that may be relied on today."""
    latest = case.examinations.filter(state=Examination.State.DONE).order_by("-pk").first()
    if latest is None:
        return []
    found = Determination.objects.filter(examination_id=latest.pk, regime=OF_OWNERS, verdict=YES)
    verified = StatusProof.objects.good(timezone.localdate()).filter(organisation=case.organisation)
    owning = Party.objects.current().filter(pk__in=found.values("party")).exclude(pk__in=verified.values("status__party"))
    return list(owning.order_by("pk"))
