"""What a gateway asks."""

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import GatewayCredential
from kyc.api.authentication import GatewayAuthentication
from kyc.keys.introspection import introspect


class AnyText(serializers.CharField):
    """Read to the letter and never judged: what cannot be a key is an inactive one (RFC 7662, section 2.2), no bad question."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def run_validators(self, value: Any) -> None:
        """None of those that a text field has by itself."""


class Question(serializers.Serializer[Any]):
    token = AnyText()
    token_type_hint = AnyText(required=False, allow_blank=True, help_text="Read and ignored.")


class Problem(serializers.Serializer[Any]):
    error = serializers.CharField()
    error_description = serializers.CharField()


class Answer(serializers.Serializer[Any]):
    active = serializers.BooleanField()
    token_type = serializers.CharField(required=False)
    client_id = serializers.CharField(required=False, help_text="The key's public prefix.")
    sub = serializers.CharField(required=False, help_text="The entity's reference.")
    entity = serializers.CharField(required=False)
    organisation = serializers.IntegerField(required=False)
    project = serializers.CharField(required=False)
    responsible = serializers.CharField(required=False)
    iat = serializers.IntegerField(required=False)
    exp = serializers.IntegerField(required=False, help_text="When the entity's verification ends.")
    sandbox = serializers.BooleanField(
        required=False, help_text="True for the keys of sandboxes, which only a gateway for test is told of."
    )


class FlatJSONParser(JSONParser):
    """Python's reader gives up on brackets within brackets within brackets; that is the sender's error."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None


@method_decorator(cache_control(no_store=True), name="dispatch")
class Introspect(APIView):
    """RFC 7662. Form-encoded as the RFC says, or JSON. Never cached: the next call may say otherwise."""

    authentication_classes = [GatewayAuthentication]
    parser_classes = [FormParser, FlatJSONParser]
    renderer_classes = [JSONRenderer]

    @extend_schema(request=Question, responses={200: Answer, 400: Problem, 401: Problem})
    def post(self, request: Request) -> Response:
        question = Question(data=request.data)
        question.is_valid(raise_exception=True)
        credential: GatewayCredential = request.user
        return Response(introspect(question.validated_data["token"], for_test=credential.for_test))
