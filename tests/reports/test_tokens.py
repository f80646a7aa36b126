"""How a key on a token is named, and that it signs."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from reports import checker, pdf, signing, tokens
from tests.reports import specimen
from tests.reports.outside import Outside

LIBRARY = Path(os.environ.get("SOFTHSM2_LIB", "/usr/lib/softhsm/libsofthsm2.so"))
TOOL = shutil.which("softhsm2-util") or os.environ.get("SOFTHSM2_UTIL", "")
URI = "pkcs11:token=Keyholder%20one;object=reports?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:///run/pin"


class TestPlace:
    def test_is_read_from_the_uri(self) -> None:
        assert tokens.is_token(URI) and not tokens.is_token("/etc/signer.pem")
        assert tokens.place(URI) == ("Keyholder one", "reports", "/usr/lib/softhsm/libsofthsm2.so", "file:///run/pin")

    @pytest.mark.parametrize("part", ["token", "object", "module-path", "pin-source"])
    def test_what_is_left_out_is_named(self, part: str) -> None:
        with pytest.raises(tokens.BadToken, match=f"REPORT_SIGNER names no {part}."):
            tokens.place(URI.replace(f"{part}=", "other="))


@pytest.mark.skipif(not LIBRARY.exists() or not TOOL, reason="SoftHSM, which plays the token here, is not installed")
class TestOpened:
    def test_the_key_on_the_token_signs_a_report(self, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "tokens").mkdir()
        (tmp_path / "conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nobjectstore.backend = file\n")
        monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "conf"))
        outside = Outside(tmp_path / "outside")
        outside.begin("http://127.0.0.1:9")
        (tmp_path / "pin").write_text("4711\n")
        (tmp_path / "key.pem").write_bytes(outside.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        util = (TOOL, "--module", LIBRARY)
        subprocess.run([*util, "--init-token", "--free", "--label", "Keyholder", "--so-pin", "1234", "--pin", "4711"], check=True)
        subprocess.run(
            [
                *util,
                "--import",
                tmp_path / "key.pem",
                "--token",
                "Keyholder",
                "--label",
                "reports",
                "--id",
                "A1",
                "--pin",
                "4711",
            ],
            check=True,
        )
        (tmp_path / "key.pem").unlink()
        (tmp_path / "chain.pem").write_bytes(outside.signer.public_bytes(Encoding.PEM))
        settings.REPORT_SIGNER = (
            f"pkcs11:token=Keyholder;object=reports?module-path={LIBRARY}&pin-source=file://{tmp_path / 'pin'}"
        )
        settings.REPORT_CHAIN = str(tmp_path / "chain.pem")
        settings.REPORT_ROOTS = str(outside.folder / "root.pem")
        (outside.folder / "signer.pem").unlink()
        facts = specimen.bare()
        data = signing.signed(pdf.render(facts, specimen.envelope(facts)))
        found = checker.signature_of(data)
        assert checker.chained(found, signing.roots()) and found.certificate == outside.signer
        assert isinstance(found.certificate.public_key(), rsa.RSAPublicKey)
