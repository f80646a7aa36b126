"""Where sealed files lie: a folder, or a bucket of S3 or of what speaks as it does. Neither knows what is in them."""

from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.utils.module_loading import import_string

S3 = "storages.backends.s3.S3Storage"
# Needs django-storages and boto3, which an installation without S3 does not carry.
OF_S3: dict[str, Any] = {
    "default_acl": None,
    "signature_version": "s3v4",
    "addressing_style": "path",
    # A name is drawn for one file, so none is asked for before it is written.
    "file_overwrite": True,
    "object_parameters": {"ContentType": "application/octet-stream"},
}


def place() -> Storage:
    if settings.VAULT_S3_BUCKET:
        kind = import_string(S3)
        made: Storage = kind(
            bucket_name=settings.VAULT_S3_BUCKET,
            endpoint_url=settings.VAULT_S3_ENDPOINT or None,
            region_name=settings.VAULT_S3_REGION or None,
            **OF_S3,
        )
        return made
    return FileSystemStorage(location=settings.VAULT_DIR, file_permissions_mode=0o600, directory_permissions_mode=0o700)
