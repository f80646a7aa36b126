"""What the demo tells of an organisation: rows, without a verb in them."""

from dataclasses import dataclass, field
from typing import Any

SOLE = ("controller", "director", "signatory")


@dataclass(frozen=True)
class Person:
    name: str
    country: str
    born: str
    native: str = ""
    roles: tuple[str, ...] = SOLE
    title: str = "Chief executive"
    us: str = "none"
    # Where he can be reached, of who has told it.
    email: str = ""
    address: str = ""


@dataclass(frozen=True)
class Owner:
    """Who holds `share` of what it stands under, or has the role `role` in it. A name told before in the same organisation is
    the same party, which is how a circle is told; `held_for` is the name of whoever a nominee holds it for."""

    name: str
    share: str = ""
    kind: str = "company"
    country: str = ""
    native: str = ""
    born: str = ""
    role: str = "shareholding"
    held_for: str = ""
    us: str = "none"
    # Of a company: in its register, and its LEI.
    number: str = ""
    lei: str = ""
    owners: tuple["Owner", ...] = ()


def person(name: str, share: str = "", country: str = "", born: str = "1974-08-19", **more: Any) -> Owner:
    return Owner(name, share, "person", country, born=born, **more)


def state(name: str, share: str, country: str, **more: Any) -> Owner:
    return Owner(name, share, "state", country, **more)


@dataclass(frozen=True)
class Item:
    """One thing that is asked for: a code of kyc.cases.items, why, about which party, and the officer's own words."""

    what: str
    why: str
    party: str = ""
    words: str = ""


@dataclass(frozen=True)
class Reading:
    """What an officer has read in a source of who holds what: owners as named there, each with a share or a role, of the party
    `of`, by default the customer; `is_all` where it names nobody else. `resolved` is how what differs was resolved, and why;
    empty leaves it open."""

    source: str
    found_in: str
    # How many days before the case was sent.
    days: int
    owners: tuple[Owner, ...]
    of: str = ""
    is_all: bool = False
    resolved: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Excluded:
    """That the party `of` claims to be left out of FinCEN's rule: the ground's code in the rule pack, where it can be looked up,
    and what the paper says that is sent of it, if one is. `verified` is what the officer wrote who has verified it."""

    of: str
    ground: str
    reference: str
    paper: dict[str, str] = field(default_factory=dict)
    verified: str = ""


@dataclass(frozen=True)
class Story:
    """What happened: how it ended, and how many days ago it was sent. `keys` are issued once approved, each to be left so:
    active, held or revoked; service is an active one of a program, rolled one with the key that replaces it, left one whose
    responsible person has left, so that it asks for another."""

    end: str
    sent: float = 1
    choice: str = "approve"
    reason: str = "identity_established"
    note: str = "The register extract agrees with what was declared, and nothing stands against it."
    message: str = ""
    items: tuple[Item, ...] = ()
    # Whom an officer has found to be the one on the list.
    listed: tuple[str, ...] = ()
    # Whom the analyst says to be the one on the list, and nobody has confirmed it yet.
    unconfirmed: tuple[str, ...] = ()
    # Whom two officers have found to be the one in public office.
    exposed: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    # The organisation itself is held, for this reason.
    held: str = ""
    # An officer has seen what proves that its people are US persons.
    verified_us: bool = False
    # People asked to prove themselves; the first of them has.
    invited: tuple[str, ...] = ()
    # The analyst has taken it on.
    taken_on: bool = False
    # What he has read elsewhere.
    readings: tuple[Reading, ...] = ()
    # Its addresses, register, LEI and means of payment were confirmed.
    confirmed: bool = False
    # The analyst has recorded what the passport or card of its first person says.
    recorded: bool = False


@dataclass(frozen=True)
class Customer:
    """The first of its `people` signs in as `email`."""

    email: str
    name: str
    country: str
    address: str
    people: tuple[Person, ...]
    story: Story
    owners: tuple[Owner, ...] = ()
    kind: str = "company"
    native: str = ""
    form: str = ""
    number: str = ""
    hq: str = ""
    phone: str = ""
    domain: str = ""
    lei: str = ""
    programme: str = "none"
    run_by: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    claims: tuple[Excluded, ...] = ()
    payment: dict[str, str] | None = field(default_factory=lambda: {"kind": "card", "institution": "First Bank"})

    @property
    def owner(self) -> Person:
        return self.people[0]
