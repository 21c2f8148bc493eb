"""A credential of a sink, for requests that SinkHub itself sends to it."""

import json
import time
from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus

from sinks.access.json_web_tokens import read_keys, sign

_TOKEN_SECONDS = 300


def credential_of(entries: Sequence[dict[str, Any]]) -> tuple[dict[str, str], str]:
    """
    Return a credential that satisfies one of the entries of `access.any`.

    Args:
        entries: The entries, with their secrets.

    Returns:
        Header fields, and a part of a query string. Both are empty if the sink has no entry, or only public keys, for
        which nobody here can make a token.
    """
    for entry in entries:
        kind = entry["kind"]
        if kind == "bearer":
            return {"Authorization": f"Bearer {entry['tokens'][-1]}"}, ""
        if kind == "basic":
            user, password = next(iter(entry["users"].items()))
            return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}, ""
        if kind == "header":
            return {entry["name"]: entry["values"][-1]}, ""
        if kind == "query":
            return {}, f"{quote_plus(entry['name'])}={quote_plus(entry['values'][-1])}"
        if "key" in entry and entry["algorithms"][0].startswith("HS"):
            return {entry.get("header", "Authorization"): f"Bearer {_token(entry)}"}, ""
    return {}, ""


def _token(entry: dict[str, Any]) -> str:
    now = int(time.time())
    audience = entry.get("audience")
    claims = {name: value[0] if isinstance(value, list) else value for name, value in entry.get("claims", {}).items()}
    claims = {name: "test" if value is None else value for name, value in claims.items()}
    claims |= {"iat": now, "exp": now + _TOKEN_SECONDS}
    claims |= {"iss": entry["issuer"]} if "issuer" in entry else {}
    claims |= {"aud": audience} if audience is not None else {}
    key, algorithms = entry["key"], entry["algorithms"]
    keys = read_keys(key if isinstance(key, str) else json.dumps(key), algorithms)
    return sign(claims, next(key for key in keys if key.fits(algorithms[0])), algorithms[0])
