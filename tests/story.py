"""What the story tells, in actions and in the browser alike: one company, its people, its owners, and their names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Owner:
    name: str
    country: str
    share: str


COMPANY = {
    "name": "Tide Robotics AS",
    "legal_form": "AS",
    "registration_number": "927 114 038",
    "country": "NO",
    "hq_country": "NO",
    "address": "Havnegata 7\n5003 Bergen",
}
CONTROLLER = {"name": "Freja Lind", "title": "Chief executive", "country": "NO", "birth_date": "1986-04-12"}
CONTROLLERS_SHARE = "40"
HOLDING = {"name": "Haugen Invest AS", "country": "NO", "hq_country": "NO", "share": "60"}
# Names of the shipped list, and how they come in.
MISSPELT = Owner("Oleg Deripasca", "RU", "10")
REORDERED = Owner("Rotenberg Arkady", "RU", "10")
ALIASED = Owner("Ibrahim Dawood Kaskar", "IN", "10")
LISTED = {
    MISSPELT.name: "Oleg Vladimirovich DERIPASKA",
    REORDERED.name: "Arkady Romanovich ROTENBERG",
    ALIASED.name: "Dawood IBRAHIM",
}
# Ordinary people who share a given name or a family name with listed ones.
NAMESAKES = (Owner("Oleg Ivanov", "RU", "20"), Owner("Anna Rotenberg", "DE", "20"), Owner("Viktor Petrov", "BG", "30"))
HOLDERS = (MISSPELT, REORDERED, ALIASED, *NAMESAKES)
ASKED = "The register extract you sent is a blank page. Please send the extract of this year again."
