"""What others register for `runs` to ask: where runs come from, how long they are kept, and who may see them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # the journal's writer, which imports this, has no models
    from runs.models import Run


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a run is tried, where its workflow fails."""

    attempts: int = 1
    backoff: float = 5.0  # seconds after the first failure, and twice as long after each further one


@dataclass(frozen=True, slots=True)
class Source:
    """What asked for a run (a sink), as it is configured now."""

    app_id: str
    workflow: str
    options: dict[str, Any]
    timeout: float
    retry: Retry | None  # for runs that workers execute; None where servers do
    active: bool = True
    has_token: bool = False  # whether callers must name a bearer token
    concurrency: int | None = None  # how many of its runs are executed at once; None where any number may
    priority: int = 0  # of its runs that wait for workers, the highest begin first


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How long the runs of an app are kept; 0 is for ever, or any number."""

    runs_days: int
    bodies_days: int  # the requests: their headers and bodies
    runs: int  # the newest, whatever their age


class EndCounter(Protocol):
    """Counts how runs end."""

    def ended(self, app_id: str, source_id: int | None, status: str, finished_at: str, duration: float) -> None:
        """
        Count a run whose end is recorded.

        Args:
            app_id: Its app.
            source_id: What asked for it.
            status: The final one.
            finished_at: When, as the journal gives it (`Journal.now`).
            duration: Seconds that its last attempt took; 0.0 where it was not started.
        """


# Given values of `Run.source_id`, the sources of them that there still are. Asks the database: for threads.
FindSources = Callable[[Collection[int]], Mapping[int, Source]]
# Given an app's id and what the settings say, what holds for the app. Asks the database: for threads.
FindRetentionPolicy = Callable[[str, RetentionPolicy], RetentionPolicy]
# Given a user and one of Django's permissions, such as runs.view_run: the ids of the apps in whose runs they have it;
# None where in all.
FindPermittedApps = Callable[[Any, str], frozenset[str] | None]


def _by_permission(user: Any, permission: str) -> frozenset[str] | None:
    return None if user.has_perm(permission) else frozenset()


# Until something is registered.
_find_sources: FindSources = lambda source_ids: {}  # noqa: E731
_find_retention_policy: FindRetentionPolicy = lambda app_id, default: default  # noqa: E731
_find_permitted_apps: FindPermittedApps = _by_permission


def register_source_provider(find: FindSources) -> None:
    """Register how the sources of runs are looked up."""
    global _find_sources
    _find_sources = find


def register_retention_policies(find: FindRetentionPolicy) -> None:
    """Register how the retention policy of an app is looked up."""
    global _find_retention_policy
    _find_retention_policy = find


def register_permissions(find: FindPermittedApps) -> None:
    """Register in which apps a user has a permission."""
    global _find_permitted_apps
    _find_permitted_apps = find


def source_of(run: "Run") -> Source | None:
    """
    What asked for the run; None where it is gone, or is another app's now, to whom the run's delivery is not due.

    Raises:
        DatabaseError: It cannot be read.
    """
    source = _find_sources([run.source_id]).get(run.source_id) if run.source_id is not None else None
    return source if source is not None and source.app_id == run.app_id else None


def concurrency_limits(source_ids: Collection[int]) -> dict[int, int | None]:
    """
    How many runs of each of these sources may be executed at once, for runs that no request brought; None where any
    number may. One that is gone is not among them.

    Raises:
        DatabaseError: They cannot be read.
    """
    found = _find_sources(source_ids) if source_ids else {}
    return {source_id: source.concurrency for source_id, source in found.items()}


def retention_policy(app_id: str, default: RetentionPolicy) -> RetentionPolicy:
    """
    How long the runs of an app are kept.

    Args:
        app_id: An app that there is, or was.
        default: What holds where it says nothing.

    Raises:
        DatabaseError: It cannot be read.
    """
    return _find_retention_policy(app_id, default)


def permitted_apps(user: Any, permission: str) -> frozenset[str] | None:
    """The ids of the apps in whose runs a user has a permission; None: in all."""
    return _find_permitted_apps(user, permission)


def has_permission(user: Any, permission: str, app_id: str | None = None) -> bool:
    """Whether a user has a permission in an app's runs; without an app: in any."""
    found = permitted_apps(user, permission)
    return found is None or (bool(found) if app_id is None else app_id in found)
