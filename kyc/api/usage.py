"""POST /api/v1/usage: what gateways tell of how keys were used. docs/usage.md says it to their engineers."""

import hashlib
import zlib
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from kyc.api import bodies
from kyc.api.authentication import GatewayAuthentication
from kyc.api.problems import KIND, Declined, ProblemDetails, ProblemView
from kyc.api.views import AlwaysJSON
from kyc.usage import intake
from kyc.usage.intake import MOST_ROWS, AnotherBatch, Busy, Sent
from kyc.usage.rows import LAST_ASN, LONGEST_MODEL, MOST

# Of the body, uncompressed: more than ten thousand rows with everything in them take.
LONGEST_BODY = 8 * 1024 * 1024
WAIT = 1
NO_GZIP = "The body is not gzip, though it says so."
HASHED = "A hash of your own in hex or base64url, of 32 to 86 characters, made with a key that only gateways have."
EXAMPLE = {
    "batch": "7b6f1c3e-6d0e-4b7e-9a55-2f4c0f5f9f10",
    "rows": [
        {
            "key": "kh_live_Q3EC3PF3STrl", "hour": "2026-11-30T08:00:00Z", "model": "sonnet-5", "requests": 120,
            "tokens_in": 90210, "tokens_out": 31007, "errors": 2, "refusals": 1, "cost": 734000, "currency": "EUR",
            "ip_hash": "5f1d7a84db00d2fce00b31a7fc73224f", "asn": 64512, "country": "NO",
            "client": "t13d1516h2_8daaf6152771_e5627efa2ab1", 
            "template": "9f86d081884c7d659a2feaa0c55ad015", "end_user": "60303ae22b9988615df3b9d5c8a1e7f0",
        }
    ],
}  # fmt: skip


# What is sent, for the document alone: ten thousand rows are judged quicker by hand (kyc/usage/rows.py).
class Counted(serializers.Serializer[Any]):
    """Counters of a key, an hour, a model and a source. Any other field makes the row a bad one."""

    key = serializers.CharField(help_text="The key's public prefix: kh_live_ and 12 characters. Never the key.")
    hour = serializers.DateTimeField(help_text="The beginning of the hour, in UTC, as 2026-11-30T08:00:00Z.")
    model = serializers.CharField(
        max_length=LONGEST_MODEL,
        help_text="Its name: letters, digits and . _ : / + -; an @ only before a version of digits at its end.",
    )
    requests = serializers.IntegerField(min_value=0, max_value=MOST)
    tokens_in = serializers.IntegerField(min_value=0, max_value=MOST, required=False)
    tokens_out = serializers.IntegerField(min_value=0, max_value=MOST, required=False)
    errors = serializers.IntegerField(min_value=0, max_value=MOST, required=False, help_text="With refusals at most requests.")
    refusals = serializers.IntegerField(min_value=0, max_value=MOST, required=False, help_text="With errors at most requests.")
    cost = serializers.IntegerField(
        min_value=0, max_value=MOST, required=False, help_text="In millionths of the currency's unit; needs a currency."
    )
    currency = serializers.CharField(required=False, allow_blank=True, help_text="ISO 4217; a currency in use.")
    ip_hash = serializers.CharField(required=False, allow_blank=True, help_text=HASHED)
    client = serializers.CharField(required=False, allow_blank=True, help_text=f"{HASHED} It may be a JA4.")
    template = serializers.CharField(required=False, allow_blank=True, help_text=HASHED)
    end_user = serializers.CharField(required=False, allow_blank=True, help_text=HASHED)
    asn = serializers.IntegerField(
        min_value=0, max_value=LAST_ASN, required=False, allow_null=True, help_text="The network's number."
    )
    country = serializers.CharField(
        required=False, allow_blank=True, help_text="ISO 3166-1; XX (unknown) and T1 (Tor) count as not told."
    )


class Batch(serializers.Serializer[Any]):
    """A batch. One that is wrong as a whole is declined; of its rows each stands for itself, and one that is bad is named."""

    batch = serializers.UUIDField(help_text="Made by the gateway, a new one for each batch; sent again, it counts once.")
    rows = serializers.ListField(child=Counted(), min_length=1, max_length=MOST_ROWS)


class Bad(serializers.Serializer[Any]):
    reason = serializers.CharField(help_text="Which field, and what is wrong with it. A sentence for people; it repeats nothing.")
    rows = serializers.ListField(child=serializers.IntegerField(), help_text="Places in the batch, counted from 0.")


class Taken(serializers.Serializer[Any]):
    batch = serializers.UUIDField()
    accepted = serializers.IntegerField(help_text="Rows that count now.")
    late = serializers.IntegerField(help_text="Of these, those told long after their hour.")
    refused = serializers.IntegerField(help_text="Rows that do not count; none of them need be sent again as it was.")
    bad = Bad(many=True)


class Body(JSONParser):
    """The body in full, no longer than may be, with its SHA-256. What is compressed is opened no further than that."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> tuple[Any, str]:
        body = opened(stream.read(LONGEST_BODY + 1), parser_context["request"].headers.get("Content-Encoding", ""))
        if len(body) > LONGEST_BODY:
            raise RequestDataTooBig
        return bodies.read(body, wrong="The body is not JSON in UTF-8."), hashlib.sha256(body).hexdigest()


def opened(body: bytes, encoding: str) -> bytes:
    if encoding.lower() in {"", "identity"}:
        return body
    if encoding.lower() != "gzip":
        raise Declined(
            415,
            "encoding_unknown",
            "The body is encoded in a way that is not known here: send it plain or with Content-Encoding: gzip.",
        )
    if not body.startswith(b"\x1f\x8b"):
        raise ParseError(NO_GZIP)
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        found = unpacker.decompress(body, LONGEST_BODY + 1)
    except zlib.error:
        raise ParseError(NO_GZIP) from None
    if len(found) <= LONGEST_BODY and not unpacker.eof:
        raise ParseError("The gzip ends in its middle.")
    return found


def told(data: Any) -> Sent:
    """Raises ParseError."""
    said, sha256 = data if isinstance(data, tuple) else (None, "")
    if not isinstance(said, dict) or not {"batch", "rows"} <= said.keys():
        raise ParseError("Send one JSON object with batch and rows.")
    if said.keys() - {"batch", "rows"}:
        # The name itself may be somebody's words.
        raise ParseError("Beside batch and rows is a member that is not known here. Send counters only, and never content.")
    try:
        batch = UUID(said["batch"])
        if str(batch) != said["batch"].lower():
            raise ValueError
    except (ValueError, TypeError, AttributeError):
        raise ParseError("batch: Write a UUID.") from None
    rows = said["rows"]
    if not isinstance(rows, list) or not rows:
        raise ParseError("rows: Send a list with at least one row.")
    if len(rows) > MOST_ROWS:
        raise Declined(413, "too_many_rows", f"rows: There are {len(rows)}; at most {MOST_ROWS} come at once.")
    return Sent(batch, rows, sha256)


@method_decorator(cache_control(no_store=True), name="dispatch")
class Usage(ProblemView):
    """Counters a key and hour, in batches, plain or gzip. Good rows count and bad ones are named. The same batch sent again
    changes nothing and is answered as before, so whoever got no answer sends it again."""

    authentication_classes = [GatewayAuthentication]
    parser_classes = [Body]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJSON

    @extend_schema(
        request=Batch,
        responses={
            200: Taken,
            **{(status, KIND): ProblemDetails for status in (400, 401, 405, 409, 413, 415, 429, 503)},
        },
        examples=[OpenApiExample("A batch of one row", value=EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        try:
            sent = told(request.data)
        except UnsupportedMediaType:
            raise Declined(415, "type_unknown", "Send application/json, plain or with Content-Encoding: gzip.") from None
        try:
            return Response(intake.take(sent, credential=request.user))
        except AnotherBatch as refusal:
            told_otherwise = f"{refusal} Send these rows under a new UUID, if they have not been counted."
            raise Declined(409, "another_batch", told_otherwise) from None
        except Busy as refusal:
            raise Declined(429, "slow_down", str(refusal), wait=WAIT) from None
