"""A publisher's XML, one record at a time.

The one place that reads XML. A document type is refused, so nothing in the file can be expanded or fetched (ASVS 1.5.1).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat  # nosec B407  # refuses every document type, and with it entities

from kyc.screening.entries import BadList
from kyc.screening.sources.files import chunks

DEEPEST = 40


@dataclass(slots=True)
class Element:
    """`tag` without its namespace."""

    tag: str
    attributes: dict[str, str]
    line: int = 0
    parts: list[str] = field(default_factory=list)
    children: list["Element"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())

    def get(self, name: str) -> str:
        return " ".join(self.attributes.get(name, "").split())

    def every(self, path: str) -> Iterator["Element"]:
        """Those at `a/b`, each step down to children."""
        step, _, rest = path.partition("/")
        for child in self.children:
            if child.tag == step:
                if rest:
                    yield from child.every(rest)
                else:
                    yield child

    def texts(self, path: str) -> list[str]:
        """What they say; those that say nothing are left out."""
        return [text for one in self.every(path) if (text := one.text)]

    def first(self, path: str) -> str:
        return next(iter(self.texts(path)), "")

    def said(self) -> Iterator[str]:
        """All of it, for its digest."""
        yield f"<{self.tag}"
        yield from (f"{name}={self.get(name)}" for name in sorted(self.attributes))
        yield self.text
        for child in self.children:
            yield from child.said()
        yield ">"


class Reader:
    def __init__(self, path: Path, root: str, records: Collection[str]) -> None:
        self.path, self.root, self.records = path, root, records
        self.depth, self.open, self.done = 0, list[Element](), list[Element]()
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.data

    def bad(self, reason: str) -> BadList:
        return BadList(f"{self.path.name}, line {self.parser.CurrentLineNumber}: {reason}.")

    def doctype(self, *_: object) -> None:
        raise self.bad("a document type is declared, which a list needs none of")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if not self.depth and tag != self.root:
            raise self.bad(f"expected <{self.root}>, found <{tag[:60]}>")
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.bad(f"elements stand more than {DEEPEST} deep in one another")
        if self.open or tag in self.records:
            element = Element(tag, attributes, self.parser.CurrentLineNumber)
            if self.open:
                self.open[-1].children.append(element)
            self.open.append(element)

    def end(self, _: str) -> None:
        self.depth -= 1
        if self.open:
            element = self.open.pop()
            if not self.open:
                self.done.append(element)

    def data(self, text: str) -> None:
        if self.open:
            self.open[-1].parts.append(text)

    def read(self) -> Iterator[Element]:
        try:
            for chunk in chunks(self.path):
                self.parser.Parse(chunk, False)
                yield from self.done
                self.done.clear()
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise BadList(f"{self.path.name}, line {error.lineno}: {expat.ErrorString(error.code)}.") from error


def records(path: Path, *, root: str, named: Collection[str]) -> Iterator[Element]:
    """Elements of these names, in the file's order; raises BadList with file and line where it isn't well formed, is cut off,
    or begins with another element than `root`."""
    return Reader(path, root, named).read()
