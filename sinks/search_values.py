"""The values by which the runs of a sink are found: its own, and those that its provider defines."""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import Any

from runs.delivery.request import Request
from sinks.expressions.compilation import compiled
from sinks.expressions.deliveries import apply, fields_of_body
from sinks.expressions.evaluation import evaluate
from sinks.models import Sink
from sinks.webhooks import registry

_STEPS = 20_000  # per expression and delivery; a large body allows no more, unlike that of a filter
_MAX_ITEMS = 20  # of a list


def value_finder(sink: Sink) -> Callable[[Request], Iterator[tuple[str, Any]]]:
    """Return the function that finds the values of a delivery of a sink, by name: `type`, `id`, and its own."""
    provider = registry.find(sink.provider) if sink.provider else None
    parts = [("type", provider.event_type), ("id", provider.delivery_id)] if provider is not None else []
    of_parts = [(name, part.header, part.body) for name, part in parts if part is not None]
    of_parts.append(("id", sink.dedupe_header.lower(), sink.dedupe_body))
    own = dict(sink.search_values)
    payload = sink.payload

    def find(request: Request) -> Iterator[tuple[str, Any]]:
        for name, header, expression in of_parts:
            if header:
                yield name, request.headers.get(header)
            elif expression:
                with suppress(Exception):  # depending on the delivery, JMESPath raises any of Python's exceptions
                    yield from _scalars(name, evaluate(compiled(expression), fields_of_body(request), _STEPS))
        for name, expression in own.items():
            with suppress(Exception):
                made = apply(compiled(expression), request, compiled(payload) if payload else None, _STEPS)
                yield from _scalars(name, made)

    return find


def find_names(app_ids: Collection[str] | None) -> set[str]:
    """
    Return the names of the search values of sinks.

    Args:
        app_ids: The apps of the sinks; None for all.

    Raises:
        DatabaseError: They cannot be read.
    """
    sinks = Sink.objects.exclude(search_values={}).order_by()
    if app_ids is not None:
        sinks = sinks.filter(app__app_id__in=app_ids)
    return {name for values in sinks.values_list("search_values", flat=True) for name in values}


def _scalars(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    for item in value[:_MAX_ITEMS] if isinstance(value, list) else [value]:
        if isinstance(item, str | int | float):
            yield name, item
