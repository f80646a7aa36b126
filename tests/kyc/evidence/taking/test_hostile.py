"""Hostile files: each is refused in a sentence, or what is kept of it is harmless; and nothing dies but its own process."""

import io
import re

import pikepdf
import pytest
from PIL import Image

from kyc.evidence import intake
from kyc.evidence.taking import apart
from kyc.evidence.taking.kinds import JPEG, MOST_PAGES, MOST_PIXELS, PDF, PNG, Made, Unfit
from kyc.evidence.taking.refusals import SENTENCES
from tests.kyc.evidence.taking.hostile import ACTIVE, MARK, NAMES, corpus, pdf, picture, whole

CORPUS = corpus()
# What a reader of PDFs acts on, in the names that the format gives it.
ACTS = re.compile(
    r"/(JS|JavaScript|AA|OpenAction|Launch|URI|GoToR|GoToE|SubmitForm|ImportData|Rendition|RichMedia|RichMediaContent|EmbeddedFiles?|"
    r"EF|AF|XFA|AcroForm|Movie|Sound|Screen|FileAttachment|Filespec|Annots|Names|Outlines|Metadata|PieceInfo|Ref|PS|Thumb|Info)\b"
)


def names_and_texts(one: object, depth: int = 0) -> list[str]:
    """Every name, text and stream of an object, not following to others."""
    if depth > 50:
        return []
    if isinstance(one, pikepdf.Stream):
        text = one.read_raw_bytes() if "/DCTDecode" in str(one.get("/Filter", "")) else one.read_bytes()
        return [text.decode("latin-1"), *names_and_texts(dict(one.stream_dict.items()), depth)]
    if isinstance(one, dict | pikepdf.Dictionary):
        return [found for name, value in one.items() for found in (str(name), *names_and_texts(value, depth + 1))]
    if isinstance(one, pikepdf.Array):
        return [found for value in one for found in names_and_texts(value, depth + 1)]
    return [str(one)] if isinstance(one, pikepdf.Name | pikepdf.String) else []


def is_harmless(made: Made) -> None:
    assert MARK not in made.data
    assert MARK.decode() not in str(made.origin) or "software" in made.origin
    if made.content_type == PDF:
        with pikepdf.open(io.BytesIO(made.data)) as opened:
            assert 0 < len(opened.pages) <= MOST_PAGES
            assert not opened.is_encrypted and set(opened.Root.keys()) <= {"/Type", "/Pages", "/OCProperties"}
            said = [text for one in opened.objects for text in names_and_texts(one)]
            assert [text for text in said if MARK.decode() in text] == []
            assert [text for text in said if text.startswith("/") and ACTS.fullmatch(text)] == []
            assert "/Info" not in opened.trailer
        return
    assert made.content_type in {JPEG, PNG}
    with Image.open(io.BytesIO(made.data), formats=["JPEG", "PNG"]) as opened_picture:
        opened_picture.load()
        assert opened_picture.width * opened_picture.height <= MOST_PIXELS
        assert not opened_picture.getexif() and set(opened_picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert made.data.endswith(b"\xff\xd9" if made.content_type == JPEG else b"IEND\xaeB`\x82")


def test_they_are_two_hundred_and_more() -> None:
    made = {name: make() for name, make in CORPUS.items()}
    assert len({bytes(data) for data in made.values()}) >= 200


def told(data: bytes) -> Made | str:
    try:
        return apart.made(data)
    except Unfit as unfit:
        return str(SENTENCES[unfit.code])


@pytest.mark.parametrize("name", CORPUS)
def test_is_refused_in_a_sentence_or_harmless(name: str) -> None:
    found = told(CORPUS[name]())
    if isinstance(found, Made):
        is_harmless(found)
    else:
        assert found.count(".") >= 2, "what is wrong, and what to do"


@pytest.mark.parametrize("name", ACTIVE)
def test_what_acts_in_a_pdf_is_seen_by_the_check(name: str) -> None:
    """The control: the check above finds it in what was sent."""
    data = ACTIVE[name]()
    with pytest.raises((AssertionError, pikepdf.PasswordError, pikepdf.PdfError)):
        is_harmless(Made(data, PDF))


@pytest.mark.parametrize("kind", whole())
def test_what_is_whole_is_taken(kind: str) -> None:
    is_harmless(apart.made(whole()[kind]()))


def test_the_process_that_forks_outlives_them_all() -> None:
    apart.made(picture())
    assert apart.HERE.process is not None
    before = apart.HERE.process.pid
    for name in ("PNG of 65000 by 65000", "PDF packed twice", "PDF nested 1000000 deep", "WebP of 16383 by 16383"):
        with pytest.raises(Unfit):
            apart.made(CORPUS[name]())
    assert apart.made(pdf()).content_type == PDF
    assert apart.HERE.process.pid == before and apart.HERE.process.poll() is None


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_ever_shown(name: str) -> None:
    shown = intake.shown_name(name)
    assert shown and len(shown) <= 200 and shown.isprintable()
    assert not set("/\\\0\r\n") & set(shown) and shown not in {".", ".."}
