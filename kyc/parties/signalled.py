"""What an organisation has in common with others by whom and what it declares: as signals (accounts/signals.py), which stay when
the declaration is changed or taken back, since it was seen."""

import re
import unicodedata
from collections.abc import Iterator

from accounts import signals
from accounts.models import Signal
from accounts.signals_left import of_email
from accounts.vault import Unreadable
from kyc.parties.models import Party, PaymentMeans

WORD = re.compile(r"\w+")


def of_party(party: Party) -> None:
    """Who it is, where it is, and how it is reached."""
    email = of_email(party.email) if party.email else {}
    signals.leave(
        party.organisation_id,
        {
            Signal.Type.PHONE: [told(party.phone)],
            Signal.Type.ADDRESS: [words(told(party.address)), words(told(party.registered_address))],
            Signal.Type.OWNER: [*identities(party)],
            Signal.Type.DOCUMENT: [f"tax {party.tax_country} {number}" for number in [told(party.tax_number)] if number],
            Signal.Type.EMAIL: email.get(Signal.Type.EMAIL, []),
            Signal.Type.DOMAIN: [party.domain, *email.get(Signal.Type.DOMAIN, [])],
        },
    )


def of_payment(means: PaymentMeans) -> None:
    """Credits of a programme are many people's, and nothing is paid with them."""
    reference = told(means.reference)
    if reference and means.kind != PaymentMeans.Kind.CREDIT:
        signals.leave(means.organisation_id, {Signal.Type.PAYMENT: [f"{means.kind} {means.network} {reference}"]})


def identities(party: Party) -> Iterator[str]:
    """A person by name and day of birth together, since names are shared by many; a company by its numbers."""
    if party.is_person:
        if birth := told(party.birth_date):
            yield f"{words(party.name)} {birth}"
        return
    if number := told(party.registration_number):
        yield f"{party.country} {party.register} {number}"
    if party.lei:
        yield f"lei {party.lei}"


def told(sealed: str) -> str:
    """Empty where it can't be read any more."""
    return "" if isinstance(sealed, Unreadable) else sealed


def words(text: str) -> str:
    """In one order and without accents, however they were written."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(sorted(WORD.findall(plain.casefold())))
