"""The admin of apps, sinks, refusals, schedules and API tokens. Django imports this package to register it."""

from sinks.admin import api_token_admin as api_token_admin
from sinks.admin import app_admin as app_admin
from sinks.admin import schedule_admin as schedule_admin
from sinks.admin import sink_admin as sink_admin
from sinks.refusals import refusal_admin as refusal_admin
