"""The models of the app. Django, and the rest of the project, import them from this package."""

from sinks.audit.audit_entry import AuditEntry
from sinks.models.api_token import ApiToken
from sinks.models.app import App, DeletedApp
from sinks.models.app_secret import AppSecret
from sinks.models.confirmation import Confirmation
from sinks.models.membership import Membership
from sinks.models.refusal import Outcome, Refusal
from sinks.models.revision import Revision
from sinks.models.schedule import Schedule
from sinks.models.sink import ANY, Sink, on_workers
from sinks.people.invitation import Invitation
from sinks.sign_in.oidc_identity import OidcIdentity
from sinks.sign_in.second_factor_model import RecoveryCode, SecondFactor

__all__ = [
    "ANY",
    "ApiToken",
    "App",
    "AppSecret",
    "AuditEntry",
    "Confirmation",
    "DeletedApp",
    "Invitation",
    "Membership",
    "OidcIdentity",
    "Outcome",
    "RecoveryCode",
    "Refusal",
    "Revision",
    "Schedule",
    "SecondFactor",
    "Sink",
    "on_workers",
]
