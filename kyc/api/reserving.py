"""POST /api/v1/limits/reserve and /api/v1/limits/settle: drawing on limits before a call, and what it really used after it.
docs/usage.md says it to the gateways' engineers.

A key that introspection refuses reserves nothing, and is told for the same reason. The key's text is read as introspection reads
it, and stands nowhere afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.db.models import Q
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import scope
from kyc.api import questions
from kyc.api.authentication import GatewayAuthentication
from kyc.api.problems import KIND, Declined, ProblemDetails, ProblemView
from kyc.api.reasons import REASONS
from kyc.api.views import Address, AlwaysJSON, AnyText, Country, ToldJSON, length, refuse_encoded
from kyc.keys import introspection, pools, staged
from kyc.keys.estate_models import ImportedKey
from kyc.keys.introspection import UNKNOWN, Row
from kyc.keys.models import Key
from kyc.keys.pool_models import Reservation, Unit
from kyc.keys.pools import LONGEST, MOST, SHORTEST, Left

# Far above what any question takes.
LONGEST_BODY = 64 * 1024
TTL = 60
ANOTHER = "Under this number something else was reserved before. Reserve under a new UUID."
OVER = "The time of the reservation under this number is over, or it is settled. Reserve under a new UUID."
NOTHING = "Nothing is reserved under this number, or so long ago that nobody knows: tell it with the usage of its hour."
OTHER_UNITS = "amounts: Settle units that were reserved."
CURRENCY = "currency: Say of which currency the money is, as three capital letters, and only of money."


def is_whole(value: Any) -> bool:
    """As JSON Schema has it: 1.0 is a whole number, and true is none."""
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def of_units(least: int) -> dict[str, Any]:
    """The schema of amounts."""
    amount = {"type": "integer", "minimum": least, "maximum": MOST}
    return {
        "type": "object", "properties": dict.fromkeys(Unit.values, amount), "additionalProperties": False, "minProperties": 1,
        "description": "Requests, tokens, and money in millionths of the currency.",
    }  # fmt: skip


class Amounts(serializers.Field):  # type: ignore[type-arg]  # of any JSON
    least = 1
    default_error_messages = {
        "empty": "Name at least one of requests, tokens and money, each with a whole number from {least} to {most}.",
        "invalid": "Write whole numbers of requests, tokens or money, from {least} to {most}.",
    }

    def to_internal_value(self, data: Any) -> dict[str, int]:
        if data == {}:
            self.fail("empty", least=self.least, most=MOST)
        is_so = isinstance(data, dict) and all(unit in Unit.values for unit in data)
        if not is_so or not all(is_whole(amount) and self.least <= amount <= MOST for amount in data.values()):
            self.fail("invalid", least=self.least, most=MOST)
        return {unit: int(amount) for unit, amount in data.items()}

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(of_units(1))
class Wanted(Amounts):
    """What may be reserved."""


@extend_schema_field(of_units(0))
class Used(Amounts):
    least = 0


@extend_schema_field({"type": "string", "format": "uuid"})
class Number(AnyText):
    default_error_messages = {"invalid": "Write a UUID."}

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        try:
            number = UUID(text)
        except ValueError:
            self.fail("invalid")
        return number if str(number) == text.lower() else self.fail("invalid")


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": int(LONGEST.total_seconds()), "default": TTL})
class Seconds(serializers.Field):  # type: ignore[type-arg]  # of any JSON
    default_error_messages = {"invalid": "Write a whole number of seconds, from 1 to 3600."}

    def to_internal_value(self, data: Any) -> timedelta:
        if not is_whole(data) or not SHORTEST.total_seconds() <= data <= LONGEST.total_seconds():
            self.fail("invalid")
        return timedelta(seconds=int(data))

    def to_representation(self, value: timedelta) -> int:
        return int(value.total_seconds())


@extend_schema_field({"type": "string", "pattern": "^([A-Z]{3})?$"})
class Currency(AnyText):
    """Judged with the amounts."""


class Wish(serializers.Serializer[Any]):
    default_error_messages = {"invalid": "Send one JSON object."}

    number = Number(help_text="Made by the gateway, a new one for each call; sent again, it reserves once.")
    token = AnyText(help_text="The customer's key, to the letter, as introspection takes it.")
    amounts = Wanted()
    currency = Currency(required=False, allow_blank=True, default="", help_text="ISO 4217, where money is reserved.")
    ttl = Seconds(required=False, default=timedelta(seconds=TTL), help_text="After so many seconds it is free again.")
    client_ip = Address(required=False, allow_blank=True, help_text="As introspection takes it.")
    client_country = Country(required=False, allow_blank=True, help_text="As introspection takes it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        code = attrs["currency"]
        is_code = len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()
        if is_code != (Unit.MONEY in attrs["amounts"]) or (code and not is_code):
            raise serializers.ValidationError(CURRENCY)
        try:
            return attrs | {"said": questions.conditions(attrs)}
        except introspection.BadConditions as error:
            raise serializers.ValidationError({error.name: str(error)}) from None


class Settlement(serializers.Serializer[Any]):
    default_error_messages = {"invalid": "Send one JSON object."}

    number = Number(help_text="Under which it was reserved.")
    amounts = Used(help_text="What was really used, of the units that were reserved; what is left out is 0.")


class LeftOfLimit(serializers.Serializer[Any]):
    of = serializers.ChoiceField(choices=["key", "project", "organisation"])
    unit = serializers.ChoiceField(choices=Unit.values)
    currency = serializers.CharField(allow_blank=True)
    period = serializers.CharField(help_text="day or month, by UTC, or total.")
    limit = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Without what is reserved.")
    resets_at = serializers.DateTimeField(allow_null=True, help_text="When it begins anew; null of one in total.")


class Made(serializers.Serializer[Any]):
    number = serializers.UUIDField()
    amounts = serializers.DictField(child=serializers.IntegerField())
    expires_at = serializers.DateTimeField()
    limits = LeftOfLimit(many=True, help_text="Every limit that the key draws on.")


class Settled(serializers.Serializer[Any]):
    number = serializers.UUIDField()
    amounts = serializers.DictField(child=serializers.IntegerField(), help_text="What counts: as it was settled first.")
    settled_at = serializers.DateTimeField()
    limits = LeftOfLimit(many=True, help_text="Every limit that the key draws on.")


class KeyProblem(ProblemDetails):
    """Of a key that may not act, or not so much."""

    reason = serializers.ChoiceField(choices=[*REASONS], help_text="As introspection has it; a code that stays.")
    limit = LeftOfLimit(required=False, help_text="Which limit is reached, where that is the reason.")


def shown(left: Left) -> dict[str, Any]:
    return {
        "of": left.of, "unit": left.unit, "currency": left.currency, "period": left.period, "limit": left.limit,
        "left": left.left, "resets_at": left.resets_at and left.resets_at.isoformat(),
    }  # fmt: skip


def refuse(code: str, left: Left | None = None) -> NoReturn:
    """Raises Declined."""
    reason = REASONS[code]
    more: dict[str, Any] = {"reason": code} | ({"limit": shown(left)} if left else {})
    raise Declined(403, code, reason.requirement, fix=reason.page, more=more)


def reserve(told: dict[str, Any], *, gateway: Any) -> dict[str, Any]:
    """Raises Declined, Throttled."""
    judged = introspection.judged(told["token"], for_test=gateway.for_test, said=told["said"])
    try:
        if judged.row is None or judged.reason == UNKNOWN.reason:
            refuse(UNKNOWN.reason)
        with scope.everything():
            key = key_of(judged.row)
            refuse_judged(key, judged.reason, told["number"])
            return reserved(key, told)
    except Declined as refusal:
        if reason := refusal.more.get("reason"):
            questions.refused(replace(judged, reason=reason), gateway=gateway.pk)
        raise


def key_of(row: Row) -> Key | ImportedKey:
    """Whose question was judged: a key of ours, or one that was issued elsewhere."""
    if row["key"] is not None:
        return Key.objects.get(pk=row["key"])
    return ImportedKey.objects.get(prefix=row["estate"]["prefix"])


def left_of(key: Key | ImportedKey) -> list[Left]:
    return staged.left_of(key) if isinstance(key, ImportedKey) else pools.left_of(key.pk)


def refuse_judged(key: Key | ImportedKey, reason: str, number: UUID) -> None:
    """What took the last of a limit may be asked about again. Raises Declined."""
    of_it = Q(imported=key) if isinstance(key, ImportedKey) else Q(key=key)
    if reason == "limit_reached" and not Reservation.objects.filter(of_it, pk=number).exists():
        refuse(reason, next((left for left in left_of(key) if not left.left), None))
    if reason not in {"", "limit_reached"}:
        refuse(reason)


def reserved(key: Key | ImportedKey, told: dict[str, Any]) -> dict[str, Any]:
    number, amounts = told["number"], told["amounts"]
    wanted = {"ttl": told["ttl"], "currency": told["currency"], "number": number}
    try:
        made = staged.reserve(key, amounts, **wanted) if isinstance(key, ImportedKey) else pools.reserve(key, amounts, **wanted)
    except pools.AnotherReservation:
        raise Declined(409, "another_reservation", ANOTHER) from None
    except pools.AnotherCurrency as refusal:
        raise Declined(409, "another_currency", f"currency: {refusal}") from None
    except pools.LimitReached as refusal:
        pool = refusal.pool.pk if refusal.pool else 0
        refuse("limit_reached", next((left for left in left_of(key) if left.pool == pool), None))
    if made.settled_at is not None or made.expires_at <= timezone.now():
        raise Declined(409, "reservation_over", OVER)
    return {"number": str(number), "amounts": made.amounts, "expires_at": made.expires_at, "limits": limits_of(key)}


def settle(told: dict[str, Any], *, gateway: Any) -> dict[str, Any]:
    """Raises Declined."""
    number = told["number"]
    with scope.everything():
        # A gateway for test knows nothing but sandboxes, and no other one knows them.
        found = Reservation.objects.filter(pk=number).select_related("organisation", "key", "imported").first()
        if found is None or bool(found.organisation.sandbox) != gateway.for_test:
            raise Declined(404, "no_such_reservation", NOTHING)
        try:
            settled = (staged if found.imported_id else pools).settle(number, told["amounts"])
        except (pools.NoSuchReservation, Reservation.DoesNotExist):
            raise Declined(404, "no_such_reservation", NOTHING) from None
        except pools.BadAmount:
            raise Declined(400, "invalid_request", OTHER_UNITS) from None
        limits = [shown(left) for key in (found.key, found.imported) if key for left in left_of(key)]
    return {"number": str(number), "amounts": settled.actual, "settled_at": settled.settled_at, "limits": limits}


def limits_of(key: Key | ImportedKey) -> list[dict[str, Any]]:
    return [shown(left) for left in left_of(key)]


@method_decorator(cache_control(no_store=True), name="dispatch")
class OfLimits(ProblemView):
    authentication_classes = [GatewayAuthentication]
    parser_classes = [ToldJSON]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJSON

    def answered(self, request: Request, kind: type[serializers.Serializer[Any]], act: Callable[..., dict[str, Any]]) -> Response:
        if length(request) > LONGEST_BODY:
            raise RequestDataTooBig
        refuse_encoded(request)
        question = kind(data={} if request.data is None else request.data)
        question.is_valid(raise_exception=True)
        return Response(act(question.validated_data, gateway=request.user))


class Reserve(OfLimits):
    """Draws on all limits that the key stands under, or on none. The same number sent again reserves once."""

    @extend_schema(
        request=Wish,
        responses={
            200: Made,
            (403, KIND): KeyProblem,
            **{(status, KIND): ProblemDetails for status in (400, 401, 405, 409, 413, 415, 429, 503)},
        },
    )
    def post(self, request: Request) -> Response:
        return self.answered(request, Wish, reserve)


class Settle(OfLimits):
    """What was really used takes the place of what was reserved, however much it is. Sent again, it changes nothing."""

    @extend_schema(
        request=Settlement,
        responses={200: Settled, **{(status, KIND): ProblemDetails for status in (400, 401, 404, 405, 413, 415, 429, 503)}},
    )
    def post(self, request: Request) -> Response:
        return self.answered(request, Settlement, settle)
