"""
The parts of procrastinate that it does not document, in one place; its tables are in `runs/journal/job_tables.py` and
`fetching.py`. `tests/unit/test_internals.py` fails when an upgrade changes them.
"""

from procrastinate.connector import Notify
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.contrib.django.utils import connector_params
from procrastinate.job_context import AbortReason
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.sql import queries

__all__ = [
    "FETCH_JOB",
    "FINISH_JOB",
    "ONE_JOB_OF_A_LOCK",
    "REGISTER_WORKER",
    "RETRY_JOB",
    "AbortReason",
    "DjangoConnector",
    "JobManager",
    "Notify",
    "ProcrastinateJob",
    "PsycopgConnector",
    "connector_params",
]

# The statements of procrastinate's worker, as passed to the connector.
REGISTER_WORKER, RETRY_JOB = queries["register_worker"], queries["retry_job"]
FETCH_JOB, FINISH_JOB = queries["fetch_job"], queries["finish_job"]
ONE_JOB_OF_A_LOCK = "procrastinate_jobs_lock_idx_v1"  # the unique index by which one job of a lock executes at a time
