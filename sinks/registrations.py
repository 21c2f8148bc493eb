"""
Functions that `runs` calls, because it does not know sinks: lookups of the sources of runs and their names, of the
retention policy of an app, and of the secrets of all apps; and the deletion of what is too old.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat

from runs.history.retention import delete_in_batches
from runs.ports import AppSecrets, RetentionPolicy, Source, SourceName
from sinks.access.encryption import Encrypted, Unreadable
from sinks.audit import entries
from sinks.expressions.deliveries import payload_maker
from sinks.models import App, AppSecret, DeletedApp, Revision, Sink, on_workers
from sinks.models.signature_fields import UnknownProvider
from sinks.refusals import storage
from sinks.search_values import value_finder
from sinks.webhooks.signatures.scheme import InvalidScheme


def find_sources(sink_ids: Collection[int]) -> dict[int, Source]:
    """
    Return sinks as sources of runs.

    Args:
        sink_ids: Values of `Run.source_id`.

    Returns:
        The sources by sink id, without deleted sinks.
    """
    sinks = Sink.objects.select_related("app").filter(pk__in=sink_ids).order_by()
    return {sink.pk: _as_source(sink) for sink in sinks}


def _as_source(sink: Sink) -> Source:
    return Source(
        app_id=sink.app.app_id,
        workflow=sink.workflow,
        options=sink.options,
        timeout=sink.timeout,
        retry=sink.retry,
        on_workers=on_workers(sink.engine),
        active=sink.active and sink.app.active,
        has_token=bool(sink.encrypted_token),
        concurrency=sink.concurrency,
        priority=sink.priority,
        failure_workflow=sink.failure_workflow,
        failure_options=sink.failure_options,
        name=f"{sink.method} {sink.path}",
        make_payload=payload_maker(sink.payload),
        find_values=value_finder(sink),
    )


def is_app(app_id: str) -> bool:
    """Return whether an app exists and is active."""
    return App.objects.filter(app_id=app_id, active=True).exists()


def find_retention_policy(app_id: str, default: RetentionPolicy) -> RetentionPolicy:
    """
    Return how long the runs of an app are kept.

    Args:
        app_id: The id of an existing or deleted app.
        default: The values for settings that the app leaves empty.

    Raises:
        DatabaseError: The settings of the app cannot be read.
    """
    app = App.objects.filter(app_id=app_id).first() or DeletedApp.objects.filter(app_id=app_id).first()
    if app is None:
        return default
    own = {"runs_days": app.keep_runs_days, "bodies_days": app.keep_bodies_days, "runs": app.keep_runs}
    return replace(default, **{name: value for name, value in own.items() if value is not None})


def read_secrets(known: int | None) -> AppSecrets | None:
    """
    Return the secrets of all apps, which stay encrypted until they are read.

    Args:
        known: The revision that the caller has; None for none.

    Returns:
        The secrets; None if they have not changed since that revision.

    Raises:
        DatabaseError: They cannot be read.
    """
    # First, so that a change while the secrets are read causes another call.
    revision = Revision.objects.filter(pk=1).values_list("secrets", flat=True).first() or 0
    if revision == known:
        return None
    values: dict[str, dict[str, Callable[[], str]]] = {}
    rows = AppSecret.objects.order_by().values_list("app__app_id", "name", "encrypted_secret")
    for app_id, name, encrypted in rows.iterator():
        values.setdefault(app_id, {})[name] = Encrypted(encrypted).reveal
    return AppSecrets(revision, values)


def find_secrets_of(app_ids: Collection[str]) -> dict[str, list[str]]:
    """
    Return the values of the secrets of apps, and of the secrets that providers put into the bodies of their deliveries,
    without those that cannot be decrypted. There are two queries.

    Args:
        app_ids: The ids of the apps.

    Returns:
        The values by app id.

    Raises:
        DatabaseError: They cannot be read.
    """
    values: dict[str, list[str]] = {app_id: [] for app_id in app_ids}
    if not values:
        return values
    for secret in AppSecret.objects.filter(app__app_id__in=values).select_related("app").order_by():
        with suppress(Unreadable):
            values[secret.app.app_id].append(str(secret.encrypted_secret.reveal()))
    sinks = Sink.objects.filter(app__app_id__in=values).exclude(encrypted_secrets="")
    for sink in sinks.select_related("app").order_by():
        with suppress(Unreadable, UnknownProvider, InvalidScheme):
            scheme = sink.find_scheme()
            if scheme is not None and (scheme.credentials("json") or scheme.credentials("form")):
                values[sink.app.app_id] += sink.secrets
    return values


def prune(now: datetime, rest: Callable[[float], Any]) -> Iterator[int]:
    """
    Delete old refusals and entries of the audit log, expired sessions, and the replaced tokens of sinks that are no
    longer valid.

    Args:
        now: The time from which ages are measured, from the clock guard.
        rest: Called with the seconds to pause between transactions.

    Yields:
        After each transaction, how many rows it deleted.

    Raises:
        DatabaseError: The database is unavailable; earlier transactions stay committed.
    """
    ended = Sink.objects.filter(old_token_until__lt=now)
    if ended.exists():  # an update makes all servers load their sinks again
        ended.update(encrypted_old_token=Encrypted(), old_token_until=None)
    yield from storage.prune(now, rest)
    yield from entries.prune(now, rest)
    yield from delete_in_batches(Session.objects.filter(expire_date__lt=now).order_by("expire_date"), rest)


def find_source_names(sink_ids: Collection[int]) -> dict[int, SourceName]:
    """
    Return the names of sinks by their ids, without deleted sinks.

    Raises:
        DatabaseError: They cannot be read.
    """
    return {found.source_id: found for found in _names(Sink.objects.filter(pk__in=sink_ids))}


def search_sources(text: str, app_ids: Collection[str] | None, most: int) -> list[SourceName]:
    """
    Return sinks whose label, such as POST /app_shop/orders, has a text, in any case of its letters.

    Args:
        text: The text; empty for all.
        app_ids: The apps to search; None for all.
        most: The maximum number of sinks.

    Raises:
        DatabaseError: They cannot be read.
    """
    label = Concat("method", Value(" /"), "app__app_id", "path")
    sinks = Sink.objects.annotate(label=label).filter(label__icontains=text)
    if app_ids is not None:
        sinks = sinks.filter(app__app_id__in=app_ids)
    return _names(sinks.order_by("label")[:most])


def search_apps(text: str, app_ids: Collection[str] | None, most: int) -> list[tuple[str, str]]:
    """
    Return the ids and names of apps that have a text in one of them; see `search_sources`.

    Raises:
        DatabaseError: They cannot be read.
    """
    apps = App.objects.filter(Q(app_id__icontains=text) | Q(name__icontains=text))
    if app_ids is not None:
        apps = apps.filter(app_id__in=app_ids)
    return list(apps.order_by("app_id").values_list("app_id", "name")[:most])


def _names(sinks: QuerySet[Sink]) -> list[SourceName]:
    rows = sinks.values_list("pk", "method", "app__app_id", "path")
    return [SourceName(key, app_id, path, f"{method} /{app_id}{path}") for key, method, app_id, path in rows]
