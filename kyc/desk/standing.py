"""Who the parties are, as an officer judges it: person status and what verifies it, where entities are from, authority to sign,
invitations."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from kyc.cases.models import Case
from kyc.desk import origins
from kyc.desk.forms import Choices, DeskForm
from kyc.desk.origins import Origin
from kyc.evidence import authority as signing
from kyc.evidence import proofs
from kyc.evidence.authority import Signatory
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, Invitation, StatusProof
from kyc.parties.actions import customer
from kyc.parties.models import Attribute, Party, PersonStatus, Role
from kyc.parties.statuses import ground

# Among what a document proves stands for the authority to sign, beside the numbers of statuses.
AUTHORITY = "authority"
# And before the numbers of attributes.
ATTRIBUTE = "attribute-"
# What is tested, as it reads beside where one stands.
TESTS: dict[str, Promise] = {
    PersonStatus.Axis.IAAS: gettext_lazy("US person test (IaaS rule)"),
    PersonStatus.Axis.EAR: gettext_lazy("Foreign person test (EAR)"),
}


@dataclass(frozen=True)
class Under:
    """Where a party stands under one test, or under several that come to the same."""

    tests: list[str]
    status: PersonStatus
    proof: StatusProof | None

    @property
    def ground(self) -> str:
        return ground(self.status.basis)

    @property
    def stands(self) -> tuple[object, ...]:
        proof = self.proof
        shown = (proof.document_id, proof.proved_by_id, proof.note, proof.valid_until) if proof else ()
        return (self.status.standing, self.status.basis, *shown)


@dataclass(frozen=True)
class Standing:
    """One party; `authority` tells of who may sign what is said to show it, `authority_proof` what an officer has verified, and
    `invitation` what became of the last one."""

    party: Party
    statuses: list[Under]
    papers: list[Document]
    form: "VerifyForm"
    authority: str = ""
    authority_proof: AuthorityProof | None = None
    invitation: str = ""
    proofs: list[Document] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)

    @property
    def is_claimed(self) -> bool:
        """Whether something rests on a status that nobody has verified."""
        us = any(under.status.standing == PersonStatus.Standing.US and under.proof is None for under in self.statuses)
        return us or bool(self.authority and self.authority_proof is None)


class VerifyForm(DeskForm):
    missing = {"statuses": gettext_lazy("Say what it proves."), "document": gettext_lazy("Choose the document that you read.")}

    statuses = forms.MultipleChoiceField(label=gettext_lazy("It proves"), widget=forms.CheckboxSelectMultiple)
    document = forms.ChoiceField(label=gettext_lazy("Document"))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=1000, required=False)

    def __init__(
        self,
        party: Party,
        statuses: Iterable[PersonStatus],
        papers: Iterable[Document],
        *,
        top: Party | None = None,
        signs: Signatory | None = None,
        attributes: Iterable[Attribute] = (),
        data: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, auto_id=f"verify_{party.pk}_%s", **kwargs)
        self.of_number = {str(status.pk): status for status in statuses}
        self.papers = {str(paper.pk): paper for paper in papers}
        self.signs, self.party, self.top = signs, party, top
        told: Choices = [(pk, f"{TESTS[s.axis]}: {s.get_standing_display()}") for pk, s in self.of_number.items()]
        self.attributes = {f"{ATTRIBUTE}{row.pk}": row for row in attributes}
        told += [(name, shown(row)) for name, row in self.attributes.items()]
        if signs:
            told.append((AUTHORITY, _("Authority to sign for the customer")))
        self.fields["statuses"].choices = told  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say
        # A passport proves no authority, so whoever read a proof of it says so.
        self.fields["statuses"].initial = list(self.of_number)
        named: Choices = [(pk, f"{paper.get_kind_display()}, {paper.name}") for pk, paper in self.papers.items()]
        self.fields["document"].choices = named if len(named) == 1 else [("", _("Choose…")), *named]  # type: ignore[attr-defined]  # as above

    def clean(self) -> dict[str, Any]:
        """As `judging.verify` takes it."""
        data = super().clean() or {}
        ticked = data.get("statuses", [])
        self.refuse_beyond([pk for pk in ticked if pk in self.of_number], self.papers.get(data.get("document", "")))
        return data | {
            "statuses": [self.of_number[pk] for pk in ticked if pk in self.of_number],
            "attributes": [self.attributes[name] for name in ticked if name in self.attributes],
            "authority": Role.objects.filter(pk=self.signs.role).first() if self.signs and AUTHORITY in ticked else None,
            "document": self.papers.get(data.get("document", "")),
        }

    def refuse_beyond(self, ticked: list[str], document: Document | None) -> None:
        """A paper of the customer's may show that somebody signs for it, and says nothing of his status."""
        if not ticked or document is None or proofs.may_prove(document, self.party, self.top):
            return
        labels = dict(self.fields["statuses"].choices)  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say
        told = {
            "document": document.get_kind_display(),
            "name": self.party.name,
            "boxes": ", ".join(f"“{labels[pk]}”" for pk in ticked),
        }
        sentence = _(
            "“%(document)s” is not a paper of %(name)s, so it can only show the authority to sign. Untick %(boxes)s, or choose a "
            "paper of this person."
        )
        self.add_error("statuses", sentence % told)


def shown(row: Attribute) -> str:
    return f"{row.get_what_display()}: {Origin(row, None).value}"


def papers_for(party: Party, top: Party | None, signs: Signatory | None, documents: Iterable[Document]) -> list[Document]:
    """Those about the party, and those about the customer that may show that he may sign for it."""
    has_office = bool(signs and signs.offices)
    return [
        document
        for document in documents
        if proofs.may_prove(document, party, top)
        or (signs and proofs.shows_authority(document, party, top, has_office=has_office))
    ]


def papers_with(
    rows: Iterable[Attribute], papers: list[Document], top: Party | None, documents: Iterable[Document]
) -> list[Document]:
    """And those about the ultimate parent, which may show that it is that."""
    more = [document for document in documents if any(proofs.shows_attribute(document, row, top) for row in rows)]
    return papers + [document for document in more if document not in papers]


def form(case: Case, party: Party, data: Any = None) -> VerifyForm:
    documents = Document.objects.openable().filter(organisation=party.organisation_id).order_by("pk")
    statuses = PersonStatus.objects.live().filter(party=party).order_by("-axis")
    signs = {one.party: one for one in signing.of(case.organisation)}.get(party.pk)
    top = customer(case.organisation)
    rows = [one.row for one in origins.of([party]).get(party.pk, [])]
    papers = papers_with(rows, papers_for(party, top, signs, documents), top, documents)
    return VerifyForm(party, statuses, papers, top=top, signs=signs, attributes=rows, data=data)


def standings(
    case: Case, parties: Collection[Party], documents: Collection[Document], returned: tuple[int, VerifyForm] | None
) -> list[Standing]:
    """Of all the parties, with as many queries whether few or many; `returned` is the form of one that came back with errors."""
    live: dict[int, list[PersonStatus]] = {}
    for status in PersonStatus.objects.live().filter(party__in=parties).order_by("-axis"):
        live.setdefault(status.party_id, []).append(status)
    proved = verified(parties)
    invited = {row.party_id: row for row in Invitation.objects.filter(party__in=parties).order_by("pk")}
    from_where = origins.of(parties)
    top, may_sign = customer(case.organisation), {one.party: one for one in signing.of(case.organisation)}
    found = []
    for party in parties:
        signs, statuses = may_sign.get(party.pk), live.get(party.pk, [])
        rows = [one.row for one in from_where.get(party.pk, [])]
        papers = papers_with(rows, papers_for(party, top, signs, documents), top, documents)
        actions = (reverse("desk:verify", args=[case.pk, party.pk]),)
        given = returned[1] if returned and returned[0] == party.pk else None
        given = given or VerifyForm(party, statuses, papers, top=top, signs=signs, attributes=rows, actions=actions)
        found.append(
            Standing(
                party=party,
                statuses=under(statuses, proved),
                papers=papers,
                form=given,
                authority=authority(signs),
                authority_proof=signs.proof if signs else None,
                invitation=told(invited[party.pk]) if party.pk in invited else "",
                proofs=[document for document in documents if signs and document.pk in signs.papers],
                origins=from_where.get(party.pk, []),
            )
        )
    return found


def under(statuses: Iterable[PersonStatus], proved: Mapping[int, StatusProof]) -> list[Under]:
    """One row a test, or one for all where nothing tells them apart."""
    rows = [Under([str(TESTS[row.axis])], row, proved.get(row.pk)) for row in statuses]
    if len({row.stands for row in rows}) > 1 or not rows:
        return rows
    return [Under([test for row in rows for test in row.tests], rows[0].status, rows[0].proof)]


def verified_by(party: Party, proofs: Collection[StatusProof | AuthorityProof | AttributeProof], *, by: User) -> str:
    """What came of verifying; where another officer was quicker with the same document, that it stands as he has verified it."""
    others = dict.fromkeys(str(proof.proved_by) for proof in proofs if proof.proved_by_id != by.pk)
    if not others:
        return _("Verified: %(name)s.") % {"name": party}
    sentence = _("%(who)s had verified %(name)s by this document already; that stands, and nothing was verified twice.")
    return sentence % {"who": ", ".join(others), "name": party}


def verified(parties: Collection[Party]) -> dict[int, StatusProof]:
    """The proof of each status that may be relied on today, by the status's number."""
    good = StatusProof.objects.good(timezone.localdate()).filter(status__party__in=parties)
    return {proof.status_id: proof for proof in good.select_related("document", "proved_by").order_by("pk")}


def authority(signs: Signatory | None) -> str:
    """What is said to show that one may sign; empty of whoever does not."""
    if signs is None:
        return ""
    if signs.papers:
        return _("May sign: a proof of authority was sent")
    if signs.offices:
        kinds = " / ".join(str(Role.Kind(kind).label) for kind in signs.offices)
        return _("May sign: declared as %(office)s") % {"office": kinds.lower()}
    return _("May sign, but nothing shows it")


def told(invitation: Invitation) -> str:
    if invitation.used_at:
        return _("sent an identity document by the link; an officer judges it")
    if invitation.ended_at:
        return _("was invited; the invitation was withdrawn")
    if invitation.expires_at <= timezone.now():
        return _("was invited and has not answered; the link has expired")
    return _("was invited and has not answered yet")
