"""A signature that any reader of PAdES can check, and in which no byte of the file can be another."""

import io
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pikepdf.pdfa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12
from django.conf import settings as django_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import authority, checker, pdf, signing, verification
from tests.reports import specimen
from tests.reports.outside import Outside, open_outside
from tests.reports.test_pdf import complaints, tags, violations

# What the checker has no word for: it judges no form and no certification.
OF_SIGNED = ("(/AcroForm) are not supported", "(/Perms) are not supported", "embedded files are not supported")


def plain() -> bytes:
    facts = specimen.bare()
    return pdf.render(facts, specimen.envelope(facts))


@pytest.fixture(scope="module")
def unsigned() -> bytes:
    return plain()


@pytest.fixture(scope="module")
def data(unsigned: bytes) -> bytes:
    return signing.signed(unsigned)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with open_outside(tmp_path_factory.mktemp("outside") / "authority") as found:
        yield found


@pytest.fixture
def by_outside(settings: Any, outside: Outside) -> Outside:
    settings.REPORT_SIGNER, settings.REPORT_ROOTS = str(outside.folder / "signer.pem"), str(outside.folder / "root.pem")
    settings.TIMESTAMP_URL, settings.TIMESTAMP_ROOTS = outside.url, str(outside.folder / "root.pem")
    outside.revoked.clear()
    return outside


def why(data: bytes) -> str:
    """Why our own reader does not believe the file; empty where it does."""
    try:
        checker.chained(checker.signature_of(data), signing.roots())
    except checker.Broken as broken:
        return str(broken)
    return ""


class TestSigned:
    def test_both_readers_believe_it(self, data: bytes) -> None:
        assert (why(data), signing.why_not(data, signing.roots())) == ("", "")

    def test_a_third_does_too_and_finds_the_whole_file_covered(self, data: bytes, tmp_path: Path) -> None:
        (tmp_path / "report.pdf").write_bytes(data)
        said = subprocess.run(["pdfsig", "-nocert", tmp_path / "report.pdf"], capture_output=True, text=True, check=True).stdout
        assert "Signature is Valid." in said and "Total document signed" in said and "ETSI.CAdES.detached" in said

    def test_it_is_certified_so_that_no_change_is_allowed_and_nothing_of_it_is_seen(self, data: bytes) -> None:
        with pikepdf.open(io.BytesIO(data)) as document:
            (field,) = document.Root.AcroForm.Fields
            assert list(field.Rect) == [0, 0, 0, 0] and "/AP" not in field
            (reference,) = field.V.Reference
            assert (str(reference.TransformMethod), int(reference.TransformParams.P)) == ("/DocMDP", 1)

    def test_it_is_as_good_an_archive_as_before(self, data: bytes, tmp_path: Path) -> None:
        assert complaints(data, tmp_path) == []
        with pikepdf.open(io.BytesIO(data)) as document:
            assert [found for found in violations(document) if not found.endswith(OF_SIGNED)] == []
            with document.open_metadata() as metadata:
                assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"], metadata["pdfuaid:part"]) == ("3", "A", "1")
            assert "/Version" not in document.Root

    def test_the_field_is_tagged_and_named(self, data: bytes) -> None:
        with pikepdf.open(io.BytesIO(data)) as document:
            assert tags(document)["Form"] == 1
            (field,) = document.Root.AcroForm.Fields
            numbers = document.Root.StructTreeRoot.ParentTree.Nums
            tagged = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}[int(field.StructParent)]
            assert (str(tagged.S), tagged.K.Obj.objgen, str(field.TU)) == ("/Form", field.objgen, "Signature of the provider")

    def test_pages_and_attachments_are_those_before(self, unsigned: bytes, data: bytes) -> None:
        with pikepdf.open(io.BytesIO(unsigned)) as before, pikepdf.open(io.BytesIO(data)) as after:
            assert len(before.pages) == len(after.pages)
            for document in (before, after):
                assert set(document.attachments) == {"report.json", "envelope.json", "methodology.txt", "manifest.json"}
            for name, file in before.attachments.items():
                assert after.attachments[name].get_file().read_bytes() == file.get_file().read_bytes()

    def test_one_whose_signature_would_not_hold_is_not_handed_out(
        self, unsigned: bytes, settings: Any, by_outside: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The installation's own roots do not vouch for that signer."""
        settings.REPORT_ROOTS = str(authority.kept(settings.REPORT_AUTHORITY_DIR, provider="") / authority.ROOT)
        with pytest.raises(signing.NotSigned, match="no authority that you believe vouches for its certificate"):
            signing.signed(unsigned)

    def test_both_readers_are_asked(self, unsigned: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(signing, "read_by_another", lambda data, believed: "the second reader says no")
        with pytest.raises(signing.NotSigned, match="the second reader says no"):
            signing.signed(unsigned)


class TestBytes:
    @settings(deadline=None)
    @given(st.data())
    def test_one_flipped_bit_anywhere_is_found(self, data: bytes, draw: st.DataObject) -> None:
        at, bit = draw.draw(st.integers(0, len(data) - 1)), draw.draw(st.integers(0, 7))
        assert why(flipped(data, at, bit)), (at, bit)

    @settings(deadline=None)
    @given(st.data())
    def test_so_it_is_in_the_signature_which_can_not_cover_itself(self, data: bytes, draw: st.DataObject) -> None:
        first, end = gap(data)
        at, bit = draw.draw(st.integers(first, end - 1)), draw.draw(st.integers(0, 7))
        assert why(flipped(data, at, bit)), (at, bit)

    @pytest.mark.soak
    def test_none_of_all_its_bits_can_be_another(self, data: bytes) -> None:
        first, end = gap(data)
        missed = [(at, bit) for at in range(first, end) for bit in range(8) if not why(flipped(data, at, bit))]
        assert missed == []

    @pytest.mark.parametrize("more", [b"\n", b"% a comment\n", b"\nxref\n0 0\ntrailer << >>\nstartxref\n0\n%%EOF\n"])
    def test_nothing_can_be_added_behind(self, data: bytes, more: bytes) -> None:
        assert why(data + more) == "its signature does not cover the whole file"

    def test_an_unsigned_one_is_told_as_such(self, unsigned: bytes) -> None:
        assert why(unsigned) == "it is not signed"

    def test_a_signature_of_another_report_does_not_fit(self, data: bytes, unsigned: bytes) -> None:
        first, end = gap(data)
        other = signing.signed(unsigned.replace(b"R-03", b"R-06", 1) if b"R-03" in unsigned else unsigned)
        start, stop = gap(other)
        assert stop - start == end - first
        assert why(data[:first] + other[start:stop] + data[end:]) == "the file is not what was signed"

    def test_small_letters_in_it_would_be_a_change(self, data: bytes) -> None:
        first, end = gap(data)
        assert why(data[:first] + data[first:end].lower() + data[end:]) == "the place of its signature was changed"


def flipped(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def gap(data: bytes) -> tuple[int, int]:
    *_, found = checker.RANGE.finditer(data)
    return int(found[1]), int(found[2])


class TestWords:
    def test_they_say_the_level_and_whose_certificate(self) -> None:
        own = signing.hand().certificate
        assert signing.words().startswith(f"PAdES B-B, by “Reports of the demo, {django_settings.PROVIDER_NAME}”. No authority")
        assert own.fingerprint(signing.checker.hashes.SHA256()).hex() in signing.words()

    def test_a_long_level_says_so(self, settings: Any, by_outside: Outside) -> None:
        settings.REPORT_LEVEL = "B-LT"
        assert signing.words().startswith(
            "PAdES B-LT, by “Outside: reports”. An authority outside says when it was signed, and the"
        )


class TestLevels:
    def test_with_a_time_of_an_authority_outside(self, settings: Any, by_outside: Outside, unsigned: bytes) -> None:
        settings.REPORT_LEVEL = "B-T"
        data = signing.signed(unsigned)
        assert checker.signature_of(data).token
        assert by_outside.asked["time"] > 0

    def test_with_all_that_a_later_reader_needs(self, settings: Any, by_outside: Outside, unsigned: bytes) -> None:
        settings.REPORT_LEVEL = "B-LT"
        data = signing.signed(unsigned)
        assert by_outside.asked["crl"] > 0
        with pikepdf.open(io.BytesIO(data)) as document:
            assert len(document.Root.DSS.CRLs) >= 1 and len(document.Root.DSS.Certs) >= 2
            found = [one for one in violations(document) if "/DSS" not in one and not one.endswith(OF_SIGNED)]
            assert found == []
        asked = dict(by_outside.asked)
        assert signing.why_not(data, signing.roots()) == ""
        assert by_outside.asked == asked, "nobody was asked to check it"
        # It all stands under the signature.
        first = data.index(b"/DSS")
        assert why(flipped(data, first + 1, 0)) == "the file is not what was signed"

    def test_a_revoked_certificate_signs_nothing_for_long(self, settings: Any, by_outside: Outside, unsigned: bytes) -> None:
        settings.REPORT_LEVEL = "B-LT"
        by_outside.revoked.append(by_outside.signer.serial_number)
        with pytest.raises(signing.NotSigned, match="revoked"):
            signing.signed(unsigned)

    def test_an_authority_that_is_away_is_an_outage_and_no_unsigned_report(
        self, settings: Any, by_outside: Outside, unsigned: bytes
    ) -> None:
        settings.REPORT_LEVEL, settings.TIMESTAMP_URL = "B-T", "http://127.0.0.1:9"
        with pytest.raises(OSError):
            signing.signed(unsigned)


class TestSource:
    def test_a_packed_file_with_a_passphrase_signs_too(
        self, settings: Any, by_outside: Outside, unsigned: bytes, tmp_path: Path
    ) -> None:
        packed = pkcs12.serialize_key_and_certificates(
            b"reports", by_outside.key, by_outside.signer, [by_outside.root], BestAvailableEncryption(b"hunter2")
        )
        (tmp_path / "signer.p12").write_bytes(packed)
        settings.REPORT_SIGNER, settings.REPORT_SIGNER_PASSPHRASE = str(tmp_path / "signer.p12"), "hunter2"
        assert why(signing.signed(unsigned)) == ""


class TestAuthority:
    def test_it_is_made_once_and_for_its_owner_alone(self, tmp_path: Path) -> None:
        folder = authority.kept(tmp_path / "authority", provider="Example AI, Inc.")
        before = (folder / authority.SIGNER).read_bytes()
        assert authority.kept(folder, provider="Another").joinpath(authority.SIGNER).read_bytes() == before
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
            "signer.pem": 0o600,
            "root.pem": 0o600,
        }

    def test_the_key_of_the_root_is_nowhere(self, tmp_path: Path) -> None:
        folder = authority.kept(tmp_path / "authority", provider="Example AI, Inc.")
        root = x509.load_pem_x509_certificate((folder / authority.ROOT).read_bytes())
        held = (folder / authority.SIGNER).read_bytes()
        key = load_pem_private_key(held, None)
        assert key.public_key() != root.public_key() and held.count(b"PRIVATE KEY") == 2
        assert b"PRIVATE" not in (folder / authority.ROOT).read_bytes()

    def test_its_certificate_outlives_a_report_that_is_signed_with_it_for_years(self, tmp_path: Path) -> None:
        folder = authority.kept(tmp_path / "authority", provider="Example AI, Inc.")
        own = x509.load_pem_x509_certificate((folder / authority.SIGNER).read_bytes())
        assert own.not_valid_after_utc - datetime.now(UTC) > timedelta(days=11 * 365)


class TestExpired:
    def test_a_certificate_is_not_believed_after_its_last_day(self, data: bytes) -> None:
        found = checker.signature_of(data)
        assert checker.chained(found, signing.roots())
        with pytest.raises(checker.Broken, match="is not good on 2060-01-01"):
            checker.chained(found, signing.roots(), at=datetime(2060, 1, 1, tzinfo=UTC))

    def test_the_second_reader_is_asked_for_the_same_day(self, data: bytes) -> None:
        roots = signing.roots()
        assert signing.read_by_another(data, roots, at=datetime(2060, 1, 1, tzinfo=UTC))
        assert signing.read_by_another(data, roots, at=datetime.now(UTC)) == ""

    def test_only_what_has_ended_is_judged_by_another_day(
        self, data: bytes, outside: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found, issued_at = checker.signature_of(data), datetime.now(UTC)
        monkeypatch.setattr(checker, "now", lambda: datetime(2060, 1, 1, tzinfo=UTC))
        assert checker.believed(found, signing.roots(), issued_at=issued_at) == (signing.roots()[0], issued_at, False)
        with pytest.raises(checker.Broken, match="no authority"):
            checker.believed(found, [outside.root], issued_at=issued_at)
        with pytest.raises(checker.Broken, match="is not good on 2059"):
            checker.believed(found, signing.roots(), issued_at=datetime(2059, 1, 1, tzinfo=UTC))


class TestStamped:
    """A certificate that has ended, by the time of an authority outside."""

    @pytest.fixture(params=["B-T", "B-LT"])
    def stamped(self, settings: Any, by_outside: Outside, unsigned: bytes, request: Any) -> bytes:
        settings.REPORT_LEVEL = request.param
        return signing.signed(unsigned)

    @pytest.fixture
    def later(self, by_outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
        """When the signer's certificate has ended, and the clock's has not."""
        at = by_outside.signer.not_valid_after_utc + timedelta(days=1)
        monkeypatch.setattr(checker, "now", lambda: at)

    def test_it_was_good_when_the_authority_saw_the_signature(self, stamped: bytes, later: None) -> None:
        began = datetime.now(UTC)
        found, roots = checker.signature_of(stamped), signing.roots()
        with pytest.raises(checker.NotGoodThen):
            checker.believed(found, roots, issued_at=None)
        judged = checker.believed(found, roots, issued_at=None, clocks=signing.stamping_roots())
        assert judged.by_clock and judged.at and abs(judged.at - began) < timedelta(minutes=1)
        assert signing.read_by_another(stamped, roots, at=judged.at) == ""
        said = {one.name: one for one in verification.examined(stamped, believed=roots, clocks=signing.stamping_roots())}
        assert "when the timestamp's authority saw the signature" in said["certificate"].said
        assert [one.name for one in said.values() if one.passed is False] == []

    def test_an_authority_that_nobody_believes_tells_no_time(self, stamped: bytes, later: None) -> None:
        found, own = checker.signature_of(stamped), authority.kept(django_settings.REPORT_AUTHORITY_DIR, provider="")
        others = signing.certificates((own / authority.ROOT).read_bytes())
        with pytest.raises(checker.NotGoodThen):
            checker.believed(found, signing.roots(), issued_at=None, clocks=others)
        with pytest.raises(checker.Broken, match="no authority that you believe"):
            checker.stamped_at(found, others)

    def test_nor_does_one_whose_own_certificate_has_ended(
        self, stamped: bytes, by_outside: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at = by_outside.clock.not_valid_after_utc + timedelta(days=1)
        monkeypatch.setattr(checker, "now", lambda: at)
        with pytest.raises(checker.NotGoodThen):
            checker.believed(checker.signature_of(stamped), signing.roots(), issued_at=None, clocks=signing.stamping_roots())

    def test_any_bit_of_it_that_is_another_tells_no_time(self, stamped: bytes, by_outside: Outside) -> None:
        found, clocks = checker.signature_of(stamped), signing.stamping_roots()
        assert checker.stamped_at(found, clocks)
        said = found.token.index(checker.TOLD_TIME) + len(checker.TOLD_TIME)
        for at in range(said, said + 100):
            other = replace(found, token=flipped(found.token, at, at % 8))
            assert checker.seen_at(other, clocks) is None, at
        assert checker.seen_at(replace(found, digest=b"0" * 32), clocks) is None

    def test_who_signs_reports_tells_no_time(self, settings: Any, by_outside: Outside, unsigned: bytes) -> None:
        settings.REPORT_LEVEL = "B-T"
        by_outside.clock, by_outside.clock_key, kept = by_outside.signer, by_outside.key, (by_outside.clock, by_outside.clock_key)
        try:
            found = checker.signature_of(signing.signed(unsigned))
        except signing.NotSigned:
            return
        finally:
            by_outside.clock, by_outside.clock_key = kept
        with pytest.raises(checker.Broken, match="not one to tell the time with"):
            checker.stamped_at(found, signing.stamping_roots())


class TestDetached:
    def test_a_file_is_signed_beside_it_and_any_change_of_it_is_found(self) -> None:
        signature = signing.detached(b"a file")
        assert checker.chained(checker.held(signature, b"a file"), signing.roots())
        with pytest.raises(checker.Broken, match="the file is not what was signed"):
            checker.held(signature, b"another")

    def test_one_that_would_not_hold_is_not_handed_out(self, settings: Any, by_outside: Outside) -> None:
        settings.REPORT_ROOTS = str(authority.kept(settings.REPORT_AUTHORITY_DIR, provider="") / authority.ROOT)
        with pytest.raises(signing.NotSigned, match="no authority that you believe"):
            signing.detached(b"a file")
