"""Whether a key is good now, for whom and for what. One query, no memory."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.conf import settings

from kyc.keys import asking, foreign, secret
from kyc.parties import countries
from kyc.rules import embargoes

INACTIVE: dict[str, Any] = {"active": False}
# In the place of an assurance, of a key whose holder nobody has verified.
UNVERIFIED = "unverified"
Row = dict[str, Any]


class BadConditions(ValueError):
    """What was said of the request is none; `name` is of which part, the text a sentence."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the gateway says of the request that it asks about: the client's address and country, as far as it knows them."""

    address: str | None = None
    country: str = ""


ANY = Conditions()


def conditions(address: str, country: str) -> Conditions:
    """As they were sent, empty where they weren't. Raises BadConditions."""
    if not address and not country:
        return ANY
    return Conditions(address=read_address(address) if address else None, country=read_country(country) if country else "")


def read_address(text: str) -> str:
    """An IPv4 address that is written as one of IPv6 (::ffff:...) is what it is."""
    try:
        found = ip_address(text)
    except ValueError:
        raise BadConditions("client_ip", "This is no IPv4 or IPv6 address.") from None
    if isinstance(found, IPv6Address):
        if found.scope_id:
            raise BadConditions("client_ip", "An address with a zone tells nothing outside its own network.")
        found = found.ipv4_mapped or found
    return str(found)


def read_country(text: str) -> str:
    if text in countries.UNTOLD:
        return ""
    if not countries.is_country(text):
        raise BadConditions("client_country", "This is no country of ISO 3166-1, in two capital letters.")
    return text


@dataclass(frozen=True, slots=True)
class Judged:
    """`reason` is a code of why not, empty of a good key. `row` is of the key, where it is one of ours by its whole text; `seen`
    the countries that the request came from, by the gateway's word and by the address."""

    answer: dict[str, Any]
    reason: str = ""
    row: Row | None = None
    seen: tuple[str, ...] = field(default=())


UNKNOWN = Judged(INACTIVE, "key_unknown")


def introspect(token: str, *, for_test: bool = False) -> dict[str, Any]:
    """RFC 7662's answer. Of a key that is not good it says only that: not why, and not whether it exists."""
    return judged(token, for_test=for_test).answer


def judged(token: str, *, for_test: bool, said: Conditions = ANY) -> Judged:
    """Without a look at any gateway's credential, and of what is no key without a query."""
    written = foreign.parse(token)
    if written is None:
        return UNKNOWN
    return judge(asking.ask(None, written.prefix, said.address), written, for_test=for_test, said=said)


def judge(row: Row, written: secret.Written | None, *, for_test: bool, said: Conditions = ANY) -> Judged:
    """What `asking.ask` found. A sandbox's key is good to a gateway for test alone, and to that one no other is: who stands
    behind a sandbox was never verified, and a gateway that reads nothing but `active` must not let him in."""
    if written is not None and row.get("estate"):
        return judge_imported(row, written, for_test=for_test, said=said)
    if written is None or row["key"] is None or not matches(written, digest=row["digest"], pepper_version=row["pepper_version"]):
        return UNKNOWN
    if bool(row["sandbox"]) != for_test:
        return Judged(INACTIVE, UNKNOWN.reason, row)
    place = row["place"] or ("", "")
    if reason := why_not(row) or why_not_here(row, said, place) or why_not_now(row):
        return Judged(INACTIVE, reason, row, seen(said, place))
    return Judged(answer(row), "", row, seen(said, place))


def judge_imported(row: Row, written: secret.Written, *, for_test: bool, said: Conditions) -> Judged:
    """A key that was issued elsewhere, of an account that is still to be verified: good until the day by which it has to be."""
    known = row["estate"]
    if not foreign.matches(written.text, known["digest"], known["scheme"]):
        return UNKNOWN
    if for_test:
        return Judged(INACTIVE, UNKNOWN.reason, row)
    place = row["place"] or ("", "")
    here = row | {"is_allowed_here": True}
    if reason := why_no_longer(known) or why_not_here(here, said, place) or why_not_now(known):
        return Judged(INACTIVE, reason, row, seen(said, place))
    return Judged(answer_imported(known), "", row, seen(said, place))


def why_no_longer(known: Row) -> str:
    if known["is_revoked"]:
        return "key_revoked"
    if known["is_held"]:
        return "key_held"
    return "verification_due" if known["is_due"] else ""


def answer_imported(known: Row) -> dict[str, Any]:
    campaign: dict[str, Any] = {"stage": "limited" if known["is_limited"] else "open", "deadline": known["due_at"]}
    if known["is_limited"]:
        campaign["requests_a_day"] = known["requests_a_day"]
    else:
        campaign["limited_from"] = known["limited_at"]
    found = {
        "active": True,
        "token_type": "api_key",  # nosec B105  # a kind of token
        "client_id": known["prefix"],
        "assurance": UNVERIFIED,
        "organisation": known["organisation"],
        "project": known["project"],
        "scope": "",
        "tiers": [],
        "iat": known["issued_at"],
        # What is kept so long is asked about anew when the next stage begins.
        "exp": known["due_at"] if known["is_limited"] else known["limited_at"],
        "campaign": campaign,
    }
    if known["limits"]:
        found["limits"] = told_left(known["limits"])
    return found


def why_not(row: Row) -> str:
    """A stable code, empty where the key may act; the first that is true of these."""
    if row["state"] == "revoked":
        return "key_revoked"
    if row["is_over"]:
        return "key_expired"
    if row["has_ended"]:
        return "entity_ended"
    if row["has_expired"]:
        return "entity_expired"
    if row["is_early"]:
        return "entity_not_yet_valid"
    if row["is_held"]:
        return "key_held"
    if row["link"] is None or row["reference"] is None:
        return "key_not_linked"
    return "" if row["state"] == "active" else "key_not_active"


def why_not_here(row: Row, said: Conditions, place: tuple[str, str]) -> str:
    if not row["is_allowed_here"]:
        # A gateway that does not say where the request came from can't keep what the customer asked for.
        return "network_not_told" if said.address is None else "network_not_allowed"
    if said is not ANY:
        today = datetime.now(UTC).date()
        if embargoes.of(said.country, on=today) or embargoes.of(place[0], place[1], on=today):
            return "embargoed_region"
    return ""


def why_not_now(row: Row) -> str:
    """What is reserved is there for whoever has reserved it, and for nobody else; so it refuses no key."""
    is_reached = any(limit["left"] + limit["reserved"] <= 0 for limit in row["limits"] or ())
    return "limit_reached" if is_reached or row.get("is_shared_reached") else ""


def told_left(limits: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    return [limit | {"left": max(0, limit["left"])} for limit in limits]


def seen(said: Conditions, place: tuple[str, str]) -> tuple[str, ...]:
    return tuple({country: None for country in (said.country, place[0]) if country})


def matches(written: secret.Written, *, digest: str, pepper_version: str) -> bool:
    """Whether it is the key of that digest, which is under a pepper of ours, or of a scheme of whoever had issued it."""
    if not pepper_version.isdecimal():
        return foreign.matches(written.text, digest, pepper_version)
    pepper = settings.KEY_PEPPERS.get(pepper_version, "")
    return bool(pepper) and hmac.compare_digest(digest, secret.digest(written.text, pepper))


def answer(row: Row) -> dict[str, Any]:
    reference = row["reference"]
    found: dict[str, Any] = {
        "active": True,
        "token_type": "api_key",  # nosec B105  # a kind of token
        "client_id": row["prefix"],
        "sub": reference,
        "entity": reference,
        "assurance": row["assurance"],
        "organisation": row["organisation"],
        "project": row["project"],
        "responsible": f"party:{row['responsible']}",
        "responsible_status": row["person"] or {},
        "scope": " ".join(row["scopes"]),
        "tiers": row["tiers"],
        "iat": row["issued_at"],
        "exp": min(row["expires_at"] or row["valid_until"], row["valid_until"]),
    }
    if row["confirmation"]:
        found["cnf"] = row["confirmation"]
    if row["limits"]:
        found["limits"] = told_left(row["limits"])
    if row["is_service"]:
        found["service"] = True
    if row["sandbox"]:
        found["sandbox"] = True
    return found
