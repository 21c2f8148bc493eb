"""
The parts of uvicorn that it does not document, in one place. `tests/unit/test_internals.py` fails when an upgrade
changes them.
"""

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

__all__ = ["HIGH_WATER_LIMIT", "FlowControl", "ServerState", "get_local_addr", "get_remote_addr", "is_ssl"]
