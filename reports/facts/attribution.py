"""R-06, the API key attribution report: to whom each key answered over an interval, by which verification, and when to nobody."""

from collections.abc import Iterator
from typing import Any

from kyc.cases.models import DecidedOwner, Entity
from kyc.keys.models import Hold, Key, Link
from kyc.ownership.regimes import YES as STORED_YES
from kyc.ownership.rule import OF_OWNERS
from kyc.parties.models import Role
from reports.facts import basis
from reports.facts.attributed import keys
from reports.facts.decided import NOT_DECIDED, NOT_RECORDED, owners
from reports.facts.determined import UNDECIDED, VERDICTS, determinations
from reports.facts.frame import Frame
from reports.facts.ledger import selected
from reports.facts.reader import Reader, exact

Facts = dict[str, Any]
COUNTED = (Key, Link, Hold, Entity)
USE = (
    "Use is what gateways count of each hour and send: requests, tokens, errors and refusals by model, network and country. Told "
    "are the hours that began in the interval, added up by day, network, country and class of access, as known at the knowledge "
    "cut. The class of access is what a file of ranges said of the network (the autonomous system) when the hour was told: "
    "hosting, proxy, VPN, mobile carrier, university or office; it is empty where no file said anything. Of addresses "
    "the product holds hashes under a key of the gateway, so the report says how many there were and never which. What was asked "
    "and what was answered is not sent to the product at all. Each hour is kept for {years} years; what was disposed of before "
    "a report is made can't be told, and a report of the same inputs made later tells less by that."
)
HOLDERS = (
    "Beside each event and each day of use stands the chain that was valid then: the entity that the key answered to, the "
    "responsible person that the link names, and whether the entity was within its term."
)
INTERVAL = (
    "The interval contains its first instant and not its last, which is the effective instant. What began, ended, was placed or "
    "lifted is told by its own instant, from what was known at the knowledge cut: what was recorded later is left out, and what "
    "happened at or after the end of the interval is not told. A key that was revoked before the interval began is not among "
    "the keys of an organisation. All times are UTC, as exact as they are stored."
)
CHAIN = (
    "A key answers to an entity through a link, and to the responsible person that the link names. An entity is the result of an "
    "approval that one officer proposed and another took; it is verified from then until it ends or its term runs out."
)
DECIDED = (
    "Who is a beneficial owner of an entity was decided with its approval, by the same two officers. It was preset from what "
    "each regime made of the declared structure; whoever departed from that said why. Beside it stands what the regimes make of "
    "the structure by the last round of checks before the end of the interval."
)
GAPS = (
    "From its issue to its first link a key is not active yet. Later, until its revocation or the end of its term, it has no "
    "verified entity where no link to an entity within its term was live, and is on hold while a hold on itself, on its "
    "organisation or on the entity that it answered to was in force. In each it is answered as inactive. All are exact "
    "differences of the instants in this report."
)
ACTIONS = "Actions are those of the audit log on the key, its links and the holds that touched it, with the details it keeps."
NOT_COVERED = (
    ("Addresses", "Network addresses are not held, only their keyed hashes; how many different ones there were is told."),
    (
        "Class of access",
        "It is told of whole networks. Whether a single address within another network is one of a hosting provider or of a "
        "residential proxy is not known to the product, since it holds no addresses.",
    ),
    ("Linked keys", "Keys of other accounts that may be of the same hand stand in no report of one customer."),
)


def selection(reader: Reader) -> dict[str, Any]:
    """What was asked about."""
    chosen = selected(reader)
    return {
        "what": "one key" if reader.key else "every key of the organisation",
        "from": exact(reader.since),
        "to": exact(reader.valid_at),
        "keys": len(chosen),
        "left_out": len(selected(reader, everything=True)) - len(chosen),
    }


def holder(reader: Reader) -> list[dict[str, str]]:
    """Who stands behind the account at the end of the interval: who controls it, and whom the last round calls its owners."""
    rows = []
    for pk, roles in sorted(reader.roles.items()):
        controls = [role for role in roles if role.kind == Role.Kind.CONTROLLER]
        rows += [row(reader, pk, ", ".join(filter(None, ("Controlling person", role.title)))) for role in controls]
    for regime in determinations(reader):
        if regime["regime"] == OF_OWNERS:
            found = [told for told in regime["verdicts"] if told["verdict"] in (VERDICTS[STORED_YES], UNDECIDED)]
            rows += [row(reader, told["party_id"], owner(regime, told)) for told in found]
    return rows


def row(reader: Reader, party: int, stands_as: str) -> dict[str, str]:
    return {"party": reader.name(party), "about": reader.about(party), "stands_as": stands_as}


def owner(regime: Facts, told: Facts) -> str:
    how = "Owner" if told["verdict"] == VERDICTS[STORED_YES] else "May be an owner"
    return f"{how} under {regime['title']}, {told['share']}"


def use(reader: Reader) -> dict[str, str]:
    return {"sentence": of_use(reader)}


def of_use(reader: Reader) -> str:
    """For how long hours are kept is the rule pack's to say."""
    return USE.replace("{years}", str(reader.pack.retention_rules["usage-rows"]["years"]))


def methodology(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    texts = (
        ("Interval and knowledge", INTERVAL),
        ("Chain of attribution", CHAIN),
        ("Chain at each event", HOLDERS),
        ("Beneficial owners", DECIDED),
        ("Gaps", GAPS),
        ("Actions", ACTIONS),
        ("Use", of_use(reader)),
        ("Four eyes", basis.EYES),
        ("Digests", "The digest of the rule pack is SHA-256 over the file."),
        ("Reproducing this report", basis.REPRODUCED),
    )
    return [{"topic": topic, "text": text} for topic, text in texts]


def sources(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    rows = (
        ("Keys, links and holds as recorded", "chain, states, gaps"),
        ("The officers' decisions", "verification"),
        ("The audit log", "actions"),
        ("What gateways counted", "use"),
    )
    used = [{"source": source, "version": "", "used_for": used_for, "sha256": ""} for source, used_for in rows]
    return [basis.pack_source(reader, "legal bases"), *used]


def completeness(reader: Reader, facts: Facts) -> Facts:
    """As in every report: what is open in this one, what such a report doesn't cover yet, what was recorded since."""
    return {
        "unknowns": [{"what": what, "sentence": sentence} for what, sentence in unknowns(facts)],
        "not_covered": [{"what": what, "sentence": sentence} for what, sentence in NOT_COVERED],
        "recorded_later": sum(reader.later(model) for model in COUNTED),
    }


def unknowns(facts: Facts) -> Iterator[tuple[str, str]]:
    if not facts["keys"]:
        yield "Keys", "No key of the selection existed in the interval."
    for key in facts["keys"]:
        if not key["links"]:
            yield "Chain", f"{key['key']} was linked to no entity in the interval."
        if not key["responsible"]:
            yield "Chain", f"No responsible person is known of {key['key']}."
    for one in facts["owners"]:
        if one["none"] == NOT_RECORDED:
            yield "Beneficial owners", f"{one['entity']}: {one['none']}"
        if names := [row["party"] for row in one["rows"] if row["standing"] == NOT_DECIDED]:
            yield (
                "Beneficial owners",
                f"{one['entity']}: owners by a later round, on whom nobody decided: {', '.join(names)}.",
            )
    if late := sum(row["late"] for key in facts["keys"] for row in key["use"]):
        yield "Use", f"Requests that gateways told of long after the hour: {late}."
    unverified = [key["key"] for key in facts["keys"] if any(gap["kind"] == "unverified" for gap in key["gaps"])]
    if unverified:
        yield "Gaps", f"Keys with a time in which no entity verified stood behind them: {', '.join(unverified)}."


def summary(reader: Reader, facts: Facts) -> list[dict[str, str]]:
    found = facts["keys"]
    states = [f"{sum(key['state'] == state for key in found)} {state}" for state in dict.fromkeys(key["state"] for key in found)]
    entities = dict.fromkeys(check["entity"] for key in found for check in key["verifications"])
    rows = (
        ("Selection", f"{facts['selection']['what']}: {facts['selection']['keys']}"),
        ("At the end of the interval", ", ".join(states) or "no key"),
        ("Verified entities", ", ".join(entities) or "none"),
        ("Beneficial owners as decided", named(facts["owners"]) or "none"),
        ("Gaps", f"{sum(len(key['gaps']) for key in found)}, told key by key"),
        ("Actions", f"{sum(len(key['actions']) for key in found)} told key by key"),
        ("Use", used_told(found)),
        ("Use with no verified entity", without(found)),
        ("Unknown or open", str(len(facts["completeness"]["unknowns"]))),
    )
    return [{"what": what, "value": value} for what, value in rows]


def used_told(found: list[Facts]) -> str:
    days = [row for key in found for row in key["use"]]
    return (
        f"{sum(row['requests'] for row in days)} requests by {sum(bool(key['use']) for key in found)} of the keys"
        if days
        else "none"
    )


def without(found: list[Facts]) -> str:
    """Requests of days on which a part of the hours had no verified entity behind the key."""
    rows = [row for key in found for row in key["use"] if "no verified entity" in row["answered_to"]]
    return f"{sum(row['requests'] for row in rows)} requests at most" if rows else "none"


def named(owners: list[Facts]) -> str:
    """Of entities verified at the end of the interval."""
    told = [row for one in owners if one["at_end"] == "verified" for row in one["rows"]]
    return ", ".join(dict.fromkeys(row["party"] for row in told if row["standing"] == str(DecidedOwner.Standing.OWNER.label)))


ATTRIBUTION = Frame(
    kind="R-06",
    template="R-06/7",
    title="API Key Attribution Report",
    sections=(("selection", selection), ("holder", holder), ("owners", owners), ("keys", keys), ("use", use)),
    closing=(
        ("methodology", methodology),
        ("sources", sources),
        ("completeness", completeness),
        ("summary", summary),
    ),
    is_period=True,
    for_others=True,
    has_long_tables=True,
)
