"""The built-in workflows."""

import asyncio
import base64
from typing import Annotated, Any

from django.http import QueryDict
from pydantic import Field

from runs.delivery.json_parsing import LARGE_BYTES
from runs.workflows import Request, Run, workflow


def _shown(fields: QueryDict) -> dict[str, Any]:
    """Return fields for JSON: several values of a name become a list, and bytes become base64."""
    shown: dict[str, Any] = {}
    for name, values in fields.lists():
        texts = [
            {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value for value in values
        ]
        shown[name] = texts if len(texts) > 1 else texts[0]
    return shown


async def _read_body(request: Request) -> dict[str, Any]:
    """Return the parsed body. Parse a large one in a thread, so that it does not block the event loop."""
    if len(request.body) > LARGE_BYTES:
        return await asyncio.to_thread(_body, request)
    return _body(request)


def _body(request: Request) -> dict[str, Any]:
    """Return the body as the first that it can be parsed as: JSON, a form, text, base64."""
    if not request.body:
        return {}
    if request.json is not None:
        return {"json": request.json}
    if request.form or request.files:
        form = _shown(request.form)
        files = [
            {"field": field, "name": file.name, "content_type": file.content_type, "size": file.size}
            for field, several in request.files.lists()
            for file in several
        ]
        return {"form": form, "files": files} if files else {"form": form}
    if request.text is not None:
        return {"text": request.text}
    return {"base64": base64.b64encode(request.body).decode()}


@workflow
async def echo(request: Request, run: Run, *, headers: bool = False) -> dict[str, Any]:
    """Returns the request: method, path, query and body, and with `headers` the header fields. Reports progress."""
    await run.progress(25)
    await run.progress(50)
    await run.progress(75)
    output: dict[str, Any] = {"method": request.method, "path": request.path}
    if request.path_params:
        output["path_params"] = dict(request.path_params)
    if request.query_string:
        output["query"] = _shown(request.query)
    if headers:
        output["headers"] = request.headers
    if request.content_type:
        output["content_type"] = request.content_type
    output |= await _read_body(request)
    await run.progress(100)
    return output


@workflow
async def demo(
    request: Request,
    run: Run,
    *,
    seconds: Annotated[float, Field(ge=0, le=3600)] = 4.0,
    steps: Annotated[int, Field(ge=1, le=100)] = 4,
) -> dict[str, Any]:
    """Reports progress in `steps` steps over `seconds` seconds, then returns the body that it received."""
    await run.log(f"Received {len(request.body)} bytes; {steps} steps to go.")
    for step in range(1, steps + 1):
        await asyncio.sleep(seconds / steps)
        await run.progress(100 * step // steps, f"Step {step} of {steps} done.", step=f"step-{step}")
    return {"steps": steps, "received": await _read_body(request)}
