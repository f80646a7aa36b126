"""What the investigator's networks are found from: accounts behind one hand, and two groups that look like one and are none.

Sixteen have only signed up, and take turns with three that were told before: one of them is still examined, two hold keys. Only
these two have what use leaves. An agency runs seven accounts of its clients from one desk, and six firms sit behind one address
in a business centre. Who is who stands nowhere but here: what the product makes of it, a building of it finds.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Min
from django.utils import timezone

from accounts import scope, signals
from accounts.models import Organisation, Signal
from accounts.signals import Seen
from demo import agencies, clock
from demo.founding import begun, staff, turn
from demo.organisations.rows import Customer, Person, Story
from demo.use import chance
from kyc.keys.models import Key
from kyc.networks import asking
from kyc.networks.network_models import NetworkRun
from kyc.parties.models import Profile

C = Profile.CustomerClass
T = Signal.Type
# Told before, and of the same hand.
AMONG = ("Lotus Inference Ltd", "Pomelo Loop Inc.", "Suryamani Labs Private Limited")
# Name, whoever signed up, the e-mail address's domain, country; how many days ago.
HAND = (
    ("Brightpath Studio", "Mei Tan", "brightpath-studio.example", "SG", 26.02),
    ("Quill & Anchor Media", "Aaron Wells", "quillanchor.example", "US", 26.01),
    ("Nimbus Notes", "Lina Petrova", "nimbusnotes.example", "BG", 26.0),
    ("Larkspur Tutoring", "Daniel Osei", "larkspur-tutoring.example", "GH", 25.99),
    ("Copper Kettle Apps", "Sofia Marin", "copperkettle.example", "RO", 25.98),
    ("Tidepool Translations", "Hana Kato", "tidepool.example", "JP", 19.03),
    ("Marlowe Research Notes", "Peter Marlowe", "marlowe-notes.example", "GB", 19.02),
    ("Juniper Desk", "Camille Roy", "juniperdesk.example", "CA", 19.01),
    ("Sable Interactive", "Viktor Hahn", "sable-interactive.example", "AT", 19.0),
    ("Opal Support Bots", "Ines Prado", "opalbots.example", "BR", 18.99),
    ("Fernhill Coaching", "Grace Kim", "fernhill.example", "KR", 12.02),
    ("Rookery Games", "Tom Barnes", "rookerygames.example", "GB", 12.01),
    ("Saffron Ledger", "Arjun Mehta", "saffronledger.example", "IN", 12.0),
    ("Driftwood Labs", "Elena Costa", "driftwoodlabs.example", "PT", 11.99),
    ("Pinecone Study Group", "Omar Haddad", "pineconestudy.example", "AE", 4.02),
    ("Velvet Lantern", "Zoe Laurent", "velvetlantern.example", "FR", 4.01),
)
AGENCY = tuple(
    (name, who, f"{domain}.example", "DE", 40 - 3.3 * place)
    for place, (name, who, domain) in enumerate(
        (
            ("Bäckerei Steinmetz", "Jutta Steinmetz", "baeckerei-steinmetz"), ("Radhaus Elbe", "Nils Brandt", "radhaus-elbe"),
            ("Praxis Dr. Vogel", "Karin Vogel", "praxis-vogel"), ("Gartenbau Linden", "Uwe Linden", "gartenbau-linden"),
            ("Hotel Seeblick", "Maren Koch", "hotel-seeblick"), ("Optik Hartmann", "Jens Hartmann", "optik-hartmann"),
            ("Tanzschule Walzer", "Petra Sommer", "tanzschule-walzer"),
        )
    )
)  # fmt: skip
OFFICE = tuple(
    (name, who, f"{domain}.example", "NL", 60 - 7.7 * place)
    for place, (name, who, domain) in enumerate(
        (
            ("Keizer Vertalingen", "Anouk Keizer", "keizer-vertalingen"), ("Polder Advies", "Bram de Wit", "polder-advies"),
            ("Studio Noordzee", "Femke Visser", "studio-noordzee"), ("Van Dam Logistiek", "Ruud van Dam", "vandam-logistiek"),
            ("Tulp & Data", "Sanne Bakker", "tulp-data"), ("Gracht Juristen", "Koen Smit", "gracht-juristen"),
        )
    )
)  # fmt: skip
# Of the hand's accounts so many share one of each; of those that hold keys, both also what their keys leave.
SHARED = {T.PAYMENT: 5, T.DEVICE: 5, T.PHONE: 4, T.LOGIN_IP: 6, T.ADDRESS: 6}
USED = (T.API_IP, T.TEMPLATE)


def load() -> None:
    """Once, when those are there who were told before; then the investigator asks for the networks."""
    ines = staff("investigator")
    with scope.of_officer(ines):
        if NetworkRun.objects.filter(asked_by=ines).exists():
            return
    those = [account(*row) for row in HAND]
    with scope.everything():
        told = Organisation.objects.real().filter(name__in=AMONG).order_by("pk")
        signals.leave_all([*hand([*those, *told])])
        shops = [account(*row) for row in AGENCY]
        signals.leave_all([*roof(shops, "agency", (T.DEVICE, T.LOGIN_IP, T.ADDRESS))])
        signals.leave_all([*roof([account(*row) for row in OFFICE], "office", (T.LOGIN_IP, T.ADDRESS))])
        agencies.declare(shops)
    with turn(ines), scope.of_officer(ines):
        asking.ask(by=ines)


def account(name: str, who: str, domain: str, country: str, days: float) -> Organisation:
    """One that has signed up and said what it is."""
    email = f"{who.split()[0].lower()}@{domain}"
    row = Customer(email, name, country, "", (Person(who, country, ""),), Story("draft"), kind=C.COMPANY)
    with clock.days_ago(days):
        made, _by = begun(row)
    return made


def hand(those: Sequence[Organisation]) -> Iterator[Seen]:
    """Of each type everybody has one of a few, others than of the next, so that nothing is all of the hand."""
    for type, many in SHARED.items():
        pool = len(those) // many + 1
        for one in those:
            yield seen(one, type, f"hand {int(chance(one.name, type) * pool)}")
    keys = Key.objects.filter(organisation__in=those).values("organisation").annotate(since=Min("issued_at"))
    issued = dict(keys.values_list("organisation", "since"))
    for one in those:
        if one.pk in issued:
            yield from (seen(one, type, "hand", since=issued[one.pk]) for type in USED)


def roof(those: Iterable[Organisation], name: str, types: Sequence[str]) -> Iterator[Seen]:
    """What all under one roof have in common, and what each has for himself."""
    for one in those:
        yield from (seen(one, type, name) for type in types)
        yield from (seen(one, type, f"of {one.name}") for type in SHARED if type not in types)


def seen(one: Organisation, type: str, name: str, *, since: datetime | None = None) -> Seen:
    """From its first day, or another, to about now."""
    now, since = timezone.now(), since or one.created_at
    first = since + chance(one.name, type, "first") * min(timedelta(hours=6), now - since)
    last = now - timedelta(hours=chance(one.name, type, "last") * 30)
    found = signals.value(type, text(type, name))
    if found is None:
        raise LookupError(f"{type} of {name} is too short to tell two apart.")
    return Seen(one.pk, type, found, first, max(first, last), 1 + int(chance(one.name, type, "count") * 40))


def text(type: str, name: str) -> str:
    number = int(chance("demo", type, name) * 10**8)
    if type == T.PHONE:
        return f"+1 555 {number:08}"
    if type == T.LOGIN_IP:
        return f"2001:db8:{number // 65536:x}:{number % 65536:x}::1"
    return f"{type} {number:08}"
