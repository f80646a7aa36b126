"""Zones written from fields, by the standard's rules and with none of the product's code."""

from dataclasses import dataclass, replace

ORDER = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SIZES = {"TD1": (3, 30), "TD2": (2, 36), "TD3": (2, 44), "MRV-A": (2, 44), "MRV-B": (2, 36)}


@dataclass(frozen=True)
class Bearer:
    surname: str = "ERIKSSON"
    given: str = "ANNA MARIA"
    number: str = "L898902C3"
    issuer: str = "UTO"
    nationality: str = "UTO"
    birth_date: str = "740812"
    sex: str = "F"
    expiry_date: str = "120415"
    optional: str = ""
    type: str = ""


def digit(text: str) -> str:
    total = 0
    for place, one in enumerate(text):
        total += (ORDER.index(one) if one != "<" else 0) * [7, 3, 1][place % 3]
    return str(total % 10)


def names(bearer: Bearer, width: int) -> str:
    text = bearer.surname.replace(" ", "<")
    if bearer.given:
        text += "<<" + bearer.given.replace(" ", "<")
    return text[:width].ljust(width, "<")


def zone(form: str, bearer: Bearer) -> list[str]:
    kind = bearer.type or {"TD1": "I", "TD2": "I", "TD3": "P"}.get(form, "V")
    bearer = replace(
        bearer, type=kind.ljust(2, "<"), issuer=bearer.issuer.ljust(3, "<"), nationality=bearer.nationality.ljust(3, "<")
    )
    return of_card(bearer) if form == "TD1" else of_two(form, bearer)


def numbered(bearer: Bearer, room: int) -> tuple[str, str]:
    """Number with its check digit, ten characters, and the optional field: a long number goes on in it."""
    if len(bearer.number) > 9:
        rest = bearer.number[9:] + digit(bearer.number) + "<" + bearer.optional
        return bearer.number[:9] + "<", rest.ljust(room, "<")
    number = bearer.number.ljust(9, "<")
    return number + digit(number), bearer.optional.ljust(room, "<")


def of_card(bearer: Bearer) -> list[str]:
    number, optional = numbered(bearer, 15)
    first = bearer.type + bearer.issuer + number + optional
    born, until = bearer.birth_date + digit(bearer.birth_date), bearer.expiry_date + digit(bearer.expiry_date)
    second = born + bearer.sex + until + bearer.nationality + "<" * 11
    second += digit(first[5:] + born + until + "<" * 11)
    return [first, second, names(bearer, 30)]


def of_two(form: str, bearer: Bearer) -> list[str]:
    width = SIZES[form][1]
    room = {"TD2": 7, "TD3": 14, "MRV-A": 16, "MRV-B": 8}[form]
    if form == "TD2":
        number, optional = numbered(bearer, room)
    else:
        plain = bearer.number.ljust(9, "<")
        number, optional = plain + digit(plain), bearer.optional.ljust(room, "<")
    born, until = bearer.birth_date + digit(bearer.birth_date), bearer.expiry_date + digit(bearer.expiry_date)
    second = number + bearer.nationality + born + bearer.sex + until + optional
    if form == "TD3":
        second += digit(optional)
    if form in ("TD2", "TD3"):
        second += digit(second[:10] + second[13:20] + second[21:])
    return [bearer.type + bearer.issuer + names(bearer, width - 5), second]
