"""Sealed files in a bucket of S3, played by moto's server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile
from moto.server import ThreadedMotoServer

from accounts import backups
from accounts.models import Organisation
from accounts.private_files import private_file
from accounts.vault import Subject, VaultStorage, shredding
from accounts.vault.boxes import Tampered
from accounts.vault.files import CHUNK, HEAD, FileErased
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from tests import cast

pytestmark = pytest.mark.django_db
BUCKET, REGION = "sealed-files", "eu-west-1"
LONG = b"of Alice " * CHUNK


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of-the-tests")
    settings.VAULT_S3_BUCKET, settings.VAULT_S3_ENDPOINT, settings.VAULT_S3_REGION = BUCKET, endpoint, REGION
    found = boto3.resource("s3", endpoint_url=endpoint, region_name=REGION).Bucket(BUCKET)
    found.create(CreateBucketConfiguration={"LocationConstraint": REGION})
    yield found
    found.objects.all().delete()
    found.delete()


@pytest.fixture
def vault(bucket: Any) -> VaultStorage:
    return VaultStorage()


@pytest.fixture
def subject() -> Subject:
    return Subject.of_organisation(Organisation.objects.create(name="Nordlys").pk)


class TestInABucket:
    @pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 9 * CHUNK], ids=str)
    def test_gives_back_what_was_kept(self, vault: VaultStorage, subject: Subject, size: int) -> None:
        name = vault.save(vault.name_for(subject), ContentFile(LONG[:size]))
        assert (vault.open(name).read(), vault.size(name), vault.exists(name)) == (LONG[:size], size, True)

    def test_nothing_of_it_stands_there_in_clear(self, vault: VaultStorage, subject: Subject, bucket: Any) -> None:
        name = vault.save(vault.name_for(subject), ContentFile(LONG))
        there = bucket.Object(name).get()
        sealed = there["Body"].read()
        assert b"Alice" not in sealed and len(sealed) == HEAD + len(LONG) + 16 * -(-len(LONG) // CHUNK)
        assert there["ContentType"] == "application/octet-stream"

    def test_what_lies_in_a_folder_may_be_carried_over(
        self, vault: VaultStorage, subject: Subject, bucket: Any, settings: Any, tmp_path: Path
    ) -> None:
        settings.VAULT_S3_BUCKET, settings.VAULT_DIR = "", tmp_path
        folder = VaultStorage()
        name = folder.save(folder.name_for(subject), ContentFile(LONG))
        bucket.upload_file(folder.path(name), name)
        assert vault.open(name).read() == LONG

    def test_any_part_of_it_can_be_read_and_every_change_is_found(
        self, vault: VaultStorage, subject: Subject, bucket: Any
    ) -> None:
        name = vault.save(vault.name_for(subject), ContentFile(LONG))
        with vault.open(name) as file:
            file.seek(3 * CHUNK + 5)
            assert file.read(9) == LONG[3 * CHUNK + 5 : 3 * CHUNK + 14]
        sealed = bucket.Object(name).get()["Body"].read()
        for changed in (
            sealed[:-1],
            sealed[: HEAD + CHUNK + 16],
            sealed[:90] + bytes([sealed[90] ^ 1]) + sealed[91:],
            b"in clear" * 20,
        ):
            bucket.put_object(Key=name, Body=changed)
            with pytest.raises(Tampered), vault.open(name) as file:
                file.read()

    def test_after_its_subject_nothing_opens_it(self, vault: VaultStorage, subject: Subject) -> None:
        name = vault.save(vault.name_for(subject), ContentFile(b"x"))
        shredding.shred(subject, reason="retention ended", by=None)
        with pytest.raises(FileErased):
            vault.open(name)

    def test_is_deleted_and_has_no_address(self, vault: VaultStorage, subject: Subject) -> None:
        name = vault.save(vault.name_for(subject), ContentFile(b"x"))
        with pytest.raises(ValueError, match="not accessible"):
            vault.url(name)
        vault.delete(name)
        assert not vault.exists(name)


def test_a_document_goes_there_and_comes_back(vault: VaultStorage, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Document._meta.get_field("file"), "storage", vault)
    found = cast.founded(cast.customer())
    made = evidence.upload(found.organisation, kind="passport", file=cast.pdf(), by=found.by)
    kept = Document.objects.get(pk=made.pk)
    assert [one.key for one in bucket.objects.all()] == [kept.file.name]
    answer = private_file(kept.file, name=kept.name, content_type=kept.content_type)
    assert b"".join(answer.streaming_content).startswith(b"%PDF") and kept.file.size == kept.size  # type: ignore[arg-type]  # bytes


def test_a_backup_reads_and_writes_there(vault: VaultStorage, subject: Subject, bucket: Any, tmp_path: Path) -> None:
    name = vault.save(vault.name_for(subject), ContentFile(LONG))
    copied, missing = backups.copied_files([name, "1/no/thing"], tmp_path)
    assert missing == ["1/no/thing"] and copied == {name: backups.hashed(tmp_path / name)}
    bucket.Object(name).delete()
    backups.copied_files_back([name], tmp_path)
    assert vault.open(name).read() == LONG
    assert backups.hashed(vault.place.open(name)) == copied[name]
