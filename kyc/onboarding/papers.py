"""Which documents a customer may add and take back: all that fit what he is, or, while items are asked for, those alone that an
item or something missing asks for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation
from accounts.refused import Refused
from kyc.cases.completeness import PAPERS, Told, lacks_paper, unidentified, unproved
from kyc.cases.items import ITEMS, has_left, undone
from kyc.cases.models import Case, Requirement
from kyc.evidence import authority
from kyc.evidence.models import Document
from kyc.onboarding import doubted
from kyc.onboarding.asked import WITH_OFFICERS, named_steps, unmet
from kyc.parties import actions as parties
from kyc.parties.models import Party
from kyc.parties.sentences import one_stop

D = Document.Kind


class NotAsked(Refused):
    """We have asked for certain documents only."""

    field = "kind"


class NotAskedOf(NotAsked):
    """We have asked for a document of that kind, about somebody else."""

    field = "party"


class SentBefore(Refused):
    """What was sent before we asked stands as it was examined."""


@dataclass(frozen=True)
class Wanted:
    """A document of one of these kinds, about one of these parties: None is the customer itself. About anybody where
    `parties` is None."""

    kinds: tuple[str, ...]
    parties: frozenset[int | None] | None = None

    def fits(self, kind: str, party: int | None) -> bool:
        return kind in self.kinds and (self.parties is None or party in self.parties)


@dataclass(frozen=True)
class Open:
    """What alone is open since we asked, or since it proves nothing."""

    wanted: tuple[Wanted, ...]
    since: datetime
    is_asked: bool = True

    def fits(self, kind: str, party: int | None) -> bool:
        return any(one.fits(kind, party) for one in self.wanted)

    def lets_go(self, document: Document) -> bool:
        """Whether it may be taken back: it was sent since, or it is what we ask to have anew."""
        return document.uploaded_at > self.since or self.fits(document.kind, document.party_id)


def by_items(requirements: Iterable[Requirement], customer: int | None) -> Iterator[Wanted]:
    for requirement in requirements:
        item = ITEMS.get(requirement.what)
        if item is None or not item.documents or has_left(requirement):
            continue
        about = requirement.party_id
        yield Wanted(item.documents, None if about is None else frozenset({about, None} if about == customer else {about}))


def by_gaps(organisation: Organisation, customer: int | None) -> Iterator[Wanted]:
    told = Told(organisation)
    if lacks_paper(told):
        yield Wanted(PAPERS[told.customer_class][0], frozenset({None, customer}))
    for one in unidentified(told.signing):
        yield Wanted(authority.IDENTITY, frozenset({one.party}))
    for one in unproved(told.signing):
        yield Wanted((D.AUTHORITY,), frozenset({one.party}))


def customer_of(organisation: Organisation) -> int | None:
    found = parties.customer(organisation)
    return found.pk if found else None


def needed(organisation: Organisation, case: Case | None) -> set[str]:
    """The kinds of which something is still to be sent."""
    customer = customer_of(organisation)
    found = [*by_items(undone(case) if case else (), customer), *by_gaps(organisation, customer)]
    return {kind for one in found for kind in one.kinds}


def open_only(organisation: Organisation, case: Case | None) -> Open | None:
    """None while no items are named, when everything is open."""
    requirements, unfit = unmet(case) if case else [], to_replace(organisation, case)
    if not named_steps(requirements) and not unfit:
        return None
    customer = customer_of(organisation)
    # While officers have the case, what is missing besides is for them to ask for.
    gaps = by_gaps(organisation, customer) if case and case.is_editable else ()
    wanted = (*by_items(requirements, customer), *gaps, *in_place_of(unfit, customer))
    return Open(
        wanted,
        min([requirement.asked_at for requirement in requirements], default=timezone.now()),
        bool(named_steps(requirements)),
    )


def to_replace(organisation: Organisation, case: Case | None) -> list[Document]:
    """Of what was sent, while officers have the case: what can't be read, seems to be another's, or is opened by nobody, until
    another of that kind about the same party is there. What was sent stays; the other comes beside it."""
    if case is None or case.state not in WITH_OFFICERS:
        return []
    own = Document.objects.filter(organisation=organisation, invitation=None)
    sent = list(own.current().select_related("party", "reading").order_by("pk"))
    newest = {(one.kind, one.party_id): one for one in sent}.values()
    told = doubted.words(newest)
    unfit = [one for one, doubt in doubted.of(newest, parties.customer(organisation), told) if doubt]
    return [*unfit, *own.to_send_anew()]


def in_place_of(documents: Iterable[Document], customer: int | None) -> Iterator[Wanted]:
    for one in documents:
        is_its_own = one.party_id in (None, customer)
        yield Wanted((one.kind,), frozenset({None, customer} if is_its_own else {one.party_id}))


def refuse_unasked(organisation: Organisation, case: Case, *, kind: str, party: Party | None) -> None:
    """Raises NotAsked for a document beyond what is open, NotAskedOf where it is about the wrong one."""
    open_now = open_only(organisation, case)
    if open_now and not open_now.fits(kind, party.pk if party else None):
        is_kind = any(kind in one.kinds for one in open_now.wanted)
        raise (NotAskedOf if is_kind else NotAsked)(only(organisation, open_now))


def refuse_sent_before(organisation: Organisation, case: Case, document: Document) -> None:
    """Raises SentBefore for a document that stays, as all do while officers have the case."""
    if not case.is_editable:
        raise SentBefore(_("What was sent is being read, so it stays as it is."))
    open_now = open_only(organisation, case)
    if open_now and not open_now.lets_go(document):
        raise SentBefore(_("This was sent before we asked, and we have not asked for it again, so it stays as it is."))


def only(organisation: Organisation, open_now: Open) -> str:
    """Says which they are, such as: Passport or Identity card of Alice Olsen; Register extract."""
    names = dict(Party.objects.current().filter(organisation=organisation).values_list("pk", "name"))
    said = []
    for one in open_now.wanted:
        kinds = _(" or ").join(str(D(kind).label) for kind in one.kinds)
        whose = ", ".join(sorted(names[party] for party in one.parties or () if party in names))
        said.append(_("%(what)s of %(name)s") % {"what": kinds, "name": whose} if whose else kinds)
    told = {"asked": "; ".join(dict.fromkeys(said))}
    if not open_now.is_asked:
        return one_stop(_("What you sent is being examined. Only what proves nothing can be sent anew: %(asked)s.") % told)
    return one_stop(_("We have asked for certain documents only: %(asked)s.") % told)
