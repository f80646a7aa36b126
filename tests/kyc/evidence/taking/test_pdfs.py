"""A PDF built anew of its pages."""

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from kyc.evidence.taking import pdfs
from kyc.evidence.taking.kinds import MOST_PAGES, Unfit
from tests.kyc.evidence.taking.hostile import form, pdf, picture, rooted, script, with_image


class TestClean:
    def test_pages_stay_as_they_are_drawn(self) -> None:
        made = pdfs.clean(pdf(pages=3))
        with pikepdf.open(io.BytesIO(made.data)) as opened:
            assert [page.Contents.read_bytes() for page in opened.pages] == [b"0 0 m 100 100 l S"] * 3

    def test_what_stands_in_a_form_is_drawn_on_the_page(self) -> None:
        made = pdfs.clean(
            pdf(
                form(DR=Dictionary(Font=Dictionary(Helv=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))))
            )
        )
        with pikepdf.open(io.BytesIO(made.data)) as opened:
            drawn = [one.read_bytes() for one in opened.objects if isinstance(one, pikepdf.Stream)]
            assert any(b"Alice" in text for text in drawn)
            assert "/Annots" not in opened.pages[0] and "/AcroForm" not in opened.Root

    def test_how_it_was_made_is_kept_apart(self) -> None:
        def change(made: pikepdf.Pdf) -> None:
            made.docinfo["/Producer"], made.docinfo["/Creator"] = String("Writer 7\n"), String("Editor")
            made.docinfo["/CreationDate"], made.docinfo["/ModDate"] = String("D:20260304050607Z"), String("soon")
            rooted(OpenAction=script())(made)

        assert pdfs.clean(pdf(change) + b"\n%%EOF\n").origin == {
            "software": "Writer 7", "editor": "Editor", "made_at": "2026-03-04T05:06:07", "changed_at": "soon", "revisions": 1,
            "removed": ["scripts"], "sent_as": "application/pdf",
        }  # fmt: skip

    def test_layers_that_were_hidden_stay_hidden(self) -> None:
        def change(made: pikepdf.Pdf) -> None:
            layer = made.make_indirect(Dictionary(Type=Name.OCG, Name=String("x")))
            made.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer]), AS=Array([])))
            made.pages[0].Resources = Dictionary(Properties=Dictionary(L=layer))

        with pikepdf.open(io.BytesIO(pdfs.clean(pdf(change)).data)) as opened:
            shown = opened.Root.OCProperties
            assert shown.D.OFF[0].objgen == shown.OCGs[0].objgen == opened.pages[0].Resources.Properties.L.objgen
            assert "/AS" not in shown.D

    def test_a_picture_in_it_loses_what_a_phone_wrote(self) -> None:
        data = picture("JPEG")
        photo = data[:2] + b"\xff\xe1\x00\x10Exif\0\0Nordfon" + b"\0" + data[2:]
        made = pdfs.clean(pdf(lambda made: with_image(made, 200, 140, photo, Filter=Name.DCTDecode)))
        assert b"Nordfon" not in made.data and data[-400:] in made.data

    def test_a_font_called_like_an_action_stays(self) -> None:
        def change(made: pikepdf.Pdf) -> None:
            font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
            made.pages[0].Resources = Dictionary(Font=Dictionary(JS=font, AA=font))

        with pikepdf.open(io.BytesIO(pdfs.clean(pdf(change)).data)) as opened:
            assert set(opened.pages[0].Resources.Font.keys()) == {"/JS", "/AA"}

    def test_pages_are_counted(self) -> None:
        assert pdfs.clean(pdf(pages=MOST_PAGES)).data
        with pytest.raises(Unfit, match="pages"):
            pdfs.clean(pdf(pages=MOST_PAGES + 1))

    @pytest.mark.parametrize("user", ["b", ""])
    def test_a_password_is_told_also_one_that_only_forbids_changes(self, user: str) -> None:
        with pytest.raises(Unfit, match="pdf_locked"):
            pdfs.clean(pdf(encryption=pikepdf.Encryption(owner="a", user=user)))

    def test_the_same_file_becomes_the_same_file(self) -> None:
        data = pdf(rooted(OpenAction=script()))
        assert pdfs.clean(data).data == pdfs.clean(data).data
