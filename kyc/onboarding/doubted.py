"""What may be wrong with a document that a customer has sent, told before anybody reads it: that it can't be read, or seems to be
somebody else's. It refuses nothing, and shows back only what he has declared or sent himself."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.vault import Unreadable
from kyc.evidence import reads, reviews
from kyc.evidence.item_models import DocumentReview
from kyc.evidence.models import Document
from kyc.evidence.read_models import Reading
from kyc.evidence.reading.documents import Source
from kyc.evidence.reads import Verdict
from kyc.parties.models import Party

# For so long a page asks by itself whether what was sent can be read.
PATIENCE = timedelta(minutes=2)
UNREADABLE, QUESTION = gettext_lazy("could not be read"), gettext_lazy("the right file?")


@dataclass(frozen=True)
class Doubt:
    """`label` in a word, and `sentence`, which says what to do or asks."""

    label: Promise
    sentence: str


def words(documents: Iterable[Document]) -> dict[int, DocumentReview]:
    """An officer's word on each, as far as the customer was told; nothing of what a person sent himself."""
    found = reviews.of(document for document in documents if not document.invitation_id)
    return {pk: word for pk, word in found.items() if word.told_at or word.ruling == DocumentReview.Ruling.ACCEPTED}


def of(documents: Iterable[Document], customer: Party | None, told: Collection[int]) -> list[tuple[Document, Doubt | None]]:
    """Each with its doubt: of none that a person sent himself, nor of those by their numbers in `told`, since whoever was told an
    officer's word needs no machine's."""
    return [(one, None if one.invitation_id or one.pk in told else doubt(one, one.party or customer)) for one in documents]


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


def is_waited_for(document: Document) -> bool:
    """It came only just now."""
    return timezone.now() < document.uploaded_at + PATIENCE
