"""How many wrong passwords are taken, and from whom.

They count by account and address together, so that who types them elsewhere keeps nobody out of his account. What remains:
who sits behind the owner's own address, as a colleague in the same office does, can keep him out for five minutes at a time;
and who guesses from several addresses can use up what one account is allowed from everywhere, which then is closed, for a quarter
of an hour at a time, to all addresses but those from which its owner is signed in or was lately. Even so he comes in with a
passkey, and a password that he sets anew by mail empties the counts."""

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from accounts import limits

HERE = "10/m/ip,5/5m/key"
# However many addresses guess. NIST SP 800-63B, section 5.2.2, allows no more than a hundred in a row on one account; these are
# eighty in an hour, of which none is left to who goes on at once, and its owner waits for no more than the quarter.
EVERYWHERE = "20/15m/key"
Count = tuple[str, str, str]


def try_one(request: HttpRequest, email: str) -> ratelimit.RateLimitUsage:
    """Counts a password as wrong until it is judged; what is returned takes that back."""
    counts = counts_of(request, email)
    if was_here(request, email):
        counts = counts[:1]
    usage = ratelimit.RateLimitUsage(usage=[])
    for action, rates, key in counts:
        found = limits.counted(request, action, rates, key=key)
        if found is None:
            raise ImmediateHttpResponse(limits.refused(request, limits.wait(request, action, rates, key=key), by_mail=True))
        usage.usage += found.usage
    return usage


def forget(request: HttpRequest, email: str) -> None:
    for action, rates, key in counts_of(request, email):
        limits.forget(request, action, rates, key=key)


def counts_of(request: HttpRequest, email: str) -> list[Count]:
    account = email.strip().lower()
    return [
        ("wrong_password", HERE, f"{account} {ratelimit.get_ip(request)}"),
        ("wrong_password_everywhere", EVERYWHERE, account),
    ]


def was_here(request: HttpRequest, email: str) -> bool:
    """Whether the account has a session from this very address."""
    address = get_adapter().get_client_ip(request)
    return UserSession.objects.filter(user__emailaddress__email__iexact=email.strip(), ip=address).exists()
