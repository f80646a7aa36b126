"""What a file is, by its content: two opinions that have to agree. Pure.

libmagic looks for marks at known places, magika has learnt what files look like; each takes hostile files for harmless ones that
the other does not. Neither is believed about what can't be opened in full (pictures.py, pdfs.py).
"""

from functools import cache

import magic
import onnxruntime
from magika import Magika

from kyc.evidence.taking.kinds import HEIC, JPEG, PDF, PNG, WEBP, Unfit

MARKED = {PDF: PDF, JPEG: JPEG, PNG: PNG, WEBP: WEBP, HEIC: HEIC, "image/heif": HEIC}
# A HEIF file is built of the boxes of MP4, and magika has seen few: it takes most of them for the other, and is seldom sure.
LEARNT = {PDF: {"pdf"}, JPEG: {"jpeg"}, PNG: {"png"}, WEBP: {"webp"}, HEIC: {"heif", "avif", "mp4"}}


class OneThread(Magika):
    """Whose session starts no thread: a process that has some can't be forked."""

    def _init_onnx_session(self) -> onnxruntime.InferenceSession:
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(self._model_path, options, providers=["CPUExecutionProvider"])


@cache
def learnt() -> Magika:
    return OneThread()


def kind(data: bytes) -> str:
    """The type of the file, one of kinds. Raises Unfit."""
    if not data:
        raise Unfit("empty")
    marked = MARKED.get(magic.from_buffer(data, mime=True))
    if marked is None:
        raise Unfit("kind")
    found = learnt().identify_bytes(data)
    if str(found.dl.label if marked == HEIC else found.output.label) not in LEARNT[marked]:
        raise Unfit("doubtful")
    return marked
