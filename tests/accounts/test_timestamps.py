"""Stamps of an authority that the tests run themselves, with openssl."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts import heads, merkle, timestamps
from accounts.models import AuditHead, AuditTimestamp
from accounts.tasks import timestamp_audit
from accounts.verification import Walk
from config import jobs

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, which plays the authority here, is not installed"),
]
CONFIG = """
[ext]
extendedKeyUsage = critical, timeStamping
[own]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
"""


def openssl(*arguments: object, **options: Any) -> bytes:
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **options).stdout


class Authority:
    """A root of its own, a certificate for timestamps below it, and a server that answers with it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked, self.spoils, self.leads = folder, 0, False, ""
        folder.mkdir()
        (folder / "conf").write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        openssl(
            "req", "-x509", *new, "-keyout", folder / "root.key", "-out", folder / "root.pem", "-subj", "/CN=Root", "-days", 2
        )
        openssl("req", *new, "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr", "-subj", "/CN=Stamps")
        signed_by = ("-CA", folder / "root.pem", "-CAkey", folder / "root.key", "-CAcreateserial", "-days", 2)
        extended = ("-extfile", folder / "conf", "-extensions", "ext")
        openssl("x509", "-req", "-in", folder / "tsa.csr", *signed_by, *extended, "-out", folder / "tsa.pem")

    def reply(self, query: bytes) -> bytes:
        self.asked += 1
        (self.folder / "query").write_bytes(query)
        reply = openssl("ts", "-reply", "-config", self.folder / "conf", "-section", "own", "-queryfile", self.folder / "query")
        return reply[:-8] + os.urandom(8) if self.spoils else reply


@pytest.fixture
def authority(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    found = Authority(tmp_path / "authority")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            reply = found.reply(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(302 if found.leads else 200)
            if found.leads:
                self.send_header("Location", found.leads)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_POST  # as which a client goes on that follows

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.TIMESTAMP_URL = f"http://127.0.0.1:{server.server_port}/"
    settings.TIMESTAMP_ROOTS = str(found.folder / "root.pem")
    monkeypatch.setattr(timestamps, "trouble", jobs.Outage(timestamps.trouble.what))
    cache.clear()
    yield found
    server.shutdown()


def head(size: int = 1) -> AuditHead:
    tree = merkle.Tree().extended([merkle.leaf_hash(str(number).encode()) for number in range(size)])
    signed = heads.signed(size=size, root=tree.root, at=timezone.now())
    return AuditHead.objects.create(**vars(signed), peaks=b"".join(tree.peaks), incarnation=1, boundary=1)


class TestStamp:
    def test_nothing_is_asked_before_there_is_a_head(self, authority: Authority) -> None:
        assert not timestamps.Unstamped().is_waiting()
        timestamp_audit()
        assert authority.asked == 0

    def test_the_newest_head_is_stamped_once_and_the_next_one_a_minute_later(
        self, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        head(1), head(2)
        assert timestamps.Unstamped().is_waiting()
        timestamp_audit()
        stamped = AuditTimestamp.objects.get()
        assert stamped.size == 2 and abs((timezone.now() - stamped.stamped_at).total_seconds()) < 30
        head(3)
        assert not timestamps.Unstamped().is_waiting()
        monkeypatch.setattr(timestamps, "EVERY", -timestamps.EVERY)
        assert timestamps.Unstamped().is_waiting()

    def test_an_authority_that_is_away_is_told_of_and_not_beset(
        self, authority: Authority, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.TIMESTAMP_URL = "http://127.0.0.1:1/"
        head()
        for _ in range(5):
            assert not timestamps.stamp()
        assert [record.getMessage().split(":")[0] for record in caplog.records] == ["trouble with the timestamp authority"]

    def test_one_that_leads_elsewhere_is_not_followed(self, authority: Authority, settings: Any) -> None:
        head()
        authority.leads = settings.TIMESTAMP_URL + "elsewhere"
        assert not timestamps.stamp()
        assert authority.asked == 1 and not AuditTimestamp.objects.exists()

    def test_one_whose_clock_is_far_from_ours_is_not_believed(
        self, authority: Authority, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A day ahead it would not be asked again for a day."""
        head()
        moment = timezone.now() - timedelta(days=1)
        monkeypatch.setattr(timezone, "now", lambda: moment)
        assert not timestamps.stamp()
        assert authority.asked == 1 and not AuditTimestamp.objects.exists()
        assert "its clock and ours are 86" in caplog.text

    def test_an_answer_that_is_not_the_authoritys_is_kept_nowhere(self, authority: Authority) -> None:
        authority.spoils = True
        head()
        assert not timestamps.stamp()
        assert authority.asked == 1 and not AuditTimestamp.objects.exists()


class TestWhyNot:
    def test_a_stamp_is_good_for_its_head_alone_and_by_its_root_alone(
        self, authority: Authority, settings: Any, tmp_path: Path
    ) -> None:
        first, second = head(1), head(2)
        assert timestamps.stamp()
        response = bytes(AuditTimestamp.objects.get().response)
        assert timestamps.why_not(response, second, timestamps.believed()) == ""
        assert timestamps.why_not(response, first, timestamps.believed()) == "Mismatch between messages"
        settings.TIMESTAMP_ROOTS = str(Authority(tmp_path / "another").folder / "root.pem")
        assert "verifying certificates" in timestamps.why_not(response, second, timestamps.believed())

    def test_verification_names_the_first_that_is_not(self, authority: Authority) -> None:
        head(2)
        assert timestamps.stamp()
        head(3)
        AuditTimestamp.objects.create(size=3, response=AuditTimestamp.objects.get().response, stamped_at=timezone.now())
        AuditTimestamp.objects.create(size=4, response=b"x", stamped_at=timezone.now())
        walk = Walk([])
        walk.check_stamps()
        assert walk.findings.stamps == 3
        found = walk.findings.failed["timestamp"]
        assert (found["size"], found["why"], found["more"]) == (3, "Mismatch between messages", 1)
