"""Deliveries as providers send them, for tests of a sink: the provider's example, and those in docs/providers/."""

import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from sinks.webhooks import registry

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
    query: str
    headers: str  # one a line
    body: str


def examples(provider_id: str = "") -> list[Example]:
    """Return the example of a provider, and those in the documents if these are installed."""
    provider = registry.find(provider_id) if provider_id else None
    if provider is None:
        return _recorded()
    example = provider.example
    own = provider.delivery_id.header if provider.delivery_id is not None else ""
    lines = [f"{name}: {value}" for name, value in example.headers.items() if name != own]
    first = Example(provider.name, example.query, "\n".join(lines), example.body)
    return [first, *(other for other in _recorded() if other.name != provider.name)]


@cache
def _recorded() -> list[Example]:
    found = []
    for page in sorted((settings.PROJECT / "docs" / "providers").glob("*.md")):
        if recorded := _RECORDED.match(page.read_text(encoding="utf-8")):
            head, _, body = recorded[2].partition("\n\n")
            lines = [line for line in head.splitlines()[1:] if not _MADE_ANEW.fullmatch(line.partition(":")[0])]
            found.append(Example(recorded[1], "", "\n".join(lines), body))
    return found
