"""Forty believable organisations in every state, two sandboxes, and accounts that have only signed up (demo/hands.py), made
through the product's own actions only.

The tour's five come first and are there before the product serves; the others follow while it does. Each organisation is told
in one transaction of its own, so a seed that was killed goes on where it stood when it is started again.
"""

import time
from collections.abc import Callable

from django.db import connection, transaction

from accounts import acting, credentials
from accounts.models import GatewayCredential, Organisation, User
from config import jobs
from demo import (
    acted,
    blocked,
    confirming,
    data_requests,
    exposed,
    hands,
    incident,
    indicated,
    inquiry,
    ordered,
    reselling,
    stories,
    trained,
    twice,
    use,
)
from demo.cast import CAST
from demo.founding import staff, user
from demo.organisations import europe, first, world
from demo.organisations.rows import Customer
from kyc.keys import samples, sandboxes
from reports import actions as reports
from reports.models import Report

FIRST = first.CUSTOMERS
OTHERS = (*europe.CUSTOMERS, *world.CUSTOMERS)
# What the auditor has asked for: of each kind of report, of whom.
REPORTED = {
    Report.Kind.DOSSIER: ("Nordlys Modelling AS", "Norddal County Mapping Agency"),
    Report.Kind.ATTRIBUTION: ("Nordlys Modelling AS",),
}
# Owner, the sandbox's name, how it ends.
SANDBOXES = (
    ("pia@meshgate.example", "Meshgate integration tests", "approved"),
    ("pia+held@meshgate.example", "Meshgate tests of a held customer", "held"),
)
TOTAL = len(FIRST) + len(OTHERS) + len(SANDBOXES)
GATEWAY = "Demo gateway"
# How often, and how long apart in seconds, one organisation is tried anew while the database is away.
TRIES, REST = 60, 1.0


def patiently(make: Callable[[], None], rest: float = REST) -> None:
    """In one transaction, and anew when the database went away under it. `make` does nothing the second time."""
    for attempt in range(1, TRIES + 1):
        try:
            with acting.in_turns(), transaction.atomic():
                make()
        except jobs.DATABASE_IS_AWAY:
            if attempt == TRIES:
                raise
            connection.close()
            time.sleep(rest)
        else:
            return


def people() -> None:
    for person in CAST:
        if not User.objects.filter(email=person.email).exists():
            user(person.email, person.name, person.role)


def customer(row: Customer) -> Callable[[], None]:
    def make() -> None:
        if not is_told(row):
            stories.tell(row)

    return make


def is_told(row: Customer) -> bool:
    return Organisation.objects.filter(name=row.name, membership__user__email=row.email).exists()


def sandbox(email: str, name: str, outcome: str) -> Callable[[], None]:
    def make() -> None:
        if Organisation.objects.filter(name=name, sandbox=outcome).exists():
            return
        owner = User.objects.filter(email=email).first() or user(email, "Pia Sundqvist")
        made = sandboxes.make(name=name, outcome=outcome, owner=owner, by=staff("administrator"))
        stories.examined(samples.fill(made, by=owner))
        sandboxes.decide(made.case_set.get())
        stories.use_key(made, "continuous integration", owner)

    return make


def ask_for_reports() -> None:
    """To be built by a worker. Outside the organisations' transactions: a report tells what has been committed."""
    for kind, names in REPORTED.items():
        there = Report.objects.filter(kind=kind).values("organisation")
        for organisation in Organisation.objects.real().filter(name__in=names).exclude(pk__in=there).order_by("pk"):
            reports.request(organisation, kind=kind, addressee="Bureau of Industry and Security", by=staff("auditor"))


def credential() -> str:
    """The demo gateway's, in place of one whose text was lost in a kill."""
    for lost in GatewayCredential.objects.filter(name=GATEWAY, revoked_at__isnull=True):
        credentials.revoke(lost, by=staff("administrator"))
    return credentials.issue(name=GATEWAY, by=staff("administrator"))[1]


def is_ours(text: str) -> bool:
    """Whether this database has issued that credential, be it good still or not."""
    return GatewayCredential.objects.filter(prefix=text[:13]).exists()


def loaded() -> int:
    """How many of the organisations are there."""
    told = {row.name: row.email for row in (*FIRST, *OTHERS)} | {name: email for email, name, _ in SANDBOXES}
    known = Organisation.objects.filter(name__in=told, membership__user__email__in=told.values())
    return known.distinct().count()


def begin() -> None:
    """The cast, the tour's five, and the incident that three of them are in."""
    patiently(people)
    patiently(exposed.load)
    patiently(confirming.load)
    for row in FIRST:
        patiently(customer(row))
    patiently(incident.record)
    patiently(data_requests.record)
    patiently(inquiry.ask)
    patiently(use.load)


def complete(tell: Callable[[int], None] = lambda there: None) -> None:
    """All that is still missing; `tell` is called with how many are there after each organisation that was made."""
    scenes = [customer(row) for row in OTHERS] + [sandbox(*each) for each in SANDBOXES]
    before = loaded()
    for scene in scenes:
        patiently(scene)
        if (there := loaded()) > before:
            tell(there)
            before = there
    patiently(twice.rule)
    patiently(twice.record)
    patiently(use.load)
    patiently(hands.load)
    patiently(indicated.load)
    patiently(acted.load)
    patiently(blocked.record)
    patiently(reselling.record)
    patiently(ordered.propose)
    patiently(trained.record)
    ask_for_reports()
