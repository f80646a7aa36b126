"""Agencies that their accounts and an officer have confirmed: nothing ties these accounts to each other, and what is mostly
theirs counts for nobody, at night and where an account arises."""

from django.db import connection

from kyc.evidence import agencies

# As a building takes a value for an agency's (kyc/networks/finding/finder.py).
MARK = """
UPDATE accounts_signalvalue v SET hub = 'agency', why = format('Most who have it are accounts of the agency %%s.', theirs.agency)
FROM (
    SELECT s.type, s.value, d.agency, count(*) AS many
    FROM accounts_signal s JOIN unnest(%(accounts)s::bigint[], %(agencies)s::text[]) AS d (account, agency)
        ON d.account = s.organisation_id
    GROUP BY s.type, s.value, d.agency HAVING count(*) >= 3
) AS theirs
WHERE theirs.value = v.value AND theirs.type = v.type AND theirs.many * 2 >= v.accounts AND NOT v.is_told
"""


def mark() -> int:
    """Whose values are an agency's, of those that no file of ranges tells of; after they were counted, which forgets it. How
    many. In a scope that sees the compartment."""
    groups = agencies.groups()
    if not groups:
        return 0
    with connection.cursor() as cursor:
        pairs = [(account, agency) for account, those in groups.items() for agency in those]
        cursor.execute(MARK, {"accounts": [one for one, _ in pairs], "agencies": [agency for _, agency in pairs]})
        return int(cursor.rowcount)
