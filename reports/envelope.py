"""What stands beside the facts and is not reproducible: number, times, people, digests."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from reports import canonical, signing
from reports.facts.reader import exact

CLASSIFICATION = "Confidential"
ISSUED = "Issued and registered"
AWAITING = "Awaiting approval: not issued and not registered"
DRAFT = "Draft: not issued and not registered"


def issued(
    facts: dict[str, Any],
    *,
    number: str,
    prepared_by: str,
    addressee: str,
    requested_at: datetime,
    approved_by: str = "",
    approved_at: datetime | None = None,
    restates: dict[str, Any] | None = None,
    paper: str = "",
    tables: str = "",
) -> dict[str, Any]:
    """`restates` names the report of the same instant that was known earlier, and how many figures have changed since."""
    found = enclose(facts, status="issued", status_text=ISSUED, number=number, paper=paper, tables=tables) | {
        "verify": f"{settings.SITE_URL}/verify/{number}",
        "prepared_by": prepared_by,
        "addressee": addressee,
        "requested_at": exact(requested_at),
        "approved_by": approved_by,
        "approved_at": exact(approved_at) if approved_at else "",
    }
    return found | ({"restates": restates} if restates else {})


def awaiting(facts: dict[str, Any], **about: Any) -> dict[str, Any]:
    """As `issued`, of one that another person has yet to approve."""
    return issued(facts, **about) | {"status": "awaiting", "status_text": AWAITING}


def draft(facts: dict[str, Any], *, paper: str = "", tables: str = "") -> dict[str, Any]:
    """For the command line: its report.json equals the issued one's."""
    return enclose(facts, status="draft", status_text=DRAFT, number="draft", paper=paper, tables=tables) | {
        "verify": "",
        "prepared_by": "Command line, by whoever may run it",
        "addressee": "",
        "requested_at": "",
        "approved_at": "",
    }


def enclose(facts: dict[str, Any], *, status: str, status_text: str, number: str, paper: str, tables: str) -> dict[str, Any]:
    """`paper` and `tables` say how the pages are drawn; by default on the house's paper, with every table whole."""
    return {
        "number": number,
        "status": status,
        "status_text": status_text,
        "provider": settings.PROVIDER_NAME,
        "contact": settings.CONTACT_EMAIL,
        "approved_by": "",
        "generated_at": exact(timezone.now()),
        "classification": CLASSIFICATION,
        "paper": paper or settings.PAPER,
        "signature": signing.words(),
        "sha256": canonical.sha256(canonical.encode(facts)),
    } | ({"tables": tables} if tables else {})
