"""How the demo's people sent their passports and cards, where it is not as everybody does: photographed, sound, and in force."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sent:
    """`how` is a photograph, scan or pdf. `born` is what the paper says, where it is not what was declared; `days` for how many
    it is still in force; `number_of` whose paper bore its number first."""

    how: str = "photograph"
    is_shaken: bool = False
    born: str = ""
    days: int = 0
    number_of: str = ""


SENT = {
    # The hand was not still: nothing on it can be read.
    "Dmytro Bilyk": Sent(is_shaken=True),
    # Day and month of birth stand on it the other way round than he declared them.
    "Yusuf Abdelrahim Sorour": Sent(born="1976-08-16"),
    # In force for some weeks only, so that she is reminded.
    "Tamar Ben-Shachar": Sent(days=45),
    # The number is that of a trustee's passport, of another customer.
    "Oliver Quill": Sent(number_of="Rupert Daventry"),
    "Konrad Ehlers": Sent("pdf"),
    "Ingrid Hansen": Sent("scan"),
    "Casey Lindqvist": Sent("scan"),
    "Ananya Sardesai": Sent("scan"),
    "Chiara Bonvicini": Sent("scan"),
    "Sigrid Tveitane": Sent("scan"),
}
