"""
The statement by which a worker fetches its next job. It replaces procrastinate's statement.

procrastinate's statement reads all jobs in order, and skips each job whose lock is held: with 25,000 runs that wait for
one sink, this takes seconds. The statement here reads the first job of each lock, and the first jobs without a lock, by
the indexes of migration 0010.
"""

from runs.journal.jobs import PAUSE_PREFIX

# A run that pauses has a lock without other jobs, and many runs may pause: treat their jobs like jobs without a lock.
_LOCKED = f"lock NOT LIKE '{PAUSE_PREFIX}%%'"
_UNLOCKED = f"(lock IS NULL OR lock LIKE '{PAUSE_PREFIX}%%')"
_OF_QUEUES = "(%(queues)s::varchar[] IS NULL OR queue_name = ANY(%(queues)s::varchar[]))"
_CANDIDATE = "id, priority, scheduled_at, queue_name"
_MAX_DUE = 1000  # how many jobs whose pause is over are ordered by priority
_MAX_RIVALS = 64  # how many workers may fetch at the same time; each locks one candidate

# The statement finds the first job of a lock, and then checks whether it is due. If it is not due, the later jobs of
# the lock wait. The last join reads the candidates in order: because it locks rows, PostgreSQL can execute it in no
# other way.
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
