"""Where direct identifiers and files are kept: one field type and one file store for the whole product.

Every document and register number, birth date, street address, telephone and payment reference stands in a `SealedField`;
every upload and issued PDF in a `VaultFileField`. Each value is encrypted under a key of its *subject*, the person or
organisation it is about, and bound to its table, column and row. Destroying a subject's key destroys the data (shredding.py).

    boxes      AES-256-GCM, pure                      searching  keyed hashes, by which an exact number is found
    keyring    key-encryption keys, which rotate      shredding  the end of a subject's data
    subjects   a key a subject, wrapped by those      rotation   every key under the newest key-encryption key
    fields     sealed columns                         lent       what lies outside the database for a while
    files      sealed files                           veils      sealed values masked for who looks at another's pages
    places     the folder or the bucket they lie in
"""

from accounts.vault.erased import Erased, Unreadable
from accounts.vault.fields import RowNumber, SealedField, VaultFileField
from accounts.vault.files import FileErased, VaultStorage
from accounts.vault.lent import locked, opened, sealed, unlocked
from accounts.vault.subjects import Subject
from accounts.vault.veils import veiled

__all__ = [
    "Erased", "FileErased", "RowNumber", "SealedField", "Subject", "Unreadable", "VaultFileField", "VaultStorage", "locked",
    "opened", "sealed", "unlocked", "veiled",
]  # fmt: skip
