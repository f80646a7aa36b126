"""Names as comparable words: any script to Latin, no case, accents, marks or order; legal forms and titles set apart."""

import re
import unicodedata

from anyascii import anyascii

LEGAL_FORMS = frozenset(
    "ltd limited llc inc incorporated corp corporation co company plc gmbh ag sa sarl sas srl spa bv nv oy ab as aps oao ooo "
    "zao pao jsc ojsc cjsc pjsc fze fzco fzc llp lp pte pty kk sdn bhd ao tov doo dd ad kg ohg ev se pvt private public joint "
    "stock".split()
)
TITLES = frozenset("mr mrs ms dr prof sir shaykh sheikh hajji haji mullah mawlawi maulavi qari ayatollah general colonel".split())
LINKING = frozenset("the of and for de la del y e und et bin ibn bint al el ul".split())
WORD = re.compile(r"[a-z0-9]+")


def words(name: str) -> list[str]:
    """All words of a name in their order: `AL-ZAWAHIRI, Dr. Ayman` gives al, zawahiri, dr, ayman."""
    latin = anyascii(unicodedata.normalize("NFKC", name)).lower().replace("'", "").replace("’", "")
    return WORD.findall(latin)


def telling(name: str) -> tuple[str, ...]:
    """The words that tell one name from another, sorted; all words when nothing else is left."""
    every = words(name)
    kept = [word for word in every if word not in LEGAL_FORMS | TITLES | LINKING]
    return tuple(sorted(kept or every))
