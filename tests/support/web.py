"""
The HTTP client of the tests: `web.get(url)`, `web.post(url, json=...)` and so on, like `httpx` itself.

All tests share it, since a new client costs more than a request. It keeps neither connections nor cookies, so that
tests do not affect each other. Its timeout is long, so that a slow server on a loaded machine does not fail a test.
"""

from collections.abc import Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
from httpx_sse import EventSource, ServerSentEvent

web = httpx.Client(
    timeout=60,
    limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
)


def received(source: EventSource) -> Iterator[ServerSentEvent]:
    """Yield the events of a stream; the library also yields an empty one for each comment, which keeps it alive."""
    return (event for event in source.iter_sse() if event.data)
