"""
`/metrics`: Prometheus text, collected from the parts of the process on each request, so that metrics do not slow down
runs.
"""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from runs.execution.request_memory import body_memory
from sinkhub.lifecycle import service
from sinkhub.observability.health import NO_STORE
from sinks.access import bearer_tokens
from sinks.http.problems import problem
from sinks.trigger.endpoint import refusals
from sinks.trigger.intake import intake


class _Parts(Collector):
    def collect(self) -> Iterable[Metric]:
        if service.parts is None:
            return
        engine = service.parts.engine
        executor, journal = engine.executor, engine.journal
        yield CounterMetricFamily("sinkhub_runs_started", "Attempts started.", executor.figures.started)
        finished = CounterMetricFamily("sinkhub_runs_finished", "Runs whose end was recorded.", labels=["status"])
        for status, count in executor.figures.finished.items():
            finished.add_metric([status], count)
        yield finished
        yield CounterMetricFamily("sinkhub_run_seconds", "Time spent in workflows.", executor.figures.seconds)
        yield GaugeMetricFamily("sinkhub_runs_live", "Unfinished runs of this process.", len(executor.live))
        yield GaugeMetricFamily(
            "sinkhub_runs_waiting", "Unfinished runs that wait for their turn.", executor.lanes.waiting
        )
        yield GaugeMetricFamily("sinkhub_runs_recording", "Runs that are being recorded.", executor.recording)
        yield GaugeMetricFamily("sinkhub_requests_reading", "Requests whose body is being read.", intake.reading)
        yield GaugeMetricFamily(
            "sinkhub_pending_bytes",
            "Bytes of bodies that are being received or belong to unfinished runs.",
            body_memory.bytes,
        )
        yield GaugeMetricFamily("sinkhub_streams_open", "Open streams of this process.", executor.streams.open)
        refused = CounterMetricFamily("sinkhub_requests_refused", "Trigger requests refused.", labels=["status"])
        for code, count in sorted(refusals.items()):
            refused.add_metric([str(code)], count)
        yield refused
        apart = CounterMetricFamily(
            "sinkhub_deliveries_without_run", "Deliveries that started no run.", labels=["outcome"]
        )
        for kind, count in sorted(service.parts.outcomes.totals.items()):
            apart.add_metric([kind], count)
        yield apart
        figures = journal.figures
        yield CounterMetricFamily("sinkhub_journal_transactions", "Transactions committed.", figures.transactions)
        yield CounterMetricFamily("sinkhub_journal_entries", "Entries in these transactions.", figures.entries)
        yield CounterMetricFamily("sinkhub_journal_failures", "Transactions that failed.", figures.failures)
        yield CounterMetricFamily("sinkhub_journal_seconds", "Time spent in transactions.", figures.seconds)
        yield GaugeMetricFamily(
            "sinkhub_journal_healthy", "1 while the database accepts writes.", journal.is_writable()
        )
        yield GaugeMetricFamily("sinkhub_sinks", "Sinks in the directory.", len(service.parts.directory.index.by_id))


_registry = CollectorRegistry(auto_describe=False)
_registry.register(_Parts())


async def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics of this process, with METRICS_TOKEN only to requests that carry it."""
    if (token := settings.METRICS_TOKEN) and not bearer_tokens.matches(
        request.headers.get("Authorization", "").encode("latin-1", "replace"), token.encode()
    ):
        return HttpResponse(
            problem(401, "The metrics require the bearer token of METRICS_TOKEN."),
            status=401,
            content_type="application/problem+json",
            headers={**NO_STORE, "WWW-Authenticate": "Bearer"},
        )
    kind = "text/plain; version=0.0.4; charset=utf-8"
    return HttpResponse(generate_latest(_registry), content_type=kind, headers=NO_STORE)
