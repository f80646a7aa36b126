"""What PDF/A-3 and PDF/UA-1 ask for and WeasyPrint leaves out."""

import re
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, String

PDF_UA = """
<rdf:Description rdf:about="" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""
# As WeasyPrint writes the beginning of each piece of text.
BEGUN = re.compile(rb"/\w+\n<</MCID (\d+)>>\nBDC\n")


def archived(pdf: pikepdf.Pdf) -> None:
    """Every attached file an associated one (FMT-02), and the mark of PDF/UA declared as PDF/A asks."""
    # A letter has none attached.
    attached = pdf.Root.get("/Names", Dictionary()).get("/EmbeddedFiles", Dictionary())
    named = attached.get("/Names", Array())
    pdf.Root.AF = Array([named[place] for place in range(1, len(named), 2)])
    head, tail = pdf.Root.Metadata.read_bytes().decode().rsplit("</rdf:RDF>", 1)
    marked = f"{head}{PDF_UA}</rdf:RDF>{tail}".encode()
    pdf.Root.Metadata = pdf.make_stream(marked, Type=Name.Metadata, Subtype=Name.XML)


def tagged(pdf: pikepdf.Pdf, *, named: str = "0000") -> None:
    """Heads of tables say what they are the head of, and running heads are no part of the text.

    `named` tells the notes of one part of a report from those of another."""
    for element in elements(pdf):
        if element.S == "/TH":
            is_of_column = element.P.P.S == "/THead"
            element.A.Scope = Name.Column if is_of_column else Name.Row
            # An identifier nobody lists; the scope tells the same.
            del element.ID
        elif element.S == "/TD" and Name.Headers in element.A:
            del element.A.Headers
    noted(pdf, named)
    top = {child.objgen for child in pdf.Root.StructTreeRoot.K[0].K}
    for page, parents in zip(pdf.pages, pages_of(pdf), strict=True):
        unread = {number for number, parent in enumerate(parents) if topmost(parent).objgen not in top}
        made_artifacts(page, parents, unread)


def noted(pdf: pikepdf.Pdf, named: str) -> None:
    """Footnotes are notes, each with a name of its own, as PDF/UA asks. What stands in no section is a page's area for them."""
    areas = [child for child in pdf.Root.StructTreeRoot.K[0].K if child.S == "/NonStruct"]
    notes = [note for area in areas for note in area.K if note.S == "/Span"]
    for number, note in enumerate(notes, start=1):
        note.S, note.ID = Name.Note, String(f"note-{named}-{number:06d}")
    if notes:
        pdf.Root.StructTreeRoot.IDTree = Dictionary(Names=Array([part for note in notes for part in (note.ID, note)]))


def elements(pdf: pikepdf.Pdf) -> Iterator[Dictionary]:
    for item in pdf.objects:
        if isinstance(item, Dictionary) and item.get(Name.Type) == "/StructElem":
            yield item


def pages_of(pdf: pikepdf.Pdf) -> list[Array]:
    """For each page the elements that its pieces of text belong to, by their numbers."""
    nums = pdf.Root.StructTreeRoot.ParentTree.Nums
    return [nums[place] for place in range(1, 2 * len(pdf.pages), 2)]


def topmost(element: Dictionary) -> Dictionary:
    """The child of the document that the element stands in."""
    while element.P.S != "/Document":
        element = element.P
    return element


def made_artifacts(page: pikepdf.Page, parents: Array, unread: set[int]) -> None:
    """Numbers `unread` are what a page repeats: its running heads, which a voice must not read out on each."""

    def written(found: re.Match[bytes]) -> bytes:
        return b"/Artifact\nBMC\n" if int(found[1]) in unread else found[0]

    page.Contents.write(BEGUN.sub(written, page.Contents.read_bytes()))
    for number in unread:
        parents[number] = None
