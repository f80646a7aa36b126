"""What stood in a person's data before it was corrected: the history keeps it, so he is told it."""

from collections.abc import Callable, Iterator
from typing import Any

from accounts.history import changes
from accounts.models import User
from kyc.parties.models import Party, PaymentMeans, Profile, Role
from reports.facts.reader import Reader, country, masked, moment

Show = Callable[[Any], str]
# By field what it is called, and how it is shown where not as it is.
OF_PARTY: dict[str, tuple[str, Show]] = {
    "name": ("Full legal name", str),
    "native_name": ("Name in its own script", str),
    "birth_date": ("Date of birth", str),
    "country": ("Nationality", country),
    "address": ("Address", str),
    "registered_address": ("Registered address", str),
    "email": ("E-mail", str),
    "phone": ("Telephone", str),
    "registration_number": ("Number of a document", masked),
    "tax_number": ("Tax number", masked),
    "tax_country": ("Country of the tax number", country),
}
OF_USER: dict[str, tuple[str, Show]] = {"name": ("Name of the account", str), "email": ("E-mail of the account", str)}
OF_ROLE: dict[str, tuple[str, Show]] = {"title": ("Title", str)}
OF_PAYMENT: dict[str, tuple[str, Show]] = {
    "holder": ("Holder of a means of payment", str),
    "institution": ("Institution of a means of payment", str),
    "country": ("Country of a means of payment", country),
    "last_four": ("Last four of a means of payment", str),
    "network": ("Network of a means of payment", str),
    "source_details": ("Where the money comes from", str),
}
OF_PROFILE: dict[str, tuple[str, Show]] = {"programme_run_by": ("Programme run by", str)}


def values(reader: Reader, *, party: int | None, user: int | None, is_customer: bool) -> Iterator[tuple[str, str]]:
    if party is not None:
        yield from of(reader.all_events(Party).filter(pgh_obj_id=party), OF_PARTY)
        yield from of(reader.all_events(Role).filter(party_id=party), OF_ROLE)
    if user is not None:
        yield from of(changes(User, reader.snapshot).filter(pgh_obj_id=user), OF_USER)
    if is_customer:
        yield from of(reader.all_events(PaymentMeans), OF_PAYMENT)
        yield from of(reader.all_events(Profile), OF_PROFILE)


def of(events: Any, fields: dict[str, tuple[str, Show]]) -> Iterator[tuple[str, str]]:
    """Each value that gave way to another, from when and until when it stood, oldest first."""
    rows: dict[int, list[Any]] = {}
    for event in events:
        rows.setdefault(event.pgh_obj_id, []).append(event)
    for history in rows.values():
        for field, (label, show) in fields.items():
            yield from ((label, told) for told in gone(history, field, show))


def gone(history: list[Any], field: str, show: Show) -> Iterator[str]:
    since = history[0]
    for event in history[1:]:
        before, now = getattr(since, field), getattr(event, field)
        if now == before:
            continue
        if before:
            yield f"{show(before)}, from {moment(since.pgh_created_at)} to {moment(event.pgh_created_at)}"
        since = event
