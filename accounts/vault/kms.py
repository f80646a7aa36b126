"""A key-encryption key that never leaves AWS KMS. Needs the extra `kms`; credentials come as boto3 finds them."""

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from accounts.vault.boxes import Tampered

WAITS = Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 3, "mode": "standard"})
# What KMS answers of a box that is not its own, or not for this subject.
FOREIGN = {"InvalidCiphertextException", "IncorrectKeyException"}


class Kms:
    def __init__(self, arn: str) -> None:
        self.arn = arn
        self.client = boto3.client("kms", region_name=arn.split(":")[3], config=WAITS)

    def wrap(self, key: bytes, *, bound: str) -> bytes:
        answer = self.client.encrypt(KeyId=self.arn, Plaintext=key, EncryptionContext={"subject": bound})
        return bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, *, bound: str) -> bytes:
        try:
            answer = self.client.decrypt(KeyId=self.arn, CiphertextBlob=wrapped, EncryptionContext={"subject": bound})
        except ClientError as error:
            if error.response["Error"]["Code"] in FOREIGN:
                raise Tampered(f"The key of {bound} was not wrapped by {self.arn}, or was changed.") from error
            raise
        return bytes(answer["Plaintext"])
