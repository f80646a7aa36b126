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
    "phone": "+47 55 00 00 00",
    "domain": "tide.example",
}
# Of its headquarters, in the parts that addresses of its country have.
PLACE = {"street": "Havnegata 7", "postal_code": "5003", "city": "Bergen"}
KIND = {"customer_class": "company", "programme": "startup_credit", "programme_run_by": "Vestland Ventures"}
CONTROLLER = {"name": "Freja Lind", "title": "Chief executive", "country": "NO", "birth_date": "1986-04-12", "us_basis": "none"}
ROLES = ("controller", "director", "signatory")
# What Freja's company answers about its use, by the code of the question.
USE = {
    "end_use": "Robots that clean hulls ask in plain words what they see.",
    "end_users": ["business"],
    "user_locations": "Norway, Denmark",
    "military": "no",
    "weapons": "no",
    "training": "own",
    "training_for": "Ours, trained in Bergen, and nobody else uses it.",
    "resale": "no",
    "government_ownership": "no",
    "ultimate_parent": "We are it",
    "ultimate_parent_country": "NO",
}
PAYMENT = {
    "kind": "card", "holder": "Tide Robotics AS", "institution": "DNB", "country": "NO", "last_four": "4242", "source": "revenue",
}  # fmt: skip
CONTROLLERS_SHARE = "40"
HOLDING = {"name": "Haugen Invest AS", "country": "NO", "hq_country": "NO", "share": "60"}
# Names of the shipped list, and how they come in.
MISSPELT = Owner("Oleg Deripasca", "RU", "10")
REORDERED = Owner("Rotenberg Arkady", "RU", "10")
ALIASED = Owner("Ibrahim Dawood Kaskar", "IN", "10")
LISTED = {
    (MISSPELT.name, "Oleg Vladimirovich DERIPASKA"),
    (REORDERED.name, "Arkady Romanovich ROTENBERG"),
    (ALIASED.name, "Dawood IBRAHIM"),
    # His brother, whose two names he has too.
    (ALIASED.name, "Shaikh Anis Ibrahim KASKAR"),
}
# Ordinary people who share a given name or a family name with listed ones.
NAMESAKES = (Owner("Oleg Ivanov", "RU", "20"), Owner("Anna Rotenberg", "DE", "20"), Owner("Viktor Petrov", "BG", "30"))
HOLDERS = (MISSPELT, REORDERED, ALIASED, *NAMESAKES)
ASKED = "The register extract you sent is a blank page. Please send the extract of this year again."
