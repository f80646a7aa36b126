"""Files under names that say nothing, fields that can't be searched."""

import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import FieldError, SuspiciousFileOperation
from django.core.files.base import ContentFile

from accounts.vault import SealedField, VaultStorage
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.parties.models import Party
from reports.models import Report
from tests import cast


@pytest.fixture
def vault(settings: Any, tmp_path: Path) -> VaultStorage:
    settings.VAULT_DIR = tmp_path / "vault"
    return VaultStorage()


class TestVaultStorage:
    def test_a_name_says_nothing_of_what_it_holds(self, vault: VaultStorage) -> None:
        names = [vault.save("passports/Alice Olsen 1984-03-17.pdf", ContentFile(b"x")) for _ in range(20)]
        assert len(set(names)) == 20
        for name in names:
            folder, token = name.split("/")
            assert len(token) == 32
            assert set(token) <= set("0123456789abcdef")
            assert token.startswith(folder)

    @pytest.mark.parametrize("name", ["../../etc/cron.d/x.pdf", "a/../../x", "..\\x", "/etc/cron.d/x.pdf"])
    def test_a_name_that_climbs_is_refused_outright(self, vault: VaultStorage, name: str) -> None:
        with pytest.raises(SuspiciousFileOperation):
            vault.save(name, ContentFile(b"x"))
        assert not Path(vault.location).exists()

    @pytest.mark.parametrize("name", ["x" * 500, "x.pdf\x00.exe", "莲花.pdf"])
    def test_no_name_has_a_say_in_where_it_lies(self, vault: VaultStorage, name: str) -> None:
        saved = vault.save(name, ContentFile(b"x"))
        assert Path(vault.path(saved)).resolve().is_relative_to(vault.location)
        assert set(saved) <= set("0123456789abcdef/")

    def test_only_the_servers_own_user_reads_them(self, vault: VaultStorage) -> None:
        path = Path(vault.path(vault.save("x.pdf", ContentFile(b"secret"))))
        assert path.read_bytes() == b"secret"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(Path(vault.location).stat().st_mode) == 0o700

    def test_it_is_never_served_by_address(self, vault: VaultStorage) -> None:
        with pytest.raises(ValueError, match="not accessible via a URL"):
            vault.url(vault.save("x.pdf", ContentFile(b"x")))


@pytest.mark.django_db
class TestWhatIsKept:
    def test_an_uploads_own_name_stands_in_the_row_and_not_on_the_disk(self) -> None:
        found = cast.founded(cast.customer())
        document = evidence.upload(found.organisation, kind="passport", file=cast.pdf(), by=found.by)
        assert document.name == "extract.pdf"
        assert "extract" not in document.file.name
        assert stat.S_IMODE(Path(document.file.path).stat().st_mode) == 0o600

    @pytest.mark.parametrize("model", [Document, Report])
    def test_every_file_of_the_product_stands_in_the_vault(self, model: Any) -> None:
        assert isinstance(model._meta.get_field("file").storage, VaultStorage)


@pytest.mark.django_db
class TestSealedField:
    @pytest.mark.parametrize(
        "lookup",
        ["icontains", "contains", "startswith", "istartswith", "endswith", "iexact", "regex", "iregex", "in", "gt", "gte", "lt",
         "lte", "range", "search", "year"],
    )  # fmt: skip
    @pytest.mark.parametrize("name", ["birth_date", "address"])
    def test_refuses_to_be_searched(self, name: str, lookup: str) -> None:
        with pytest.raises(FieldError):
            list(Party.objects.filter(**{f"{name}__{lookup}": "1984"}))

    @pytest.mark.parametrize("name", ["birth_date", "address"])
    def test_its_history_refuses_too(self, name: str) -> None:
        events = Party.pgh_event_model  # type: ignore[attr-defined]  # pghistory adds it
        assert isinstance(events._meta.get_field(name), SealedField)
        with pytest.raises(FieldError):
            list(events.objects.filter(**{f"{name}__icontains": "1984"}))

    def test_is_compared_whole_or_with_nothing(self) -> None:
        cast.founded(cast.customer())
        assert Party.objects.filter(birth_date="1984-03-17").count() == 1
        assert Party.objects.filter(birth_date__isnull=True).count() == 0
