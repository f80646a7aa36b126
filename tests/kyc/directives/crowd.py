"""Very many keys in the test's database, of which two in five are of who is shown to be no foreign person, one in five of who is
shown to be one, and of the others nothing is shown: three in five have a status."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from django.db import connection

from kyc.keys.introspection import introspect
from tests.bench import many
from tests.bench.many import KEYS_A_CUSTOMER, UNTRIGGERED, fill

US, FOREIGN = "n % 5 < 2", "n % 5 = 2"


@dataclass(frozen=True)
class Crowd:
    """The secrets in the order of the keys' numbers, which begin with 1."""

    secrets: list[str]

    def is_outside(self, key: int) -> bool:
        return ((key - 1) // KEYS_A_CUSTOMER + 1) % 5 < 2

    @property
    def outside(self) -> int:
        return sum(self.is_outside(key) for key in range(1, len(self.secrets) + 1))

    def wrong(self, step: int = 1) -> Iterator[int]:
        """Keys of which a gateway is told otherwise than they stand; asked one by one, each so-many-th."""
        for key in range(1, len(self.secrets) + 1, step):
            if introspect(self.secrets[key - 1])["active"] != self.is_outside(key):
                yield key


def gather(number: int) -> Crowd:
    customers, held = number // KEYS_A_CUSTOMER, connection.settings_dict
    with psycopg.connect(
        host=held["HOST"], dbname=held["NAME"], user="postgres", options=UNTRIGGERED, autocommit=True
    ) as superuser:
        secrets = many.make(superuser, number)
        fill(superuser, "kyc_role", customers, organisation_id="n", party_id="n", kind="'customer'", valid_from="current_date")
        superuser.execute(f"UPDATE kyc_personstatus SET standing = 'us', basis = 'citizen' FROM (SELECT 1) x WHERE "
                          f"{US.replace('n', 'party_id')}")  # fmt: skip
        superuser.execute("UPDATE kyc_personstatus SET standing = 'undetermined', basis = 'unknown' WHERE party_id % 5 > 2")
        fill(
            superuser, "kyc_document", customers, id="n", organisation_id="n", party_id="n", name="'Passport'", uploaded_by_id="1"
        )
        superuser.execute(
            f"""INSERT INTO kyc_statusproof (organisation_id, status_id, document_id, note, proved_by_id, proved_at, valid_until)
            SELECT party_id, id, party_id, '', 1, now(), current_date + 90 FROM kyc_personstatus
            WHERE axis = 'ear' AND ({US.replace("n", "party_id")} OR {FOREIGN.replace("n", "party_id")})"""
        )
        superuser.execute("VACUUM ANALYZE")
    return Crowd(secrets)
