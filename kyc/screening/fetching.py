"""A list from its publisher's own address: over https, no more than a limit, and led on to no host that nobody named."""

import http.client
import time
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.utils.translation import gettext as _

from accounts.refused import Refused

# Of silence, and of all of it.
SILENCE_SECONDS, WITHIN_SECONDS = 60, 30 * 60
MOST_BYTES = 2 * 1024**3
CHUNK = 256 * 1024


class Unfetched(Refused):
    """The publisher did not give it, or not in the way agreed."""


class Here(HTTPRedirectHandler):
    """Follows to the same host, and to those that the operator named."""

    def __init__(self, url: str, hosts: Collection[str]) -> None:
        self.first, self.hosts = urlsplit(url), hosts

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        to = urlsplit(newurl)
        is_here = (to.scheme, to.netloc) == (self.first.scheme, self.first.netloc)
        if not is_here and (to.scheme != "https" or to.hostname not in self.hosts):
            raise Unfetched(_("The publisher leads on to %(host)s, which LIST_HOSTS does not name.") % {"host": to.netloc[:200]})
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetched(url: str, folder: Path, *, hosts: Collection[str], most: int = MOST_BYTES, within: float = WITHIN_SECONDS) -> Path:
    """The file, in `folder`, under the name that the address gives it. Raises Unfetched."""
    path = folder / (Path(urlsplit(url).path).name or "list")
    request = Request(url, headers={"User-Agent": "Keyholder", "Accept-Encoding": "identity"})  # noqa: S310  # settings take https only
    try:
        with build_opener(Here(url, hosts)).open(request, timeout=SILENCE_SECONDS) as answer, path.open("wb") as file:
            copy(answer, file, most=most, ends=time.monotonic() + within)
    except HTTPError as error:
        raise Unfetched(_("The publisher answered with %(status)s.") % {"status": error.code}) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unfetched(
            _("The publisher could not be reached: %(why)s.") % {"why": str(error)[:200] or type(error).__name__}
        ) from error
    return path


def copy(answer: Any, file: IO[bytes], *, most: int, ends: float) -> None:
    """All that was announced, and no more than may be."""
    announced, size = answer.headers.get("Content-Length", ""), 0
    while chunk := answer.read(CHUNK):
        size += len(chunk)
        if size > most:
            raise Unfetched(_("The publisher's file is larger than %(most)s MB.") % {"most": most // 1024**2})
        if time.monotonic() > ends:
            raise Unfetched(_("The publisher's file did not come in time."))
        file.write(chunk)
    if announced.isdecimal() and int(announced) != size:
        raise Unfetched(_("The publisher's file was cut off: %(size)s of %(all)s bytes came.") % {"size": size, "all": announced})
