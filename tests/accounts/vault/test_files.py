"""Sealed files: nothing of them on the disk, any part of them readable, and no change of them unseen."""

import io
import stat
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organisation
from accounts.private_files import private_file
from accounts.vault import Subject, VaultFileField, VaultStorage, shredding
from accounts.vault.boxes import Tampered
from accounts.vault.files import CHUNK, HEAD, FileErased
from accounts.vault.subjects import SubjectErased
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.parties.models import Party
from reports.models import Report
from tests import cast

PART = CHUNK + 16
LONG = bytes(range(256)) * 256 * 3 + b"the end"


@pytest.mark.django_db
class TestVaultStorage:
    @pytest.fixture
    def subject(self) -> Subject:
        return Subject.of_organisation(Organisation.objects.create(name="Nordlys").pk)

    def kept(self, vault: VaultStorage, subject: Subject, data: bytes) -> tuple[str, Path]:
        name = vault.save(vault.name_for(subject), ContentFile(data))
        return name, Path(vault.path(name))

    @pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7], ids=str)
    def test_gives_back_what_was_kept(self, vault: VaultStorage, subject: Subject, size: int) -> None:
        data = (LONG * 2)[:size]
        name, path = self.kept(vault, subject, data)
        assert (vault.open(name).read(), vault.size(name)) == (data, size)
        assert path.stat().st_size == HEAD + size + 16 * max(1, -(-size // CHUNK))

    def test_of_an_erased_one_nothing_is_opened_and_it_says_so_also_where_it_is_gone(
        self, vault: VaultStorage, subject: Subject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name, path = self.kept(vault, subject, LONG)
        shredding.shred(subject, reason="The end of its retention.", by=None)
        path.unlink()
        monkeypatch.setattr(type(vault.place), "open", lambda *_: pytest.fail("it was opened"))
        with pytest.raises(FileErased):
            vault.open(name)

    def test_nothing_of_it_stands_on_the_disk(self, vault: VaultStorage, subject: Subject) -> None:
        _name, path = self.kept(vault, subject, b"%PDF-1.7 of Alice" + LONG)
        sealed = path.read_bytes()
        assert b"Alice" not in sealed and LONG[:64] not in sealed and b"the end" not in sealed

    def test_the_same_file_twice_is_two(self, vault: VaultStorage, subject: Subject) -> None:
        one, other = (self.kept(vault, subject, LONG)[1].read_bytes() for _ in range(2))
        assert one[HEAD : HEAD + 64] != other[HEAD : HEAD + 64]

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(start=st.integers(0, len(LONG) + 10), count=st.integers(-1, 2 * CHUNK), whence=st.sampled_from([0, 1, 2]))
    def test_any_part_of_it_can_be_read(self, vault: VaultStorage, subject: Subject, start: int, count: int, whence: int) -> None:
        name, _path = self.kept(vault, subject, LONG)
        plain = io.BytesIO(LONG)
        with vault.open(name) as sealed:
            offset = -start if whence == 2 and start <= len(LONG) else start
            assert sealed.seek(offset, whence) == plain.seek(offset, whence)
            assert sealed.read(count) == plain.read(count)
            assert sealed.tell() == plain.tell()

    def test_it_never_stands_in_memory_as_a_whole(self, vault: VaultStorage, subject: Subject) -> None:
        name, _path = self.kept(vault, subject, bytes(40 * CHUNK))
        tracemalloc.start()
        with vault.open(name) as sealed:
            read = sum(len(part) for part in sealed.chunks(CHUNK))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert read == 40 * CHUNK
        assert peak < 8 * CHUNK

    @pytest.mark.parametrize(
        "change",
        [
            lambda box: box[:-1],
            lambda box: box[: HEAD + 2 * PART],
            lambda box: box[: HEAD + PART],
            lambda box: box[:HEAD],
            lambda box: b"",
            lambda box: box[:HEAD] + box[HEAD + PART : HEAD + 2 * PART] + box[HEAD : HEAD + PART] + box[HEAD + 2 * PART :],
            lambda box: box[:HEAD] + box[HEAD + PART :],
            lambda box: box + box[-23:],
            lambda box: box[:40] + bytes([box[40] ^ 1]) + box[41:],
            lambda box: box[:10] + bytes([box[10] ^ 1]) + box[11:],
            lambda box: b"%PDF-1.7 in clear" * 10,
        ],
        ids=["cut by one", "cut after a part", "cut after the first", "only its head", "emptied", "parts in another order",
             "without a part", "with more", "one bit changed", "its salt changed", "another in clear"],
    )  # fmt: skip
    def test_every_change_is_found(self, vault: VaultStorage, subject: Subject, change: Any) -> None:
        name, path = self.kept(vault, subject, LONG)
        path.write_bytes(change(path.read_bytes()))
        with pytest.raises(Tampered), vault.open(name) as sealed:
            sealed.read()

    def test_one_put_in_anothers_place_is_found(self, vault: VaultStorage, subject: Subject) -> None:
        (one, at), (other, there) = (self.kept(vault, subject, text) for text in (b"of Alice", b"of Bob"))
        at.write_bytes(there.read_bytes())
        with pytest.raises(Tampered, match=one):
            vault.open(one)
        assert vault.open(other).read() == b"of Bob", "the negative control"

    def test_one_that_was_cut_hands_nothing_out(self, vault: VaultStorage, subject: Subject) -> None:
        name, path = self.kept(vault, subject, LONG)
        path.write_bytes(path.read_bytes()[: HEAD + PART])
        with pytest.raises(Tampered):
            private_file(vault.open(name), name="x.pdf", content_type="application/pdf")

    def test_a_name_says_nothing_of_what_it_holds(self, vault: VaultStorage, subject: Subject) -> None:
        names = {vault.name_for(subject) for _ in range(20)}
        assert len(names) == 20
        for name in names:
            key, folder, token = name.split("/")
            assert key.isdecimal() and token.startswith(folder) and len(token) == 32
            assert set(token) <= set("0123456789abcdef")

    @pytest.mark.parametrize("name", ["passport.pdf", "莲花.pdf", "x/y", "../1/x", "/etc/cron.d/x", "1"])
    def test_a_file_that_belongs_to_nobody_is_refused(self, vault: VaultStorage, name: str) -> None:
        with pytest.raises(Exception, match=r"path traversal|belongs to a subject"):
            vault.save(name, ContentFile(b"x"))
        assert not Path(vault.location).exists()

    def test_only_the_servers_own_user_reads_them(self, vault: VaultStorage, subject: Subject) -> None:
        _name, path = self.kept(vault, subject, b"x")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, Path(vault.location))} == {0o700}

    def test_it_is_never_served_by_address(self, vault: VaultStorage, subject: Subject) -> None:
        with pytest.raises(ValueError, match="not accessible via a URL"):
            vault.url(self.kept(vault, subject, b"x")[0])

    def test_it_is_written_once(self, vault: VaultStorage, subject: Subject) -> None:
        name, _path = self.kept(vault, subject, b"x")
        with pytest.raises(ValueError, match="written once"):
            vault.open(name, "wb")

    def test_after_its_subject_nothing_opens_it_and_nothing_is_added(self, vault: VaultStorage, subject: Subject) -> None:
        name, _path = self.kept(vault, subject, b"x")
        shredding.shred(subject, reason="retention ended", by=None)
        with pytest.raises(FileErased, match="certificate ER-"):
            vault.open(name)
        with pytest.raises(SubjectErased):
            vault.name_for(subject)


@pytest.mark.django_db
class TestWhatIsKept:
    def test_an_uploads_own_name_stands_in_the_row_and_not_on_the_disk(self) -> None:
        found = cast.founded(cast.customer())
        file = cast.pdf()
        document = evidence.upload(found.organisation, kind="passport", file=file, by=found.by)
        assert document.name == "extract.pdf"
        assert "extract" not in document.file.name
        assert b"%PDF" not in Path(document.file.path).read_bytes()
        assert document.file.read().startswith(b"%PDF") and document.file.size == document.size

    def test_what_is_of_a_person_goes_with_that_person(self) -> None:
        found = cast.founded(cast.customer())
        of_alice = evidence.upload(found.organisation, kind="passport", file=cast.pdf(), party=found.controller, by=found.by)
        of_all = evidence.upload(found.organisation, kind="articles", file=cast.pdf(width=500), by=found.by)
        shredding.shred(Party.objects.get(pk=found.controller.pk).sealed_for, reason="asked for", by=None)
        with pytest.raises(FileErased):
            Document.objects.get(pk=of_alice.pk).file.open()
        assert Document.objects.get(pk=of_all.pk).file.read().startswith(b"%PDF")

    @pytest.mark.parametrize("model", [Document, Report])
    def test_every_file_of_the_product_stands_in_the_vault(self, model: Any) -> None:
        assert isinstance(model._meta.get_field("file"), VaultFileField)
        assert isinstance(model._meta.get_field("file").storage, VaultStorage)
