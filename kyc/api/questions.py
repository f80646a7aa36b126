"""A gateway's question about a key, and the answer to it: the same whichever way it came (kyc/api/views.py, kyc/api/lane.py)."""

from dataclasses import dataclass
from typing import Any

from kyc.api import guessing, reasons
from kyc.keys import introspection
from kyc.keys.introspection import ANY, INACTIVE, Conditions, Judged
from kyc.keys.refusals import REFUSALS
from kyc.keys.uses import USES


@dataclass(frozen=True, slots=True)
class Asked:
    token: str
    said: Conditions = ANY
    wants_reason: bool = False


def answered(judged: Judged, asked: Asked, *, gateway: int) -> dict[str, Any]:
    """The body of the answer. Raises Throttled where too much came from that gateway that is no key."""
    if not judged.reason:
        assert judged.row is not None  # nosec B101  # a good key is one of ours
        if judged.row["key"] is not None:
            USES.note(judged.row["key"], judged.seen)
        return judged.answer
    refused(judged, gateway=gateway)
    return INACTIVE | reasons.told(judged.reason) if asked.wants_reason else INACTIVE


def refused(judged: Judged, *, gateway: int) -> None:
    """Noted of a key that there is, and counted of what is none. Raises Throttled where too much of that came from there."""
    if judged.row is None:
        guessing.bad_key(gateway)
    else:
        REFUSALS.note(judged.row["key"], judged.reason, gateway=gateway)


def conditions(values: Any) -> Conditions:
    """Of a mapping with what was sent. Raises introspection.BadConditions."""
    return introspection.conditions(values.get("client_ip") or "", values.get("client_country") or "")
