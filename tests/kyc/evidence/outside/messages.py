"""Messages as the two services send them."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from kyc.evidence.outside import signatures

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STRIPE = "whsec_of_the_endpoint"
NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()


def generic(reference: str, kind: str, *, at: str, **more: Any) -> bytes:
    return json.dumps({"type": f"verification.{kind}", "timestamp": at, "data": {"id": reference, **more}}).encode()


def sent(body: bytes, message: str, *, secret: str = SECRET, late: int = 0) -> dict[str, str]:
    return signatures.headers(body, message=message, at=int(time.time()) - late, secret=secret)


def event(reference: str, kind: str, *, number: str, created: int, **session: Any) -> bytes:
    """As Stripe documents it: https://docs.stripe.com/api/events and /api/identity/verification_sessions/object."""
    told = {
        "id": reference,
        "object": "identity.verification_session",
        "client_reference_id": None,
        "created": created - 60,
        "last_error": None,
        "last_verification_report": "vr_1",
        "livemode": False,
        "metadata": {"keyholder": "ours"},
        "options": {"document": {"require_matching_selfie": True}},
        "redaction": None,
        "status": kind,
        "type": "document",
        **session,
    }
    return json.dumps(
        {
            "id": number,
            "object": "event",
            "api_version": "2024-06-20",
            "created": created,
            "data": {"object": told},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": f"identity.verification_session.{kind}",
        }
    ).encode()


def stripe(body: bytes, *, secret: str = STRIPE, late: int = 0) -> dict[str, str]:
    at = int(time.time()) - late
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={at},v1={made},v0={'0' * 64}"}
