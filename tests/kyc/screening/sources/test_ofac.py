"""OFAC's files with all their quirks."""

import pytest

from kyc.screening.entries import BadList, Entry
from kyc.screening.sources import ofac
from tests.kyc.screening.published import END, address, alias, comment, row


def only(*primary: str, **others: list[str]) -> Entry:
    (entry,) = ofac.read(primary, **others)
    return entry


def person(remarks: str, **others: list[str]) -> Entry:
    return only(row(1, "DOE, John", remarks=remarks), **others)


def company(remarks: str, **others: list[str]) -> Entry:
    return only(row(1, "NORDLYS SHIPPING", "", remarks=remarks), **others)


def cut(remarks: str) -> str:
    """Remarks as long as OFAC lets them be, ending in what was given."""
    return "x" * (ofac.CUT - len(remarks) - 2) + "; " + remarks


class TestRead:
    def test_keeps_the_files_order_and_every_kind(self) -> None:
        entries = [*ofac.read([row(3, "EBANO", "vessel"), row(1, "DOE, John"), row(2, "HESA", "aircraft"), row(4, "JAM", "")])]
        assert [(entry.id, entry.kind) for entry in entries] == [
            ("3", "other"),
            ("1", "person"),
            ("2", "other"),
            ("4", "company"),
        ]

    def test_minus_zero_minus_is_nothing(self) -> None:
        line = '36,"AEROCARIBBEAN AIRLINES",-0- ,"CUBA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'
        assert only(line) == Entry(id="36", kind="company", name="AEROCARIBBEAN AIRLINES", programmes=("CUBA",))

    @pytest.mark.parametrize("end", [END, "\r\n" + END, END + "\r\n", "", "\r\n \r\n"])
    def test_a_control_z_or_an_empty_line_at_the_end_is_no_row(self, end: str) -> None:
        ending = end.splitlines(keepends=True)
        assert only(row(1, "DOE, John"), *ending, aliases=[alias(1, "ROE, Jack"), *ending]).names == ("John DOE", "Jack ROE")

    def test_a_byte_order_mark_is_no_part_of_the_number(self) -> None:
        assert only("\ufeff" + row(1, "DOE, John")).id == "1"

    @pytest.mark.parametrize(
        ("listed", "kind", "turned"),
        [
            ("DOE, John", "individual", "John DOE"),
            ("AL ZAWAHIRI, Dr. Ayman", "individual", "Dr. Ayman AL ZAWAHIRI"),
            ("DOE, John, Jr.", "individual", "John, Jr. DOE"),
            ("HAMAS", "individual", "HAMAS"),
            ("ANGLO-CARIBBEAN CO., LTD.", "", "ANGLO-CARIBBEAN CO., LTD."),
        ],
    )
    def test_turns_the_names_of_persons_only(self, listed: str, kind: str, turned: str) -> None:
        assert only(row(1, listed, kind)).name == turned

    def test_splits_programmes(self) -> None:
        assert only(row(1, "X", programmes="SDGT] [IRGC] [IFSR")).programmes == ("SDGT", "IRGC", "IFSR")

    def test_aliases_go_with_their_number_turned_like_names_and_each_once(self) -> None:
        others = [alias(2, "OTHER"), alias(1, "ROE, Jack"), alias(1, "ROE, Jack", "fka"), alias(99, "GONE"), alias(1, "")]
        assert only(row(1, "DOE, John"), aliases=others).aliases == ("Jack ROE",)

    def test_weak_aliases_come_from_the_remarks_and_keep_their_quotes(self) -> None:
        entry = person("DOB 1970; a.k.a. 'THE ENGINEER'; f.k.a. 'ROE, Jack'; n.k.a. 'X'.", aliases=[alias(1, "SMITH, Ann")])
        assert entry.aliases == ("Ann SMITH", "'THE ENGINEER'", "'Jack ROE'")

    @pytest.mark.parametrize(
        ("says", "read"),
        [
            ("DOB 07 Oct 1952", ("1952-10-07",)),
            ("DOB 1952", ("1952",)),
            ("DOB Oct 1952", ("1952-10",)),
            ("DOB circa 1952", ("circa 1952",)),
            ("DOB circa 10 Dec 1948", ("circa 1948-12-10",)),
            ("DOB 1971 to 1973", ("1971 to 1973",)),
            ("DOB circa 1971-1973", ("circa 1971 to 1973",)),
            ("DOB Mar 1976 to May 1976", ("1976-03 to 1976-05",)),
            ("DOB 01 Jan 1961 to 31 Dec 1961", ("1961-01-01 to 1961-12-31",)),
            ("DOB 1952; alt. DOB 03 May 1938; alt. DOB 1952", ("1952", "1938-05-03")),
            ("POB Cairo, Egypt; DOB unknown; Linked To: DOB FUND", ()),
        ],
    )
    def test_reads_birth_dates(self, says: str, read: tuple[str, ...]) -> None:
        assert person(f"{says}.").birth_dates == read

    @pytest.mark.parametrize(
        ("says", "read"),
        [
            ("nationality Russia", ("RU",)),
            ("citizen Egypt; alt. nationality Jordan; nationality Egypt", ("JO", "EG")),
            ("nationality possibly Burma", ("MM",)),
            ("nationality Atlantis; POB Cairo, Egypt; Passport 123456 (Iran)", ()),
        ],
    )
    def test_a_persons_countries_are_nationalities(self, says: str, read: tuple[str, ...]) -> None:
        assert set(person(f"{says}.").countries) == set(read)

    def test_a_companys_countries_are_those_of_its_numbers_and_addresses(self) -> None:
        entry = company("Registration Number 9855920 (Turkey).", addresses=[address(1, "Cuba"), address(2, "Iran")])
        assert entry.countries == ("TR", "CU")

    def test_a_persons_address_is_no_nationality(self) -> None:
        assert person("DOB 1970.", addresses=[address(1, "Cuba")]).countries == ()

    @pytest.mark.parametrize(
        ("says", "read"),
        [
            ("Passport A1011254 (Egypt)", ("A1011254",)),
            ("alt. Passport 19820215 (Egypt) issued 1984", ("19820215",)),
            ("Tax ID No. 7744001497 (Russia)", ("7744001497",)),
            ("Unified Social Credit Code (USCC) 91110000710934369E (China)", ("91110000710934369E",)),
            ("C.U.R.P. CXCA780414HSRNRR04 (Mexico)", ("CXCA780414HSRNRR04",)),
            ("SWIFT/BIC ABCDIRTH123", ("ABCDIRTH123",)),
            ("Vessel Registration Identification IMO 7406784", ("7406784",)),
            ("National ID No. 0-123-45678 (Iran)", ("012345678",)),
            ("Phone Number 8613314257947; Chinese Commercial Code 1728/6794/0588; File Number 12345", ()),
            ("Passport 1234", ()),
            ("Registration Number 55555; Registration Number 55555", ("55555",)),
        ],
    )
    def test_reads_the_numbers_that_tell_someone(self, says: str, read: tuple[str, ...]) -> None:
        assert person(f"{says}.").identifiers == read


class TestRemarksThatGoOn:
    """In the comments file, from wherever the thousandth character fell."""

    def test_within_a_word(self) -> None:
        entry = person(cut("a.k.a. 'WHOIS HACKIN"), comments=[comment(1, "G TEAM'; a.k.a. 'RED DOT'.")])
        assert entry.aliases == ("'WHOIS HACKING TEAM'", "'RED DOT'")

    def test_before_a_space(self) -> None:
        entry = company(
            cut("Registration Number 1027700070518"), comments=[comment(1, " (Russia); Tax ID No. 7706061801 (Russia).")]
        )
        assert (entry.identifiers, entry.countries) == (("1027700070518", "7706061801"), ("RU",))

    def test_after_a_space(self) -> None:
        entry = company(cut("Registration Number 1027700070518 "), comments=[comment(1, "(Russia); a.k.a. 'CCCC'.")])
        assert (entry.identifiers, entry.countries, entry.aliases) == (("1027700070518",), ("RU",), ("'CCCC'",))

    def test_in_more_rows_than_one(self) -> None:
        entry = person(cut("DOB 07 Oc"), comments=[comment(1, "t 19"), comment(2, "?"), comment(1, "52.")])
        assert entry.birth_dates == ("1952-10-07",)

    def test_uncut_remarks_do_not_run_into_a_comment_of_another_day(self) -> None:
        entry = person("a.k.a. 'KYONGYONG'.", comments=[comment(1, "4X3191Z8; DOB 1970.")])
        assert (entry.aliases, entry.birth_dates) == (("'KYONGYONG'",), ("1970",))


class TestBadFiles:
    GOOD = row(1, "DOE, John")

    @pytest.mark.parametrize(
        ("lines", "says"),
        [
            ([], r"sdn\.csv, line 1: no entry was found"),
            ([END], r"sdn\.csv, line 1: no entry was found"),
            ([GOOD, "<html>\r\n"], r"sdn\.csv, line 2: expected 12 columns beginning with a number, found: '<html>'"),
            ([GOOD, alias(2, "DOE, Jane")], r"sdn\.csv, line 2: expected 12 columns"),
            ([GOOD, row(2, "DOE, Jane").strip() + ",more\r\n"], r"sdn\.csv, line 2: expected 12 columns"),
            ([GOOD, row("two", "DOE, Jane")], r"sdn\.csv, line 2: expected 12 columns beginning with a number, found: 'two, DOE"),
            ([GOOD, row("²", "DOE, Jane")], r"sdn\.csv, line 2: expected 12 columns beginning with a number"),
            ([GOOD, row("9" * 61, "DOE, Jane")], r"sdn\.csv, line 2: expected 12 columns beginning with a number"),
            ([GOOD, row(2, "")], r"sdn\.csv, line 2: the entity number 2 has no name"),
            ([GOOD, row(2, "DOE, Jane"), row(1, "DOE, Jim")], r"sdn\.csv, line 3: the entity number 1 stands twice"),
            ([GOOD, row(2, "x" * 401)], r"sdn\.csv, line 2: a name of 401 characters"),
            ([GOOD, row(2, "DOE,\x00 Jane")], r"sdn\.csv, line 2: a zero byte"),
            ([GOOD, row(2, "DOE, Jane", remarks="DOB 1970.")[:-5]], r"sdn\.csv, line 2: unexpected end of data"),
            ([GOOD, row(2, 'DOE" Jane')], r"sdn\.csv, line 2: .*expected after"),
            ([GOOD, row(2, "x" * 140_000)], r"sdn\.csv, line 2: field larger than field limit"),
        ],
    )
    def test_are_refused_with_file_line_and_reason(self, lines: list[str], says: str) -> None:
        with pytest.raises(BadList, match=f"^{says}"):
            list(ofac.read(lines, files={"primary": "sdn.csv"}))

    def test_a_line_is_counted_as_an_editor_does(self) -> None:
        two_lines = row(2, "DOE, Jane", remarks="DOB 1970;\r\nPOB Cairo.").splitlines(keepends=True)
        with pytest.raises(BadList, match=r"^primary, line 4: "):
            list(ofac.read([self.GOOD, *two_lines, "nonsense\r\n"]))

    @pytest.mark.parametrize(
        ("name", "line"),
        [
            ("aliases", "1,77,aka\r\n"),
            ("aliases", address(1, "Cuba")),
            ("addresses", alias(1, "ROE, Jack")),
            ("comments", alias(1, "ROE, Jack")),
            ("comments", "Not a number,x\r\n"),
        ],
    )
    def test_the_other_files_are_checked_and_named_too(self, name: str, line: str) -> None:
        with pytest.raises(BadList, match=r"^other\.csv, line 1: expected [256] columns"):
            list(ofac.read([self.GOOD], **{name: [line]}, files={name: "other.csv"}))

    def test_a_bad_line_stops_it_there(self) -> None:
        read = ofac.read([self.GOOD, "nonsense\r\n"])
        assert next(read).name == "John DOE"
        with pytest.raises(BadList):
            next(read)
