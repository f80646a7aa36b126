"""Whom a file asks about, whatever its columns are called, and a sentence for each row that can't be asked about."""

import pytest

from accounts.tables import BadTable
from kyc.desk.inquiry_file import sample
from kyc.screening import filed
from kyc.screening.asked import Asked


def read(text: str, encoding: str = "utf-8") -> filed.Filed:
    return filed.read(text.encode(encoding))


class TestRead:
    def test_the_sample_is_read_whole(self) -> None:
        found = read(sample())
        assert [one.name for one in found.asked] == ["Ana Lima", "北方钢铁有限公司", "MV Nordlys Star"]
        assert not found.faults and not found.unread
        assert found.asked[0] == Asked(("Ana Lima",), "person", "1984-03-07", "PT", (), "1", 2)
        assert [one.kind for one in found.asked] == ["person", "company", "vessel"]

    @pytest.mark.parametrize(
        ("header", "row"),
        [
            ("Full Name,Type,DATE OF BIRTH,Nationality,Passport number", "Ana Lima,Individual,07.03.1984,Portugal,C1"),
            ("Surname;Given_Name;kind;dob;country;identifier", "Lima;Ana;P;1984-03-07;pt;C1"),
            ("\ufeffNAME\tTYPE\tBorn\tCountry Code\tID Number", "Ana  Lima\tperson\t7.3.1984\tPT\tC1"),
        ],
    )
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
    def test_columns_are_known_by_what_people_call_them(self, header: str, row: str, encoding: str) -> None:
        text = f"{header}\r\n{row}\r\n"
        found = read(text.lstrip("\ufeff") if encoding == "cp1252" else text, encoding)
        assert found.asked == [Asked(("Ana Lima",), "person", "1984-03-07", "PT", ("C1",), "", 2)]

    def test_other_names_and_several_numbers_stand_with_semicolons_between(self) -> None:
        found = read('name,aliases,identifier\nAna Lima,"Ана Лима; Anna Lima",C1;  C2\n').asked[0]
        assert (found.names, found.identifiers) == (("Ana Lima", "Ана Лима", "Anna Lima"), ("C1", "C2"))

    def test_what_is_not_read_is_told_and_empty_lines_are_passed_over(self) -> None:
        found = read("name,Balance,Note\n\nAna Lima,3,x\n,,\n\n")
        assert found.unread == ("Balance", "Note") and len(found.asked) == 1 and found.asked[0].line == 3

    @pytest.mark.parametrize(
        ("row", "sentence"),
        [
            (",person,,,", "The name is empty."),
            ("…,person,,,", "The name is empty."),
            ("Ana\u202eamiL,person,,,", "The row holds characters that cannot be shown. Type it anew rather than pasting it."),
            ("Ana Lima,person,,,A\u202e1", "The row holds characters that cannot be shown. Type it anew rather than pasting it."),
            ("Ana,robot,,,", "The kind “robot” is not known"),
            ("Ana,person,03/07/1984,,", "The birth date “03/07/1984” can’t be read"),
            ("Ana,person,1984-02-30,,", "can’t be read"),
            ("Ana,person,,Atlantis,", "The country “Atlantis” is not known"),
            ("Ana,person,,", "The row has 4 values, and the first line 6."),
            (f"{'a' * 301},person,,,", "more than 300 characters"),
            (f"Ana,person,,,{'1' * 301}", "more than 300 characters"),
            ("Ana,person,,,,B;C;D;E;F", "The row has 6 names; at most 5 are compared."),
        ],
    )
    def test_a_row_that_cannot_be_asked_about_says_why_and_the_others_stand(self, row: str, sentence: str) -> None:
        row += "," * (5 - row.count(",")) if "values" not in sentence else ""
        found = read(f"name,kind,born,country,number,aka\nKari Moe,person,1990,NO,,\n{row}\nOla Berg,person,,,,B;C;D;E\n")
        assert [one.name for one in found.asked] == ["Kari Moe", "Ola Berg"]
        [fault] = found.faults
        assert fault.line == 3 and sentence in fault.sentence

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "no rows"),
            ("name,kind\n", "no rows"),
            ("kind,country\nperson,NO\n", "No column is called “name”"),
            ("name,born,dob\nAna,1984,1985\n", "“born” and “dob” mean the same"),
            ('name\n"Ana\n', "Line 3 can’t be read as CSV"),
        ],
    )
    def test_a_file_that_cannot_be_read_says_why(self, text: str, sentence: str) -> None:
        with pytest.raises(BadTable, match=sentence):
            read(text)

    def test_there_is_a_most_of_rows_and_of_bytes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(filed, "MOST_ROWS", 2)
        assert len(read("name\nA\nB\n").asked) == 2
        with pytest.raises(BadTable, match="more than 2 rows"):
            read("name\nA\n,\nB\n\nC\n".replace(",", "-"))
        monkeypatch.setattr(filed, "LARGEST", 10)
        with pytest.raises(BadTable, match="larger"):
            read("name\nAna Lima\n")
