"""What the set-up leaves behind when it installs a package whose service must not start, and when it is stopped amid that. The
script is the shipped one with other paths; the tools that change a machine are replaced by ones that don't."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.running import BASE

FAKES = {
    "id": "echo 0",
    "dpkg-query": "exit 1",
    "apt-get": '[ "$1" = update ] || { cp "$POLICY" "$POLICY.seen"; ${AMID:-true}; }',
}


@pytest.fixture
def script(tmp_path: Path) -> Path:
    text = (BASE / "config" / "setup.sh").read_text()
    for real, other in (("/usr/sbin/policy-rc.d", "policy"), ("/run/systemd/system", "no-systemd")):
        assert real in text
        text = text.replace(real, str(tmp_path / other))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "setup.sh").write_text(text)
    (tmp_path / "bin").mkdir()
    for name, does in FAKES.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path / "config" / "setup.sh"


def begun(script: Path, **amid: str) -> subprocess.Popen[bytes]:
    folder = script.parent.parent
    env = os.environ | {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "POLICY": str(folder / "policy"),
    }
    # A shell can't trap what its parents ignore, as they do SIGINT in the background.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(["sh", str(script), "also", "nginx-light"], env=env | amid, start_new_session=True)
    finally:
        signal.signal(signal.SIGINT, before)


def test_no_service_is_started_and_nothing_is_left(script: Path, tmp_path: Path) -> None:
    assert begun(script).wait(20) == 0
    assert (tmp_path / "policy.seen").read_text() == "#!/bin/sh\nexit 101\n"
    assert not (tmp_path / "policy").exists()


def test_one_that_stood_there_before_stays(script: Path, tmp_path: Path) -> None:
    (tmp_path / "policy").write_text("#!/bin/sh\nexit 0\n")
    assert begun(script).wait(20) == 0
    assert (tmp_path / "policy").read_text() == (tmp_path / "policy.seen").read_text() == "#!/bin/sh\nexit 0\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_amid_an_installation_it_leaves_nothing_either(script: Path, tmp_path: Path, how: signal.Signals) -> None:
    running = begun(script, AMID="sleep 60")
    until = time.monotonic() + 20
    while not (tmp_path / "policy.seen").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert (tmp_path / "policy").exists(), "the negative control"
    os.killpg(running.pid, how)
    assert running.wait(20) == 128 + how
    assert not (tmp_path / "policy").exists()


def test_a_package_that_can_t_be_installed_leaves_nothing(script: Path, tmp_path: Path) -> None:
    assert begun(script, AMID="exit 1").wait(20) == 0, "what needs it is left out"
    assert not (tmp_path / "policy").exists()
