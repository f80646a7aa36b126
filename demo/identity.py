"""The passports and identity cards that the demo's people send, and what an officer reads in them."""

from datetime import UTC, date, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from demo import drawing, photographs
from demo.bearers import CARDS, Bearer, chance
from demo.organisations.identity import SENT, Sent
from demo.photographs import How
from kyc.evidence.models import Document
from kyc.parties.models import Party

TYPES = {How.PHOTOGRAPH: ("jpg", "image/jpeg"), How.SCAN: ("png", "image/png"), How.PDF: ("pdf", "application/pdf")}
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def kind_of(person: Party) -> str:
    """What he sends unless something else is asked for."""
    return Document.Kind.IDENTITY_CARD if person.country in CARDS else Document.Kind.PASSPORT


def sent(person: Party, kind: str) -> SimpleUploadedFile:
    """The picture of his passport or card."""
    how, who = SENT.get(person.name, Sent()), bearer(person, kind)
    ending, content_type = TYPES[How(how.how)]
    data = photographs.taken(drawing.page(who), who.name, how=How(how.how), is_shaken=how.is_shaken)
    return SimpleUploadedFile(f"{who.title.lower().replace(' ', '-')}.{ending}", data, content_type=content_type)


def bearer(person: Party, kind: str) -> Bearer:
    how = SENT.get(person.name, Sent())
    return Bearer(
        name=person.name,
        native=str(person.native_name),
        country=person.country,
        born=date.fromisoformat(how.born or str(person.birth_date)),
        number=number(how.number_of or person.name),
        expires=today() + timedelta(days=how.days or 400 + chance(person.name, "expires", 2600)),
        is_card=kind == Document.Kind.IDENTITY_CARD,
    )


def number(name: str) -> str:
    return f"{LETTERS[chance(name, 'letter', len(LETTERS))]}{chance(name, 'number', 10**8):08}"


def today() -> date:
    """The machine's, also where a story begins earlier: the same paper is shown on several days of it."""
    return datetime.now(tz=UTC).date()
