"""Where workflows of 0.1 import from: see `runs.delivery.request`."""

from runs.delivery.request import Request as Request
