"""Tells each customer whom a directive touches what applies to him, once; organisation by organisation, the row the job
(config/jobs.py). That it is over, kyc.directives.ending tells."""

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts import scope
from accounts.models import User
from config import jobs
from kyc.directives import tiers
from kyc.directives.models import Directive, DirectiveException, DirectiveNotice
from kyc.keys import appeals
from kyc.keys.appeal_models import Restriction
from kyc.keys.models import Key
from kyc.keys.standing_models import StandingProof

S = DirectiveNotice.State
QUEUE = jobs.Queue(
    name="directives.telling",
    model=DirectiveNotice,
    field="state",
    ready=S.WAITING,
    failed=S.FAILED,
    lease=timedelta(seconds=20),
    since="found_at",
    max_errors=10,
)
GOOD = "f.standing_id = %(standing)s AND f.verdict = 'outside' AND f.stale_at IS NULL AND f.valid_until > statement_timestamp()"
LEFT_OUT = f"EXISTS (SELECT FROM kyc_standingproof f WHERE {GOOD} AND f.key_id IS NULL AND f.organisation_id = {{organisation}})"  # nosec B608  # words of ours
OUTSIDE = f"""(
    EXISTS (SELECT FROM kyc_standingproof f WHERE {GOOD} AND f.key_id = k.id)
    OR {LEFT_OUT.format(organisation="k.organisation_id")}
)"""  # nosec B608  # words of ours
# Organisations with a key that it closes something of now: not revoked, with a tier that has begun, and not shown to be outside.
FIND = f"""
INSERT INTO kyc_directivenotice (directive_id, organisation_id, state, found_at, claimed_by, claims, errors, failure)
SELECT DISTINCT %(directive)s::bigint, k.organisation_id, 'waiting', statement_timestamp(), '', 0, 0, '' FROM kyc_key k
JOIN accounts_organisation o ON o.id = k.organisation_id AND o.sandbox = '' AND o.closed_at IS NULL
WHERE k.state <> 'revoked' AND {tiers.HAS} AND NOT {OUTSIDE}
UNION SELECT %(directive)s::bigint, i.organisation_id, 'waiting', statement_timestamp(), '', 0, 0, '' {tiers.IMPORTED}
  AND NOT {LEFT_OUT.format(organisation="i.organisation_id")}
ON CONFLICT DO NOTHING
"""  # noqa: S608  # nosec B608  # words of ours
# Of whom it closes no key any more.
OUT = f"""
UPDATE kyc_directivenotice n SET state = 'ending' WHERE n.directive_id = %(directive)s AND n.state = 'told' AND NOT EXISTS (
    SELECT FROM kyc_key k WHERE k.organisation_id = n.organisation_id AND k.state <> 'revoked' AND {tiers.HAS} AND NOT {OUTSIDE})
  AND NOT (EXISTS (SELECT {tiers.IMPORTED} AND i.organisation_id = n.organisation_id)
    AND NOT {LEFT_OUT.format(organisation="n.organisation_id")})
"""  # noqa: S608  # nosec B608  # words of ours


def find(directive: Directive) -> None:
    with connection.cursor() as cursor:
        said = {"directive": directive.pk, "standing": directive.standing_id, "tiers": tiers.begun_codes(directive)}
        cursor.execute(FIND, said)
        cursor.execute(OUT, said)


def let_go(directive: Directive) -> None:
    """Whoever was not told yet need not be any more."""
    rows = DirectiveNotice.objects.filter(directive=directive)
    rows.filter(state=S.WAITING).update(state=S.ENDED)
    rows.filter(state=S.TOLD).update(state=S.ENDING)


def run() -> None:
    for claim in QUEUE.claims():
        with claim:
            tell(claim)


def taker(directive: Directive) -> User:
    return directive.proposal.outcome_by  # type: ignore[return-value]  # it was taken


def tell(claim: jobs.Claim) -> None:
    """Of one that is over by now nobody hears: whoever lifts it waits until this is written, and ends it then."""
    row: DirectiveNotice = claim.row
    with transaction.atomic():
        if Directive.objects.in_force().filter(pk=row.directive_id).select_for_update(no_key=True).first():
            tell_of(claim, row)
        else:
            with claim.finish(state=S.ENDED):
                pass


def tell_of(claim: jobs.Claim, row: DirectiveNotice) -> None:
    with claim.finish(state=S.TOLD):
        told = {"kind": Restriction.Kind.CLOSED, "told": Restriction.Told.ORDER}
        made = appeals.restrict(row.organisation, **told, is_taken=True, by=taker(row.directive))
        DirectiveNotice.objects.filter(pk=row.pk).update(restriction=made, told_at=timezone.now())


def missing(restriction: Restriction) -> set[str]:
    """Codes of facts that would show some live key to be outside of what it tells of. Read by the customer himself, who is shown
    no directive: which one it is, is found for him."""
    with scope.everything():
        notice = DirectiveNotice.objects.filter(restriction=restriction).select_related("directive").first()
    if notice is None:
        return set()
    lasts = Q(standing__ends_at__isnull=True) | Q(standing__ends_at__gt=Now())
    proofs = StandingProof.objects.filter(
        lasts, standing=notice.directive.standing_id, standing__ended_at__isnull=True, stale_at__isnull=True,
        organisation=restriction.organisation_id, key__isnull=False,
    ).exclude(key__state=Key.State.REVOKED)  # fmt: skip
    return {code for codes in proofs.values_list("missing", flat=True) for code in codes}


def excepted(exception: DirectiveException) -> None:
    DirectiveNotice.objects.filter(directive=exception.directive_id, organisation=exception.organisation_id, state=S.TOLD).update(
        state=S.ENDING
    )
