"""What may be wrong with a document that a customer has sent, told before anybody reads it: that it can't be read, or seems to be
somebody else's. It refuses nothing, and shows back only what he has declared or sent himself."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.vault import Unreadable
from kyc.evidence import reads
from kyc.evidence.models import Document
from kyc.evidence.read_models import Reading
from kyc.evidence.reading.documents import Source
from kyc.evidence.reads import Verdict
from kyc.parties.models import Party

UNREADABLE, QUESTION = gettext_lazy("could not be read"), gettext_lazy("the right file?")


@dataclass(frozen=True)
class Doubt:
    """`label` in a word, and `sentence`, which says what to do or asks."""

    label: Promise
    sentence: str


def of(documents: Iterable[Document], customer: Party | None) -> list[tuple[Document, Doubt | None]]:
    """Each with its doubt. Nothing of what a person sent himself."""
    return [(one, None if one.invitation_id else doubt(one, one.party or customer)) for one in documents]


def unreadable(organisation: int) -> bool:
    """Whether the customer has sent a document that can't be read, and no other in its place."""
    sent = Document.objects.current().filter(organisation=organisation, invitation=None)
    return sent.filter(reading__outcome=Reading.Outcome.UNREADABLE).exists()


def doubt(document: Document, party: Party | None) -> Doubt | None:
    reading = getattr(document, "reading", None)
    if reading is None:
        return None
    if reading.outcome == Reading.Outcome.UNREADABLE:
        return Doubt(UNREADABLE, " ".join(map(str, reading.advice)))
    is_shown = reading.outcome == Reading.Outcome.READ and not isinstance(reading.told, Unreadable)
    sentence = question(document, reading, party) if is_shown and party else ""
    return Doubt(QUESTION, sentence) if sentence else None


def question(document: Document, reading: Reading, party: Party) -> str:
    """By the name first, which says most of whose it is."""
    found = {one.name: one for one in reads.compared(reading, party)}
    if reading.source == Source.TEXT:
        is_missing = "name" in found and found["name"].verdict == Verdict.NOT_FOUND
        if not is_missing or document.kind == Document.Kind.OTHER:
            return ""
        return _("We did not find the name “%(name)s” on it. Is it the right file?") % {"name": party.name}
    names = [found[name] for name in ("surname", "given") if name in found]
    if any(one.verdict == Verdict.DIFFERS for one in names):
        told = {"read": ", ".join(one.value for one in names if one.value), "name": party.name}
        return _("We read “%(read)s”. You named “%(name)s”. Is it the right file?") % told
    born = found.get("birth_date")
    if born and born.verdict == Verdict.DIFFERS:
        told = {"read": born.value, "day": born.declared}
        return _("We read %(read)s as the date of birth. You told us %(day)s. Is it the right file?") % told
    return ""


def is_being_read(document: Document) -> bool:
    """By a machine, in a few seconds."""
    reading = getattr(document, "reading", None)
    is_read = reading is not None and reading.state != Reading.State.WAITING
    return document.invitation_id is None and document.is_openable and not is_read
