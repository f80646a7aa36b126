"""What shows that a domain is in somebody's hands: what is published where, and what a look at it says. Pure."""

import secrets
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# By whom whoever keeps a domain is reached (CA/Browser Forum, Baseline Requirements 3.2.2.4.4; RFC 2142).
KEEPERS = ("admin", "administrator", "hostmaster", "postmaster", "webmaster")
LABEL = "_keyholder-challenge"
PATH = "/.well-known/keyholder-verification.txt"
WRITTEN = "keyholder-domain-verification="
# Carries addresses of whatever IPv4 network stands behind it (RFC 8215).
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
# Of a file no more is looked at than what may stand before the line.
MOST_LINES = 20


class Found(StrEnum):
    DNS = "dns"
    WEB_FILE = "web_file"
    OTHER = "other"
    NOTHING = "nothing"
    AWAY = "away"


def token() -> str:
    return secrets.token_hex(20)


def ascii_name(domain: str) -> str:
    """As the DNS knows it."""
    return domain.encode("idna").decode()


def record_name(domain: str) -> str:
    return f"{LABEL}.{ascii_name(domain)}"


def value(token: str) -> str:
    return WRITTEN + token


def in_records(texts: list[str], token: str) -> Found:
    """Of the TXT records under `record_name`; another's or an old value is told from none at all."""
    stripped = [text.strip() for text in texts]
    if value(token) in stripped:
        return Found.DNS
    return Found.OTHER if any(text.startswith(WRITTEN) for text in stripped) else Found.NOTHING


def in_file(body: bytes, token: str) -> Found:
    """Of the file's first lines; a page of an error that happens to be served with 200 holds none."""
    lines = [line.strip() for line in body.decode("utf-8", "replace").lstrip("\ufeff").splitlines()[:MOST_LINES]]
    if value(token) in lines:
        return Found.WEB_FILE
    return Found.OTHER if any(line.startswith(WRITTEN) for line in lines) else Found.NOTHING


def is_public(address: str) -> bool:
    """Whether a host that strangers name may be asked there: addresses of this house, of private networks, and of protocols that
    carry another inside them lead elsewhere than they seem."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found in LOCAL_NAT64:
        return False
    inside = carried(found)
    return found.is_global and not found.is_multicast and (inside is None or is_public(str(inside)))


def carried(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address within one of IPv6: mapped, 6to4, Teredo's client, NAT64."""
    if isinstance(address, IPv4Address):
        return None
    if address.packed[:12] == bytes.fromhex("0064ff9b") + bytes(8):
        return IPv4Address(address.packed[12:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
