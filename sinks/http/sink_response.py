"""The response of a sink: what clients that do not stream get in place of the run's result, as configured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runs.events.response import InvalidResponse, Response, encode_response, make_response

_FIXED = ("status", "headers", "body")
_FAILED = "failed_status"
_FIELDS = (*_FIXED, _FAILED)


@dataclass(frozen=True, slots=True)
class SinkResponse:
    """What clients that do not stream get at a sink that has a response, or whose workflow responds."""

    fixed: Response | None  # unless the run responds itself
    failed_status: int | None  # the status if the run fails, is cancelled or is interrupted; None for 200
    waits: bool  # whether the client waits until the run responds or ends; if not, `fixed` is sent at once

    @classmethod
    def of(cls, document: Mapping[str, Any] | None, *, responds: bool) -> "SinkResponse | None":
        """
        Return the response of a sink; None if it has none.

        Args:
            document: The sink's field; None if it is not set.
            responds: Whether the sink's workflow responds.

        Raises:
            InvalidResponse: The field is invalid.
        """
        if not document:
            return cls(None, None, waits=True) if responds else None
        fixed, failed_status = read_document(document)
        return cls(fixed, failed_status, waits=failed_status is not None)


def read_document(document: Any) -> tuple[Response | None, int | None]:
    """
    Read a sink's field `response`, such as `{"status": 204}` or `{"failed_status": 500}`.

    Returns:
        The fixed response and the status of failed runs, each None if it is not set.

    Raises:
        InvalidResponse: It is invalid.
    """
    if not isinstance(document, Mapping) or not document:
        raise InvalidResponse(f"A response must be an object with {', '.join(_FIELDS)}.")
    for name in document:
        if name not in _FIELDS:
            raise InvalidResponse(f"Unknown field {name!r}. Known are: {', '.join(_FIELDS)}.")
    failed_status = document.get(_FAILED)
    if failed_status is not None and (type(failed_status) is not int or not 400 <= failed_status <= 599):
        raise InvalidResponse(f"failed_status must be a number from 400 to 599, not {failed_status!r}.")
    if not any(document.get(name) is not None for name in _FIXED):
        if failed_status is None:
            raise InvalidResponse("Set a status, a body, or failed_status; or remove the response.")
        return None, failed_status
    status = 200 if document.get("status") is None else document["status"]
    fixed = make_response(status, document.get("headers") or {}, document.get("body"))
    encode_response(fixed)
    return fixed, failed_status
