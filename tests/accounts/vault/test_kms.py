"""AWS KMS as the key-encryption key, played by moto."""

from collections.abc import Callable, Iterator

import boto3
import pytest
from moto import mock_aws

from accounts.vault import keyring, rotation, subjects
from accounts.vault.boxes import Tampered
from accounts.vault.kms import Kms
from accounts.vault.models import SubjectKey
from kyc.parties.models import Party
from tests import cast

REGION = "eu-west-1"


@pytest.fixture
def arn(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of-the-tests")
    with mock_aws():
        yield boto3.client("kms", region_name=REGION).create_key()["KeyMetadata"]["Arn"]
    keyring.wrapper.cache_clear()


class TestKms:
    def test_opens_what_it_wrapped_for_that_subject_and_for_no_other(self, arn: str) -> None:
        kms, key = Kms(arn), bytes(range(32))
        wrapped = kms.wrap(key, bound="party:1")
        assert key not in wrapped
        assert kms.unwrap(wrapped, bound="party:1") == key
        with pytest.raises(Tampered, match="party:2"):
            kms.unwrap(wrapped, bound="party:2")


@pytest.mark.django_db
class TestMovingToKms:
    def test_is_a_rotation_like_any_other(self, arn: str, keys: Callable[..., None]) -> None:
        secret = "a key-encryption key of the tests, thirty-two or more"
        keys(v1=secret)
        alice = cast.founded(cast.customer()).controller
        keys(v1=secret, v2=arn)
        assert [step.left for step in rotation.rotate()] == [0]
        keys(v2=arn)
        subjects.cache.forget()
        assert Party.objects.get(pk=alice.pk).birth_date == "1984-03-17"
        assert set(SubjectKey.objects.values_list("wrapped_by", flat=True)) == {"2"}
