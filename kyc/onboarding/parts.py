"""A file that comes in parts, so that a lost connection costs one of them: the browser numbers it, asks how far it has come, and
sends on from there. With the last part the form is sent as ever, and names the file instead of carrying it.

Parts lie in the cache that all processes share, sealed, for an hour, and on no disk. While that is away none is taken, and the
browser sends the file whole.

There a file waits too whose form was refused for something else, so that it is not asked for again.
"""

import json
import secrets
from base64 import b64decode, b64encode
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from accounts import limits, shared, vault
from accounts.models import Organisation, User
from kyc.evidence.intake import shown_name
from kyc.evidence.taking.kinds import LARGEST
from kyc.onboarding.access import while_open

# Bytes of a part, seconds that a file is kept without its form, and how many files of one person wait at a time.
PART, KEPT, MOST = 1024 * 1024, 3600, 3
# Of one person: six of the largest files an hour, each part sent twice.
RATE = "200/h/key"
# Bytes of all people in an hour. Sealed they take nearly twice as many of the cache, which is the broker's too; beyond it a
# browser sends its file whole.
MOST_IN_ALL = 200 * PART


class File:
    """One file of one person on its way in, by the number that his browser has drawn for it."""

    def __init__(self, user: User, number: UUID) -> None:
        self.user, self.number, self.key = user, str(number), f"part:{user.pk}:{number}"

    def told(self) -> dict[str, int]:
        """Its size, how far it has come, and of how many parts; nothing where it is unknown or forgotten."""
        found: dict[str, int] = json.loads(shared.found(self.key) or "{}")
        return found

    @property
    def at(self) -> int:
        return self.told().get("at", 0)

    def take(self, data: bytes, *, at: int, size: int) -> bool:
        """Whether the part is kept: it begins where the file ends by now. One that came before is as if it came again."""
        told = self.told() or {"size": size, "at": 0, "parts": 0}
        if told["size"] != size or told["at"] != at or at + len(data) > size:
            return at + len(data) <= told["at"]
        if at == 0 and not self.enlisted():
            return False
        purpose = f"{self.key}:{told['parts']}"
        told |= {"at": at + len(data), "parts": told["parts"] + 1}
        sealed = vault.sealed(b64encode(data).decode(), purpose=purpose)
        return shared.note(purpose, sealed, seconds=KEPT) and shared.note(self.key, json.dumps(told), seconds=KEPT)

    def enlisted(self) -> bool:
        """Among the few of this person's that wait: the oldest makes room."""
        key = f"parts:{self.user.pk}"
        waiting = [one for one in json.loads(shared.found(key) or "[]") if one != self.key]
        for one in waiting[: 1 - MOST]:
            forget(one)
        return shared.note(key, json.dumps([*waiting[1 - MOST :], self.key]), seconds=KEPT)

    def whole(self, name: str) -> SimpleUploadedFile | None:
        """None where a part of it is missing."""
        told, data = self.told(), b""
        for number in range(told.get("parts", 0)):
            purpose = f"{self.key}:{number}"
            part = vault.opened(shared.found(purpose) or "", purpose=purpose)
            if part is None:
                return None
            data += b64decode(part)
        return SimpleUploadedFile(name, data) if data and len(data) == told["size"] else None


def forget(key: str) -> None:
    for number in range(json.loads(shared.found(key) or "{}").get("parts", 0)):
        shared.forget(f"{key}:{number}")
    shared.forget(key)


def named(request: HttpRequest, user: User) -> File | None:
    """The file of `user` that a form, or a part, names by the number that its browser has drawn."""
    try:
        return File(user, UUID((request.POST or request.GET).get("sent", "")))
    except ValueError:
        return None


def received(request: HttpRequest, user: User) -> MultiValueDict[str, object] | None:
    """A form's files, also one that came before it in parts, or waits since the form was refused."""
    if request.method != "POST":
        return None
    if taken := request.FILES.get("photo"):
        # By the phone's own camera, for which there is a button beside the file's.
        return MultiValueDict({"file": [request.FILES.get("file") or taken]})
    found = named(request, user) if not request.FILES else None
    file = found.whole(request.POST.get("sent_name", "")[:1000] or "document") if found else None
    return MultiValueDict({"file": [file]}) if file else request.FILES


def held(form: Form, request: HttpRequest, user: User) -> dict[str, str]:
    """Of a form that is refused for something else than its file: the number under which the file waits, and its name, so that it
    need not be chosen again. Nothing where there is no such file, the cache is away, or too many parts have come; his count as
    those that a browser sends."""
    file = form.files.get("file")
    if not file or not form.errors or "file" in form.errors or not file.size:
        return {}
    waiting, at = File(user, UUID(bytes=secrets.token_bytes(16))), 0
    file.seek(0)
    while data := file.read(PART):
        is_room = 0 < shared.counted("parts:all", seconds=KEPT, by=len(data)) <= MOST_IN_ALL
        if not is_room or limits.spent(request, "parts", RATE, key=str(user.pk)) or not waiting.take(data, at=at, size=file.size):
            forget(waiting.key)
            return {}
        at += len(data)
    return {"sent": waiting.number, "sent_name": shown_name(file.name)}


def done(request: HttpRequest, user: User) -> None:
    if found := named(request, user):
        forget(found.key)


def number(text: str) -> int | None:
    """Of bytes; None for what is none, or has more digits than any file."""
    return int(text) if text.isdecimal() and len(text) <= 12 else None


@while_open("documents")
def part(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    return answered(request, request.user)


def answered(request: HttpRequest, user: User) -> HttpResponse:
    """How far the file of `user` has come, as `{"at": bytes}`; 409 with the same for a part that begins elsewhere."""
    file = named(request, user)
    if request.method != "POST":
        return JsonResponse({"at": file.at if file else 0})
    if limits.spent(request, "parts", RATE, key=str(user.pk)):
        return limits.refused(request, limits.wait(request, "parts", RATE, key=str(user.pk)))
    sent, at, size = request.FILES.get("part"), number(request.POST.get("at", "")), number(request.POST.get("size", ""))
    is_sound = file is not None and sent is not None and 0 < (sent.size or 0) <= PART
    if not is_sound or at is None or size is None or size > LARGEST:
        return JsonResponse({"error": _("Such a part of a file can't be taken.")}, status=422)
    if shared.counted("parts:all", seconds=KEPT, by=sent.size) > MOST_IN_ALL:
        return JsonResponse({"error": _("Many files are on their way just now. Send this one whole.")}, status=429)
    is_kept = file.take(sent.read(), at=at, size=size)
    return JsonResponse({"at": file.at}, status=200 if is_kept else 409)
