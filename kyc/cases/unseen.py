"""What an approval would rest on that its officer has not seen: documents he never opened, owners of whom nothing is verified,
and owners who were not named at all. None of it stops an approval; it is named, and whoever approves all the same says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from kyc.cases.declared import listed
from kyc.cases.models import Case, Examination, Finding
from kyc.evidence import looks
from kyc.evidence.models import Document, StatusProof
from kyc.ownership.models import Determination, Interest
from kyc.ownership.regimes import YES
from kyc.ownership.rule import OF_OWNERS
from kyc.ownership.trusts import ROLES
from kyc.ownership.verdicts import line
from kyc.parties.models import Party
from kyc.parties.sentences import one_stop
from kyc.rules import packs


@dataclass(frozen=True)
class Unseen:
    """`owners` are those who own the line by their share alone; `otherwise` those whom control or a role in a trust makes owners,
    whatever they own; `gaps` says of which companies so much is not accounted for that another owner may stand behind it."""

    documents: list[Document]
    owners: list[Party]
    otherwise: list[Party]
    gaps: list[str]

    @property
    def sentences(self) -> list[str]:
        """Empty where all was opened and verified."""
        said = []
        if self.documents:
            names = [f"{document.get_kind_display()}, {document.name}" for document in self.documents]
            said.append(_("You have not opened: %(documents)s.") % {"documents": "; ".join(names)})
        if self.owners:
            sentence = ngettext(
                "Owns %(line)s, and no officer has verified anything of this person: %(names)s.",
                "Own %(line)s each, and no officer has verified anything of these people: %(names)s.",
                len(self.owners),
            )
            said.append(told_of(sentence, self.owners))
        if self.otherwise:
            sentence = ngettext(
                "Counts as a beneficial owner by shares, control or a role in a trust, and no officer has verified anything of "
                "this person: %(names)s.",
                "Count as beneficial owners by shares, control or a role in a trust, and no officer has verified anything of "
                "these people: %(names)s.",
                len(self.otherwise),
            )
            said.append(told_of(sentence, self.otherwise))
        return said + [f"{gap} {_('Whoever holds it may be a beneficial owner.')}" for gap in self.gaps]


def told_of(sentence: str, owners: Sequence[Party]) -> str:
    told = {"line": line(packs.current().threshold(OF_OWNERS)), "names": listed([str(owner) for owner in owners])}
    return one_stop(sentence % told)


def of(case: Case, *, by: User) -> Unseen:
    """As it is now, for this officer. A sandbox is nobody's to look at."""
    if case.organisation.sandbox:
        return Unseen([], [], [], [])
    documents = Document.objects.current().filter(organisation=case.organisation).order_by("pk")
    seen = looks.opened(documents, by=by)
    latest = case.examinations.filter(state=Examination.State.DONE).order_by("-pk").first()
    owners = unverified_owners(case, latest) if latest else ([], [])
    gaps = latest.findings.filter(category="unaccounted", state=Finding.State.WARN) if latest else Finding.objects.none()
    not_opened = [document for document in documents if document.pk not in seen]
    return Unseen(not_opened, *owners, [one_stop(sentence) for sentence in gaps.values_list("sentence", flat=True)])


def unverified_owners(case: Case, latest: Examination) -> tuple[list[Party], list[Party]]:
    """Whom the newest checks take for owners, and of whom no status is verified that may be relied on today: by their shares, and
    otherwise."""
    found = Determination.objects.filter(examination_id=latest.pk, regime=OF_OWNERS, verdict=YES)
    verified = StatusProof.objects.good(timezone.localdate()).filter(organisation=case.organisation)
    owning = Party.objects.current().filter(pk__in=found.values("party")).exclude(pk__in=verified.values("status__party"))
    reached = packs.current().threshold(OF_OWNERS).reached
    by_share = {word.party_id for word in found if reached(Fraction(word.share_min))} - having_roles(case)
    owners = list(owning.order_by("pk"))
    return [one for one in owners if one.pk in by_share], [one for one in owners if one.pk not in by_share]


def having_roles(case: Case) -> set[int]:
    """The share that is told of those is their trust's."""
    live = Interest.objects.live().filter(organisation=case.organisation, kind__in=ROLES)
    return {owner for row in live.values_list("owner", "held_for") for owner in row if owner}
