"""What ties accounts, as an investigator reads it: never a value itself, but that it is the same, with a short handle by which
one tells it from another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import SignalValue
from accounts.signal_models import Hub
from config.numbers import rounded
from kyc.networks import adding
from kyc.networks.finding.weighing import BESIDES, FAMILY_BITS

# Of a value's hash, so many letters tell it from every other of its type in a network.
HANDLE = 10
SAME: dict[str, Promise] = {
    "email": gettext_lazy("the same e-mail address"),
    "domain": gettext_lazy("the same e-mail domain"),
    "phone": gettext_lazy("the same phone number"),
    "address": gettext_lazy("the same street address"),
    "owner": gettext_lazy("the same owner"),
    "document": gettext_lazy("the same identity document"),
    "document_image": gettext_lazy("the same picture of a document"),
    "payment": gettext_lazy("the same means of payment"),
    "device": gettext_lazy("the same device"),
    "login_ip": gettext_lazy("the same internet address at sign-in"),
    "api_ip": gettext_lazy("the same internet address of use"),
    "user_agent": gettext_lazy("the same client program"),
    "template": gettext_lazy("the same prompt template"),
    # No signals, but what their times tell.
    "opened": gettext_lazy("opened in the same hours"),
    "ended": gettext_lazy("fell silent in the same hours"),
}
FAMILIES: dict[str, Promise] = {
    "identity": gettext_lazy("identity"),
    "payment": gettext_lazy("payment"),
    "owner": gettext_lazy("owner"),
    "device": gettext_lazy("device"),
    "network": gettext_lazy("network"),
    "contact": gettext_lazy("contact"),
    "behaviour": gettext_lazy("behaviour"),
}
# Whose a value is that links nobody (accounts/signals), and why else one was not counted.
NOT_COUNTED: dict[str, Promise] = {
    "shared": gettext_lazy("Many accounts share it that nothing else ties."),
    "carrier_nat": gettext_lazy("A mobile carrier’s address, which strangers share."),
    "vpn": gettext_lazy("A VPN’s address, which strangers share."),
    "proxy": gettext_lazy("A proxy’s address, which strangers share."),
    "cloud": gettext_lazy("An address of a cloud, from which many programs call."),
    "university": gettext_lazy("A university’s, whose people share it."),
    "office": gettext_lazy("An office’s, whose people share it."),
    "agency": gettext_lazy("Of an agency that has declared whom it acts for."),
    # As kyc/networks/finding/weighing.py says it of the two accounts of an edge.
    "everybody's": gettext_lazy("So many accounts have it that it ties nobody."),
    "apart in time": gettext_lazy("One had it long before the other. It may have changed hands, as phone numbers do."),
    "same roof": gettext_lazy("Everybody under one roof has it, and another of that kind counts already."),
    "ruled out": gettext_lazy("An officer ruled that it links nobody."),
    "a rarer one of its type counts": gettext_lazy("Another of the same type is rarer, and that one counts."),
    "": gettext_lazy("No reason was kept."),
}


def same(kind: str) -> str:
    return str(SAME.get(kind, kind.replace("_", " ")))


def titled(kind: str) -> str:
    """At the head of a line."""
    words = same(kind)
    return words[:1].upper() + words[1:]


def family(code: str) -> str:
    return str(FAMILIES.get(code, code))


def families(codes: list[str]) -> str:
    return ", ".join(map(family, codes))


def handle(value: str) -> str:
    """Fit for an address; of a time, all of it."""
    short = "".join(filter(str.isalnum, value))
    return short if "T" in value else short[:HANDLE]


def shown(value: str, *, letters: int = HANDLE) -> str:
    """A handle as it is read; a time as one."""
    found = parse_datetime(value) if "T" in value else None
    return date_format(found, "j M H:i") if found else handle(value)[:letters]


def bits(number: float) -> str:
    """To one place: a bit more means twice as unlikely by chance."""
    return ngettext("%(n)s bit", "%(n)s bits", 1 if number == 1 else 2) % {"n": rounded(number, 1)}


def confidence(share: float | None) -> str:
    """None where that of a past day was not kept."""
    if share is None:
        return _("not kept")
    return _("%(n)s %%") % {"n": sure(share)}


def sure(share: float) -> int:
    """In hundredths, and never all of it: nobody is sure."""
    return min(99, int(100 * share))


def day(text: str) -> str:
    """An instant of evidence, as a day; what is none stays as it stands."""
    try:
        found = parse_datetime(text or "")
    except ValueError:
        found = None
    return date_format(found, "j M Y") if found and not is_naive(found) else text or "–"


def reason(why: str) -> str:
    return str(NOT_COUNTED.get(why, why))


def hub(known: SignalValue | None) -> str:
    """Whose a value is that many have who have nothing to do with each other."""
    return "" if known is None or known.hub == Hub.PRIVATE else str(known.get_hub_display())


def everywhere(known: SignalValue | None, *, here: int | None = None) -> str:
    """Whose it is, and how many have it over all accounts; so many of them are `here`, in one network."""
    if known is None:
        return ""
    have = ngettext("%(n)s account has it in all.", "%(n)s accounts have it in all.", known.accounts)
    # Of one that only some share the reason is how many they are.
    whose = "" if known.hub == Hub.SHARED and known.accounts else known.why
    told = [whose, have % {"n": f"{known.accounts:,}"} if known.accounts else ""]
    if here is not None and known.accounts > here:
        told.append(_("%(n)s of them are tied by it in this network.") % {"n": f"{here:,}"})
    return " ".join(filter(None, told))


def counted(rows: Sequence[dict[str, Any]]) -> "list[Told]":
    """What of an edge counted, with what each adds to it."""
    return [Told.of(one, added=much) for one, much in zip(rows, adding.added(rows), strict=True)]


def of_a_family() -> str:
    """Why bits of one family don't simply add up."""
    told = {"most": rounded(FAMILY_BITS), "part": rounded(100 * BESIDES)}
    return (
        _(
            "Of one family the heaviest counts whole, each other for %(part)s %% and all for %(most)s bits at most, since what "
            "comes from one source does not agree with itself twice."
        )
        % told
    )


@dataclass(frozen=True)
class Told:
    """One value of an edge's ledger, or of a network, in words."""

    what: str
    handle: str
    # The handle as it is read.
    shown: str
    type: str
    family: str
    bits: str
    first: str
    last: str
    why: str
    # What it adds to an edge, where that is less than it counts for by itself.
    adds: str = ""

    @classmethod
    def of(cls, one: Any, known: SignalValue | None = None, *, added: float | None = None) -> "Told":
        """Of a row of evidence, or of a `standing.Value`; `known` is what is known of it over all accounts, `added` the bits that
        it adds to its edge."""
        row = one if isinstance(one, dict) else vars(one)
        return cls(
            what=titled(row["type"]),
            handle=handle(row["value"]),
            shown=shown(row["value"]),
            type=row["type"],
            family=family(row.get("family") or ""),
            bits=bits(row.get("bits") or 0),
            first=day(row.get("first_seen") or ""),
            last=day(row.get("last_seen") or ""),
            why=" ".join(filter(None, (reason(row.get("why") or ""), everywhere(known)))),
            adds=bits(added) if added is not None and added < (row.get("bits") or 0) else "",
        )
