"""Uploads on their way in: kept in memory alone, since a temporary file would be one in clear."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class TooLarge(UploadedFile):
    """More than there is room for: a name and a size, by which a form refuses it. Nothing of it is left to read."""


class InMemory(FileUploadHandler):
    """Keeps what fits into FILE_UPLOAD_MAX_MEMORY_SIZE, of all files of a request together, and lets the rest pass by: neither
    memory nor disk is filled, and whoever sent it is told on the form, as of any file that is too large."""

    came = 0
    kept: BytesIO

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.kept = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.came += len(raw_data)
        if self.came > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            self.kept.close()
        else:
            self.kept.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        told = (self.content_type, self.charset, self.content_type_extra)
        if self.kept.closed:
            # Where only all together were too many, no form may take this one for one that fits.
            return TooLarge(self.kept, self.file_name, told[0], self.came, *told[1:])
        self.kept.seek(0)
        return InMemoryUploadedFile(self.kept, self.field_name, self.file_name, told[0], file_size, *told[1:])
