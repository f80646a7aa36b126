"""A key was found in public by who looks for such things. It is held in the same transaction, and its owners are written to. The
secret is compared and forgotten; revoking stays with its owner or an officer."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, organisations, scope
from accounts.models import User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing
from accounts.vault import searching
from kyc.keys import foreign, holds, secret, telling
from kyc.keys.actions import LEAKED
from kyc.keys.introspection import matches
from kyc.keys.models import Hold, Key, Leak
from kyc.parties import revealing

# What for an officer opens the place, which often names a person.
PURPOSES = {code: revealing.PURPOSES[code] for code in ("contact", "authority")}

# How much is kept of what a finder tells, in characters.
PLACE, URL = 40, 2000


@dataclass(frozen=True)
class Found:
    """One report: the secret as it was found, what the finder calls it, and where it was."""

    token: str = field(repr=False)
    token_type: str = ""
    url: str = field(default="", repr=False)
    place: str = ""


def report(found: Sequence[Found], *, signed_with: str) -> list[bool]:
    """Which of them are keys of ours, in their order. Each that could be used is held, once for each place where it stood: what
    an officer has judged and lifted holds no key again, however often it is told. Nobody is signed in, so nobody knows whose
    keys they are before they are found."""
    with scope.everything(), transaction.atomic():
        ours = known(found)
        # Each place of each once, in one order always, so that two reports of the same keys don't wait for each other.
        first = {(key.pk, finding(one)): (key, one) for one, key in reversed(list(zip(found, ours, strict=True))) if key}
        for (_key, mark), (key, one) in sorted(first.items(), key=lambda item: (item[1][0].organisation_id, item[0])):
            hold(key, one, mark, signed_with=signed_with)
    return [key is not None for key in ours]


def finding(found: Found) -> str:
    """By which the same place is known again; it tells nobody which that is. What the finder calls the key, and which of its keys
    has signed, may change between two reports of one finding."""
    return searching.fingerprint(f"{found.place[:PLACE]}\n{found.url[:URL]}", purpose="leak")


def known(found: Sequence[Found]) -> list[Key | None]:
    """Of each the key it is, or None."""
    written = [foreign.parse(one.token) for one in found]
    prefixes = {one.prefix for one in written if one}
    keys = {key.prefix: key for key in Key.objects.filter(prefix__in=prefixes).select_related("organisation")}
    return [key if one is not None and (key := keys.get(one.prefix)) is not None and is_of(key, one) else None for one in written]


def is_of(key: Key, written: secret.Written) -> bool:
    return matches(written, digest=key.digest, pepper_version=key.pepper_version)


def hold(key: Key, found: Found, mark: str, *, signed_with: str) -> None:
    """A place that was told of before is silence. Another one is written down; unless the key is on hold for this, it is held and
    its owners are written to."""
    organisations.held(key.organisation_id)
    state = Key.objects.values_list("state", flat=True).get(pk=key.pk)
    if state == Key.State.REVOKED or Leak.objects.filter(key=key, finding=mark).exists():
        return
    ours = Hold.objects.filter(key=key, source=LEAKED)
    standing = ours.live().order_by("pk").first()
    lifted = ours.filter(lifted_at__isnull=False).order_by("-lifted_at").first()
    Leak.objects.create(
        organisation=key.organisation,
        key=key,
        hold=standing or holds.place_on_key(key, source=LEAKED, reason=why(lifted)),
        finding=mark,
        signed_with=signed_with[:100],
        token_type=found.token_type[:100],
        place=found.place[:PLACE],
        url=found.url[:URL],
    )
    audit.record("key.leaked", target=key, by=None, prefix=key.prefix, place=found.place[:PLACE])
    if standing is None:
        telling.leaked(key, lifted)


def why(lifted: Hold | None) -> str:
    """For officers, who read that one of them has lifted such a hold before."""
    if lifted is None or lifted.lifted_at is None:
        return "Its secret was found in public"
    return f"Its secret was found in public, in another place than before; that hold was lifted on {lifted.lifted_at:%Y-%m-%d}"


@transaction.atomic
def reveal(leak: Leak, *, purpose: str, by: User) -> Leak:
    """Where it was is shown to an officer, every time anew. Raises NotPermitted, ReasonMissing."""
    require(by, Permission.FIELD_REVEAL)
    if purpose not in PURPOSES:
        raise ReasonMissing(_("Say what you need it for."))
    audit.record("field.revealed", target=leak, by=by, reason=purpose, field="url", name=leak.key.prefix)
    return leak
