"""`manage.py sinks listen`: deliveries and refusals as they come, forwarded to a developer's own server."""

import os
import time
from argparse import ArgumentParser
from collections import Counter
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper

from runs.management.terminal import json_line, printable_line
from sinks.console.forwarding import Forwarded, forward
from sinks.console.listening import Came, CannotListen, Document, Feed, Listener, LocalFeed, RemoteFeed, Unreachable
from sinks.management.arguments import find_app, find_sink

ABOUT = "show deliveries and refusals as they come, until Ctrl+C, and forward deliveries to another URL"
AS_JSON = "Print one JSON object per line."
_LISTED = ("app_id", "sink_id", "status", "kind", "reason", "client", "run_id", "workflow")
_LONGEST_PAUSE = 10.0  # seconds between two attempts while the connection is lost


def add_listen(action: ArgumentParser) -> None:
    """Add the arguments of `listen`."""
    action.add_argument("--app", help="Only this app.")
    action.add_argument("--sink", metavar="SINK", help="Only this sink, such as app_abc123/webhook.")
    action.add_argument(
        "--forward",
        metavar="URL",
        help="Send each delivery on to this URL, for example of a server on this machine. Without a path, the path of "
        "the delivery is added.",
    )
    action.add_argument(
        "--forward-refusals", action="store_true", help="Forward refusals too, if their request is kept completely."
    )
    action.add_argument(
        "--secret-env",
        metavar="NAME",
        help="Sign forwarded deliveries again, by the scheme of their sink, with the secret in this environment "
        "variable. Otherwise they keep the signature with which they came.",
    )
    action.add_argument(
        "--hub", metavar="URL", help="Listen to another hub, such as https://hub.example.com, in place of the database."
    )
    token = action.add_mutually_exclusive_group()
    token.add_argument(
        "--token",
        help="An API token of the other hub with the scopes runs:read and refusals:read; --sink and --secret-env also "
        "need sinks:read. Other users of this machine can see it in the process list (--token-env avoids that).",
    )
    token.add_argument("--token-env", metavar="NAME", help="The environment variable that has the API token.")


def listen(options: dict[str, Any], out: OutputWrapper, err: OutputWrapper) -> None:
    """
    Print what comes, one line each, and forward it, until Ctrl+C.

    Raises:
        CommandError: An argument is invalid, or the other hub refuses the requests.
    """
    url, secret = options["forward"] or "", _from_environment(options["secret_env"], "--secret-env")
    if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc):
        raise CommandError(f"--forward: {url!r} is not a URL such as http://localhost:3000/webhook.")
    if not url and (secret or options["forward_refusals"]):
        raise CommandError("--secret-env and --forward-refusals need --forward.")
    counts = Counter[str]()
    try:
        try:
            feed = _feed(options)
            listener = Listener(feed)
        except (CannotListen, Unreachable) as error:
            raise CommandError(str(error)) from None
        err.write("Listening. Press Ctrl+C to stop.")
        sinks: dict[int, Document | None] = {}
        for came in _heard(listener, err):
            counts[came.kind] += 1
            done: Forwarded | None = None
            if url and came.is_whole and (came.kind == "delivery" or options["forward_refusals"]):
                if secret and came.sink_id not in sinks:
                    with suppress(Unreachable):
                        sinks[came.sink_id] = feed.sink(came.sink_id)
                done = forward(came, url, secret, sinks.get(came.sink_id))
                counts["forwarded" if done.status is not None else "failed"] += 1
            out.write(json_line(_document(came, done)) if options["json"] else _line(came, done))
            out.flush()
    except KeyboardInterrupt:
        pass
    summary = f"Deliveries: {counts['delivery']}, refusals: {counts['refusal']}"
    if url:
        summary += f", forwarded: {counts['forwarded']}, not forwarded because the receiver failed: {counts['failed']}"
    err.write(f"{summary}.")


def _feed(options: dict[str, Any]) -> Feed:
    if options["hub"]:
        token = options["token"] or _from_environment(options["token_env"], "--token-env")
        if not token:
            raise CommandError("--hub needs an API token of that hub: pass --token-env or --token.")
        return RemoteFeed(options["hub"], token, options["app"], options["sink"])
    if options["token"] or options["token_env"]:
        raise CommandError("A token is for another hub: pass --hub too.")
    sink = find_sink(options["sink"]) if options["sink"] is not None else None
    return LocalFeed(find_app(options["app"]).app_id if options["app"] is not None else None, sink)


def _from_environment(name: str | None, option: str) -> str:
    if name is None:
        return ""
    if not (value := os.environ.get(name, "")):
        raise CommandError(f"{option}: the environment variable {name} is not set.")
    return value


def _heard(listener: Listener, err: OutputWrapper) -> Any:
    """Yield what comes. If the connection is lost, try again, and miss nothing."""
    pause, is_lost = settings.LISTEN_POLL_INTERVAL, False
    while True:
        try:
            yield from listener.news()
        except Unreachable as error:
            if not is_lost:
                err.write(f"Connection lost, will retry: {error}")
            is_lost, pause = True, min(2 * pause, _LONGEST_PAUSE)
        except CannotListen as error:
            raise CommandError(str(error)) from None
        else:
            if is_lost:
                err.write("Connected again.")
            is_lost, pause = False, settings.LISTEN_POLL_INTERVAL
        time.sleep(pause)


def _document(came: Came, done: Forwarded | None) -> Document:
    document = came.document
    shown = {
        "type": came.kind,
        "id": document.get("id", document.get("run_id")),
        "at": document.get("at", document.get("created_at")),
        **{name: document[name] for name in _LISTED if name in document},
        "method": came.method or None,
        "path": came.path or None,
        "body_bytes": len(came.body) if came.body is not None else None,
    }
    if done is not None:
        shown["forwarded"] = {"status": done.status, "seconds": round(done.seconds, 3), "error": done.error or None}
    return shown


def _line(came: Came, done: Forwarded | None) -> str:
    document = came.document
    at = str(document.get("at", document.get("created_at")))[11:19]
    request = f"{came.method} {came.path}" if came.method else "(request not kept)"
    size = f"{len(came.body)} bytes" if came.body is not None else "no body"
    what = f"{document['status']} {document['kind']}: {document['reason']}" if came.kind == "refusal" else ""
    became = what or f"{document['run_id']} {document['workflow']}"
    line = f"{at}  {came.kind:8}  {came.app_id}  {request}  {size}  {became}"
    if done is not None:
        answer = str(done.status) if done.status is not None else done.error
        line += f"  -> {answer} ({1000 * done.seconds:.0f} ms)"
    return printable_line(line)
