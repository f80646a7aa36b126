"""Signatures as the two standards write them; the first vector is the one of the Standard Webhooks specification's libraries."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.evidence.outside import signatures
from kyc.evidence.outside.signatures import TOLERANCE, BadSecret, NotSigned

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
NOW = 1614265330
BODY = b'{"test": 2432232314}'
VECTOR = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"


def headers(**changes: str) -> dict[str, str]:
    told = {"webhook-id": MESSAGE, "webhook-timestamp": str(NOW), "webhook-signature": VECTOR}
    return told | {name.replace("_", "-"): value for name, value in changes.items()}


class TestCheck:
    def test_the_vector_of_the_standard_is_good(self) -> None:
        assert signatures.check(BODY, headers(), secrets=[SECRET], now=NOW) == MESSAGE
        assert signatures.signed(BODY, message=MESSAGE, at=NOW, secret=SECRET) == VECTOR

    def test_one_of_several_signatures_and_one_of_several_secrets_are_enough(self) -> None:
        both = f"v1a,xxxx v1,AAAA {VECTOR}"
        assert signatures.check(BODY, headers(webhook_signature=both), secrets=[OTHER, SECRET], now=NOW)

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"webhook_signature": ""}, "signature"),
            ({"webhook_signature": VECTOR.replace("v1,", "v2,")}, "signature"),
            ({"webhook_signature": VECTOR[:-3]}, "signature"),
            ({"webhook_signature": "v1,é"}, "signature"),
            ({"webhook_id": "msg_other"}, "signature"),
            ({"webhook_id": ""}, "id"),
            ({"webhook_id": "msg.1614265330"}, "id"),
            ({"webhook_timestamp": str(NOW + 1)}, "signature"),
            ({"webhook_timestamp": f"0{NOW}"}, "timestamp"),
            ({"webhook_timestamp": "-1"}, "timestamp"),
            ({"webhook_timestamp": "١٢٣"}, "timestamp"),
            ({"webhook_timestamp": ""}, "timestamp"),
        ],
    )
    def test_anything_else_is_not(self, changes: dict[str, str], why: str) -> None:
        with pytest.raises(NotSigned) as refused:
            signatures.check(BODY, headers(**changes), secrets=[SECRET], now=NOW)
        assert refused.value.why == why

    @pytest.mark.parametrize("now", [NOW - TOLERANCE - 1, NOW + TOLERANCE + 1])
    def test_a_late_or_early_one_is_not(self, now: int) -> None:
        with pytest.raises(NotSigned, match="late"):
            signatures.check(BODY, headers(), secrets=[SECRET], now=now)
        assert signatures.check(BODY, headers(), secrets=[SECRET], now=NOW + TOLERANCE)

    def test_another_secret_or_none_is_not(self) -> None:
        for secrets in ([OTHER], []):
            with pytest.raises(NotSigned, match="signature"):
                signatures.check(BODY, headers(), secrets=secrets, now=NOW)

    @given(body=st.binary(), at=st.integers(0, 2**31), message=st.text("abcXYZ019-_", min_size=1, max_size=40))
    def test_what_we_sign_is_believed_and_a_changed_body_is_not(self, body: bytes, at: int, message: str) -> None:
        sent = signatures.headers(body, message=message, at=at, secret=SECRET)
        assert signatures.check(body, sent, secrets=[SECRET], now=at) == message
        with pytest.raises(NotSigned):
            signatures.check(body + b"x", sent, secrets=[SECRET], now=at)

    @pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "whsec_QUJD", SECRET.removeprefix("whsec_")])
    def test_a_secret_is_written_as_the_standard_has_it(self, secret: str) -> None:
        with pytest.raises(BadSecret):
            signatures.key(secret)


class TestCheckStripe:
    def header(self, secret: str = "whsec_stripe", at: int = NOW, body: bytes = BODY) -> str:
        made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={at},v1={made},v0=abc"

    def test_its_own_is_good_also_beside_an_older_secret(self) -> None:
        signatures.check_stripe(BODY, self.header(), secrets=["whsec_old", "whsec_stripe"], now=NOW)

    @pytest.mark.parametrize("header", ["", "t=1", f"t={NOW},v1=", f"t={NOW},t={NOW},v1=a", "v1=abc", f"t={NOW},v0=abc"])
    def test_anything_else_is_not(self, header: str) -> None:
        with pytest.raises(NotSigned):
            signatures.check_stripe(BODY, header, secrets=["whsec_stripe"], now=NOW)

    def test_a_changed_body_another_secret_and_a_late_one_are_not(self) -> None:
        for body, secret, now in ((BODY + b" ", "whsec_stripe", NOW), (BODY, "x", NOW), (BODY, "whsec_stripe", NOW + 301)):
            with pytest.raises(NotSigned):
                signatures.check_stripe(body, self.header(), secrets=[secret], now=now)
