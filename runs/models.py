"""The database's models: runs, their deliveries, events and steps, and the processes that execute them."""

from django.db import models


class Executor(models.Model):
    """A process that executes runs. It holds a lock (runs/recovery/ownership.py) while it lives."""

    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    fencing = models.PositiveSmallIntegerField(
        db_default=0, help_text="The rules that fence its writes; see runs/recovery/ownership.py."
    )
    started_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


_BAD = models.Q(status__in=["error", "cancelled", "interrupted"])


class Run(models.Model):
    """One execution of a workflow. Its output or error is the last of its events."""

    class Status(models.TextChoices):
        QUEUED = "queued"  # waits for a worker or, as a replay or between two attempts, for any server
        RUNNING = "running"
        WAITING = "waiting"  # let go until `wake_at`; no process owns it
        COMPLETE = "complete"
        ERROR = "error"
        CANCELLED = "cancelled"
        INTERRUPTED = "interrupted"

    class Engine(models.TextChoices):
        LOCAL = "local"  # executed by the server that accepted it, or took it over
        PROCRASTINATE = "procrastinate"  # executed by a worker

    id = models.CharField(primary_key=True, max_length=48, editable=False)
    # The app's public id and the source's id: text and number, not foreign keys, because a run outlives its sink, and
    # this package does not depend on sinks.
    app_id = models.CharField(max_length=64)
    source_id = models.BigIntegerField(null=True)
    workflow = models.CharField(max_length=100)
    options = models.JSONField(default=dict)
    timeout = models.FloatField(help_text="Seconds for one attempt.")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RUNNING)
    # Fences every write of its events and its end. Each change of owner adds 1, and nothing lowers it.
    lease = models.BigIntegerField(default=1, db_default=1)
    attempt = models.PositiveSmallIntegerField(
        default=1, help_text="The number of the current execution. A crash or a retry adds 1."
    )
    code_hash = models.CharField(
        max_length=12,
        blank=True,
        db_default="",
        help_text="The hash of the workflow's file with which the current execution began; empty before the first one.",
    )
    retries = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How many attempts failed and were followed by another."
    )
    crashes = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How many attempts ended with their process."
    )
    engine = models.CharField(max_length=16, choices=Engine.choices, default=Engine.LOCAL, db_default=Engine.LOCAL)
    executor_id = models.BigIntegerField(help_text="The process that executes or executed it; 0 while it is queued.")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(
        null=True, editable=False, help_text="When it continues, if it waits, also between two attempts."
    )
    duration = models.FloatField(null=True, help_text="Seconds from the start of the last attempt to its end.")
    events = models.PositiveIntegerField(default=0, help_text="The number of its events, once it has ended.")
    cancel_requested = models.BooleanField(default=False, db_default=False)
    replay_of = models.CharField(
        max_length=48, blank=True, db_default="", help_text="The run that it is a replay of; empty if none."
    )
    parent = models.CharField(  # noqa: DJ001 - null, so that its index has no other runs
        max_length=48, null=True, editable=False, help_text="The run that started it; null if none."
    )
    is_awaited = models.BooleanField(
        db_default=False, default=False, editable=False, help_text="Whether its parent is to be woken when it ends."
    )
    # Until the key expires, no other run has it, so a repeated delivery starts no second run. It is in the run's own
    # row, because a separate table would cost the journal two more B-trees and would have to be kept consistent.
    idempotency_key = models.CharField(max_length=32, null=True, editable=False)  # noqa: DJ001 - unique unless null
    key_expires_at = models.DateTimeField(null=True, editable=False)
    fingerprint = models.CharField(
        max_length=32,
        blank=True,
        db_default="",
        editable=False,
        help_text="The fingerprint of a pruned delivery whose key has not expired, to recognise a repeat.",
    )
    error_type = models.TextField(db_default="", blank=True)
    error_message = models.TextField(db_default="", blank=True)
    traceback = models.TextField(db_default="", blank=True)

    class Meta:
        ordering = ["-id"]
        permissions = [("signal_run", "Can send a signal to a run"), ("start_run", "Can start a run")]
        indexes = [
            # Recovery queries the runs of dead processes; only running ones are in this index.
            models.Index(fields=["executor_id"], name="runs_unfinished", condition=models.Q(status="running")),
            models.Index(
                fields=["executor_id"],
                name="runs_to_cancel",
                condition=models.Q(status__in=["queued", "running", "waiting"], cancel_requested=True),
            ),
            # Every server polls twice a second for replays that no server has claimed yet.
            models.Index(
                fields=["wake_at", "id"],
                name="runs_to_take",
                condition=models.Q(status="queued", engine="local", executor_id=0),
            ),
            # Every process polls for waiting runs whose time has come.
            models.Index(fields=["wake_at"], name="runs_to_wake", condition=models.Q(status="waiting")),
            models.Index(fields=["parent", "id"], name="runs_of_parent", condition=models.Q(parent__isnull=False)),
            models.Index(fields=["replay_of", "id"], name="runs_replays", condition=models.Q(replay_of__gt="")),
            # Every process polls for children whose ends their parents have not read. Without the status in its
            # condition, the end of a run does not concern it.
            models.Index(fields=["parent"], name="runs_awaited", condition=models.Q(is_awaited=True)),
            # For history/queries.py. An id begins with its time, so all of these grow at their ends. A run that
            # completes at once is only in the first two.
            models.Index(fields=["app_id", "id"], name="runs_of_app"),
            models.Index(fields=["source_id", "id"], name="runs_of_source"),
            models.Index(
                fields=["id"], name="runs_open", condition=models.Q(status__in=["queued", "running", "waiting"])
            ),
            models.Index(fields=["status", "id"], name="runs_bad", condition=_BAD),
            models.Index(fields=["app_id", "status", "id"], name="runs_bad_of_app", condition=_BAD),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["idempotency_key"], name="runs_once", condition=models.Q(idempotency_key__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.status not in UNFINISHED


UNFINISHED = (Run.Status.QUEUED, Run.Status.RUNNING, Run.Status.WAITING)
ENDS = tuple(status for status in Run.Status if status not in UNFINISHED)
BAD_ENDS = (Run.Status.ERROR, Run.Status.CANCELLED, Run.Status.INTERRUPTED)


class Delivery(models.Model):
    """The request that started a run, as received, without its credentials."""

    # Here and below without a database constraint: the journal writes a run before its other rows, and the check
    # would cost a look-up for each row.
    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    method = models.TextField()
    path = models.TextField(help_text="Within the app, percent-decoded.")
    path_params = models.JSONField(default=dict)
    query_string = models.TextField(blank=True)
    headers = models.JSONField(default=list, help_text="Pairs of name and value, in the order received.")
    client = models.TextField(blank=True, help_text="The caller's address.")
    body = models.BinaryField()

    class Meta:
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Segment(models.Model):
    """
    Consecutive events of a run that were committed together: one, or dozens if they come fast. One row per event would
    cost the journal more than everything else it writes.
    """

    pk = models.CompositePrimaryKey("run_id", "last")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    last = models.PositiveIntegerField(help_text="The number of its last event, which is its SSE id.")
    first = models.PositiveIntegerField(help_text="The number of its first event.")
    at = models.DateTimeField(help_text="When its first event was emitted.")
    data = models.TextField(help_text="The events' JSON as sent, one per line.")

    class Meta:
        ordering = ["run_id", "last"]

    def __str__(self) -> str:
        return f"{self.run_id} {self.first}-{self.last}"

    def events(self) -> list[tuple[int, str]]:
        """Return the number and the JSON of each event."""
        return list(enumerate(self.data.split("\n"), start=self.first))


class StepRecord(models.Model):
    """
    A record of a run's step: that an execution of it began, failed or completed. Records are only added; the newest of
    a step has its state. Further kinds record what else a replay must find unchanged.
    """

    class Kind(models.TextChoices):
        STEP = "step"
        WAIT = "wait"
        SPENT = "spent"  # the seconds that an attempt executed before it was let go
        CALLS = "calls"  # how many reports each task of the workflow has made, which a replay does not repeat
        VERSION = "version"  # the workflow's version when the run began
        NOW = "now"  # a value of `run.now()`
        RANDOM = "random"  # a value of `run.random()`
        START = "start"  # of a child run
        CALL = "call"  # of a child run, whose end the run waits for
        RETRY = "retry"  # the attempt has failed, and another follows: failed steps are executed again
        FAILURE = "failure"  # the run has failed, and its source starts another one then
        URL = "url"  # of a signal: the salt and the hash of its token
        RESPONSE = "response"  # to clients that do not stream

    class Status(models.TextChoices):
        RUNNING = "running"
        RETRYING = "retrying"  # it failed, and has another attempt
        WAITING = "waiting"
        COMPLETE = "complete"
        ERROR = "error"

    pk = models.CompositePrimaryKey("run_id", "place")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    place = models.PositiveIntegerField(help_text="Its number among the run's records, with gaps.")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=100, help_text="The step's name.")
    key = models.CharField(max_length=100, blank=True, help_text="The step's key, if it has one.")
    number = models.PositiveIntegerField(help_text="The step's number among the calls of its name; 0 if it has a key.")
    scope = models.TextField(blank=True, help_text="The task of the workflow that called it.")
    position = models.PositiveIntegerField(help_text="Its number among the steps that this task called.")
    status = models.CharField(max_length=8, blank=True, choices=Status.choices)
    attempt = models.PositiveIntegerField(help_text="The number of the execution.")
    digest = models.CharField(max_length=32, blank=True, help_text="The digest of the step's arguments.")
    value = models.TextField(blank=True, help_text="The result or the error, as JSON.")
    at = models.DateTimeField(help_text="When the execution began.")
    duration = models.FloatField(null=True, help_text="Seconds that the execution took.")

    class Meta:
        ordering = ["run_id", "place"]
        indexes = [
            # Every process polls for failures that are not handled yet.
            models.Index(fields=["at"], name="failures_due", condition=models.Q(kind="failure", status="running"))
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.place}: {self.kind} {self.name} {self.status}"


class Signal(models.Model):
    """
    A message to a run that wakes its wait for a name. It is kept until the run takes it, or is deleted. A keyed signal
    goes to whichever run of its app waits for its name and key; without one, it is kept for the next.
    """

    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, null=True, related_name="+", db_index=False, db_constraint=False
    )
    app_id = models.CharField(max_length=64)
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=100, blank=True, db_default="", help_text="Empty if it was sent to a run.")
    payload = models.TextField(help_text="As JSON.")
    size = models.PositiveIntegerField(db_default=0, help_text="The length of the payload.")
    created_at = models.DateTimeField(auto_now_add=True)
    taken_by = models.CharField(
        max_length=200, blank=True, help_text="The wait that it has ended: the wait's task and number; empty if none."
    )

    class Meta:
        indexes = [
            models.Index(fields=["run", "name", "id"], name="signals_of_run"),
            # With all columns that the count of kept signals uses, so that their payloads are not read.
            models.Index(fields=["app_id", "taken_by", "size"], name="signals_sizes", condition=models.Q(taken_by="")),
            # Every process polls for runs with signals that they have not taken.
            models.Index(fields=["run"], name="signals_to_take", condition=models.Q(taken_by="", run__isnull=False)),
            models.Index(
                fields=["app_id", "name", "key", "id"], name="signals_by_key", condition=models.Q(run__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} to {self.run_id or self.key}"


class Wait(models.Model):
    """A run's wait for a keyed signal. The oldest gets the next signal, and is deleted then, or when it ends."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    app_id = models.CharField(max_length=64)
    name = models.CharField(max_length=100, help_text="The signal's name.")
    key = models.CharField(max_length=100, help_text="The signal's key.")
    wait = models.CharField(max_length=200, help_text="The wait's task and number, as in `Signal.taken_by`.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["app_id", "name", "key", "id"], name="waits_by_key")]
        constraints = [models.UniqueConstraint(fields=["run", "name", "wait"], name="waits_once")]

    def __str__(self) -> str:
        return f"{self.run_id} for {self.name} {self.key}"


class SignalledDelivery(models.Model):
    """A delivery that was sent as a signal, so that a repeat of it sends no second one."""

    # Not in the signal's row, which may be deleted before the key expires: with its run, or because none has taken it.
    idempotency_key = models.CharField(primary_key=True, max_length=32)
    fingerprint = models.CharField(max_length=32, help_text="Distinguishes a repeat from another delivery.")
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "signalled deliveries"
        indexes = [models.Index(fields=["expires_at"], name="signalled_until")]

    def __str__(self) -> str:
        return self.idempotency_key


class DeliveriesPruned(models.Model):
    """How far an app's deliveries are deleted, so that retention does not scan older runs again and again."""

    app_id = models.CharField(primary_key=True, max_length=64)
    before = models.CharField(max_length=48, help_text="A run's id; the deliveries of older runs are deleted.")

    def __str__(self) -> str:
        return f"{self.app_id} before {self.before}"


class Tally(models.Model):
    """How many runs or deliveries of a source ended in one way in a span of time; see runs/history/tallies.py."""

    # By span and time first: new rows go to the end of a span, old ones are at its beginning, and the rows of one time
    # are adjacent. Among them, a source is found by the index.
    pk = models.CompositePrimaryKey("span", "at", "source_id", "app_id", "kind")
    span = models.PositiveIntegerField(help_text="Its length in seconds: a minute, an hour, or a day.")
    at = models.BigIntegerField(help_text="When it began, in seconds since 1970.")
    source_id = models.BigIntegerField(help_text="0: all of the app.")
    app_id = models.CharField(max_length=64, help_text="Empty: all apps.")
    kind = models.CharField(
        max_length=48,
        help_text="The final status of runs with the bucket of their durations, as in complete:007; refused:... with a"
        " reason; or what else became of deliveries that started no run.",
    )
    count = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.kind}: {self.count}"


class WorkflowReload(models.Model):
    """How often operators have requested that all processes reload their workflows. There is one row."""

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)


class RetentionClock(models.Model):
    """The time up to which the clock is trusted (runs/clock_guard.py). There is one row."""

    clock_seen = models.DateTimeField(help_text="Nothing is deleted by age beyond this time.")
    waited = models.FloatField(default=0.0, help_text="Seconds that deletion has waited while processes ran.")
    accepted = models.BooleanField(default=False, help_text="Whether the wait after the first start is over.")

    def __str__(self) -> str:
        return f"{self.clock_seen:%Y-%m-%d %H:%M:%S}"


class SearchProgress(models.Model):
    """How far runs are indexed for searches (runs/searching/): one row."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    newest = models.CharField(max_length=48, help_text="A run's id; newer runs are still to be indexed.")
    oldest = models.CharField(max_length=48, help_text="A run's id; older runs are still to be indexed.")
    left = models.PositiveBigIntegerField(help_text="About how many older runs are still to be indexed.")

    def __str__(self) -> str:
        return f"{self.oldest} to {self.newest}"
