"""
Callbacks that others register with `runs`: sources, policies, permissions, secrets of apps, schedules and
the audit log.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # the journal's writer, which imports this, has no models
    from runs.models import Run


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a run (a sink), as it is configured now."""

    app_id: str
    workflow: str
    options: dict[str, Any]
    timeout: float | None = None  # seconds for one attempt; None for the workflow's
    retry: Mapping[str, Any] | None = None  # a document for `Retry.from_document`; None for the workflow's rule
    on_workers: bool = False  # whether workers execute its runs
    active: bool = True
    has_token: bool = False  # whether callers must send a bearer token
    concurrency: int | None = None  # how many of its runs may execute at once; None for any number
    priority: int = 0  # waiting runs with the highest priority are started first by workers
    failure_workflow: str = ""  # started when a run has failed for good; empty for none
    failure_options: dict[str, Any] = field(default_factory=dict)
    name: str = ""  # for people
    make_payload: Callable[[Any], Any] | None = None  # from a `Request`: its payload; None for the default
    # From a `Request`: names and values by which its run is found, such as ("type", "push").
    find_values: Callable[[Any], Iterator[tuple[str, Any]]] | None = None


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How long the runs of an app are kept; 0 means no limit."""

    runs_days: int
    bodies_days: int  # for the deliveries: their headers and bodies
    runs: int  # how many of the newest runs to keep, whatever their age


@dataclass(frozen=True, slots=True)
class SourceName:
    """How pages call a source."""

    source_id: int
    app_id: str
    name: str  # within its app, such as /orders
    label: str  # among all, such as POST /app_shop/orders


class SecretUnreadable(Exception):
    """A secret is stored, but cannot be decrypted."""


@dataclass(frozen=True, slots=True)
class AppSecrets:
    """The secrets of all apps at one moment."""

    revision: int  # grows with each change
    # By app id and name. Each call decrypts the value, or raises SecretUnreadable; it does not block.
    values: Mapping[str, Mapping[str, Callable[[], str]]]


class RecordAudit(Protocol):
    """Adds an entry to the audit log."""

    def __call__(self, by: Any, kind: str, *, app_id: str = "", object: str = "", text: str = "") -> Any:  # noqa: A002
        """
        Args:
            by: The request of the action; None for the user of the current request or command.
            kind: The kind of the action, such as `runs.cancelled`.
            app_id: The app whose owners see the entry; empty for superusers only.
            object: The name of the object.
            text: Details, without secrets.
        """


class EndCounter(Protocol):
    """Counts ended runs."""

    def ended(self, app_id: str, source_id: int | None, status: str, finished_at: str, duration: float) -> None:
        """
        Count a run whose end is recorded.

        Args:
            app_id: The run's app.
            source_id: The run's source.
            status: The final status.
            finished_at: When it ended, in the format of `Journal.now`.
            duration: Seconds that its last attempt took; 0.0 if it did not start.
        """


# Takes values of `Run.source_id`, and returns the sources that still exist. Queries the database: call it in a thread.
FindSources = Callable[[Collection[int]], Mapping[int, Source]]
# Takes an app's id and the settings' policy, and returns the app's. Queries the database: call it in a thread.
FindRetentionPolicy = Callable[[str, RetentionPolicy], RetentionPolicy]
# Takes the time now, and that of the process's last call (None for its first). Starts the runs of schedules that are
# due, and returns whether more schedules are due than one call starts. Queries the database: call it in a thread.
FireSchedules = Callable[[datetime, datetime | None], bool]
# Takes the time from which ages are measured, and a function that is called with the seconds to pause between
# transactions. Deletes what is too old, and yields after each transaction how many rows it deleted.
Prune = Callable[[datetime, Callable[[float], Any]], Iterator[int]]
# Takes a user and one of Django's permissions, such as runs.view_run. Returns the ids of the apps for which the user
# has it; None for all apps.
FindPermittedApps = Callable[[Any, str], frozenset[str] | None]
# Takes an app's id, and returns whether the app exists and is active. Queries the database: call it in a thread.
IsApp = Callable[[str], bool]
# Takes the revision that the caller has, if any, and returns the secrets of all apps; None if they have not changed.
# Queries the database: call it in a thread.
ReadSecrets = Callable[[int | None], AppSecrets | None]
# Takes ids of apps, and returns the values of their secrets that can be decrypted. Queries the database.
FindSecretValues = Callable[[Collection[str]], Mapping[str, Collection[str]]]
# Takes values of `Run.source_id`, and returns the names of the sources that still exist. Queries the database.
FindSourceNames = Callable[[Collection[int]], Mapping[int, SourceName]]
# Takes a text, the ids of the apps to search (None for all) and a maximum number. Returns the sources, or the ids and
# names of apps, whose label has the text. Queries the database.
SearchSources = Callable[[str, Collection[str] | None, int], list[SourceName]]
SearchApps = Callable[[str, Collection[str] | None, int], list[tuple[str, str]]]
# Takes the ids of apps (None for all), and returns the names of the values that `Source.find_values` finds in them.
FindSearchNames = Callable[[Collection[str] | None], Collection[str]]


def _by_permission(user: Any, permission: str) -> frozenset[str] | None:
    return None if user.has_perm(permission) else frozenset()


# The defaults, until something is registered.
_find_sources: FindSources = lambda source_ids: {}  # noqa: E731
_find_retention_policy: FindRetentionPolicy = lambda app_id, default: default  # noqa: E731
_find_permitted_apps: FindPermittedApps = _by_permission
_is_app: IsApp = bool
_read_secrets: ReadSecrets = lambda known: AppSecrets(0, {}) if known is None else None  # noqa: E731
_find_secret_values: FindSecretValues = lambda app_ids: {}  # noqa: E731
_find_source_names: FindSourceNames = lambda source_ids: {}  # noqa: E731
_search_sources: SearchSources = lambda text, app_ids, most: []  # noqa: E731
_search_apps: SearchApps = lambda text, app_ids, most: []  # noqa: E731
_find_search_names: FindSearchNames = lambda app_ids: ()  # noqa: E731
_fire_schedules: FireSchedules = lambda now, before: False  # noqa: E731
_prune: Prune = lambda now, rest: iter(())  # noqa: E731
_record_audit: RecordAudit = lambda by, kind, **details: None  # noqa: E731


def register_source_provider(find: FindSources) -> None:
    """Register the lookup of runs' sources."""
    global _find_sources
    _find_sources = find


def register_retention_policies(find: FindRetentionPolicy) -> None:
    """Register the lookup of an app's retention policy."""
    global _find_retention_policy
    _find_retention_policy = find


def register_permissions(find: FindPermittedApps) -> None:
    """Register the lookup of the apps for which a user has a permission."""
    global _find_permitted_apps
    _find_permitted_apps = find


def register_apps(is_app: IsApp) -> None:
    """Register the lookup of apps."""
    global _is_app
    _is_app = is_app


def is_app(app_id: str) -> bool:
    """
    Return whether an app exists and is active.

    Raises:
        DatabaseError: It cannot be read.
    """
    return _is_app(app_id)


def register_secrets(read: ReadSecrets, find_values: FindSecretValues) -> None:
    """Register the lookups of the apps' secrets: of all, and of the values of an app's."""
    global _read_secrets, _find_secret_values
    _read_secrets, _find_secret_values = read, find_values


def register_names(
    find: FindSourceNames, search_sources: SearchSources, search_apps: SearchApps, find_values: FindSearchNames
) -> None:
    """Register the lookups of the names of sources and apps, and of the names of search values."""
    global _find_source_names, _search_sources, _search_apps, _find_search_names
    _find_source_names, _search_sources = find, search_sources
    _search_apps, _find_search_names = search_apps, find_values


def register_schedules(fire: FireSchedules) -> None:
    """Register the function that starts the runs of schedules."""
    global _fire_schedules
    _fire_schedules = fire


def register_prune(prune: Prune) -> None:
    """Register the function that deletes what is too old of what is configured."""
    global _prune
    _prune = prune


def register_audit(record: RecordAudit) -> None:
    """Register the function that adds entries to the audit log."""
    global _record_audit
    _record_audit = record


def audit(by: Any, kind: str, *, app_id: str = "", object: str = "", text: str = "") -> None:  # noqa: A002
    """
    Add an entry to the audit log, in the transaction of the caller if there is one.

    Args:
        by: The request of the action; None for the user of the current request or command.
        kind: The kind of the action, such as `runs.cancelled`.
        app_id: The app whose owners see the entry; empty for superusers only.
        object: The name of the object.
        text: Details, without secrets.

    Raises:
        DatabaseError: It cannot be recorded.
    """
    _record_audit(by, kind, app_id=app_id, object=object, text=text)


def source_of(run: "Run") -> Source | None:
    """
    Return a run's source. None if it was deleted, or now belongs to another app, which must not see the run's delivery.

    Raises:
        DatabaseError: It cannot be read.
    """
    return sources_of([run]).get(run.pk)


def sources_of(runs: "Collection[Run]") -> dict[str, Source]:
    """
    Return the sources of runs, by run id, as `source_of` does; runs without one are left out.

    Raises:
        DatabaseError: They cannot be read.
    """
    ids = {run.source_id for run in runs if run.source_id is not None}
    found = _find_sources(ids) if ids else {}
    sources: dict[str, Source] = {}
    for run in runs:
        source = found.get(run.source_id) if run.source_id is not None else None
        if source is not None and source.app_id == run.app_id:
            sources[run.pk] = source
    return sources


def concurrency_limits(source_ids: Collection[int]) -> dict[int, int | None]:
    """
    Return how many runs of each source may execute at once (None for any number). Used if no request brings the limit.
    Deleted sources are left out.

    Raises:
        DatabaseError: They cannot be read.
    """
    found = _find_sources(source_ids) if source_ids else {}
    return {source_id: source.concurrency for source_id, source in found.items()}


def retention_policy(app_id: str, default: RetentionPolicy) -> RetentionPolicy:
    """
    Return an app's retention policy.

    Args:
        app_id: The id of an existing or deleted app.
        default: The values that apply if the app sets none.

    Raises:
        DatabaseError: It cannot be read.
    """
    return _find_retention_policy(app_id, default)


def read_secrets(known: int | None) -> AppSecrets | None:
    """
    Return the secrets of all apps.

    Args:
        known: The revision that the caller has; None for none.

    Returns:
        The secrets; None if they have not changed since that revision.

    Raises:
        DatabaseError: They cannot be read.
    """
    return _read_secrets(known)


def secret_values(app_ids: Collection[str]) -> Mapping[str, Collection[str]]:
    """
    Return the values of the secrets of apps by app id, to mask them; without those that cannot be decrypted.

    Raises:
        DatabaseError: They cannot be read.
    """
    return _find_secret_values(app_ids)


def source_names(source_ids: Collection[int]) -> Mapping[int, SourceName]:
    """
    Return the names of sources by their ids, without deleted sources.

    Raises:
        DatabaseError: They cannot be read.
    """
    return _find_source_names(source_ids) if source_ids else {}


def search_sources(text: str, app_ids: Collection[str] | None, most: int) -> list[SourceName]:
    """
    Return the sources whose label has a text, in any case of its letters.

    Args:
        text: The text; empty for all.
        app_ids: The apps to search; None for all.
        most: The maximum number of sources.

    Raises:
        DatabaseError: They cannot be read.
    """
    return _search_sources(text, app_ids, most)


def search_apps(text: str, app_ids: Collection[str] | None, most: int) -> list[tuple[str, str]]:
    """
    Return the ids and names of the apps with a text in one of them; see `search_sources`.

    Raises:
        DatabaseError: They cannot be read.
    """
    return _search_apps(text, app_ids, most)


def search_names(app_ids: Collection[str] | None) -> Collection[str]:
    """
    Return the names of the search values of the sources in these apps; None for all.

    Raises:
        DatabaseError: They cannot be read.
    """
    return _find_search_names(app_ids)


def permitted_apps(user: Any, permission: str) -> frozenset[str] | None:
    """Return the ids of the apps for whose runs a user has a permission; None for all apps."""
    return _find_permitted_apps(user, permission)


def has_permission(user: Any, permission: str, app_id: str | None = None) -> bool:
    """Return whether a user has a permission for an app's runs; without an app, for any app's."""
    found = permitted_apps(user, permission)
    return found is None or (bool(found) if app_id is None else app_id in found)


def fire_schedules(now: datetime, before: datetime | None) -> bool:
    """
    Start the runs of schedules that are due. Blocking: call it in a thread.

    Args:
        now: The time.
        before: The time of this process's last call; None for its first.

    Returns:
        Whether more schedules are due than one call starts.

    Raises:
        DatabaseError: The database is unavailable.
    """
    return _fire_schedules(now, before)


def prune_others(now: datetime, rest: Callable[[float], Any]) -> Iterator[int]:
    """
    Delete what else than runs is too old, such as refusals. Blocking: call it in a thread.

    Args:
        now: The time from which ages are measured, from the clock guard.
        rest: Called with the seconds to pause between transactions.

    Yields:
        After each transaction, how many rows it deleted.

    Raises:
        DatabaseError: The database is unavailable; earlier transactions stay committed.
    """
    yield from _prune(now, rest)
