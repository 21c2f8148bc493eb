"""
Settings, read from the environment; docs/settings.md lists every variable.

Longer than 400 lines, because Django reads one module, and readers expect one list.
"""

import logging
import math
import os
import re
import secrets
import sys
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from sinkhub.admin_site.theme import UNFOLD as UNFOLD

PROJECT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("SINKHUB_VAR") or PROJECT / "var").resolve()


def _flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return value in {"1", "true", "yes", "on"} if value else default
    raise ImproperlyConfigured(f"{name} is {value!r}: set it to 1 or 0.")


def _number(name: str, default: int, least: int = 0) -> int:
    value = os.environ.get(name) or str(default)
    if not (value.isascii() and value.isdigit()) or int(value) < least:
        raise ImproperlyConfigured(f"{name} is {value!r}: it must be a whole number of at least {least}.")
    return int(value)


def _seconds(name: str, default: float) -> float:
    value = os.environ.get(name) or str(default)
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ImproperlyConfigured(f"{name} is {value!r}: it must be a number of seconds above 0, such as {default:g}.")
    return seconds


def _list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in (os.environ.get(name) or default).split(",") if item.strip()]


def _kept_secret() -> str:
    """Return the secret in VAR, which the first start creates, readable by its owner only."""
    path = VAR / "secret_key"
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(handle, "w") as file:
            file.write(secret := secrets.token_urlsafe(50))
    except OSError as error:
        raise ImproperlyConfigured(_unusable_var(error)) from None
    return secret


def _unusable_var(error: OSError) -> str:
    return f"SINKHUB_VAR is {str(VAR)!r}, which cannot be used ({error}): set it to a folder that this user may write."


if not (os.environ.get("SECRET_KEY") and os.environ.get("DATABASE_URL")):
    # Accessible by its owner only: SQLite's files hold deliveries.
    try:
        VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(_unusable_var(error)) from None
SECRET_KEY = os.environ.get("SECRET_KEY") or _kept_secret()
# Former keys: values that were signed or encrypted with one of them can still be read.
SECRET_KEY_FALLBACKS = _list("SECRET_KEY_FALLBACKS")
DEBUG = _flag("DEBUG")
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS")
CSRF_FAILURE_VIEW = "sinkhub.errors.csrf_failure"

# Whether users open the admin and the API by https://, through a proxy that sets X-Forwarded-Proto.
HTTPS = _flag("HTTPS")
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 30 * 86400 if HTTPS else 0
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]  # requested by machines, without the proxy
# Whether all subdomains use HTTPS too is the operator's decision (W005, W021).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

HOST = os.environ.get("HOST") or "127.0.0.1"
PORT = _number("PORT", 9657)
if PORT > 65535:
    raise ImproperlyConfigured(f"PORT is {PORT}: it must be a whole number up to 65535.")

# The URL under which others reach this server, for the links that it hands out.
PUBLIC_URL = (os.environ.get("PUBLIC_URL") or f"http://localhost:{PORT}").rstrip("/")
if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", PUBLIC_URL):
    raise ImproperlyConfigured(f"PUBLIC_URL is {PUBLIC_URL!r}: it must be a URL such as https://hub.example.com.")

# The networks that outgoing requests may reach beside public addresses.
try:
    OUTBOUND_ALLOW = tuple(ip_network(text) for text in _list("OUTBOUND_ALLOW"))
except ValueError as error:
    raise ImproperlyConfigured(f"OUTBOUND_ALLOW: {error}. Set it to networks such as 10.0.0.0/8, fd12::/32.") from None

# The bearer token that /metrics requires; without one, everybody can read it.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN") or ""
if not re.fullmatch(r"[\x21-\x7e]*", METRICS_TOKEN):
    raise ImproperlyConfigured("METRICS_TOKEN must have visible ASCII characters only, and no spaces.")

# Sign-in with OpenID Connect: off without an issuer.
OIDC_ISSUER = os.environ.get("OIDC_ISSUER") or ""
OIDC_CLIENT_ID = os.environ.get("OIDC_CLIENT_ID") or ""
OIDC_CLIENT_SECRET = os.environ.get("OIDC_CLIENT_SECRET") or ""
# A verified e-mail address in one of these domains makes a new user. Without domains, only existing users sign in.
OIDC_ALLOWED_DOMAINS = [domain.lower() for domain in _list("OIDC_ALLOWED_DOMAINS")]
OIDC_NAME = os.environ.get("OIDC_NAME") or "OpenID Connect"  # on the button
_oidc = {name: globals()[name] for name in ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")}
if any(_oidc.values()) and not all(_oidc.values()):
    _missing = ", ".join(name for name, value in _oidc.items() if not value)
    raise ImproperlyConfigured(
        f"{_missing}: missing for sign-in with OpenID Connect. Set all of {', '.join(_oidc)}, or none of them."
    )
if OIDC_ISSUER and not re.fullmatch(
    r"(https://[^\s/?#@]+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(/[^\s?#]*)?", OIDC_ISSUER
):
    raise ImproperlyConfigured(
        f"OIDC_ISSUER is {OIDC_ISSUER!r}: it must be a URL such as https://login.example.com. Only an issuer on this "
        "machine (localhost) may use http://."
    )
if not re.fullmatch(r"[\x21-\x7e]*", OIDC_CLIENT_ID + OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured("OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must have visible ASCII characters only.")
for _domain in OIDC_ALLOWED_DOMAINS:
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", _domain):
        raise ImproperlyConfigured(
            f"OIDC_ALLOWED_DOMAINS has {_domain!r}: set it to domains such as example.com, comma-separated. A "
            "subdomain is a domain of its own."
        )

# SinkHub's own settings.
RUN_ENGINE = os.environ.get("RUN_ENGINE") or "local"
if RUN_ENGINE not in {"local", "procrastinate"}:
    raise ImproperlyConfigured(f"RUN_ENGINE is {RUN_ENGINE!r}: it must be 'local' or 'procrastinate'.")
SINKHUB_WORKFLOWS = os.environ.get("SINKHUB_WORKFLOWS") or ""
MAX_BODY_BYTES = _number("MAX_BODY_BYTES", 25 * 1024 * 1024, least=1)
# For sinks without their own limit.
DEFAULT_BODY_BYTES = min(_number("DEFAULT_BODY_BYTES", 10 * 1024 * 1024, least=1), MAX_BODY_BYTES)
MAX_FORM_FIELDS = _number("MAX_FORM_FIELDS", 100_000, least=1)
MAX_OUTPUT_BYTES = _number("MAX_OUTPUT_BYTES", 10 * 1024 * 1024, least=1024)
MAX_STEP_BYTES = _number("MAX_STEP_BYTES", 1024 * 1024, least=1024)
MAX_EVENTS = _number("MAX_EVENTS", 10_000, least=1)
MAX_CRASHES = _number("MAX_CRASHES", _number("MAX_ATTEMPTS", 5, least=1), least=1)  # MAX_ATTEMPTS is its old name
SYNC_WORKFLOW_THREADS = _number("SYNC_WORKFLOW_THREADS", 32, least=1)
GRACE_SECONDS = _number("GRACE_SECONDS", 20)
KEEP_ALIVE_SECONDS = _number("KEEP_ALIVE_SECONDS", 75, least=1)
MIN_BODY_RATE = _number("MIN_BODY_RATE", 1000)  # bytes per second, after HEAD_TIMEOUT; 0: no minimum
MAX_CONNECTIONS = _number("MAX_CONNECTIONS", 0)  # per process; 0: as many as the limit of open files allows
SQLITE_BUSY_MILLISECONDS = _number("SQLITE_BUSY_MILLISECONDS", 5_000, least=1)
MAX_RUNS = _number("MAX_RUNS", 10_000, least=1)
MAX_PENDING_BYTES = _number("MAX_PENDING_BYTES", 256 * 1024 * 1024, least=1)
if MAX_PENDING_BYTES < MAX_BODY_BYTES:
    raise ImproperlyConfigured(
        f"MAX_PENDING_BYTES is {MAX_PENDING_BYTES}: set it to at least MAX_BODY_BYTES ({MAX_BODY_BYTES})."
    )

# Old names that are set in the environment, each with its new name; each start logs a warning about them.
RENAMED_SETTINGS = {old: new for old, new in {"MAX_ATTEMPTS": "MAX_CRASHES"}.items() if os.environ.get(old)}

# Retention of runs, for apps without their own; 0: forever, or any number.
KEEP_RUNS_DAYS = _number("KEEP_RUNS_DAYS", 90)
KEEP_BODIES_DAYS = _number("KEEP_BODIES_DAYS", 30)
KEEP_RUNS = _number("KEEP_RUNS", 0)
# Of keyed signals that no run has taken.
KEEP_SIGNALS_DAYS = _number("KEEP_SIGNALS_DAYS", 7, least=1)
# Of refusals, and the bytes of the newest that are kept: of one body, for each sink, and in all.
KEEP_REFUSALS_DAYS = _number("KEEP_REFUSALS_DAYS", 7)
MAX_REFUSAL_BODY_BYTES = _number("MAX_REFUSAL_BODY_BYTES", 64 * 1024)
MAX_SINK_REFUSAL_BYTES = _number("MAX_SINK_REFUSAL_BYTES", 5 * 1024 * 1024)
MAX_REFUSAL_BYTES = _number("MAX_REFUSAL_BYTES", 64 * 1024 * 1024)
KEEP_AUDIT_DAYS = _number("KEEP_AUDIT_DAYS", 365)  # 0: for ever
# How many runs the search index takes at once; 0: none, and only the newest runs are searched.
SEARCH_INDEX_BATCH = _number("SEARCH_INDEX_BATCH", 100)
PRUNE_EVERY_SECONDS = _number("PRUNE_EVERY_SECONDS", 60, least=1)

# How many wrong passwords lock the login: for one user from one address, or for all users with _PER_ADDRESS.
LOGIN_ATTEMPTS = _number("LOGIN_ATTEMPTS", 10, least=1)
LOGIN_ATTEMPTS_PER_ADDRESS = _number("LOGIN_ATTEMPTS_PER_ADDRESS", 50, least=1)
LOGIN_LOCK_MINUTES = _number("LOGIN_LOCK_MINUTES", 15, least=1)
# Whether users with a password must set up two-factor before they can use the admin.
REQUIRE_TWO_FACTOR = _flag("REQUIRE_TWO_FACTOR")

# Intervals and timeouts, in seconds. Operators rarely need them; tests shorten them.

# Between two checks of the session that holds this process's lock.
LOCK_CHECK_INTERVAL = _seconds("LOCK_CHECK_INTERVAL", 1.0)
# Between two scans for dead processes. Two scans in a row have to find a lock free. After a machine loses power, these
# two and the 5 s until the database notices (runs/recovery/ownership.py) take 9 s.
RECOVERY_INTERVAL = _seconds("RECOVERY_INTERVAL", 2.0)
# Between two polls for runs to cancel or to take up.
RUN_CHECK_INTERVAL = _seconds("RUN_CHECK_INTERVAL", 0.5)
# Between two checks for runs that the search index does not have yet.
SEARCH_INDEX_INTERVAL = _seconds("SEARCH_INDEX_INTERVAL", 2.0)
# Between two checks for waiting runs whose signal came while they were let go.
SIGNAL_CHECK_INTERVAL = _seconds("SIGNAL_CHECK_INTERVAL", 5.0)
# In which a run only waits, before it is let go.
WORKFLOW_CHECK_INTERVAL = _seconds("WORKFLOW_CHECK_INTERVAL", 0.5)
LET_GO_TIMEOUT = _seconds("LET_GO_TIMEOUT", 3.0)
# For a workflow to end after its cancellation, or after it was let go.
WORKFLOW_CANCEL_TIMEOUT = _seconds("WORKFLOW_CANCEL_TIMEOUT", 5.0)
# Between two attempts to record that a waiting run starts.
START_RETRY_INTERVAL = _seconds("START_RETRY_INTERVAL", 0.5)
# Until the watchdog reports that the event loop is blocked.
LOOP_STALL_TIMEOUT = _seconds("LOOP_STALL_TIMEOUT", 0.5)
# Between two checks of the watchdog.
LOOP_CHECK_INTERVAL = _seconds("LOOP_CHECK_INTERVAL", 0.1)

# Between two heartbeats of a worker.
WORKER_HEARTBEAT_INTERVAL = _seconds("WORKER_HEARTBEAT_INTERVAL", 1.0)
# Without a heartbeat, by the database's clock, until a worker is treated as dead and its runs restart on other workers.
WORKER_SILENCE_TIMEOUT = _seconds("WORKER_SILENCE_TIMEOUT", 5.0)
# The same for a worker that still holds its lock: it may only be slow or suspended.
STOPPED_WORKER_TIMEOUT = _seconds("STOPPED_WORKER_TIMEOUT", 10.0)
# Between two polls of a worker for jobs without a notification.
JOB_POLL_INTERVAL = _seconds("JOB_POLL_INTERVAL", 1.0)
# Between two polls of a worker for jobs that procrastinate aborts.
JOB_ABORT_POLL_INTERVAL = _seconds("JOB_ABORT_POLL_INTERVAL", 1.0)
# Between two scans for stalled jobs. Five scans in a row decide.
STALLED_JOB_CHECK_INTERVAL = _seconds("STALLED_JOB_CHECK_INTERVAL", 1.0)
# Between two attempts to claim a run whose claim was not confirmed.
CLAIM_RETRY_INTERVAL = _seconds("CLAIM_RETRY_INTERVAL", 1.0)
# For a claim that is under way when its worker ends.
CLAIM_TIMEOUT = _seconds("CLAIM_TIMEOUT", 3.0)
# Between two checks whether a run of another worker has ended.
RUN_END_CHECK_INTERVAL = _seconds("RUN_END_CHECK_INTERVAL", 1.0)
# Between two attempts of a worker's statement while the database is away.
JOB_STATEMENT_RETRY_INTERVAL = _seconds("JOB_STATEMENT_RETRY_INTERVAL", 0.5)
# For a worker's connection to the database.
JOB_CONNECTION_TIMEOUT = _seconds("JOB_CONNECTION_TIMEOUT", 3.0)

# Without an answer until a connection probes whether the database answers new connections.
DATABASE_SILENCE_TIMEOUT = _seconds("DATABASE_SILENCE_TIMEOUT", 3.0)
# From one probe until another probe is started in addition.
DATABASE_PROBE_TIMEOUT = _seconds("DATABASE_PROBE_TIMEOUT", 2.0)
# Until a database that answers no probe is treated as away. A slow database has to send one byte within this time.
DATABASE_AWAY_TIMEOUT = _seconds("DATABASE_AWAY_TIMEOUT", 10.0)
# From the journal's oldest unanswered batch until new triggers are refused.
DATABASE_SLOW_TIMEOUT = _seconds("DATABASE_SLOW_TIMEOUT", 5.0)
# Until PostgreSQL ends the session of a process that is idle in a transaction.
IDLE_TRANSACTION_TIMEOUT = _seconds("IDLE_TRANSACTION_TIMEOUT", 5.0)

# The longest pause between two attempts to write to a database that is away; the first pauses are shorter.
JOURNAL_RETRY_INTERVAL = _seconds("JOURNAL_RETRY_INTERVAL", 1.0)
# Between two starts of the journal's writer if the first never answered.
JOURNAL_RESTART_INTERVAL = _seconds("JOURNAL_RESTART_INTERVAL", 1.0)
# For the journal's writer to end.
JOURNAL_CLOSE_TIMEOUT = _seconds("JOURNAL_CLOSE_TIMEOUT", 10.0)
# Between two writes of the tallies of runs.
TALLY_FLUSH_INTERVAL = _seconds("TALLY_FLUSH_INTERVAL", 3.0)
# Between two writes of refusals and other deliveries without a run.
REFUSAL_FLUSH_INTERVAL = _seconds("REFUSAL_FLUSH_INTERVAL", 1.0)
# For the rest of a body to arrive whose request is refused before it was read, so that it can be kept.
REFUSED_BODY_TIMEOUT = _seconds("REFUSED_BODY_TIMEOUT", 0.5)
# Between two polls of `manage.py sinks listen`.
LISTEN_POLL_INTERVAL = _seconds("LISTEN_POLL_INTERVAL", 0.5)
# Between two checks for changed sinks.
SINK_REFRESH_INTERVAL = _seconds("SINK_REFRESH_INTERVAL", 0.25)
# Between two polls of a server for schedules that are due.
SCHEDULE_CHECK_INTERVAL = _seconds("SCHEDULE_CHECK_INTERVAL", 1.0)

# Without an event until a stream gets a keep-alive comment. The contract allows 15.
STREAM_KEEP_ALIVE_INTERVAL = _seconds("STREAM_KEEP_ALIVE_INTERVAL", 10.0)
# Between two checks for silent streams and disconnected clients.
STREAM_CHECK_INTERVAL = _seconds("STREAM_CHECK_INTERVAL", 2.0)
# Between two polls of the log of a run that another process executes.
STREAM_POLL_INTERVAL = _seconds("STREAM_POLL_INTERVAL", 1.0)
# Between two requests for hints about one run.
HINT_REQUEST_INTERVAL = _seconds("HINT_REQUEST_INTERVAL", 5.0)
# For one message to the channel layer.
CHANNEL_LAYER_TIMEOUT = _seconds("CHANNEL_LAYER_TIMEOUT", 2.0)
# Between two joins of the channel layer's group: a Redis that was emptied sends no notice.
CHANNEL_LAYER_REJOIN_INTERVAL = _seconds("CHANNEL_LAYER_REJOIN_INTERVAL", 60.0)
# Between two polls of `manage.py runs follow`.
FOLLOW_POLL_INTERVAL = _seconds("FOLLOW_POLL_INTERVAL", 0.2)
# Between two refreshes of the admin's list of runs.
RUN_LIST_REFRESH_INTERVAL = _seconds("RUN_LIST_REFRESH_INTERVAL", 3.0)
# Between two refreshes of an unfinished run's page in the admin.
RUN_PAGE_REFRESH_INTERVAL = _seconds("RUN_PAGE_REFRESH_INTERVAL", 2.0)
# Between two refreshes of the figures on the admin's home page.
OVERVIEW_REFRESH_INTERVAL = _seconds("OVERVIEW_REFRESH_INTERVAL", 10.0)

# For a request's head to arrive, measured from its first byte; for the first byte of a connection; for a body to start.
HEAD_TIMEOUT = _seconds("HEAD_TIMEOUT", 10.0)
# For a request's body to arrive.
BODY_TIMEOUT = _seconds("BODY_TIMEOUT", 120.0)
# For a client to read the answer and stop sending, before its connection is closed.
LINGER_TIMEOUT = _seconds("LINGER_TIMEOUT", 2.0)
# Without another 64 KiB of a body until its upload may be dropped, if others need the memory.
UPLOAD_STALL_TIMEOUT = _seconds("UPLOAD_STALL_TIMEOUT", 2.0)
# For each check of /readyz.
READINESS_TIMEOUT = _seconds("READINESS_TIMEOUT", 3.0)
# Without a byte from the server until `manage.py sinks test` gives up; the admin's test console adds it to the run's
# timeout.
SINK_TEST_TIMEOUT = _seconds("SINK_TEST_TIMEOUT", 60.0)
# When a server stops: for unfinished handshakes, before it closes its listening socket; and for a request to arrive on
# an idle connection.
HANDSHAKE_TIMEOUT = _seconds("HANDSHAKE_TIMEOUT", 0.1)
DRAIN_IDLE_TIMEOUT = _seconds("DRAIN_IDLE_TIMEOUT", 1.0)
# For connections to end after the runs when a server stops.
CONNECTION_CLOSE_TIMEOUT = _seconds("CONNECTION_CLOSE_TIMEOUT", 5.0)
# For cancelled tasks to end, before their server process ends.
TASK_CANCEL_TIMEOUT = _seconds("TASK_CANCEL_TIMEOUT", 1.0)
# For a server process to end, in addition to GRACE_SECONDS, before it is killed.
PROCESS_EXIT_TIMEOUT = _seconds("PROCESS_EXIT_TIMEOUT", 15.0)
# Between two checks of `serve --workers` for dead processes.
PROCESS_CHECK_INTERVAL = _seconds("PROCESS_CHECK_INTERVAL", 0.1)
# Between two replacements of dead processes by `serve --workers`.
PROCESS_RESTART_INTERVAL = _seconds("PROCESS_RESTART_INTERVAL", 1.0)

STALLED_JOB_CHECKS = 5  # scans in a row that have to find a job stalled


def _require_less(smaller: str, than: str, reason: str, factor: float = 1) -> None:
    least = globals()[smaller]
    if least >= factor * globals()[than]:
        times = "" if factor == 1 else f"{factor:g} * "
        raise ImproperlyConfigured(
            f"{smaller} is {least:g}: set it below {times}{than} ({globals()[than]:g}), since {reason}."
        )


_require_less(
    "LOCK_CHECK_INTERVAL", "RECOVERY_INTERVAL", "a process has to take its lock again between two looks of the others"
)
_require_less(
    "WORKER_HEARTBEAT_INTERVAL", "WORKER_SILENCE_TIMEOUT", "a living worker has to give a sign before it is given up"
)
_require_less("WORKER_SILENCE_TIMEOUT", "STOPPED_WORKER_TIMEOUT", "a worker with its lock is given more time")
_require_less("DATABASE_PROBE_TIMEOUT", "DATABASE_AWAY_TIMEOUT", "one probe must not decide", factor=0.5)
_require_less(
    "WORKER_HEARTBEAT_INTERVAL",
    "STALLED_JOB_CHECK_INTERVAL",
    "a living worker has to give a sign within the looks that decide",
    factor=STALLED_JOB_CHECKS,
)
_require_less("LOOP_CHECK_INTERVAL", "LOOP_STALL_TIMEOUT", "the watchdog has to look before the time is over")
_require_less("CONNECTION_CLOSE_TIMEOUT", "PROCESS_EXIT_TIMEOUT", "a process is killed after that")
_require_less("TASK_CANCEL_TIMEOUT", "PROCESS_EXIT_TIMEOUT", "a process is killed after that")

INSTALLED_APPS = [
    # Before staticfiles, so that runserver serves ASGI. For other commands, importing Twisted would cost 0.2 s without
    # use.
    *(["daphne"] if "runserver" in sys.argv else []),
    "unfold",  # before the admin, whose templates it overrides
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "runs",
    "sinks",
    "sinkhub",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "sinkhub.admin_site.static.StaticFilesMiddleware",
    "sinkhub.admin_site.csp.ContentSecurityPolicyMiddleware",
    "sinkhub.parameters.ParameterMiddleware",
    "sinkhub.admin_site.time_zone.TimeZoneMiddleware",
    "sinks.audit.actors.AuditMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sinks.sign_in.second_factor_required.RequireTwoFactorMiddleware",
    "sinkhub.admin_site.logins.one_at_a_time",
    "axes.middleware.AxesMiddleware",  # last, since it replaces the answer to a locked login
]
ROOT_URLCONF = "sinkhub.urls"
ASGI_APPLICATION = "sinkhub.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database() -> dict[str, Any]:
    url = os.environ.get("DATABASE_URL")
    if not url:
        url = f"sqlite:///{VAR / 'sinkhub.sqlite3'}"
    try:
        database: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError as error:
        raise ImproperlyConfigured("DATABASE_URL is invalid: set it to sqlite:///PATH or postgres://...") from error
    # Keep connections between queries, in threads that live as long as the server: opening a connection takes longer
    # than most queries.
    database["CONN_MAX_AGE"] = 60
    if database["ENGINE"].endswith(".sqlite3"):
        # FULL: a confirmed commit survives a crash of the machine, not only of the process.
        database["OPTIONS"] = {
            **database.get("OPTIONS", {}),
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864;",
        }
    elif database["ENGINE"].endswith(".postgresql"):
        database["ENGINE"] = "sinkhub.postgresql"
        database["CONN_HEALTH_CHECKS"] = True  # before each use
        # Detect a lost database within seconds, so that triggers get 503 meanwhile; DATABASE_URL can override this.
        # There is no connect_timeout: sinkhub/postgresql/probes.py closes unanswered connections, and distinguishes a
        # slow database from one that is away.
        database["OPTIONS"] = {
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            # A process that stops inside a transaction (because it is suspended, or its machine's disk is gone) keeps
            # its locks. Therefore the database ends its session.
            "options": f"-c idle_in_transaction_session_timeout={math.ceil(IDLE_TRANSACTION_TIMEOUT * 1000)}ms",
            **database.get("OPTIONS", {}),
        }
    else:
        raise ImproperlyConfigured("DATABASE_URL must be a SQLite or PostgreSQL database.")
    return database


DATABASES = {"default": _database()}
# Workers get their jobs through procrastinate, which needs PostgreSQL.
HAS_WORKERS = DATABASES["default"]["ENGINE"].endswith(".postgresql")
if HAS_WORKERS:
    INSTALLED_APPS.insert(INSTALLED_APPS.index("runs"), "procrastinate.contrib.django")
    PROCRASTINATE_IMPORT_PATHS = ["runs.workers.tasks"]
    # Seconds; for `manage.py worker` and `manage.py procrastinate worker`.
    PROCRASTINATE_WORKER_DEFAULTS: dict[str, Any] = {
        "update_heartbeat_interval": WORKER_HEARTBEAT_INTERVAL,
        # A starting worker deletes the rows of workers that were silent for this time. A live worker without a row
        # exits, so the time is longer than any outage of the database. WORKER_SILENCE_TIMEOUT decides which jobs are
        # stalled.
        "stalled_worker_timeout": 86_400.0,
        "fetch_job_polling_interval": JOB_POLL_INTERVAL,
        "abort_job_polling_interval": JOB_ABORT_POLL_INTERVAL,
        "shutdown_graceful_timeout": float(GRACE_SECONDS),
        "delete_jobs": "successful",
    }
elif RUN_ENGINE == "procrastinate":
    raise ImproperlyConfigured(
        "RUN_ENGINE is 'procrastinate', which needs PostgreSQL: set DATABASE_URL to postgres://..."
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL") or ""
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL is invalid: set it to redis://HOST:PORT, rediss:// or unix://PATH.")
_REDIS_LAYER: dict[str, Any] = {
    "BACKEND": "channels_redis.core.RedisChannelLayer",
    "CONFIG": {
        # A receiver lets Redis wait 5 s for a message, so an answer may take that long, but not much longer. Protocol
        # 2, because with protocol 3, redis-py 8 does not detect that an idle connection was closed before it uses the
        # connection.
        "hosts": [{"address": REDIS_URL, "socket_timeout": 7, "socket_connect_timeout": 2, "protocol": 2}],
        "expiry": 10,  # seconds; a hint is useless after one second
        "group_expiry": 300,  # seconds until a dead process leaves the group
    },
}
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": _REDIS_LAYER if REDIS_URL else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# django-axes limits logins by user name and address together, and by address alone: nobody can lock out users at other
# addresses, or try one password for all users.
LOGIN_URL, LOGIN_REDIRECT_URL = "/admin/login/", "/admin/"  # after a login without `next`
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_HANDLER = "sinkhub.admin_site.logins.Handler"
AXES_FAILURE_LIMIT = LOGIN_ATTEMPTS
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_LOCK_MINUTES)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # an early attempt does not extend the lock
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "sinkhub.admin_site.logins.locked"
AXES_CLIENT_IP_CALLABLE = "sinkhub.admin_site.logins.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # would grow forever; Django records the last login
AXES_ENABLE_ADMIN = False  # commands list and reset its counts
AXES_VERBOSE = False
# Passwords are never stored. User names may be passwords that were typed by mistake, so they are not logged. They are
# stored until the lock ends, because failures are counted by user name.
AXES_SENSITIVE_PARAMETERS = ["username", "code", "csrfmiddlewaretoken"]

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # A lone surrogate, for example in a recorded output, cannot be encoded as UTF-8, but can be sent as a JSON escape.
    "UNICODE_JSON": False,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "SinkHub",
    "DESCRIPTION": "Apps, their sinks, and the runs that requests to them have started.",
    "VERSION": "1",
    "CONTACT": {"name": "SinkHub contributors"},
    "LICENSE": {"name": "MIT"},
    # Relative, so that the pages of the description work at each address under which the server is reached.
    "SERVERS": [{"url": "/", "description": "This server"}],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "sinks.api.schema.tag_operations",
    ],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RunStatus": "sinks.api.run_schema.RUN_STATUSES",
        "StepStatus": "sinks.api.run_schema.STEP_STATUSES",
        "StepKind": "sinks.api.run_schema.STEP_KINDS",
        "TrialResult": "sinks.api.sinks.TRIAL_RESULTS",
    },
    # Serve Swagger from the server's own files: browsers load nothing from third parties.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
# `manage.py serve` collects the files there when they have changed.
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or VAR / "static").resolve()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "sinkhub.admin_site.static.StaticStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = True  # where the files are not collected


def _is_no_probe(record: logging.LogRecord) -> bool:
    path = getattr(getattr(record, "request", None), "path", "")
    return not (path == "/readyz" and getattr(record, "status_code", 0) == 503)


def _shorten_client_fault(record: logging.LogRecord) -> bool:
    """Drop the traceback if the client is at fault: Django adds a traceback to each 403 and to most 400."""
    if record.name.startswith("django.") and getattr(record, "status_code", 500) < 500:
        record.exc_info = None
        record.exc_text = None
    return True


LOG_LEVEL = (os.environ.get("LOG_LEVEL") or "INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
    raise ImproperlyConfigured(f"LOG_LEVEL is {LOG_LEVEL!r}: it must be DEBUG, INFO, WARNING, ERROR or CRITICAL.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    # A 503 of /readyz is an answer, not an error. Without this filter, every probe would log it.
    "filters": {
        name: {"()": "django.utils.log.CallbackFilter", "callback": callback}
        for name, callback in (("no_probes", _is_no_probe), ("client_faults", _shorten_client_fault))
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["client_faults"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        name: {"handlers": ["console"], "level": LOG_LEVEL, "propagate": False}
        for name in ("sinkhub", "sinks", "runs", "uvicorn", "django")
    }
    | {"django.request": {"filters": ["no_probes"]}},
}
