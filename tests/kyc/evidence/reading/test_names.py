"""Names of a zone beside names as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.evidence.reading.names import Agreement, compared
from kyc.evidence.reading.transliteration import spellings

A = Agreement


class TestCompared:
    @pytest.mark.parametrize(
        ("read", "declared", "agreement"),
        [
            ("ERIKSSON ANNA MARIA", "Anna Maria Eriksson", A.SAME),
            ("MUELLER JOERG", "Jörg Müller", A.SAME),
            ("MULLER JORG", "Jörg Müller", A.SAME),
            ("OCONNOR SEAN", "Seán O’Connor", A.SAME),
            ("DSILVA ANNE MARIE", "Anne-Marie D'Silva", A.SAME),
            ("KHRUSHCHEV NIKITA", "Никита Хрущев", A.SAME),
            ("SHEVCHENKO SERHII", "Сергій Шевченко", A.SAME),
            ("HRVOJE DZAJIC", "Hrvoje Džajić", A.SAME),
            ("ALMASRI OMAR", "Omar Al Masri", A.SAME),
            ("AL MASRI OMAR", "Omar Almasri", A.SAME),
            ("BENNELONG WOOLOOMOOLOO", "Bennelong Wooloomooloo", A.SAME),
            ("ERIKSSON ANNA", "Anna Maria Eriksson", A.PARTLY),
            ("ERIKSSON ANNA MARIA", "Anna Eriksson", A.PARTLY),
            ("ERIKSSON", "Anna Eriksson", A.PARTLY),
            ("HASAN MUHAMMAD", "Mohamed Hassan", A.ALIKE),
            ("ERIKSSON ANNA", "Karl Eriksson", A.DIFFERENT),
            ("SMITH JOHN", "Anna Eriksson", A.DIFFERENT),
            ("", "Anna Eriksson", A.DIFFERENT),
            ("ERIKSSON", "—", A.DIFFERENT),
        ],
    )
    def test_pairs(self, read: str, declared: str, agreement: Agreement) -> None:
        assert compared(read, declared) == agreement

    @pytest.mark.parametrize(
        ("read", "declared", "agreement"),
        [
            ("NILAVADHANANANDA CHAYAPA DEJT", "Chayapa Dejthamrong Krasuang Nilavadhanananda", A.CUT),
            ("NILAVADHANANANDA CHAYAPA D K", "Chayapa Dejthamrong Krasuang Nilavadhanananda", A.CUT),
            ("NILAVADHANANANDA CHAYAPA DEXT", "Chayapa Dejthamrong Krasuang Nilavadhanananda", A.DIFFERENT),
        ],
    )
    def test_what_had_no_room(self, read: str, declared: str, agreement: Agreement) -> None:
        assert compared(read, declared, cut=True) == agreement

    def test_a_beginning_is_no_name_where_there_was_room(self) -> None:
        assert compared("ERIKSSON AN", "Anna Eriksson") != A.CUT

    @given(st.text(max_size=40), st.text(max_size=40))
    def test_takes_anything(self, read: str, declared: str) -> None:
        compared(read, declared)

    @given(st.lists(st.sampled_from(["Åsa", "Łukasz", "Ñandú", "Юлия", "Weiß", "O'Neill", "محمد"]), min_size=1, max_size=3))
    def test_agrees_with_any_spelling_of_itself(self, names: list[str]) -> None:
        assert compared(" ".join([*spellings(name.replace("'", ""))][-1] for name in names), " ".join(names)) == A.SAME


class TestSpellings:
    @pytest.mark.parametrize(
        ("word", "first"),
        [("Müller", "MUELLER"), ("Ærøskøbing", "AEROESKOEBING"), ("Weiß", "WEISS"), ("Щукин", "SHCHUKIN"), ("محمد", "MXHMD")],
    )
    def test_the_recommended_one_comes_first(self, word: str, first: str) -> None:
        assert next(spellings(word)) == first
