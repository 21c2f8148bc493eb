"""The admin's pages of what is configured, and of the audit log. Django imports this package to register them."""

from sinks.admin import api_token_admin as api_token_admin
from sinks.admin import app_admin as app_admin
from sinks.admin import schedule_admin as schedule_admin
from sinks.admin import sink_admin as sink_admin
from sinks.audit import audit_admin as audit_admin
from sinks.refusals import refusal_admin as refusal_admin
from sinks.waiting import waiting_admin as waiting_admin
