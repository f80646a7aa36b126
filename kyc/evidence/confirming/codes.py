"""Codes of digits, drawn by the system's own randomness, and how people type them. Pure."""

import secrets


def drawn(digits: int) -> str:
    """Each of them as likely as the other, zeros in front too."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def typed(text: str) -> str:
    """The digits alone: letters show them in groups, and telephones write them in other scripts."""
    return "".join(str(int(character)) for character in text if character.isdecimal())
