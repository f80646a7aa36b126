"""The five that the tour goes by: one verified, one half owned by a listed company, one to review, one asked for more, one that
is being filled in."""

from demo.organisations.rows import Customer, Owner, Person, Reading, Story, person, state

CUSTOMERS = (
    Customer(
        "ingrid@nordlys.example",
        "Nordlys Modelling AS",
        "NO",
        "Strandgata 12, 9008 Tromsø",
        (
            Person(
                "Ingrid Hansen",
                "NO",
                "1984-03-17",
                email="ingrid@nordlys.example",
                address="Skippergata 30, 9008 Tromsø",
            ),
        ),
        Story(
            "approved",
            13,
            note="Register extract agrees with what was declared.",
            confirmed=True,
            keys=(("production gateway", "service"),),
            readings=(
                Reading(
                    "officialRegister",
                    "Shareholder register of the tax authority, 918 334 203",
                    3,
                    (person("Ingrid Hansen", "60"), Owner("Fjordkraft Invest AS", "40")),
                    is_all=True,
                ),
                Reading(
                    "officialRegister",
                    "Shareholder register of the tax authority, 921 554 877",
                    3,
                    (person("Solveig Nykvist", "100", "NO"),),
                    of="Fjordkraft Invest AS",
                    resolved=(
                        "spelling",
                        "The same birth date stands there. The customer says that the register writes her as her father did.",
                    ),
                ),
            ),
        ),
        (
            person("Ingrid Hansen", "60"),
            Owner("Fjordkraft Invest AS", "40", country="NO", owners=(person("Solveig Nyquist", "100", "NO"),)),
        ),
        form="AS",
        number="918 334 203",
        phone="+47 77 00 12 00",
        domain="nordlys.example",
        lei="9845NRDLYSMODEL91831",
    ),
    Customer(
        "daria@helios.example",
        "Helios Compute FZE",
        "AE",
        "Al Nakheel 4, Ras Al Khaimah",
        (Person("Daria Petrova", "CY", "1981-06-30"),),
        Story("review", 1),
        (
            Owner(
                "Meridian Holding Ltd",
                "50",
                country="CY",
                owners=(
                    Owner("ROSOBORONEXPORT OAO", "50", country="RU", owners=(state("Russian Federation", "100", "RU"),)),
                    person("Nikos Andreou", "50", "CY", "1975-05-05"),
                ),
            ),
            person("Eleni Christou", "50", "CY", "1975-05-05"),
        ),
        form="FZE",
        number="RAKEZ 401022",
        phone="+971 7 555 0120",
    ),
    Customer(
        "mei@lotus.example",
        "Lotus Inference Ltd",
        "SG",
        "8 Marina View, Singapore",
        (Person("Lin Meifang", "SG", "1979-11-02"),),
        Story("review", 2),
        (Owner("Lotus Holdings (HK) Limited", "70", country="HK", owners=(person("Chen Weiguang", "51", "HK", "1975-05-05"),)),),
        native="莲花推理有限公司",
        form="Ltd",
        number="202418822K",
        hq="HK",
        phone="+65 6555 0120",
    ),
    Customer(
        "layla@ufuq.example",
        "Al Ufuq Computing LLC",
        "JO",
        "12 Rainbow Street, Amman",
        (Person("Layla Haddad", "JO", "1990-01-25"),),
        Story(
            "waiting",
            3,
            reason="document_unreadable",
            note="The page is blank.",
            message="The register extract you sent is an empty page. "
            "Please send the extract of the Companies Control Department again.",
        ),
        (person("Layla Haddad", "100"),),
        native="شركة الأفق للحوسبة",
        form="LLC",
        number="JO-55231",
        phone="+962 6 555 0120",
    ),
    Customer(
        "charlie@outside.example",
        "Outside Analytics GmbH",
        "DE",
        "Lindenallee 3, 04109 Leipzig",
        (Person("Charlie Outside", "DE", "1988-09-09"),),
        Story("draft", 0),
        form="GmbH",
        number="HRB 90211",
        phone="+49 341 555 0120",
    ),
)
