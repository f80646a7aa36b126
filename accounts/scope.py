"""Whose rows the database shows: the second wall between organisations, behind the filter that each query has (history too).

A row of one organisation is shown only where the transaction has said that it is of that organisation's, or of everybody's,
business. A forgotten filter so finds nothing of others, and a statement outside of any scope finds nothing at all. It is no wall
against who can write SQL of his own: he can say whatever he likes here. The policies stand in accounts/hardening.py.

    with scope.everything():
        organisation = organisation_of(user)
        scope.enter(organisation.pk)

A scope is a transaction, and is said within it alone (SET LOCAL), so that the next who is served by the connection inherits
none. What is read later than that, such as the lines of a file that is written as it is sent, opens its own. Commands and
workers, which serve nobody, see everything from their connection's beginning; the web process sees nothing (config/settings.py).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

from django.db import connection, transaction

from accounts.models import User
from accounts.permissions import Permission

# Of ids, so that the database goes by its index.
LAST = 2**63 - 1
SETTINGS = ("kh.first", "kh.last", "kh.compartment")
SAY = f"SELECT {', '.join(f'set_config({name!r}, %s, true)' for name in SETTINGS)}"
ASK = f"SELECT {', '.join(f'current_setting({name!r}, true)' for name in SETTINGS)}"


class Scope(NamedTuple):
    """The first and the last organisation, and `on` where the investigators' compartment (FIN-17) is open too."""

    first: str = ""
    last: str = ""
    compartment: str = ""


NOTHING, EVERYTHING = Scope(), Scope("0", str(LAST))
WHOLE = EVERYTHING._replace(compartment="on")


def say(scope: Scope) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SAY, scope)


def said() -> Scope:
    with connection.cursor() as cursor:
        cursor.execute(ASK)
        return Scope(*(value or "" for value in cursor.fetchone()))


@contextmanager
def opened(scope: Scope) -> Iterator[None]:
    """Inside another transaction what was said before holds again afterwards; an error takes it back by itself."""
    before = said() if connection.in_atomic_block else None
    with transaction.atomic():
        say(scope)
        yield
        # It would outlive the savepoint.
        if before is not None and not connection.needs_rollback:
            say(before)


def everything() -> AbstractContextManager[None]:
    """Of every organisation, without the compartment: for officers, and to find out whose business it is."""
    return opened(EVERYTHING)


def of(organisation: int) -> AbstractContextManager[None]:
    return opened(Scope(str(organisation), str(organisation)))


def of_officer(user: User) -> AbstractContextManager[None]:
    """Everything that an officer may see."""
    return opened(WHOLE if user.can(Permission.NETWORK_VIEW) else EVERYTHING)


def whole() -> AbstractContextManager[None]:
    """Everything and the compartment: for what proves or keeps the log as a whole, and shows nobody a row of it."""
    return opened(WHOLE)


def enter(organisation: int | None) -> None:
    """From here to the end of the scope around it the business is that organisation's alone, or with None nobody's."""
    say(NOTHING if organisation is None else Scope(str(organisation), str(organisation)))
