"""How issuers write national characters in the zone's capitals (ICAO Doc 9303-3, section 6, tables A to C). Pure.

A letter may have several spellings: the recommended one first, then those of single languages. What stands in no table loses its
marks, or is put into Latin letters as for comparing names elsewhere.
"""

import unicodedata
from collections.abc import Iterator
from itertools import islice, product

from anyascii import anyascii

# Nobody's name has so many spellings in truth; each letter of several doubles them.
MOST_SPELLINGS = 256


def table(text: str) -> dict[str, tuple[str, ...]]:
    """`Ä AE/A` for each letter; a spelling `-` leaves it out."""
    pairs = (pair.split() for pair in text.split(",") if pair.strip())
    return {letter: tuple(spelling.replace("-", "") for spelling in spellings.split("/")) for letter, spellings in pairs}


LATIN = table(
    """Ä AE/A, Å AA/A, Æ AE, Ö OE/O, Ø OE/O, Ü UE/UXX/U, Ñ N/NXX, ẞ SS, Þ TH, Ð D, Đ D/DJ, Œ OE, Ĳ IJ, Ł L, Ħ H, Ŧ T, Ŋ N, ĸ Q,
    ı I, ſ S, Ə E/A"""
)
CYRILLIC = table(
    """А A, Б B, В V, Г G/H, Д D, Е E/IE/YE, Ё E/IO, Ж ZH/Z, З Z, И I/Y, І I, Й I/Y, К K, Л L, М M, Н N, О O, П P, Р R, С S, Т T,
    У U, Ф F, Х KH/H, Ц TS/C, Ч CH/C, Ш SH/S, Щ SHCH/SHT, Ъ IE/-, Ы Y, Ь -, Э E, Ю IU/YU/IU, Я IA/YA, Ў U, Ѫ U, Ѵ Y, Ґ G, Ѓ G/GJ,
    Ђ D/DJ, Ѕ DZ, Ј J, Ќ K/KJ, Љ LJ, Њ NJ, Ћ C, Џ DZ/DJ, Ї I/YI, Є IE/YE, Һ C, Ғ F, Ү U, Ө O"""
)
ARABIC = table(
    """ء XE/-, آ XAA/A, أ XAE/A, ؤ U, إ I, ئ XI, ا A, ب B, ة XTA/XAH, ت T, ث XTH, ج J, ح XH, خ XKH, د D, ذ XDH, ر R, ز Z, س S,
    ش XSH, ص XSS, ض XDZ, ط XTT, ظ XZZ, ع E, غ G, ف F, ق Q, ك K, ل L, م M, ن N, ه H, و W, ى XAY, ي Y, ٱ XXA, ٹ XXT, ټ XRT, پ P,
    ځ XKE, څ XXH, چ XC, ڈ XXD, ډ XDR, ڑ XXR, ړ XRR, ږ XRX, ژ XJ, ښ XXS, ک XKK, ګ XXK, ڭ XNG, گ XGG, ں XNN, ڼ XXN, ھ XDO, ۀ XYH,
    ہ XXG, ۂ XGE, ۃ XTG, ی XYA, ې XXY, ے XYB, ۓ XBE"""
)
TABLES = LATIN | CYRILLIC | ARABIC


def spellings(word: str) -> Iterator[str]:
    """Each way in which a zone may write the word, the recommended one first; capitals and digits alone."""
    letters = [of_letter(letter) for letter in unicodedata.normalize("NFC", word.upper())]
    seen: set[str] = set()
    for choice in islice(product(*letters), MOST_SPELLINGS):
        spelling = "".join(choice)
        if spelling and spelling not in seen:
            seen.add(spelling)
            yield spelling


def of_letter(letter: str) -> tuple[str, ...]:
    if letter in TABLES:
        return TABLES[letter]
    bare = unicodedata.normalize("NFD", letter)[0]
    if bare in TABLES:
        return TABLES[bare]
    latin = bare if bare.isascii() else anyascii(bare).upper()
    return ("".join(one for one in latin if one.isascii() and one.isalnum()),)
