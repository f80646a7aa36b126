"""Names as comparable words: any script to Latin, no case, accents or marks; legal forms apart.

Three depths of sameness: the word, its `fold` (one spelling for the usual transliterations) and its `skeleton` (what is
left when vowels, which vary most between languages, are taken out).
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter

from anyascii import anyascii
from rapidfuzz import process
from rapidfuzz.distance import OSA

LEGAL_FORMS = frozenset(
    """ltd limited llc lc inc incorporated corp corporation co company plc gmbh mbh ag sa sarl sas srl sl spa bv nv oy oyj
    ab as aps asa oao ooo zao pao ao tov doo dd ad kg kft zrt rt eood ood kd ohg ev se sca scs snc pvt pte pty kk bhd sdn cv sapi
    lda ltda eirl sirketi sti anonim aktiengesellschaft jsc ojsc cjsc pjsc pllc fze fzco fzc fzllc llp lp wll psc dmcc saoc
    saog spc limitada sal obshchestvo obschestvo aktsionernoe aktsionernoye ogranichennoi ogranichennoy
    otvetstvennostyu tnhh tbk persero pt sro spk ska nyrt bt uab sia mmc qsc mchj prat pat ae epe ike eireli unipessoal eurl sasu
    sci gie aktiebolag aktieselskab anpartsselskab aksjeselskap osakeyhtio besloten naamloze vennootschap aksionerno drujestvo
    druzhestvo jusighoesa chusikhoesa""".split()
)
# Words that name a legal form only beside one another, in whatever order.
FORM_PHRASES = tuple(
    frozenset(phrase.split())
    for phrase in """joint stock public|joint stock open|joint stock closed|joint stock private|joint stock|stock company
    |joint company|limited liability|unlimited liability|liability company|private limited|public limited|free zone company
    |free zone establishment|sociedad anonima capital variable|sociedad anonima|sociedad responsabilidad limitada|societe anonyme
    |gesellschaft beschrankter haftung|obshchestvo s|publichnoe aktsionernoe|otkrytoe aktsionernoe|zakrytoe aktsionernoe
    |cong ty tnhh|cong ty tnhh mtv|cong ty co phan|cong ty trach nhiem huu han|cong ty trach nhiem huu han mot thanh vien
    |kabushiki kaisha|yugen kaisha|godo kaisha|zhu shi hui she|you xian hui she|he tong hui she|jusig hoesa|chusik hoesa
    |spolka z ograniczona odpowiedzialnoscia|spolka akcyjna|spolka komandytowa|korlatolt felelossegu tarsasag
    |societate cu raspundere limitata|sociedade anonima|societa per azioni|societa a responsabilita limitata
    |societe a responsabilite limitee|societe par actions simplifiee|sherkat sahami khas|sherkate sahami khas|anonimi etaireia
    |spol s r o|sp z o o|s r o|d o o
    |sp z o|s r l|s p a|s a|you xian gong si|gu fen you xian gong si|youxian gongsi|gufen youxian gongsi""".split("|")
)
PHRASED = frozenset().union(*FORM_PHRASES)
LONG_FORMS = sorted({form for form in LEGAL_FORMS if len(form) >= 6} | {form for form in PHRASED if len(form) >= 5})
TITLES = frozenset(
    """mr mrs ms miss dr prof professor eng engineer sir shaykh sheikh sheik shaikh hajji haji hajj mullah mawlawi maulavi
    maulana qari ayatollah sayyid sayyed sayed sayid syed seyed seyyed ustad ustadh ustaz hafiz hafez mufti general colonel
    brigadier lieutenant captain commander admiral sergeant capt sgt chairman jr sr""".split()
)
LINKING = frozenset(
    """the of and for de la las los del do da dos das di du le les y e und et van von der den bin ibn bint ben al el ul ud
    ad""".split()
)
WORD = re.compile(r"[a-z0-9]+")
HAN = re.compile(r"([\u3400-\u9fff\uf900-\ufaff])")
DOTTED = re.compile(r"\b(?:[a-z][./] ?)+[a-z]\b\.?")
APOSTROPHES = re.compile(r"['’‘ʼʻ`´ʿʾ]")

TWICE = re.compile(r"(.)\1+")
# The letter of which there are two; a template would be read anew for each word.
FIRST = itemgetter(1)

# Spellings that stand for one sound in the romanisations of Russian, Arabic, Persian, Greek, German and Chinese names.
SOUNDS = (
    (re.compile(r"([^aeiou])\1+"), FIRST),
    (re.compile(r"^(?:m[ou]ham+[ae][dt]|moham+ed|mohd|mehmed|magomed)$"), "muhamad"),
    (re.compile(r"^(?:abd|abdu|abdel|abdal|abdol|abdoul|abdur|abdus|abdul)$"), "abdul"),
    (re.compile(r"^[yj]e"), "e"),
    (re.compile(r"(?<=[gq])ue"), "e"),
    (re.compile(r"shch|sch|sh"), "s"),
    # A capital, as `c` stands for other sounds below.
    (re.compile(r"tch|ch"), "C"),
    (re.compile(r"kh|gh|ck|q"), "k"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"th"), "t"),
    (re.compile(r"dh"), "d"),
    (re.compile(r"dzh|dj"), "j"),
    (re.compile(r"zh"), "z"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"w"), "v"),
    (re.compile(r"ou|oo|ue"), "u"),
    (re.compile(r"oe"), "o"),
    (re.compile(r"(?<=[oe])f$"), "v"),
    (re.compile(r"i?[yj]e|ie|ee"), "i"),
    (re.compile(r"y|(?<=[aeiou])j$|^j(?=u)"), "i"),
    (re.compile(r"c(?=[ei])"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"tz"), "ts"),
    (re.compile(r"(?<=[aeiou])h$"), ""),
    (TWICE, FIRST),
)
# One look tells that none of them can apply; what is folded once seldom changes again.
ANY_SOUND = re.compile(r"(.)\1|[cjqwxy]|^m|^abd|ou|ue|oe|ie|[oe]f$|tz|[dgkpstz]h|[aeiou]h$")
VOWEL_LETTERS = "aeiou"
ALIKE = {"z": "s", "p": "b", "t": "d", "g": "k", "f": "v", "C": "j"}
KEPT_FIRST = str.maketrans(ALIKE)
# Digraphs and letters of which romanisations of Arabic names use one for the other.
CONSONANTS = (
    (re.compile(r"^abd[aeou]l$"), "abd"),
    (re.compile(r"kh|ck|q|x"), "k"),
    (re.compile(r"tch|ch"), "C"),
    (re.compile(r"dj|gh|g"), "j"),
    (re.compile(r"sch|sh"), "S"),
    (re.compile(r"th"), "t"),
    (re.compile(r"dh"), "d"),
    (re.compile(r"zh"), "z"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"ou"), "u"),
    (re.compile(r"p"), "b"),
    (re.compile(r"v"), "w"),
    (re.compile(r"c"), "k"),
    (re.compile(r"(?<=[aeiou])h$"), ""),
)
VOWELS = re.compile(r"[aeiouy]")
# Khusein and Husayn, Gamal and Jamal.
BEGUN = {"h": "k", "j": "k"}
COARSE = str.maketrans({**ALIKE, **dict.fromkeys("haeiou", "")})


# Arabic and Persian letters as romanisations write them; short vowels stand in none.
ARABIC = str.maketrans(
    dict(zip("ابپتجحدرزسصضطظعفقكکگلمنهةويیىأإآٱئؤء", "abptjhdrzssdtzafqkkglmnhawyyaaaaaywa", strict=True))
    | {"ث": "th", "چ": "ch", "خ": "kh", "ذ": "dh", "ژ": "zh", "ش": "sh", "غ": "gh", "ـ": "", "\u200c": " "}
    # Of Urdu and Pashto.
    | dict(zip("ہھےںٹڈڑځړډټګېۍۀ", "hhyntdrzrdtgyya", strict=True))
    | {"څ": "ts", "ښ": "sh"}
)
# The article, which other scripts write as a word of its own, and what they write together.
ARTICLE = re.compile(r"(?<!\w)(عبد)?(?:و?ال|لل)(?!له)(?=\w{3})")
OF_GOD = re.compile(r"(?<=\w)\s+(?=ال?ل[هہ]\b)")
IN_ARABIC = re.compile(r"[\u0621-\u064a\u0671-\u06d3]")


# Those that Unicode shows as nothing, and to which a transliteration gives letters nonetheless; what joins letters or parts them
# is read below.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200d-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e0fff]"
)


def latin(name: str) -> str:
    """`name` in lower-case ASCII; Chinese characters become a word each."""
    if name.isascii():
        return APOSTROPHES.sub("", name).lower()
    spaced = HAN.sub(r" \1 ", unicodedata.normalize("NFKC", INVISIBLE.sub("", name)))
    if is_consonantal(spaced):
        spaced = ARTICLE.sub(r"\1 ال ", OF_GOD.sub("", spaced)).translate(ARABIC)
    return APOSTROPHES.sub("", anyascii(APOSTROPHES.sub("", spaced))).lower()


def is_consonantal(name: str) -> bool:
    """Whether it is written in a script that leaves short vowels out."""
    return not name.isascii() and bool(IN_ARABIC.search(unicodedata.normalize("NFKC", name)))


def is_latin(name: str) -> bool:
    """Whether no letter of it has to be read from another script."""
    return name.isascii() or all("LATIN" in unicodedata.name(letter, "") for letter in name if letter.isalpha())


def words(name: str) -> list[str]:
    """All words of a name in their order: `AL-ZAWAHIRI, Dr. Ayman` gives al, zawahiri, dr, ayman; `S.A.` is one word."""
    read = latin(name)
    return WORD.findall(DOTTED.sub(undotted, read) if "." in read or "/" in read else read)


def undotted(found: re.Match[str]) -> str:
    bare = re.sub(r"[./]", "", found[0])
    return f" {bare} " if bare in LEGAL_FORMS else found[0]


@lru_cache(maxsize=100_000)
def meant(word: str) -> str:
    """A long legal form with one slip of the pen is still meant."""
    if len(word) < 5:
        return word
    near = process.extractOne(word, LONG_FORMS, scorer=OSA.distance, score_cutoff=1)
    return near[0] if near else word


def telling(name: str, *, is_person: bool = False) -> tuple[str, ...]:
    """The words of a name without a company's legal form, sorted; all words when nothing else is left."""
    return told(words(name), is_person=is_person)


def told(every: Sequence[str], *, is_person: bool) -> tuple[str, ...]:
    kept = every if is_person else without_forms(every)
    return tuple(sorted(kept or every))


def without_forms(every: Sequence[str]) -> list[str]:
    forms = [meant(word) for word in every]
    known = PHRASED.intersection(forms)
    spare = LEGAL_FORMS.union(*(phrase for phrase in FORM_PHRASES if phrase <= known)) if known else LEGAL_FORMS
    return [word for word, form in zip(every, forms, strict=True) if form not in spare]


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """One spelling for the usual transliterations: yevgeniy, evgeni and jewgenij are one. Folded again it stays the same."""
    if not ANY_SOUND.search(word):
        return word
    folded = word
    for pattern, sound in SOUNDS:
        folded = pattern.sub(sound, folded)
    return folded if folded == word else fold(folded)


@lru_cache(maxsize=200_000)
def skeleton(word: str) -> str:
    """The first letter (any vowel as `a`) and the consonants of the folded word, the alike ones as one."""
    folded = fold(word)
    # Jaroslav and Yaroslav, Jusuf and Yusuf.
    head = "j" if word[0] == "y" and folded[0] == "i" and len(word) > 2 and word[1] in VOWEL_LETTERS else folded[0]
    first = "a" if head in VOWEL_LETTERS else head.translate(KEPT_FIRST)
    return first + TWICE.sub(FIRST, folded[1:].translate(COARSE))


@lru_cache(maxsize=200_000)
def bones(word: str) -> str:
    """What of a word a script without short vowels would write: the first letter (any vowel as `a`) and the consonants."""
    bare = word
    for pattern, sound in CONSONANTS:
        bare = pattern.sub(sound, bare)
    first = "a" if bare[0] in "aeiouy" else bare[0]
    return first + TWICE.sub(FIRST, VOWELS.sub("", bare[1:]))


@lru_cache(maxsize=200_000)
def begun(word: str) -> str:
    """One letter for words that may begin alike."""
    return BEGUN.get(skeleton(word)[0], skeleton(word)[0])


@lru_cache(maxsize=50_000)
def readings(word: str) -> frozenset[str]:
    """The bones that a word written without short vowels may have: its w may be a consonant or a long vowel, and a last h is
    often mute."""
    spellings = {word, word[:1] + word[1:].replace("w", "")}
    spellings |= {spelling.removesuffix("h") for spelling in spellings if len(spelling) > 2}
    return frozenset(map(bones, spellings))


def without_article(word: str) -> str:
    """What is left of elhabel or alqurashi without the Arabic article; empty where too little would be."""
    return word[2:] if word[:2] in ("al", "el") and len(word) >= 7 else ""


def number(text: str) -> str:
    """An identification number as compared: letters and digits only, upper case; empty if it could not tell anyone."""
    bare = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).upper()
    return bare if len(bare) >= 5 and any(character.isdigit() for character in bare) else ""
