"""Verification services outside, behind one small interface: start a check, read a signed message, complete what it left out.

A service is offered once the administrator has named it (README). The generic one speaks Standard Webhooks:

    start     POST VERIFICATION_URL, signed, {"reference", "name", "return_url"}; answered with {"id", "url"}
    webhook   {"type": "verification.verified", "timestamp": "2026-11-30T12:00:00Z", "data": {"id": ..., "evidence": {...},
              "person": {"name", "birth_date"}}}, of the types processing, input_needed, verified, refused, cancelled
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.refused import Refused
from kyc.evidence.confirming import reaching
from kyc.evidence.outside import signatures, told
from kyc.evidence.outside.told import Person, Told, Unreadable


class ServiceAway(Refused):
    """The service does not answer, or not as it says it does."""


@dataclass(frozen=True)
class Started:
    """By which number the service knows the check, and the page there to which the person goes."""

    reference: str
    url: str


class Service(Protocol):
    code: str

    @property
    def name(self) -> str: ...

    def is_offered(self) -> bool: ...

    def start(self, *, key: str, name: str, return_url: str, now: float) -> Started:
        """`key` is ours, by which a second call is the same. Raises ServiceAway."""
        ...

    def read(self, body: bytes, headers: Mapping[str, str], *, now: float) -> Told:
        """Raises signatures.NotSigned, Unreadable."""
        ...

    def complete(self, message: Told) -> Told:
        """With what the message itself leaves out. Raises ServiceAway."""
        ...


def decoded(body: bytes) -> dict[str, Any]:
    """Raises Unreadable."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("body") from None
    if not isinstance(found, dict):
        raise Unreadable("body")
    return found


def answered(answer: reaching.Answer) -> dict[str, Any]:
    """Raises ServiceAway."""
    if not 200 <= answer.status < 300:
        raise ServiceAway(_("The verification service answered with %(status)s.") % {"status": answer.status})
    try:
        return decoded(answer.body)
    except Unreadable:
        raise ServiceAway(_("The verification service answered with something else.")) from None


def begun(found: Mapping[str, Any]) -> Started:
    """Raises ServiceAway."""
    try:
        started = Started(told.text(found, "id"), told.text(found, "url", longest=2000))
    except Unreadable:
        raise ServiceAway(_("The verification service answered with something else.")) from None
    if not started.url.startswith("https://"):
        raise ServiceAway(_("The verification service names no page over https."))
    return started


class Generic:
    code = "generic"

    @property
    def name(self) -> str:
        return str(settings.VERIFICATION_NAME)

    def is_offered(self) -> bool:
        return bool(settings.VERIFICATION_URL and settings.VERIFICATION_SECRETS)

    def start(self, *, key: str, name: str, return_url: str, now: float) -> Started:
        body = json.dumps({"reference": key, "name": name, "return_url": return_url}).encode()
        signed = signatures.headers(body, message=key, at=int(now), secret=settings.VERIFICATION_SECRETS[0])
        headers = {"Content-Type": "application/json", **signed}
        try:
            return begun(answered(reaching.post(settings.VERIFICATION_URL, body, headers=headers, reach=reaching.named)))
        except reaching.Unreachable:
            raise ServiceAway(_("The verification service cannot be reached. Try again later.")) from None

    def read(self, body: bytes, headers: Mapping[str, str], *, now: float) -> Told:
        event = signatures.check(body, headers, secrets=settings.VERIFICATION_SECRETS, now=now)
        found = decoded(body)
        kind, data = told.text(found, "type", longest=100), told.mapping(found, "data")
        state = kind.removeprefix("verification.")
        evidence, person = told.mapping(data, "evidence"), told.mapping(data, "person")
        return Told(
            event=event,
            kind=kind,
            at=written(found.get("timestamp")),
            reference=told.text(data, "id"),
            state=state if state in told.ORDER[1:] and kind != state else "",
            descriptors=told.descriptors(evidence),
            person=Person(*(str(person.get(name) or "")[:300] for name in ("name", "birth_date"))),
        )

    def complete(self, message: Told) -> Told:
        return message


def written(text: Any) -> datetime:
    """An instant with its zone (RFC 3339). Raises Unreadable."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Unreadable("timestamp") from None
    if found.tzinfo is None:
        raise Unreadable("timestamp")
    return found.astimezone(UTC)


class Stripe:
    """Stripe Identity, by its documented API: sessions of the type `document`, and events about them."""

    code = "stripe"
    name = "Stripe Identity"
    EVENTS = "identity.verification_session."
    STATES = {
        "processing": told.PROCESSING,
        "requires_input": told.INPUT_NEEDED,
        "verified": told.VERIFIED,
        "canceled": told.CANCELLED,
    }
    SESSIONS = "/v1/identity/verification_sessions"
    # Dates stand in an answer only where each is asked for by its own name.
    EXPANDED = (
        "verified_outputs", "verified_outputs.dob", "last_verification_report",
        "last_verification_report.document.expiration_date",
    )  # fmt: skip
    # So that events about sessions of others in the same account are told from ours.
    OURS = "keyholder"

    def is_offered(self) -> bool:
        return bool(settings.STRIPE_KEY and settings.STRIPE_SECRETS)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {settings.STRIPE_KEY}", "Stripe-Version": "2024-06-20"}

    def start(self, *, key: str, name: str, return_url: str, now: float) -> Started:
        fields = {"type": "document", "return_url": return_url, f"metadata[{self.OURS}]": key}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": key, **self.headers()}
        url, body = settings.STRIPE_URL + self.SESSIONS, urlencode(fields).encode()
        try:
            return begun(answered(reaching.post(url, body, headers=headers, reach=reaching.named)))
        except reaching.Unreachable:
            raise ServiceAway(_("The verification service cannot be reached. Try again later.")) from None

    def read(self, body: bytes, headers: Mapping[str, str], *, now: float) -> Told:
        signatures.check_stripe(body, headers.get("stripe-signature", ""), secrets=settings.STRIPE_SECRETS, now=now)
        found = decoded(body)
        kind, session = told.text(found, "type", longest=100), told.mapping(told.mapping(found, "data"), "object")
        is_ours = self.OURS in told.mapping(session, "metadata") and found.get("livemode") is self.is_live()
        state = self.STATES.get(kind.removeprefix(self.EVENTS), "") if kind.startswith(self.EVENTS) and is_ours else ""
        told_of = {
            "type": session.get("type"),
            "report": session.get("last_verification_report"),
            "error": told.mapping(session, "last_error").get("code"),
        }
        return Told(
            event=told.text(found, "id"),
            kind=kind,
            at=told.instant(found.get("created")),
            reference=told.text(session, "id") if state else "",
            state=state,
            descriptors=told.descriptors(told_of),
        )

    def is_live(self) -> bool:
        return "_test_" not in settings.STRIPE_KEY

    def complete(self, message: Told) -> Told:
        """Events bear neither the name that was read nor of what kind the document is; the session does, when asked for it."""
        if message.state != told.VERIFIED:
            return message
        asked = urlencode([("expand[]", name) for name in self.EXPANDED])
        url = f"{settings.STRIPE_URL}{self.SESSIONS}/{quote(message.reference, safe='')}?{asked}"
        try:
            found = answered(reaching.get(url, headers=self.headers(), reach=reaching.named))
            outputs = told.mapping(found, "verified_outputs")
            document = told.mapping(told.mapping(found, "last_verification_report"), "document")
        except (reaching.Unreachable, Unreadable):
            raise ServiceAway(_("The verification service cannot be reached. Try again later.")) from None
        names = [str(outputs.get(part) or "") for part in ("first_name", "last_name")]
        more = {"issuing_country": document.get("issuing_country"), "type": document.get("type")}
        more["expires_on"] = told.day(document.get("expiration_date"))
        return Told(
            event=message.event,
            kind=message.kind,
            at=message.at,
            reference=message.reference,
            state=message.state,
            descriptors={**message.descriptors, **told.descriptors(more)},
            person=Person(" ".join(filter(None, names))[:300], told.day(outputs.get("dob"))),
        )


SERVICES: dict[str, Service] = {one.code: one for one in (Generic(), Stripe())}


def offered() -> list[Service]:
    return [one for one in SERVICES.values() if one.is_offered()]
