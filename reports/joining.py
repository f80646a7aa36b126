"""Joins parts of a report that were drawn apart into one tagged PDF."""

import io
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, String


def places(pdf: pikepdf.Pdf) -> Iterator[tuple[str, Array]]:
    """What can be led to, by name."""
    names = pdf.Root.get("/Names", Dictionary()).get("/Dests", Dictionary()).get("/Names", Array())
    return ((str(names[place]), names[place + 1]) for place in range(0, len(names), 2))


def append(whole: pikepdf.Pdf, data: bytes) -> None:
    """Sets the pages of a part behind those of the whole, with all that belongs to them."""
    with pikepdf.open(io.BytesIO(data)) as piece:
        first = len(whole.pages)
        # Before all else, since what points to a page that has not come over yet points nowhere.
        whole.pages.extend(piece.pages)
        root = whole.copy_foreign(piece.Root.StructTreeRoot)
        tree(whole.Root.StructTreeRoot, root, shift=next_number(whole), whole=whole, first=first)
        if "/Outlines" in piece.Root:
            outlines(whole.Root.Outlines, whole.copy_foreign(piece.Root.Outlines))
        led_to(whole, piece)


def next_number(whole: pikepdf.Pdf) -> int:
    nums = whole.Root.StructTreeRoot.ParentTree.Nums
    return int(nums[len(nums) - 2]) + 1


def tree(whole_root: Dictionary, root: Dictionary, *, shift: int, whole: pikepdf.Pdf, first: int) -> None:
    """The elements of a part behind those there are; its pages and links are numbered on."""
    document = whole_root.K[0]
    for child in root.K[0].K:
        child.P = document
        document.K.append(child)
    nums = whole_root.ParentTree.Nums
    for place in range(0, len(root.ParentTree.Nums), 2):
        nums.append(int(root.ParentTree.Nums[place]) + shift)
        nums.append(root.ParentTree.Nums[place + 1])
    for page in list(whole.pages)[first:]:
        page.StructParents = int(page.StructParents) + shift
        for link in page.get("/Annots", Array()):
            link.StructParent = int(link.StructParent) + shift
    if "/IDTree" in root:
        listed = whole_root.get("/IDTree", Dictionary(Names=Array()))
        listed.Names = Array([*listed.Names, *root.IDTree.Names])
        whole_root.IDTree = listed


def outlines(there: Dictionary, more: Dictionary) -> None:
    item = more.First
    while True:
        item.Parent = there
        if "/Next" not in item:
            break
        item = item.Next
    there.Last.Next, more.First.Prev = more.First, there.Last
    there.Last, there.Count = more.Last, int(there.Count) + int(more.Count)


def led_to(whole: pikepdf.Pdf, piece: pikepdf.Pdf) -> None:
    """Names of places, those of the part before those of the same name that only stood for them."""
    found = dict(places(whole))
    if "/Names" in piece.Root and "/Dests" in piece.Root.Names:
        copied = whole.copy_foreign(piece.make_indirect(piece.Root.Names.Dests))
        found |= {str(copied.Names[place]): copied.Names[place + 1] for place in range(0, len(copied.Names), 2)}
    ordered = sorted(found.items(), key=lambda one: one[0].encode())
    whole.Root.Names.Dests = Dictionary(Names=Array([part for name, place in ordered for part in (String(name), place)]))


def numbered(whole: pikepdf.Pdf, numbers: bytes) -> None:
    """Sets on each page what stands on the same page of `numbers`, as no part of the text."""
    with pikepdf.open(io.BytesIO(numbers)) as over:
        for page, written in zip(whole.pages, over.pages, strict=True):
            form = whole.copy_foreign(over.make_indirect(written.as_form_xobject()))
            name = page.add_resource(form, Name.XObject)
            # Before the rest, which turns the page upside down for itself.
            page.contents_add(f"/Artifact\nBMC\nq {name} Do Q\nEMC\n".encode(), prepend=True)
            page.contents_coalesce()
