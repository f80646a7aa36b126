"""Gathers the stages' models, in the order in which things happen."""

from kyc.cases.models import Case, Decision, Entity, Examination, Finding, Requirement
from kyc.directives.blocked.models import BlockedFiling, BlockedRecord
from kyc.directives.models import (
    Directive,
    DirectiveException,
    DirectiveExtension,
    DirectiveMinute,
    DirectiveNotice,
    DirectivePreview,
)
from kyc.directives.resellers.models import Reseller, ResellerAssessment
from kyc.directives.training.models import TrainingDuty, TrainingFiling, TrainingRun
from kyc.evidence.agency_models import AgencyRuling
from kyc.evidence.confirmation_models import Confirmation, ConfirmationCode, DomainChallenge, OutsideCheck, OutsideMessage
from kyc.evidence.fall_models import Fall
from kyc.evidence.item_models import DocumentReview, EvidenceItem, Mismatch
from kyc.evidence.lei_models import LegalEntity, LegalEntityParent, LeiCopy
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, ExclusionRuling, Invitation, StatusProof
from kyc.evidence.read_models import Reading
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.estate_import_models import EstateImport
from kyc.keys.estate_models import ImportedKey, Remediation
from kyc.keys.expiry_models import Expiry
from kyc.keys.models import Hold, Key, Link
from kyc.keys.pool_models import LimitPool, PoolMember, PoolWindow, Reservation, Reserved, Spending
from kyc.keys.refusal_models import KeyRefusal
from kyc.keys.staged_models import StagedDay
from kyc.keys.standing_models import StandingHold, StandingProof, StandingTier
from kyc.networks.controller_models import Controller, ControllerMember, ControllerNote, KeptEvidence
from kyc.networks.indication_models import Authorisation, Indication, IndicationRun, ModelRelease
from kyc.networks.measure_models import Measure, MeasureMember, RuleMiss
from kyc.networks.models import Incident, IncidentNote, Involvement, Referral
from kyc.networks.network_models import Attachment, Edge, Network, NetworkChange, NetworkMembership, NetworkRun
from kyc.networks.ruling_models import ProposedRuling, Ruling
from kyc.ownership.models import Determination, Discrepancy, Divergence, Interest, Observation
from kyc.parties.agency_models import Agency, AgencyAccount
from kyc.parties.models import Attribute, Exclusion, Party, PaymentMeans, PersonStatus, Profile, Questionnaire, Role, Sameness
from kyc.risk.models import Factor, Score
from kyc.screening.models import Hit, Inquiry, InquiryPart, ListEntry, ListUpdate, ListVersion, Rescreening
from kyc.usage.models import UsageBatch, UsageDay, UsageRow

__all__ = [
    "Agency",
    "AgencyAccount",
    "AgencyRuling",
    "Appeal",
    "Attachment",
    "Attribute",
    "AttributeProof",
    "Authorisation",
    "AuthorityProof",
    "BlockedFiling",
    "BlockedRecord",
    "Case",
    "Confirmation",
    "ConfirmationCode",
    "Controller",
    "ControllerMember",
    "ControllerNote",
    "Decision",
    "Determination",
    "Directive",
    "DirectiveException",
    "DirectiveExtension",
    "DirectiveMinute",
    "DirectiveNotice",
    "DirectivePreview",
    "Discrepancy",
    "Divergence",
    "Document",
    "DocumentReview",
    "DomainChallenge",
    "Edge",
    "Entity",
    "EstateImport",
    "EvidenceItem",
    "Examination",
    "Exclusion",
    "ExclusionRuling",
    "Expiry",
    "Factor",
    "Fall",
    "Finding",
    "Hit",
    "Hold",
    "ImportedKey",
    "Incident",
    "IncidentNote",
    "Indication",
    "IndicationRun",
    "Inquiry",
    "InquiryPart",
    "Interest",
    "Invitation",
    "Involvement",
    "KeptEvidence",
    "Key",
    "KeyRefusal",
    "LegalEntity",
    "LegalEntityParent",
    "LeiCopy",
    "LimitPool",
    "Link",
    "ListEntry",
    "ListUpdate",
    "ListVersion",
    "Measure",
    "MeasureMember",
    "Mismatch",
    "ModelRelease",
    "Network",
    "NetworkChange",
    "NetworkMembership",
    "NetworkRun",
    "Observation",
    "OutsideCheck",
    "OutsideMessage",
    "Party",
    "PaymentMeans",
    "PersonStatus",
    "PoolMember",
    "PoolWindow",
    "Profile",
    "ProposedRuling",
    "Questionnaire",
    "Reading",
    "Referral",
    "Remediation",
    "Requirement",
    "Rescreening",
    "Reseller",
    "ResellerAssessment",
    "Reservation",
    "Reserved",
    "Restriction",
    "Role",
    "RuleMiss",
    "Ruling",
    "Sameness",
    "Score",
    "Spending",
    "StagedDay",
    "StandingHold",
    "StandingProof",
    "StandingTier",
    "StatusProof",
    "TrainingDuty",
    "TrainingFiling",
    "TrainingRun",
    "UsageBatch",
    "UsageDay",
    "UsageRow",
]
