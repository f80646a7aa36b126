"""Who looks for secrets in public tells of keys that stand there: GitHub's secret scanning partner program, or whoever speaks as
it does. A report is believed by its signature alone, over the body as it came."""

import base64
import binascii
import hashlib
import json
from pathlib import Path
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from kyc.api import bodies, guessing
from kyc.api.problems import KIND, Declined, ProblemDetails, ProblemView
from kyc.api.views import LONGEST_BODY, AlwaysJSON, length
from kyc.keys import leaks

MOST = 1000
IDENTIFIER, SIGNATURE = "Github-Public-Key-Identifier", "Github-Public-Key-Signature"
UNKNOWN = "No public key of that identifier is loaded here."
UNSIGNED = "The signature is not of this body by that key."
NOT_A_LIST = "Send a JSON array of objects, each with the token and its type."


class FoundToken(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="The secret as it was found.")
    type = serializers.CharField(required=False, allow_blank=True)
    url = serializers.CharField(required=False, allow_blank=True)
    source = serializers.CharField(required=False, allow_blank=True)


class Judged(serializers.Serializer[Any]):
    token_hash = serializers.CharField(help_text="SHA-256 of the secret, in base64. The secret is never repeated.")
    token_type = serializers.CharField()
    label = serializers.ChoiceField(choices=["true_positive", "false_positive"])


class Unknown(Exception):
    """No such key is loaded."""


def public_key(identifier: str) -> EllipticCurvePublicKey:
    """Raises Unknown."""
    path = settings.LEAK_FINDERS
    loaded = json.loads(Path(path).read_text())["public_keys"] if path else []
    pem = next((row["key"] for row in loaded if identifier and row["key_identifier"] == identifier), None)
    key = load_pem_public_key(pem.encode()) if pem else None
    if not isinstance(key, EllipticCurvePublicKey):
        raise Unknown
    return key


def is_signed(body: bytes, signature: str, key: EllipticCurvePublicKey) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), body, ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def read(body: bytes) -> list[leaks.Found]:
    """Raises ParseError."""
    rows = bodies.read(body, wrong="The body is not JSON in UTF-8.")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ParseError(NOT_A_LIST)
    if len(rows) > MOST:
        raise ParseError(f"Send at most {MOST} at once.")
    return [row_of(row) for row in rows]


def row_of(row: dict[str, Any]) -> leaks.Found:
    token, *more = (row.get(name, "") for name in ("token", "type", "url", "source"))
    if not isinstance(token, str) or not token or any(not isinstance(one, str | None) for one in more):
        raise ParseError(NOT_A_LIST)
    # A database takes no zero bytes, and no lone surrogates that JSON may spell.
    kind, url, place = ("".join(filter(str.isprintable, one or "")) for one in more)
    return leaks.Found(token=token, token_type=kind, url=url, place=place)


def judged(found: leaks.Found, is_ours: bool) -> dict[str, str]:
    digest = hashlib.sha256(found.token.encode("utf-8", "surrogatepass")).digest()
    return {
        "token_hash": base64.b64encode(digest).decode(),
        "token_type": found.token_type,
        "label": "true_positive" if is_ours else "false_positive",
    }


@method_decorator(cache_control(no_store=True), name="dispatch")
class Leaks(ProblemView):
    """A true one is held before the answer leaves; which one it was the answer says by its hash."""

    authentication_classes: list[Any] = []
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJSON

    @extend_schema(
        request=FoundToken(many=True),
        responses={200: Judged(many=True), **{(status, KIND): ProblemDetails for status in (400, 401, 405, 413, 429, 503)}},
        parameters=[OpenApiParameter(name, str, OpenApiParameter.HEADER, required=True) for name in (IDENTIFIER, SIGNATURE)],
    )
    def post(self, request: Request) -> Response:
        if length(request) > LONGEST_BODY:
            raise RequestDataTooBig
        body, identifier = request._request.body, request.headers.get(IDENTIFIER, "")
        try:
            key = public_key(identifier)
        except Unknown:
            self.refuse(request, UNKNOWN)
        if not is_signed(body, request.headers.get(SIGNATURE, ""), key):
            self.refuse(request, UNSIGNED)
        found = read(body)
        ours = leaks.report(found, signed_with=identifier)
        return Response([judged(one, is_ours) for one, is_ours in zip(found, ours, strict=True)])

    def refuse(self, request: Request, sentence: str) -> NoReturn:
        guessing.bad_credential(request._request)
        raise Declined(401, "not_signed", sentence)
