"""Each publisher's layout, from small files of invented entries in it; whole files where KEYHOLDER_DATA has them."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kyc.screening import sources
from kyc.screening.entries import BadList, Entry
from kyc.screening.models import ListVersion
from kyc.screening.sources import ofac_advanced
from kyc.screening.sources.elements import Element
from kyc.screening.sources.files import Files

HERE = Path(__file__).parent / "files"
DATA = Path(os.environ.get("KEYHOLDER_DATA", "nowhere"))
WALLET, BITCOIN = "0X00000000000000000000000000000000000000AA", "1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA2"
LAYOUTS = {
    "un.xml": "un-sc",
    "eu.xml": "eu-fsf",
    "uksl.xml": "uk-ofsi",
    "uksl.csv": "uk-ofsi",
    "conlist.csv": "uk-ofsi",
    "conlist.xml": "uk-ofsi",
    "sdn.xml": "ofac-sdn",
    "sdn_advanced.xml": "ofac-sdn",
    "csl.csv": "us-csl",
    "ftm.jsonl": "ftm",
    "plain.csv": "csv",
}


def read(name: str, source: str = "") -> dict[str, Entry]:
    return {entry.id: entry for entry in sources.read(source or LAYOUTS[name], Files(HERE / name))}


def test_every_source_is_read() -> None:
    assert set(sources.READERS) == set(ListVersion.Source)


class TestUn:
    def test_a_person(self) -> None:
        assert read("un.xml")["700001"] == Entry(
            id="700001",
            kind="person",
            name="JAN INVENTED AL-NOBODY",
            aliases=("يان", "Ivan Nobody", "Иван", "'The Ghost'"),
            programmes=("DRC",),
            birth_dates=("1971-03-04", "1971", "circa 1972", "1968 to 1973", "1970-01-02"),
            countries=("KP", "VN"),
            identifiers=("OB0243318", WALLET),
        )

    def test_an_entity(self) -> None:
        assert read("un.xml")["700002"] == Entry(
            id="700002",
            kind="company",
            name="INVENTED AIR (IA) ; AIR OF NOWHERE",
            aliases=("INVENTED AIR (IA)", "AIR OF NOWHERE", "Old Air"),
            programmes=("Iran",),
            countries=("IR",),
            identifiers=("9123456",),
        )

    def test_remarks_say_what_else_is_known(self) -> None:
        said = f"XXi.001\nMinister of Nothing\nUses the wallet {WALLET.lower()}."
        assert read("un.xml")["700001"].remarks == said


class TestEu:
    def test_a_person(self) -> None:
        found = read("eu.xml")["EU.1.11"]
        assert found == Entry(
            id="EU.1.11",
            kind="person",
            name="Jan Maria Nobody",
            aliases=("Ян Нікто", "'The Ghost'"),
            programmes=("ZZZ",),
            birth_dates=("1924-02-21", "circa 1925", "1926-03", "1920 to 1923"),
            countries=("IQ",),
            identifiers=("AD001095",),
        )
        assert found.remarks == "XXi.001\nHead of nothing\nMinister\nInvented for a test.\n(passport)"
        assert found.link == "https://eur-lex.europa.eu/example"

    def test_a_company_without_a_reference_goes_by_its_logical_number(self) -> None:
        expected = Entry(id="207", kind="company", name="Ghost Trading", programmes=("TTT",), countries=("ZW",))
        assert read("eu.xml")["207"] == expected


class TestUk:
    def test_a_person_of_the_sanctions_list(self) -> None:
        found = read("uksl.xml")["XXX0006"]
        assert found == Entry(
            id="XXX0006",
            kind="person",
            name="JAN MARIA NOBODY",
            aliases=("Haji Nobody", "Yan Nobody", "يان", "'The Ghost'"),
            programmes=("The Invented (Sanctions) Regulations 2020",),
            birth_dates=("1945", "1946-03", "1958-03-01"),
            countries=("PK",),
            identifiers=("P04581926", "123456"),
        )
        assert found.remarks.splitlines() == [
            "Deputy Minister",
            "Invented.",
            "A close associate of nobody.",
            "Asset freeze|Travel Ban",
        ]

    def test_a_company_and_a_ship_of_it(self) -> None:
        found = read("uksl.xml")
        company, ship = found["XXX0001"], found["XXX0075"]
        assert (company.kind, company.countries, company.identifiers) == ("company", ("AF",), ("BR9912XY",))
        assert (ship.kind, ship.name, ship.countries, ship.identifiers) == ("other", "Ghost 8", ("KM",), ("9562233",))

    def test_rows_of_its_table_with_one_number_are_one_entry(self) -> None:
        found = read("uksl.csv")
        assert list(found) == ["XXX0006", "XXX0075"]
        assert found["XXX0006"] == Entry(
            id="XXX0006",
            kind="person",
            name="JAN MARIA NOBODY",
            aliases=("'The Ghost'",),
            programmes=("The Invented Regulations",),
            birth_dates=("1958-03-01", "1945"),
            countries=("PK",),
            identifiers=("P04581926", "123456"),
        )
        assert (found["XXX0075"].kind, found["XXX0075"].identifiers) == ("other", ("9562233",))

    def test_the_consolidated_list_of_ofsi_as_a_table(self) -> None:
        found = read("conlist.csv")
        assert list(found) == ["7172", "7173"]
        assert found["7172"] == Entry(
            id="7172",
            kind="person",
            name="JAN MARIA NOBODY",
            aliases=("Ян", "'The Ghost'"),
            programmes=("Invented",),
            birth_dates=("1958",),
            countries=("PK", "VN"),
            identifiers=("P04581926", "123456"),
        )
        assert (found["7173"].kind, found["7173"].countries) == ("company", ("AF",))

    def test_and_in_xml(self) -> None:
        found = read("conlist.xml")
        expected = Entry(
            id="99001",
            kind="other",
            name="GHOST 8",
            aliases=("PHANTOM",),
            programmes=("Invented",),
            countries=("RU",),
            identifiers=("9562233",),
        )
        assert found["99001"] == expected
        person = found["99002"]
        assert (person.name, person.birth_dates, person.countries) == ("Jan NOBODY", ("1958-03-01",), ("PK",))


class TestOfacXml:
    def test_a_person(self) -> None:
        found = read("sdn.xml")["56062"]
        assert found == Entry(
            id="56062",
            kind="person",
            name="Jan Maria NOBODY",
            aliases=("’ABBAS", "'The GHOST'"),
            programmes=("SDGT", "IRGC"),
            birth_dates=("1960-04-19", "circa 1961"),
            countries=("CO", "IT"),
            identifiers=("AB123456", BITCOIN),
        )
        assert found.remarks == "Minister\nMember of nothing."

    def test_a_company_and_a_ship(self) -> None:
        found = read("sdn.xml")
        assert found["200"] == Entry(id="200", kind="company", name="GHOST LINES, LTD.", programmes=("CUBA",), countries=("PA",))
        assert (found["201"].kind, found["201"].identifiers, found["201"].countries) == ("other", ("9562233",), ("KM",))


class TestOfacAdvanced:
    """The fixture is written by the published schema, of the same invented entries as those of the classic layout."""

    def test_says_what_the_classic_layout_says_of_the_same_day_and_names_in_their_scripts_besides(self) -> None:
        found, classic = read("sdn_advanced.xml"), read("sdn.xml")
        assert found["56062"] == replace(classic["56062"], aliases=("Ян НІХТО", "’ABBAS", "'The GHOST'"))
        assert found["56062"].remarks == "Minister\nGender: Male\nPhone Number: 573001234567\nMember of nothing."
        assert list(found) == list(classic)
        assert (found["200"], found["201"]) == (classic["200"], classic["201"])
        assert found["201"].remarks == "Vessel Call Sign: XXXX\nProviding support to: GHOST LINES, LTD."

    def test_the_layout_is_told_by_its_content_and_says_its_day(self) -> None:
        files = Files(HERE / "sdn_advanced.xml")
        assert sources.published("ofac-sdn", files) == sources.published("ofac-cons", files) == date(2026, 8, 28)
        assert sources.published("ofac-sdn", Files(HERE / "sdn.xml")) == date(2026, 8, 28)

    def test_what_changes_beside_an_entry_changes_its_content(self, tmp_path: Path) -> None:
        text, before = (HERE / "sdn_advanced.xml").read_text(), read("sdn_advanced.xml")
        number, programme = ("AB 123456", "AB 123457"), ("<Comment>IRGC<", "<Comment>SYRIA<")
        nation, address = ('CountryID="11001" C', 'CountryID="11003" C'), ("<Value>Bogota<", "<Value>Cali<")
        for old, new in (number, programme, nation, address):
            assert old in text
            (tmp_path / "sdn.xml").write_text(text.replace(old, new))
            after = {entry.id: entry for entry in sources.read("ofac-sdn", Files(tmp_path / "sdn.xml"))}
            assert [number for number in after if after[number].content != before[number].content] == ["56062"]

    @pytest.mark.parametrize(
        ("stated", "read_as"),
        [
            ("1960-04-19 1960-04-19", "1960-04-19"),
            ("1960-04-01 1960-04-30", "1960-04"),
            ("1960-01-01 1960-12-31", "1960"),
            ("1960-02-03 1960-11-04", "1960"),
            ("1960-01-01 1963-12-31", "1960 to 1963"),
            ("1960-01-01 1960-12-31 about", "circa 1960"),
            ("1960-00-00 1960-12-31", "1960"),
            ("1960-13-01 1961-12-31", ""),
            ("0000-01-01 1961-12-31", ""),
        ],
    )
    def test_a_period_is_written_as_the_other_layouts_write_it(self, stated: str, read_as: str) -> None:
        first, last, *about = stated.split()
        ends = []
        for tag, day in (("Start", first), ("End", last)):
            parts = [Element(name, {}, parts=[part]) for name, part in zip(("Year", "Month", "Day"), day.split("-"), strict=True)]
            both = [Element(inner, {}, children=parts) for inner in ("From", "To")]
            ends.append(Element(tag, {"Approximate": str(bool(about)).lower()}, children=both))
        assert ofac_advanced.born(Element("DatePeriod", {}, children=ends)) == read_as

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('PartySubTypeID="4"', 'PartySubTypeID="99"', r"PartySubType '99' is none of the file's own reference values"),
            ('LocationID="5"', 'LocationID="55"', r"Location '55' stands nowhere in the file"),
            (
                'NamePartGroupID="81"',
                'NamePartGroupID="8"',
                r"a part of a name is of the group '8', which its",
            ),
            ('FixedRef="201">\n      <Comment/>', 'FixedRef="200">\n      <Comment/>', r"the entry 200 stands twice"),
            ("</Sanctions>", "", r"no element found"),
            ("<Sanctions xmlns", "<!DOCTYPE Sanctions><Sanctions xmlns", r"a document type is declared"),
        ],
    )
    def test_what_cannot_be_read_is_a_sentence_with_its_line(self, tmp_path: Path, old: str, new: str, said: str) -> None:
        text = (HERE / "sdn_advanced.xml").read_text()
        assert old in text
        (tmp_path / "sdn_advanced.xml").write_text(text.replace(old, new))
        with pytest.raises(BadList, match=rf"^sdn_advanced\.xml, line \d+: {said}"):
            list(sources.read("ofac-sdn", Files(tmp_path / "sdn_advanced.xml")))

    def test_a_file_without_entries_or_of_another_kind(self, tmp_path: Path) -> None:
        path = tmp_path / "sdn_advanced.xml"
        path.write_text('<?xml version="1.0"?>\n<!-- x -->\n<Sanctions xmlns="x"/>')
        with pytest.raises(BadList, match=r"^sdn_advanced\.xml, line 1: no entry was found\.$"):
            list(sources.read("ofac-sdn", Files(path)))
        path.write_text("<html><body>Sanctions are not available.</body></html>")
        with pytest.raises(BadList, match=r"line 1: expected 12 columns beginning with a number"):
            list(sources.read("ofac-sdn", Files(path)))


class TestCsl:
    def test_a_person_by_the_publishers_own_id(self) -> None:
        found = read("csl.csv")["100"]
        assert found == Entry(
            id="100",
            kind="person",
            name="Jan 'NOBODY",
            aliases=("Yan NOBODI", "THE GHOST"),
            programmes=("Specially Designated Nationals (SDN)", "SDGT", "IRGC"),
            birth_dates=("1957-10-10", "circa 1958", "1960 to 1961"),
            countries=("SY", "CH"),
            identifiers=("4005504207", BITCOIN),
        )
        assert (found.remarks, found.link) == ("Title: Minister\nRemarks: (Linked To: NOBODY)", "http://bit.ly/c")

    def test_what_stands_on_two_of_its_lists_is_one_entry(self) -> None:
        found = read("csl.csv")["200"]
        assert found.programmes == (
            "Sectoral Sanctions Identifications List (SSI)",
            "UKRAINE-EO13662",
            "Capta List (CAP)",
            "RUSSIA-EO14024",
        )
        assert (found.countries, found.identifiers) == (("RU", "BY", "CY"), ("5030056754", "C146742"))

    def test_export_lists_are_told_from_sanctions(self) -> None:
        topics = {number: entry.topics for number, entry in read("csl.csv").items()}
        assert {number for number, found in topics.items() if found == ("export",)} == {"d1", "d2", "300"}
        assert {number for number, found in topics.items() if found == ("sanction",)} == {"100", "200", "400"}

    def test_where_a_list_does_not_say_a_company_is_known_by_its_words(self) -> None:
        found = read("csl.csv")
        kinds = {number: found[number].kind for number in ("d1", "d2", "300", "400")}
        assert kinds == {"d1": "person", "d2": "company", "300": "company", "400": "other"}
        assert found["300"].aliases == ("Open Joint Stock Company Ghost", "JSC Ghost")
        assert found["d1"].countries == ()


class TestFtm:
    def test_takes_people_companies_and_things_that_are_listed(self) -> None:
        assert list(read("ftm.jsonl")) == ["NK-1", "NK-2", "NK-3", "NK-4", "NK-7", "NK-8"]

    def test_an_exposed_person(self) -> None:
        found = read("ftm.jsonl")["NK-1"]
        assert found == Entry(
            id="NK-1",
            kind="person",
            name="Jan Nobody",
            aliases=("Ян Никто", "Yan Nobody", "'Ghost'"),
            birth_dates=("1970-01-15", "1971"),
            countries=("IT",),
            identifiers=("AB12345",),
            topics=("pep",),
        )
        assert (found.remarks, found.link) == ("Minister of Nothing", "https://example.org/1")

    def test_topics(self) -> None:
        topics = {number: entry.topics for number, entry in read("ftm.jsonl").items()}
        assert topics["NK-2"] == ("sanction", "export")
        assert topics["NK-3"] == topics["NK-8"] == ("crime",)
        assert topics["NK-7"] == ("pep",)

    def test_wallets_and_vessels(self) -> None:
        found = read("ftm.jsonl")
        assert (found["NK-3"].kind, found["NK-3"].identifiers) == ("other", (WALLET,))
        assert (found["NK-4"].kind, found["NK-4"].identifiers, found["NK-4"].countries) == ("other", ("9562233",), ("KM",))

    def test_when_it_was_last_seen_is_no_change(self, tmp_path: Path) -> None:
        text = (HERE / "ftm.jsonl").read_text()
        later = tmp_path / "ftm.jsonl"
        later.write_text(text.replace('"last_seen": "2026-10-01"', '"last_seen": "2026-10-02"'))
        again = {entry.id: entry.content for entry in sources.read("ftm", Files(later))}
        assert again == {number: entry.content for number, entry in read("ftm.jsonl").items()}


class TestPlain:
    def test_all_of_its_columns(self) -> None:
        found = read("plain.csv")["1"]
        assert found == Entry(
            id="1",
            kind="person",
            name="Jan Nobody",
            aliases=("Yan Nobody", "Ян", "'Ghost'"),
            programmes=("ours",),
            birth_dates=("1970-01-15", "circa 1971", "1972 to 1973"),
            countries=("IT", "CH"),
            identifiers=("AB12345",),
            topics=("pep", "crime"),
        )
        assert (found.remarks, found.link) == ("Seen, twice", "https://example.org/1")

    @pytest.mark.parametrize(("source", "topic"), [("csv", "sanction"), ("own", "own")])
    def test_without_a_topic_it_is_what_the_list_is(self, source: str, topic: str) -> None:
        assert read("plain.csv", source)["2"].topics == (topic,)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("id,kind\n1,person\n", "line 1: the column name is missing"),
            ("id,kind,name\n1,person\n", "line 2: 2 values, where the header has 3"),
            ("id,kind,name\n1,ghost,X\n", "line 2: the kind is 'ghost'"),
            ("id,kind,name,topics\n1,person,X,fun\n", "line 2: the topic is 'fun'"),
            ("id,kind,name,birth_dates\n1,person,X,1970-13-01\n", "line 2: the birth date '1970-13-01' can't be read"),
            ("id,kind,name,countries\n1,person,X,Atlantis\n", "line 2: the country 'Atlantis' is none"),
            ("id,kind,name\n1,person,X\n1,person,Y\n", "line 3: the entry 1 stands twice"),
            ("id,kind,name\n1,person,\n", "line 2: the entry 1 has no name"),
            ("id,kind,name\n,person,X\n", "line 2: an entry's number has 0 characters"),
            ('id,kind,name\n1,person,"X', "line 2: unexpected end of data"),
            ("id,kind,name\n", "line 1: no entry was found"),
            ("", "line 1: the column id is missing"),
        ],
    )
    def test_a_bad_row_is_named(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "own.csv").write_text(text)
        with pytest.raises(BadList) as refused:
            list(sources.read("own", Files(tmp_path / "own.csv")))
        assert str(refused.value).startswith(f"own.csv, {said}")


class TestAll:
    @pytest.mark.parametrize("name", LAYOUTS)
    def test_every_entry_has_a_digest_of_its_own(self, name: str) -> None:
        digests = [entry.content for entry in read(name).values()]
        assert len(set(digests)) == len(digests) and {len(found) for found in digests} == {64}

    @pytest.mark.parametrize("name", LAYOUTS)
    def test_a_file_cut_off_is_refused(self, name: str, tmp_path: Path) -> None:
        whole = (HERE / name).read_bytes()
        cut = tmp_path / name
        cut.write_bytes(whole[: len(whole) * 2 // 3])
        with pytest.raises(BadList, match=rf"^{name}, line \d+: "):
            list(sources.read(LAYOUTS[name], Files(cut)))

    @pytest.mark.parametrize("name", LAYOUTS)
    @pytest.mark.parametrize("text", ["", "<html><body>Service unavailable</body></html>", "Access denied"])
    def test_so_is_another_document(self, name: str, text: str, tmp_path: Path) -> None:
        (tmp_path / name).write_text(text)
        with pytest.raises(BadList, match=rf"^{name}, line \d+: "):
            list(sources.read(LAYOUTS[name], Files(tmp_path / name)))

    @pytest.mark.parametrize(
        ("name", "day"),
        [
            ("un.xml", date(2026, 10, 7)),
            ("eu.xml", date(2026, 8, 5)),
            ("uksl.xml", date(2026, 9, 10)),
            ("uksl.csv", date(2026, 2, 13)),
            ("conlist.csv", date(2025, 6, 3)),
            ("conlist.xml", None),
            ("sdn.xml", date(2026, 8, 28)),
            ("csl.csv", None),
        ],
    )
    def test_the_day_that_the_file_names(self, name: str, day: date | None) -> None:
        assert sources.published(LAYOUTS[name], Files(HERE / name)) == day

    @pytest.mark.parametrize(
        ("name", "day", "none"),
        [
            ("un.xml", "2026-10-07", "2026-13-07"),
            ("eu.xml", "2026-08-05", "2026-08-32"),
            ("uksl.xml", "10/09/2026", "31/09/2026"),
            ("sdn.xml", "08/28/2026", "28/08/2026"),
            ("sdn_advanced.xml", "<Month>8</Month>", "<Month>13</Month>"),
        ],
    )
    def test_one_that_the_calendar_does_not_have_is_told(self, name: str, day: str, none: str, tmp_path: Path) -> None:
        (tmp_path / name).write_text((HERE / name).read_text().replace(day, none, 1))
        with pytest.raises(BadList, match=f"^{name} names a day of publication that is none: "):
            sources.published(LAYOUTS[name], Files(tmp_path / name))


class TestXml:
    """Nothing in a file is expanded or fetched."""

    @pytest.fixture
    def refused(self, tmp_path: Path) -> Callable[[str], str]:
        def read_it(text: str) -> str:
            (tmp_path / "un.xml").write_text(text)
            with pytest.raises(BadList) as error:
                list(sources.read("un-sc", Files(tmp_path / "un.xml")))
            return str(error.value)

        return read_it

    @pytest.mark.parametrize(
        "declared",
        [
            '<!DOCTYPE CONSOLIDATED_LIST [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
            '<!DOCTYPE CONSOLIDATED_LIST [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE CONSOLIDATED_LIST SYSTEM "https://example.org/a.dtd">',
            "<!DOCTYPE CONSOLIDATED_LIST>",
        ],
    )
    def test_a_document_type_is_refused(self, refused: Callable[[str], str], declared: str) -> None:
        body = "<CONSOLIDATED_LIST><INDIVIDUALS/></CONSOLIDATED_LIST>"
        assert refused(f"{declared}\n{body}") == "un.xml, line 1: a document type is declared, which a list needs none of."

    def test_an_entity_that_nobody_declared_is_refused(self, refused: Callable[[str], str]) -> None:
        assert "undefined entity" in refused("<CONSOLIDATED_LIST>&a;</CONSOLIDATED_LIST>")

    def test_elements_too_deep_in_one_another_are_refused(self, refused: Callable[[str], str]) -> None:
        assert "more than 40 deep" in refused("<CONSOLIDATED_LIST>" + "<a>" * 50 + "</a>" * 50 + "</CONSOLIDATED_LIST>")


@pytest.fixture(scope="module")
def whole() -> Callable[[str, str], list[Entry]]:
    def read_it(source: str, name: str) -> list[Entry]:
        if not (DATA / name).exists():
            pytest.skip("KEYHOLDER_DATA has no such file")
        return list(sources.read(source, Files(DATA / name)))

    return read_it


class TestWholeFiles:
    def test_un(self, whole: Callable[[str, str], list[Entry]]) -> None:
        entries = whole("un-sc", "un/consolidated.xml")
        assert Counter(entry.kind for entry in entries) == {"person": 730, "company": 273}
        assert sum(bool(entry.birth_dates) for entry in entries) > 640
        by_id = {entry.id: entry for entry in entries}
        assert by_id["6907993"].name == "ERIC BADEGE" and by_id["6907993"].birth_dates == ("1971",)
        weak = sum(alias.startswith("'") for entry in entries for alias in entry.aliases)
        assert 600 < weak < 640
        nowhere = [entry.id for entry in entries if entry.kind == "person" and not entry.countries]
        assert len(nowhere) < 115

    def test_csl(self, whole: Callable[[str, str], list[Entry]]) -> None:
        entries = whole("us-csl", "csl/consolidated.csv")
        topics = Counter(topic for entry in entries for topic in entry.topics)
        assert len(entries) == 14_048 and topics == {"sanction": 10_586, "export": 3_462}
        by_id = {entry.id: entry for entry in entries}
        assert by_id["21944"].name == "Rim 'ABBAS" and by_id["21944"].birth_dates == ("1973-03-25",)
        assert not any(alias.startswith("'") for entry in entries for alias in entry.names)
