"""How long is kept who the customer is, what he said of his use, what was mailed to him and from where he signed in; and what of
the account is kept as long as anything."""

from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef
from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.models import AuditEvent, LegalHold, MemberInvitation, Membership, Message, Organisation, Project
from accounts.retention import RecordClass
from kyc.parties.agency_models import Agency, AgencyAccount
from kyc.parties.models import Attribute, Exclusion, Party, PaymentMeans, PersonStatus, Profile, Questionnaire, Role, Sameness
from kyc.rules.retention import rule


def is_foreign(on: datetime) -> Any:
    """Anybody of it is no US person, or it is not known whether somebody is: who is undetermined counts as foreign."""
    told = PersonStatus.objects.filter(organisation=OuterRef("pk"), axis=PersonStatus.Axis.IAAS)
    another = Exists(told.exclude(standing=PersonStatus.Standing.US))
    return ExpressionWrapper(another | ~Exists(told), output_field=BooleanField())


retention.condition("foreign", is_foreign)
retention.register(
    RecordClass(
        code="identity",
        label=_("Who the customer is"),
        models=(
            Organisation,
            Membership,
            MemberInvitation,
            Project,
            Profile,
            Party,
            Role,
            PersonStatus,
            Attribute,
            Exclusion,
            Agency,
            AgencyAccount,
            PaymentMeans,
            Sameness,
        ),
        rules=(rule("cip-identity"), rule("cdd-file"), rule("iaas-identity")),
        told=_("Who your organisation is, the people and owners you named, and how you pay"),
    )
)
retention.register(
    RecordClass(
        code="use",
        label=_("Intended use: signed answers"),
        models=(Questionnaire,),
        rules=(rule("export-records"), rule("cdd-file")),
        told=_("What you answered and signed about how you use the service"),
    )
)
retention.register(
    RecordClass(
        code="mail",
        label=_("Mail to its people"),
        models=(Message,),
        rules=(rule("sent-mail"),),
        made={Message: "queued_at"},
        each=True,
        told=_("What we mailed to you and your people"),
    )
)
retention.register(
    RecordClass(
        code="sign_ins",
        label=_("From where its members signed in"),
        models=(UserSession,),
        rules=(rule("sign-ins"),),
        made={UserSession: "last_seen_at"},
        each=True,
        owner="user__membership__organisation",
        told=_("From where your members signed in"),
    )
)
retention.register(
    RecordClass(
        code="trail",
        label=_("Audit trail and legal holds"),
        models=(AuditEvent, LegalHold),
        follows=True,
        told=_("The record of who did what, and when"),
    )
)
retention.no_record("accounts.SubjectKey", "keys of what is sealed: destroying one ends its data, and the row says so")
retention.no_record("accounts.Disposal", "the certificate that stays when records have gone, and names nobody")
retention.no_record("accounts.PlannedDisposal", "what the next night erases, made anew each day; names nobody")
retention.no_record("accounts.SearchDigest", "by what sealed values are found; it goes with its subject's key")
