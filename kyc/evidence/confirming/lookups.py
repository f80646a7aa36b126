"""The DNS, asked by resolvers of our own choice and within a limit of time."""

from collections.abc import Sequence

import dns.exception
import dns.nameserver
import dns.resolver
from django.conf import settings

SECONDS = 8.0
MOST_RECORDS = 50


class NoAnswer(Exception):
    """The DNS did not answer, or not in time."""


def resolver(servers: Sequence[tuple[str, int]] | None = None) -> dns.resolver.Resolver:
    """By DNS_SERVERS, else the machine's own."""
    named = settings.DNS_SERVERS if servers is None else servers
    found = dns.resolver.Resolver(configure=not named)
    if named:
        found.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in named]
    found.lifetime, found.timeout, found.cache = SECONDS, 3.0, None
    found.use_search_by_default = False
    return found


def looked_up(name: str, kind: str) -> list[str]:
    """What stands there, empty where nothing does. Raises NoAnswer."""
    try:
        answer = resolver().resolve(f"{name}.", kind, raise_on_no_answer=False, search=False)
    except dns.resolver.NXDOMAIN:
        return []
    except (dns.exception.DNSException, OSError, UnicodeError) as error:
        raise NoAnswer(type(error).__name__) from error
    return [text(row) for row in list(answer.rrset or ())[:MOST_RECORDS]]


def text(row: object) -> str:
    """A TXT record's strings stand together (RFC 7208, section 3.3, reads them so); others as they are written."""
    parts = getattr(row, "strings", None)
    return b"".join(parts).decode("utf-8", "replace") if parts is not None else str(row)


def texts(name: str) -> list[str]:
    return looked_up(name, "TXT")


def addresses(host: str) -> list[str]:
    """Of IPv4 first. Raises NoAnswer where neither kind can be asked for."""
    return looked_up(host, "A") + looked_up(host, "AAAA")
