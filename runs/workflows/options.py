"""The options of a workflow, by the signature of its function."""

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import pydantic
from django.core.exceptions import ImproperlyConfigured


def options_model(name: str, function: Callable[..., Any]) -> type[pydantic.BaseModel]:
    """
    Return the schema of a workflow's options: its keyword-only parameters, with their annotations and defaults.

    Raises:
        ImproperlyConfigured: The function does not take `(request, run, *, ...)`.
    """
    parameters = list(inspect.signature(function).parameters.values())
    positional = [
        parameter
        for parameter in parameters
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
    ]
    if len(positional) != 2 or any(
        parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD} for parameter in parameters
    ):
        raise ImproperlyConfigured(
            f"workflow {name!r} must take (request, run), and its options as keyword-only parameters after a '*'"
        )
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        parameter.name: (
            hints.get(parameter.name, Any),
            ... if parameter.default is parameter.empty else parameter.default,
        )
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    config = pydantic.ConfigDict(extra="forbid", allow_inf_nan=False)
    return pydantic.create_model(f"{name}_options", __config__=config, **fields)
