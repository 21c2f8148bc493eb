"""
The HTTP client of the tests: `web.get(url)`, `web.post(url, json=...)` and so on, as with `httpx` itself.

One client for all, since a new one costs more than a request. It keeps neither connections nor cookies, so that no
test notices another. Its timeout is long: on a loaded machine a server that is only slow must not fail a test.
"""

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

web = httpx.Client(
    timeout=60,
    limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
)
