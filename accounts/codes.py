"""A code of an authenticator app works once, whichever process takes it and whatever became of the cache.

The sign-in library notes in the cache which codes were used, and a cache may be restarted empty while the code that somebody has
looked at over a shoulder is still good. So the last one that was used stands beside its secret, in the row, which is held while
it is looked at. No code of that moment or of an earlier one is taken again (RFC 6238, section 5.2)."""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.db import transaction

# In the data of the row: the number of the half minute whose code was last used.
LAST = "last_used_counter"


def mark_used(self: totp.TOTP, code: str) -> bool:
    """Of TOTP, in place of the library's mark in the cache: whether a code that is right is used for the first time."""
    secret = decrypt(self.instance.data["secret"])
    # None where its half minute ended while it was looked at.
    its = [one for one in totp.yield_hotp_counters_from_time() if compare_user_code(actual=code, expected=written(secret, one))]
    return bool(its) and first(self.instance, max(its))


def written(secret: str, counter: int) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


@transaction.atomic
def first(authenticator: Authenticator, counter: int) -> bool:
    row = Authenticator.objects.select_for_update().filter(pk=authenticator.pk).first()
    if row is None or row.data.get(LAST, -1) >= counter:
        return False
    row.data[LAST] = counter
    row.save(update_fields=["data"])
    return True


def on_enrolment(*, authenticator: Authenticator, **_: object) -> None:
    """allauth's signal: the code that switched the app on is used up as well."""
    if authenticator.type == Authenticator.Type.TOTP:
        first(authenticator, max(totp.yield_hotp_counters_from_time()))
