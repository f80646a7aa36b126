"""Where an installation keeps what it keeps, and who owns it. Needs nothing but Python."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parent.parent
# Everything an installation keeps; another folder makes a second installation of the same checkout.
DATA = Path(os.environ.get("KEYHOLDER_STATE", str(BASE / ".data"))).resolve()
SYSTEM_USER = "keyholder"
SOCKET_LIMIT = 90
IDENT = hashlib.sha256(str(DATA).encode()).hexdigest()[:12]

# What only a production has. A demo may have another broker, or be shown under another host.
OF_PRODUCTION = (
    "DATABASE_OWNER_URL", "DATABASE_ERASER_URL", "SECRET_KEY", "KEY_PEPPERS", "AUDIT_SIGNING_KEY", "VAULT_KEYS",
    "VAULT_INDEX_KEY",
)  # fmt: skip


def why_no_demo() -> str:
    """A sentence where a production has lost its database: without one it would start as a demo, which lets everybody in."""
    left = [name for name in OF_PRODUCTION if os.environ.get(name)]
    if not left or "DATABASE_URL" in os.environ:
        return ""
    return (
        f"{left[0]} is set and DATABASE_URL is not. Without DATABASE_URL Keyholder would start as a demo, open to everybody: "
        "set it, or take the other away; see README.md."
    )


def as_root() -> bool:
    return os.geteuid() == 0


def system_user() -> str:
    """Who PostgreSQL runs as: ourselves, or as root an unprivileged user made for it."""
    if not as_root():
        return pwd.getpwuid(os.geteuid()).pw_name
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER).pw_name
    subprocess.run(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER], check=True)
    return SYSTEM_USER


def enterable(path: Path) -> bool:
    """Whether any user may walk through every folder down to `path`."""
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents] if folder.exists())


def home() -> Path:
    """Where the cluster stands: .data, or /var/lib/keyholder/<hash> where PostgreSQL's user can't enter the checkout."""
    if as_root() and not enterable(DATA.parent):
        return Path("/var/lib/keyholder") / IDENT
    return DATA


def sockets() -> Path:
    """The private folder of both sockets; a short one elsewhere when the path would be too long for a socket."""
    folder = home() / "run"
    return folder if len(str(folder)) <= SOCKET_LIMIT else Path(f"/tmp/keyholder-{os.geteuid()}-{IDENT}")  # noqa: S108  # nosec B108  # a folder of our own, made for its owner alone


def wheel(package: str, *inside: str) -> Path:
    return Path(sysconfig.get_path("purelib"), package, *inside)


def own(path: Path, *, mode: int = 0o700) -> None:
    """A folder of ours alone. One that somebody else has put there before, or a link, is refused: the short folder of the
    sockets stands where anybody may write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), pwd.getpwnam(system_user()).pw_uid}:
        raise SystemExit(f"{path} is not a folder of ours. Remove it, or find out who put it there.")
    path.chmod(mode)
    if as_root():
        shutil.chown(path, system_user(), system_user())


def demoted() -> dict[str, Any]:
    """Arguments that make a child PostgreSQL's user."""
    if not as_root():
        return {}
    user = pwd.getpwnam(system_user())
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def make_folders() -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    DATA.chmod(0o711 if as_root() else 0o700)
    if home() != DATA:
        home().mkdir(parents=True, exist_ok=True)
        (DATA / "cluster").write_text(f"The database of this checkout stands in {home()}\n")
    own(sockets())


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def launch(command: list[str], log: str, **kwargs: Any) -> "subprocess.Popen[bytes]":
    with open(DATA / log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd="/", **kwargs
        )


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    DATA.mkdir(parents=True, exist_ok=True)
    with (DATA / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def kept(name: str, *, prefix: str = "") -> Path:
    """The file of a secret of this installation, drawn the first time."""
    path = DATA / name
    with locked("secrets.lock"):
        if not path.exists():
            beside = path.with_name(f"{name}.new")
            beside.touch(mode=0o600)
            beside.write_text(f"{prefix}{secrets.token_urlsafe(32)}\n")
            beside.replace(path)
    return path


def running(file: Path, *, names: Path) -> int | None:
    """The process whose number stands first in `file`. A file may outlive its process, and the number may then be
    another's, so the command line must name `names`."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int(file.read_text().splitlines()[0])
        if str(names) in Path(f"/proc/{pid}/cmdline").read_text():
            return pid
    return None
