"""Requests for tests of workflows, without HTTP."""

import json as json_module
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from runs.delivery.request import Request

File = tuple[str, bytes] | tuple[str, bytes, str]  # the name, the content, and the Content-Type


def make_request(
    *,
    json: Any = None,
    form: Mapping[str, Any] | None = None,
    files: Mapping[str, File] | None = None,
    body: bytes | str = b"",
    method: str = "POST",
    path: str = "/",
    path_params: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | Sequence[tuple[str, Any]] | str = "",
    headers: Mapping[str, str] | None = None,
    client: str = "127.0.0.1",
) -> Request:
    """
    Return a request as a workflow receives it.

    Args:
        json: The body, as a value; a list for several values of a query's or a form's field.
        form: The fields of a form. It is sent urlencoded, or as multipart/form-data if there are files.
        files: The files of a form, by field: `{"photo": ("cat.png", b"...")}`.
        body: The body itself. Give at most one of json, form or files, and body.
        method: The method.
        path: The path within the app.
        path_params: The parameters of a sink's path.
        query: The query's parameters, or its text without the question mark.
        headers: Header fields. A Content-Type replaces the one of the body's kind.
        client: The caller's address.

    Raises:
        ValueError: Several bodies are given.
    """
    if sum([json is not None, form is not None or files is not None, bool(body)]) > 1:
        raise ValueError("give one of json, form (with files), and body")
    content, content_type = body.encode() if isinstance(body, str) else body, ""
    if json is not None:
        content, content_type = json_module.dumps(json).encode(), "application/json"
    elif files is not None:
        sent = {name: SimpleUploadedFile(*file) for name, file in files.items()}
        content, content_type = encode_multipart(BOUNDARY, {**(form or {}), **sent}), MULTIPART_CONTENT
    elif form is not None:
        content, content_type = urlencode(form, doseq=True).encode(), "application/x-www-form-urlencoded"
    fields = {name.lower(): value for name, value in (headers or {}).items()}
    if content_type:
        fields.setdefault("content-type", content_type)
    return Request(
        method=method,
        path=path,
        path_params=dict(path_params or {}),
        query_string=query if isinstance(query, str) else urlencode(query, doseq=True),
        header_list=list(fields.items()),
        client=client,
        body=content,
    )
