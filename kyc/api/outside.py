"""What verification services tell of checks that customers began there, as signed messages. Each is believed by its signature
alone, over the body as it came, and taken once."""

from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from kyc.api import guessing
from kyc.api.problems import KIND, Declined, ProblemDetails, ProblemView
from kyc.api.views import AlwaysJSON, length
from kyc.evidence import outside_checks
from kyc.evidence.confirmation_models import OutsideMessage
from kyc.evidence.outside.services import SERVICES, ServiceAway
from kyc.evidence.outside.signatures import NotSigned
from kyc.evidence.outside.told import Unreadable

# A message tells of one check, without pictures.
LONGEST = 256 * 1024
NOT_SIGNED = "The message is not signed by a secret of this service, or not within the last five minutes."


class Received(serializers.Serializer[Any]):
    effect = serializers.ChoiceField(choices=OutsideMessage.Effect.choices, help_text="What became of the message.")


@method_decorator(cache_control(no_store=True), name="dispatch")
class Verifications(ProblemView):
    authentication_classes: list[Any] = []
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJSON

    @extend_schema(
        parameters=[OpenApiParameter("service", {"type": "string", "enum": [*SERVICES]}, OpenApiParameter.PATH)],
        request={"application/json": {"type": "object"}},
        responses={200: Received, **{(status, KIND): ProblemDetails for status in (400, 401, 404, 405, 413, 429, 503)}},
    )
    def post(self, request: Request, service: str) -> Response:
        if length(request) > LONGEST:
            raise RequestDataTooBig
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            return Response({"effect": outside_checks.receive(service, request._request.body, headers)})
        except outside_checks.NotOffered as error:
            raise Declined(404, "no_service", str(error)) from None
        except NotSigned:
            self.refuse(request)
        except Unreadable as error:
            raise Declined(400, "unreadable", f"The message is signed and cannot be read: {error}.") from None
        except outside_checks.NoCheck:
            # Its beginning may not be written yet; who asks again finds it.
            raise Declined(404, "no_check", "The message is about no check that is known here.") from None
        except ServiceAway as error:
            raise Declined(503, "service_away", str(error), wait=60) from None

    def refuse(self, request: Request) -> NoReturn:
        guessing.bad_credential(request._request)
        raise Declined(401, "not_signed", NOT_SIGNED)
