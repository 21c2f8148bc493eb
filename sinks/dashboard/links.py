"""Where the pages about a sink are."""

from urllib.parse import urlencode

from django.urls import reverse


def sink_page(sink_id: int) -> str:
    """Return the URL of a sink's page, to which everything links that means the sink."""
    return reverse("admin:sinks_sink_page", args=[sink_id])


def runs_of(sink_id: int, **conditions: str) -> str:
    """Return the URL of the list of a sink's runs."""
    return f"{reverse('admin:runs_run_changelist')}?{urlencode({'sink': str(sink_id), **conditions})}"


def refusals_of(sink_id: int, **conditions: str) -> str:
    """Return the URL of the list of a sink's refusals."""
    return f"{reverse('admin:sinks_refusal_changelist')}?{urlencode({'sink': str(sink_id), **conditions})}"


def acting(action: str, *sink_ids: int, **more: str) -> str:
    """Return the URL that asks before an action on sinks."""
    chosen = {"sinks": ",".join(map(str, sink_ids)), **more}
    return f"{reverse('admin:sinks_sink_act', args=[action])}?{urlencode(chosen, safe=',')}"
