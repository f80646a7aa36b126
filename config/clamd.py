"""The virus scanner that `make run` starts, where Debian's clamav-daemon is installed: on a private socket, with the signatures
of a folder that an administrator fills. It fetches none."""

import os
import shutil
from pathlib import Path

from config.installation import DATA, IDENT, own, sockets

# The test file that scanners agree on (eicar.org), by its digest and length: clamd does not start without a signature, and by
# this one it can be seen to work.
TEST = "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature\n"
LARGEST = "120M"
CONF = """
Foreground yes
LocalSocket {socket}
LocalSocketMode 600
FixStaleSocket yes
DatabaseDirectory {signatures}
TemporaryDirectory {memory}
StreamMaxLength {largest}
MaxFileSize {largest}
MaxScanSize 400M
MaxScanTime 20000
MaxThreads 4
# Seconds after which it looks for signatures that were added.
SelfCheck 600
"""


def socket() -> Path:
    return sockets() / "clamd.sock"


def signatures() -> Path:
    """The folder whose files clamd reads: .cvd, .cld, .hdb, .ndb and the like."""
    return Path(os.environ.get("CLAMAV_SIGNATURES", "") or DATA / "signatures").resolve()


def program() -> str | None:
    return shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def memory() -> Path:
    """Where it keeps a stream while it looks at it: in memory where there is such a folder, since it writes in clear."""
    shared = Path("/dev/shm")  # noqa: S108  # nosec B108  # a folder of our own in it, made for its owner alone
    return shared / f"keyholder-{IDENT}" if shared.is_dir() else sockets() / "scanned"


def prepare() -> list[str]:
    """What it is started with, its folders made; nothing where it is not installed."""
    found = program()
    if found is None:
        return []
    folder = signatures()
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / "test.hdb").write_text(TEST)
    # It runs as another user than we do where we are root.
    for path in (folder, *folder.iterdir()) if folder.is_relative_to(DATA) else ():
        path.chmod(0o755 if path.is_dir() else 0o644)
    own(memory())
    conf = DATA / "clamd.conf"
    told = {"socket": socket(), "signatures": folder, "memory": memory(), "largest": LARGEST}
    conf.write_text(CONF.format(**told))
    conf.chmod(0o644)
    return [found, f"--config-file={conf}"]
