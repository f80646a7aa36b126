"""A Python that has loaded what others wrote, and of which a copy is made for each program that is started: what a start takes is
mostly that. Run as a program it is this Python, and `Forge` is how the tests ask it.

Nothing of ours is loaded in it, and nothing that asks for settings, so that each copy starts our programs from their first line.
"""

import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parents[2]
OURS = {"config", "accounts", "kyc", "reports", "demo", "tests"}
# What takes the longest to load, and does so without settings.
LOADED = """
django.core.management django.core.management.commands.check django.db.backends.postgresql.base django.db.models django.urls
django.contrib.postgres.fields django.test.client psycopg.errors psycopg.types.json celery celery.bin.celery celery.apps.worker
celery.apps.beat kombu.transport.redis redis.asyncio babel.core anyascii cryptography.x509 jinja2 jsonschema inflection yaml
pikepdf PIL.Image requests rapidfuzz.process stdnum rfc8785 magic allauth.account.app_settings
""".split()


def started(program: str, *arguments: str) -> int:
    """In the copy: the program as Python itself would start it. Returns with what it ends."""
    try:
        if program == "-c":
            sys.argv = ["-c", *arguments[1:]]
            exec(compile(arguments[0], "<string>", "exec"), {"__name__": "__main__"})
        elif program == "-m":
            sys.argv = list(arguments)
            runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = [program, *arguments]
            runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def copied(asked: dict[str, Any]) -> int:
    """The process id of a copy, which becomes the program."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        os.setsid()
        for number, path in enumerate((os.devnull, asked["out"], asked["err"])):
            os.dup2(os.open(path, os.O_RDWR), number)
        os.environ.clear()
        os.environ.update(asked["env"])
        code = started(*asked["command"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def serve() -> None:
    sys.path[0] = str(BASE)
    for name in LOADED:
        importlib.import_module(name)
    assert not OURS & {name.partition(".")[0] for name in sys.modules}
    for line in sys.stdin:
        pid = copied(json.loads(line))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


class Forge:
    """Starts programs as `subprocess.run` would."""

    def __init__(self) -> None:
        # Unbuffered, so that what waits to be read can be waited for.
        self.process = subprocess.Popen(
            [sys.executable, __file__], cwd=BASE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def run(self, *command: str, env: dict[str, str], timeout: float) -> "subprocess.CompletedProcess[str]":
        assert self.process.stdin and self.process.stdout
        with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
            asked = {"command": command, "env": env, "out": out.name, "err": err.name}
            self.process.stdin.write(json.dumps(asked).encode() + b"\n")
            pid = int(self.process.stdout.readline())
            if not select.select([self.process.stdout], [], [], timeout)[0]:
                os.killpg(pid, signal.SIGKILL)
                self.process.stdout.readline()
                raise subprocess.TimeoutExpired(command, timeout)
            return subprocess.CompletedProcess(command, int(self.process.stdout.readline()), out.read(), err.read())

    def end(self) -> None:
        self.process.communicate()


if __name__ == "__main__":
    serve()
