"""How the pages of sinks show addresses, times and tables."""

import shlex
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sinks.models import ANY, Sink


def rows_once(sink: Sink, name: str, rows: Any) -> list[tuple[Any, ...]]:
    """Rows kept with the sink: a page asks for each of its fields several times."""
    if name not in vars(sink):
        vars(sink)[name] = list(rows)
    kept: list[tuple[Any, ...]] = vars(sink)[name]
    return kept


def moment_text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def table_of(names: list[str], rows: list[tuple[Any, ...]]) -> SafeString | str:
    if not rows:
        return "none"
    head = format_html_join(
        "", '<th scope="col" class="font-semibold pr-6 text-left">{}</th>', [(name,) for name in names]
    )
    lines = [(format_html_join("", '<td class="align-top pr-6">{}</td>', [(cell,) for cell in row]),) for row in rows]
    return format_html("<table><tr>{}</tr>{}</table>", head, format_html_join("", "<tr>{}</tr>", lines))


def curl_of(sink: Sink, here: str = "", token: str = "") -> str:
    """A line that asks for a run; with a variable where there is a token, unless it is given."""
    method = "POST" if sink.method == ANY else sink.method
    # curl would wait for the body of a HEAD that it was told of with -X.
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
    """Give a sink's address, from the address that the admin is open at where it is given or the sink has it."""
    path = quote(f"/{sink.app.app_id}{sink.path}", safe="/{}!$&'()*+,;=:@")
    return f"{here or getattr(sink, 'origin', '')}{prefix}{path}"
