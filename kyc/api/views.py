"""What a gateway asks."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, QueryDict
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import GatewayCredential
from kyc.api import authorizing, bodies, questions
from kyc.api.authentication import GatewayAuthentication
from kyc.api.problems import KIND, ProblemDetails, ProblemView
from kyc.api.reasons import REASONS
from kyc.keys import introspection
from kyc.parties import countries

# Far above what any token takes.
LONGEST_BODY = 2 * 1024 * 1024


class AnyText(serializers.CharField):
    """Read to the letter and never judged: what cannot be a key is an inactive one (RFC 7662, section 2.2), no bad question."""

    default_error_messages = {
        "required": "This is needed.",
        "null": "This is needed.",
        "blank": "This is needed.",
        "invalid": "This must be text.",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """A number is no text, though it could be written as one."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)

    def run_validators(self, value: Any) -> None:
        """None of those that a text field has by itself."""


AN_ADDRESS = {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}, {"maxLength": 0}]}
A_COUNTRY = {"type": "string", "enum": ["", *sorted(countries.names("en"))]}


@extend_schema_field(AN_ADDRESS)
class Address(AnyText):
    """Judged with the other conditions."""


@extend_schema_field(A_COUNTRY)
class Country(AnyText):
    """As Address."""


class YesOrNo(serializers.BooleanField):
    """As JSON writes it, and in a form the same words: no other word means it."""

    default_error_messages = {"invalid": "This must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if (isinstance(data, str) and data in {"true", "false"}) or isinstance(data, bool):
            return data in (True, "true")
        self.fail("invalid")


class Question(serializers.Serializer[Any]):
    default_error_messages = {"invalid": "Send one JSON object or one form."}

    token = AnyText()
    token_type_hint = AnyText(required=False, allow_blank=True, help_text="Read and ignored.")
    client_ip = Address(
        required=False,
        allow_blank=True,
        help_text="The address that the request comes from, IPv4 or IPv6. A key limited to networks is refused without it.",
    )
    client_country = Country(
        required=False, allow_blank=True, help_text="The country that the gateway believes that to be in (ISO 3166-1 alpha-2)."
    )
    reasons = YesOrNo(required=False, default=False, help_text="Whether to say why a key is refused.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            return attrs | {"said": questions.conditions(attrs)}
        except introspection.BadConditions as error:
            raise serializers.ValidationError({error.name: str(error)}) from None


class Problem(serializers.Serializer[Any]):
    error = serializers.ChoiceField(
        choices=["invalid_request", "invalid_token", "insufficient_scope", "slow_down", "server_error", "temporarily_unavailable"]
    )
    error_description = serializers.CharField(help_text="A sentence for people; its words may change.")


class Confirmation(serializers.Serializer[Any]):
    """By what the key is bound to its holder (RFC 7800): a client certificate (RFC 8705) or a key of DPoP (RFC 9449)."""

    jkt = serializers.CharField(required=False)

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {"x5t#S256": serializers.CharField(required=False)}


class Standing(serializers.Serializer[Any]):
    standing = serializers.ChoiceField(choices=["us", "foreign", "undetermined"])
    checked = serializers.BooleanField(help_text="Whether an officer has verified it by a document that still counts.")


class Limit(serializers.Serializer[Any]):
    of = serializers.ChoiceField(choices=["key", "project", "organisation"])
    unit = serializers.CharField(help_text="requests, tokens or money, which is in millionths of the currency.")
    currency = serializers.CharField(allow_blank=True)
    period = serializers.CharField(help_text="day or month, by UTC, or total.")
    limit = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Neither used nor reserved.")
    reserved = serializers.IntegerField()


class Campaign(serializers.Serializer[Any]):
    stage = serializers.ChoiceField(choices=["open", "limited"])
    deadline = serializers.IntegerField(help_text="From when it is inactive unless its account is verified.")
    limited_from = serializers.IntegerField(required=False, help_text="When that stage begins.")
    requests_a_day = serializers.IntegerField(required=False, help_text="While it is limited; the gateway keeps it.")


class Answer(serializers.Serializer[Any]):
    active = serializers.BooleanField(
        help_text="False comes alone (RFC 7662), unless the reason was asked for: then with reason, requirement and fix."
    )
    token_type = serializers.CharField(required=False)
    client_id = serializers.CharField(required=False, help_text="The key's public prefix.")
    sub = serializers.CharField(required=False, help_text="The entity's reference.")
    entity = serializers.CharField(required=False)
    organisation = serializers.IntegerField(required=False, help_text="The number of the customer in this installation.")
    project = serializers.CharField(required=False)
    responsible = serializers.CharField(
        required=False, help_text="Who answers for the key: party: and the number of that party in this installation."
    )
    responsible_status = serializers.DictField(
        child=Standing(), required=False, help_text="What is known of that person, under iaas and ear."
    )
    assurance = serializers.CharField(required=False, help_text="How well the entity was verified; or unverified.")
    scope = serializers.CharField(required=False, allow_blank=True, help_text="What the key may do, with spaces between.")
    tiers = serializers.ListField(child=serializers.CharField(), required=False, help_text="On which tiers of models.")
    limits = Limit(many=True, required=False, help_text="Every limit that it draws on; one that is reached refuses it.")
    campaign = Campaign(required=False, help_text="Of a key that was issued elsewhere and whose holder is not verified yet.")
    cnf = Confirmation(required=False)
    service = serializers.BooleanField(required=False, help_text="True for a key that no person holds.")
    iat = serializers.IntegerField(required=False)
    exp = serializers.IntegerField(required=False, help_text="The earliest end: of the key or of the entity's verification.")
    reason = serializers.ChoiceField(choices=[*REASONS], required=False, help_text="Why not, as a code that stays.")
    requirement = serializers.CharField(required=False, help_text="What is needed, in a sentence; its words may change.")
    fix = serializers.URLField(required=False, help_text="The page where the customer does it.")
    sandbox = serializers.BooleanField(
        required=False, help_text="True for the keys of sandboxes, which only a gateway for test is told of."
    )


class Encoded(APIException):
    """The body would have to be opened first, which only that of usage is."""

    status_code, default_detail = 415, bodies.ENCODED


def refuse_encoded(request: Request) -> None:
    """Raises Encoded."""
    if bodies.is_encoded(request.headers.get("Content-Encoding", "")):
        raise Encoded


# A library's words tell of its reader, not of the question.
class ToldJSON(JSONParser):
    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        wrong = "The body is not JSON in the character set that it is sent in."
        encoding = (parser_context or {}).get("encoding") or "utf-8"
        return bodies.read(stream.read(), wrong=wrong, encoding=encoding)


class ToldForm(FormParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except (ParseError, UnicodeError):
            raise ParseError("The body is not a form in the character set that it is sent in.") from None


def length(request: Request) -> int:
    """As it is declared; a body without a length is not read at all."""
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    return int(declared) if declared.isascii() and declared.isdecimal() else 0


def refuse_repeated(data: Any) -> None:
    """A parameter stands once (RFC 6749, section 3.2): whoever sends two can't mean the answer about one of them."""
    if isinstance(data, QueryDict) and (twice := [name for name, values in data.lists() if len(values) > 1]):
        raise ParseError(bodies.twice(twice[0]))


class AlwaysJSON(BaseContentNegotiation):
    """Whatever is accepted, the answer is the JSON of RFC 7662: a gateway's library that asks for another is no reason to
    leave it without one."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


@method_decorator(cache_control(no_store=True), name="dispatch")
class Introspect(APIView):
    """RFC 7662. Form-encoded as the RFC says, or JSON. Never cached: the next call may say otherwise."""

    authentication_classes = [GatewayAuthentication]
    parser_classes = [ToldForm, ToldJSON]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJSON

    @extend_schema(request=Question, responses={200: Answer, **dict.fromkeys((400, 401, 405, 413, 415, 429, 503), Problem)})
    def post(self, request: Request) -> Response:
        if length(request) > LONGEST_BODY:
            raise RequestDataTooBig
        refuse_encoded(request)
        refuse_repeated(request.data)
        question = Question(data={} if request.data is None else request.data)
        question.is_valid(raise_exception=True)
        credential: GatewayCredential = request.user
        told = question.validated_data
        asked = questions.Asked(told["token"], told["said"], told["reasons"])
        judged = introspection.judged(asked.token, for_test=credential.for_test, said=asked.said)
        return Response(questions.answered(judged, asked, gateway=credential.pk))


class Schema(SpectacularAPIView):
    """What this API takes and gives, as OpenAPI 3.1, to whoever asks. In English alone, as all that the API says."""

    @extend_schema(parameters=[], responses={200: OpenApiTypes.OBJECT, **dict.fromkeys((404, 405, 406), Problem)})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._get_schema_response(request)


def header(name: str, told: str, *, status: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, response=status.split(), description=told)


KEY_HERE = OpenApiParameter(
    "X-Api-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The customer's key, or Authorization: Bearer."
)
GATEWAY_HERE = OpenApiParameter(
    "X-Gateway-Credential", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The proxy's own credential."
)
CLIENT_IP = OpenApiParameter(
    "X-Client-IP", AN_ADDRESS, OpenApiParameter.HEADER, description="Where the request came from, as the proxy saw it."
)
CLIENT_COUNTRY = OpenApiParameter(
    "X-Client-Country",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Its country, where the proxy knows it.",
)


@method_decorator(cache_control(no_store=True), name="dispatch")
class Authorize(ProblemView):
    """For proxies that judge by the status: 204 with headers, 401 for what is no key, 403 for one that may not act."""

    authentication_classes = []
    http_method_names = ["get", "head"]
    content_negotiation_class = AlwaysJSON
    renderer_classes = [JSONRenderer]

    @extend_schema(
        parameters=[
            KEY_HERE, GATEWAY_HERE, CLIENT_IP, CLIENT_COUNTRY,
            *(header(name, f"As {of} of introspection.", status="204") for name, of in authorizing.HEADERS.items()),
            header("X-Reason", "Why not, as a code that stays.", status="400 401 403 429 503"),
            header("X-Requirement", "What is needed, in a sentence.", status="400 401 403 429 503"),
            header("X-Fix", "The page where the customer does it.", status="403"),
        ],
        responses={204: None, 400: None, 401: None, 403: None, (405, KIND): ProblemDetails, 429: None, 503: None},
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        return authorizing.authorize(request._request)[0]
