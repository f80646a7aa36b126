"""Whether the token of an identity provider is to be believed (OpenID Connect Core 3.1.3.7). Needs no Django."""

import hmac
from collections.abc import Mapping
from typing import Any

import jwt

# None by which who knows our own secret, or nothing, could sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# How far two clocks may stand apart, in seconds.
LEEWAY = 60
NEEDED = ("iss", "sub", "aud", "exp", "iat")


class NotBelieved(Exception):
    """What came is not what the provider has said to us just now."""


def verified(token: object, *, keys: object, issuer: str, client: str, nonce: str) -> dict[str, Any]:
    """What the token says: signed by one of the provider's `keys` (a JWK set), by `issuer`, for us and nobody else, in answer to
    what we asked with this `nonce`. Raises NotBelieved."""
    if not isinstance(token, str):
        raise NotBelieved("no token came")
    try:
        said: dict[str, Any] = jwt.decode(
            token,
            key_of(token, keys),
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=client,
            leeway=LEEWAY,
            options={"require": list(NEEDED)},
        )
    except jwt.PyJWTError as error:
        raise NotBelieved(str(error)) from error
    if said.get("azp", client) != client or (isinstance(said["aud"], list) and len(said["aud"]) > 1 and "azp" not in said):
        raise NotBelieved("it was given to another client")
    if not nonce or not hmac.compare_digest(str(said.get("nonce", "")).encode(), nonce.encode()):
        raise NotBelieved("it answers another question")
    return said


def key_of(token: str, keys: object) -> jwt.PyJWK:
    """The provider's key that the token names; where it names none, the only one there is."""
    if not isinstance(keys, Mapping):
        raise NotBelieved("its keys are none")
    known = [key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if key.public_key_use in {None, "sig"}]
    named = jwt.get_unverified_header(token).get("kid")
    found = [key for key in known if named is None or key.key_id == named]
    if len(found) != 1:
        raise NotBelieved("it is signed by none of the provider's keys")
    return found[0]
