"""Deliveries as providers send them, for tests of a sink: the examples in docs/providers/."""

import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings

_RECORDED = re.compile(r"^# (.+?)\n.*^## A recorded delivery\n.*^```http\n(.*?)\n```\n\Z", re.DOTALL | re.MULTILINE)
# The fields that differ for each delivery: the address, the signature and the delivery id.
_MADE_ANEW = re.compile(
    r"host|content-length|authorization|.*signature.*|.*hmac.*|x-slack-request-timestamp|webhook-.*|x-github-delivery"
    r"|x-shopify-webhook-id|x-shopify-event-id",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Example:
    """A delivery without the fields that differ for each."""

    name: str  # of the provider
    headers: str  # one a line
    body: str


@cache
def examples() -> list[Example]:
    """Return the examples, sorted by the file names of their documents; none if the documents are not installed."""
    found = []
    for page in sorted((settings.PROJECT / "docs" / "providers").glob("*.md")):
        if recorded := _RECORDED.match(page.read_text(encoding="utf-8")):
            head, _, body = recorded[2].partition("\n\n")
            lines = [line for line in head.splitlines()[1:] if not _MADE_ANEW.fullmatch(line.partition(":")[0])]
            found.append(Example(recorded[1], "\n".join(lines), body))
    return found
