"""Where workflows of 0.1 import from: see `runs.execution.executor`."""

from runs.execution.executor import RunHandle as RunHandle
from runs.execution.executor import ThreadRunHandle as ThreadRunHandle
