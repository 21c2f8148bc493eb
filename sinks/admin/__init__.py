"""Django imports this package to find the pages of apps, sinks and API tokens in the admin."""

from sinks.admin import sink_admin as sink_admin
