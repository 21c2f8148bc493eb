"""Display of addresses, times and tables on the pages of sinks."""

import shlex
from typing import Any
from urllib.parse import quote

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sinks.models import ANY, Sink


def rows_once(sink: Sink, name: str, rows: Any) -> list[tuple[Any, ...]]:
    """Return the rows, and cache them on the sink, since a page reads each of its fields several times."""
    if name not in vars(sink):
        vars(sink)[name] = list(rows)
    kept: list[tuple[Any, ...]] = vars(sink)[name]
    return kept


def table_of(names: list[str], rows: list[tuple[Any, ...]]) -> SafeString | str:
    if not rows:
        return "none"
    head = format_html_join(
        "", '<th scope="col" class="font-semibold pr-6 text-left">{}</th>', [(name,) for name in names]
    )
    lines = [(format_html_join("", '<td class="align-top pr-6">{}</td>', [(cell,) for cell in row]),) for row in rows]
    return format_html("<table><tr>{}</tr>{}</table>", head, format_html_join("", "<tr>{}</tr>", lines))


def curl_of(sink: Sink, here: str = "", token: str = "") -> str:
    """
    Return a curl command that starts a run. It contains the given token, or a shell variable if the sink has a token.
    """
    method = "POST" if sink.method == ANY else sink.method
    # With -X HEAD, curl would wait for a body.
    start = "curl -I" if method == "HEAD" else f"curl -N -X {shlex.quote(method)}"
    parts = [f"{start} {shlex.quote(url_of(sink, here=here))}"]
    if token:
        parts.append(f"-H {shlex.quote(f'Authorization: Bearer {token}')}")
    elif sink.encrypted_token:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    if method not in {"GET", "HEAD"}:
        parts.append("-H 'Content-Type: application/json' -d '{}'")
    return " ".join(parts)


def url_of(sink: Sink, prefix: str = "", *, here: str = "") -> str:
    """Return a sink's URL, which starts with `here` or the sink's `origin`; without both, return only the path."""
    path = quote(f"/{sink.app.app_id}{sink.path}", safe="/{}!$&'()*+,;=:@")
    return f"{here or getattr(sink, 'origin', '')}{prefix}{path}"
