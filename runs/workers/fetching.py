"""
The statement by which a worker fetches its next job, in place of procrastinate's.

procrastinate's reads all jobs in order, and skips each whose lock is held: with 25,000 runs that wait for one sink,
that takes seconds. This one reads the first job of each lock, and the first jobs without a lock, by the indexes of
migration 0010.
"""

from runs.journal.jobs import PAUSE_PREFIX

# The lock of a run that pauses has no other jobs, and there may be many such runs: treat their jobs as without a lock.
_LOCKED = f"lock NOT LIKE '{PAUSE_PREFIX}%%'"
_UNLOCKED = f"(lock IS NULL OR lock LIKE '{PAUSE_PREFIX}%%')"
_OF_QUEUES = "(%(queues)s::varchar[] IS NULL OR queue_name = ANY(%(queues)s::varchar[]))"
_CANDIDATE = "id, priority, scheduled_at, queue_name"
_MAX_DUE = 1000  # jobs whose pause is over that are ordered by priority
_MAX_RIVALS = 64  # workers that may fetch at the same time, and have locked one candidate each

# The first job of a lock is found before the statement checks whether it is due: if it is not, those behind it wait.
# The last join reads the candidates in order: because it locks rows, there is no other way to execute it.
FETCH_JOB = f"""
WITH RECURSIVE heads AS (
  (
    SELECT lock, {_CANDIDATE} FROM procrastinate_jobs WHERE status = 'todo' AND {_LOCKED}
    ORDER BY lock, priority DESC, id LIMIT 1
  ) UNION ALL (
    SELECT next.* FROM heads CROSS JOIN LATERAL (
      SELECT lock, {_CANDIDATE} FROM procrastinate_jobs job
      WHERE job.status = 'todo' AND job.{_LOCKED} AND job.lock > heads.lock
      ORDER BY job.lock, job.priority DESC, job.id LIMIT 1
    ) next
  )
), candidates AS (
  (
    SELECT {_CANDIDATE} FROM heads WHERE NOT EXISTS (
      SELECT FROM procrastinate_jobs holder WHERE holder.lock = heads.lock AND holder.status = 'doing'
    )
  ) UNION ALL (
    SELECT {_CANDIDATE} FROM procrastinate_jobs
    WHERE status = 'todo' AND scheduled_at IS NULL AND {_UNLOCKED} AND {_OF_QUEUES}
    ORDER BY priority DESC, id LIMIT {_MAX_RIVALS}
  ) UNION ALL (
    SELECT {_CANDIDATE} FROM procrastinate_jobs
    WHERE status = 'todo' AND scheduled_at IS NOT NULL AND scheduled_at <= now() AND {_UNLOCKED} AND {_OF_QUEUES}
    ORDER BY scheduled_at LIMIT {_MAX_DUE}
  )
), chosen AS (
  SELECT free.id FROM (
    SELECT id FROM candidates WHERE (scheduled_at IS NULL OR scheduled_at <= now()) AND {_OF_QUEUES}
    ORDER BY priority DESC, id LIMIT {2 * _MAX_RIVALS}
  ) AS ordered CROSS JOIN LATERAL (
    SELECT job.id FROM procrastinate_jobs job WHERE job.id = ordered.id AND job.status = 'todo'
    FOR UPDATE SKIP LOCKED
  ) AS free LIMIT 1
)
UPDATE procrastinate_jobs job SET status = 'doing', worker_id = %(worker_id)s
FROM chosen WHERE job.id = chosen.id
RETURNING job.id, job.status, job.task_name, job.priority, job.lock, job.queueing_lock, job.args, job.scheduled_at,
  job.queue_name, job.attempts, job.worker_id
"""  # noqa: S608 - our own names
