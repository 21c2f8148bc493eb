"""Fixtures that several modules of browser tests share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.hub import Server
from tests.support.proxy import Proxy


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    """A proxy between the browser and the server."""
    proxy = Proxy("127.0.0.1", server.port)
    yield proxy
    proxy.close()


@pytest.fixture
def let(tmp_path: Path) -> Callable[[int], None]:
    """Return a function that lets a run with `gates=tmp_path` in its form take a step."""
    return lambda step: tmp_path.joinpath(str(step)).touch()
