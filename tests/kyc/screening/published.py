"""Lines as OFAC publishes them: quoted words, a bare `-0- ` for nothing, carriage returns, a control-Z at the end."""

from collections.abc import Iterable

END = "\x1a"
NOTHING = "-0- "


def value(text: str) -> str:
    return f'"{text}"' if text else NOTHING


def row(number: int | str, name: str, kind: str = "individual", *, programmes: str = "SDGT", remarks: str = "") -> str:
    """One line of a primary file: a person unless said otherwise; `kind` is empty for companies."""
    quoted = [value(text) for text in (name, kind, programmes, *[""] * 7, remarks)]
    return ",".join([str(number), *quoted]) + "\r\n"


def alias(number: int | str, name: str, kind: str = "aka") -> str:
    return f"{number},77,{kind},{value(name)},{NOTHING}\r\n"


def address(number: int | str, country: str) -> str:
    return f"{number},25,{NOTHING},{value('Havana')},{value(country)},{NOTHING}\r\n"


def comment(number: int | str, rest: str) -> str:
    return f"{number},{value(rest)}\r\n"


def file(lines: Iterable[str]) -> bytes:
    return ("".join(lines) + END).encode()
