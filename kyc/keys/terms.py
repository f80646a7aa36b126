"""On which terms a key is issued: what it may do, from where, until when, and by which proof of possession."""

import base64
import ipaddress
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.refused import Refused
from kyc.rules import packs

CERTIFICATE, DPOP = "x5t#S256", "jkt"
PRINT = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
# As tools for certificates print it.
HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
# Bits before an IPv4 address within IPv6 (RFC 4291, 2.5.5.2).
MAPPED = 96
# No registry of addresses gives away more at once (IANA's /8 of IPv4; /12 of IPv6, to the registries themselves).
WIDE = {4: 8, 6: 13}
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadTerms(Refused):
    """`field` names which of them; `sentences` are several, where several lines are wrong."""

    def __init__(self, field: str, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.field, self.sentences = field, list(sentences)


@dataclass(frozen=True)
class Terms:
    """What was asked for. Empty scopes and tiers are those that the catalogue offers, no expiry is the longest life. `networks`
    in CIDR; `confirmation` as RFC 7800's cnf: {"x5t#S256": ...}, {"jkt": ...} or {}."""

    scopes: Collection[str] = ()
    tiers: Collection[str] = ()
    networks: Collection[str] = ()
    expires_at: datetime | None = None
    confirmation: dict[str, str] = field(default_factory=dict)
    is_service: bool = False

    def columns(self) -> dict[str, object]:
        """As a key keeps them. Raises BadTerms."""
        ((kind, thumbprint),) = self.confirmation.items() or [("", "")]
        return {
            "scopes": chosen("scopes", self.scopes),
            "tiers": chosen("tiers", self.tiers),
            "allowed_networks": networks(self.networks),
            "expires_at": within_policy(self.expires_at) if self.expires_at else timezone.now() + longest(),
            "confirmation": confirmation(kind, thumbprint),
            "is_service": self.is_service,
        }


def chosen(kind: str, codes: Collection[str]) -> list[str]:
    """In the order of the catalogue. Raises BadTerms."""
    pack = packs.current()
    known = pack.key_catalogue(kind)
    if unknown := [code for code in codes if code not in known]:
        raise BadTerms(kind, _("“%(code)s” is not offered. Choose from the list.") % {"code": unknown[0][:40]})
    return [code for code in known if code in codes] or pack.key_offered(kind)


def networks(lines: Iterable[str]) -> list[str]:
    """Each once, in CIDR and in the order in which they were written; empty lines are nothing. Raises BadTerms, with a sentence
    for each line that is wrong."""
    written = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    most = packs.current().most_key_networks
    if len(written) > most:
        raise BadTerms("networks", _("At most %(most)s networks; these are %(n)s.") % {"most": most, "n": len(written)})
    found, wrong = [], []
    for number, line in written:
        try:
            found.append(network(line))
        except BadTerms as bad:
            told = {"number": number, "sentence": str(bad)}
            wrong.append(_("Line %(number)s: %(sentence)s") % told if len(written) > 1 else str(bad))
    if wrong:
        raise BadTerms("networks", *wrong)
    return list(dict.fromkeys(found))


def network(line: str) -> str:
    """In CIDR; a single address is a network of one. Raises BadTerms."""
    if "%" in line:
        raise BadTerms("networks", _("“%(line)s”: leave out the zone behind the %%.") % {"line": line[:60]})
    try:
        return str(mapped_down(ipaddress.ip_network(line)))
    except ValueError:
        pass
    try:
        # Host bits are set: which network is meant is a guess, so it is proposed and not taken.
        meant = ipaddress.ip_network(line, strict=False)
    except ValueError:
        sentence = _("“%(line)s” is no IP network. Write it such as 203.0.113.0/24 or 2001:db8::/32.")
        raise BadTerms("networks", sentence % {"line": line[:60]}) from None
    sentence = _("“%(line)s” is an address inside a network. Write %(network)s for the network, or %(address)s for that address.")
    address = line.partition("/")[0]
    raise BadTerms("networks", sentence % {"line": line, "network": meant, "address": address})


def mapped_down(network: Network) -> Network:
    """One of IPv4 addresses that is written within IPv6 (::ffff:203.0.113.0/120) as what it is, since addresses are read so."""
    first = getattr(network.network_address, "ipv4_mapped", None)
    if first is None or network.prefixlen < MAPPED:
        return network
    return ipaddress.IPv4Network((first, network.prefixlen - MAPPED))


def longest() -> timedelta:
    return timedelta(days=packs.current().key_days("longest"))


def within_policy(at: datetime) -> datetime:
    """Raises BadTerms for what is over already or lies too far ahead."""
    days = packs.current().key_days("longest")
    last = timezone.now().astimezone(UTC).date() + timedelta(days=days)
    if at <= timezone.now():
        raise BadTerms("expires", _("A key expires in the future: choose a later day."))
    if at > end_of(last):
        sentence = ngettext(
            "A key lives %(n)s day at most: until %(day)s.", "A key lives %(n)s days at most: until %(day)s.", days
        )
        raise BadTerms("expires", sentence % {"n": days, "day": last.isoformat()})
    return at


def end_of(day: date) -> datetime:
    """Its last second, so that whoever reads the day reads that one."""
    return datetime.combine(day, time(23, 59, 59), UTC)


def until(text: str) -> datetime:
    """When a key ends of which was written for how many days, or until which day inclusive (UTC). Raises BadTerms."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) < 6:
        return within_policy(timezone.now() + timedelta(days=int(text)))
    try:
        return within_policy(end_of(date.fromisoformat(text)))
    except (ValueError, OverflowError):
        raise BadTerms("expires", _("Write a number of days such as 90, or a day such as 2027-03-31.")) from None


def nearly_anywhere(networks: Iterable[str]) -> list[str]:
    """Those in which so many addresses stand that they hardly limit from where a key is used."""
    return [one for one in networks if (found := ipaddress.ip_network(one)).prefixlen < WIDE[found.version]]


def confirmation(kind: str, thumbprint: str) -> dict[str, str]:
    """The thumbprint under its name; {} of neither. SHA-256 in base64url, or in hexadecimal as tools print it. Raises
    BadTerms."""
    text = "".join(thumbprint.split())
    if not kind and not text:
        return {}
    if kind not in (CERTIFICATE, DPOP):
        raise BadTerms("proof", _("Say of what this is the thumbprint: of a certificate, or of a DPoP key."))
    if HEX.fullmatch(plain := text.replace(":", "").lower()):
        text = base64url(bytes.fromhex(plain))
    if not PRINT.fullmatch(text.rstrip("=")):
        sentence = _("A thumbprint is a SHA-256: 43 letters and digits in base64url, or 64 hexadecimal digits.")
        raise BadTerms("thumbprint", sentence)
    return {kind: text.rstrip("=")}


def base64url(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
