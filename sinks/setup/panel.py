"""The steps after a sink is saved: its URL, what to enter at the provider, code that calls it, and a test."""

import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from sinks.console.console import parameters
from sinks.models import Sink
from sinks.setup import code
from sinks.setup.recipe import CannotShow, Recipe, Variable, recipe_of
from sinks.webhooks import registry
from sinks.webhooks.provider import Provider

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "testserver"})


@dataclass(frozen=True, slots=True)
class Tab:
    """An example in one language."""

    id: str
    name: str
    text: str
    note: str = ""


def panel_of(sink: Sink, url: str) -> dict[str, Any]:
    """
    Return the context of the template `admin/sinks/sink/setup.html`.

    Args:
        sink: The sink, with its app.
        url: Its URL, as the page shows it.
    """
    provider = registry.find(sink.provider) if sink.provider else None
    example_url = url
    for name in parameters(sink):
        example_url = example_url.replace(f"{{{name}}}", "1")
    try:
        recipe = recipe_of(sink, example_url)
    except CannotShow as error:
        recipe = None
        why = f"{error} This command sends the example with the sink's secret."
    else:
        why = ""
    return {
        "sink": sink,
        "url": url,
        "provider": provider,
        "entries": _entries(sink, provider, url),
        "tabs": _tabs(recipe, why, sink),
        "notes": _notes(sink, provider, url),
        "variables": _variables(recipe) if recipe is not None else [],
    }


def _tabs(recipe: Recipe | None, why: str, sink: Sink) -> list[Tab]:
    command = Tab("command", "sinks test", _command(sink), why or "It uses the sink's token and secret.")
    if recipe is None:
        return [command]
    notes = []
    if names := parameters(sink):
        notes.append(f"In the URL, 1 stands for {' and '.join(names)}.")
    if sink.access_entries and not sink.encrypted_token:
        notes.append(f"Add one of the sink's credentials: {sink.access}.")
    note = " ".join(notes)
    return [
        Tab("curl", "curl", code.shell(recipe), note),
        Tab("python", "Python", code.python(recipe), note),
        Tab("javascript", "JavaScript", code.javascript(recipe), note),
        command,
    ]


def _command(sink: Sink) -> str:
    """Return the command that sends the provider's example, signed."""
    parts = [f".venv/bin/python manage.py sinks test {shlex.quote(f'{sink.app.app_id}{sink.path}')}"]
    parts += [f"--param {shlex.quote(f'{name}=1')}" for name in parameters(sink)]
    provider = registry.find(sink.provider) if sink.provider else None
    if provider is not None:
        own = provider.delivery_id.header if provider.delivery_id is not None else ""
        fields = [f"{name}: {value}" for name, value in provider.example.headers.items() if name != own]
        parts += [f"--header {shlex.quote(field)}" for field in fields]
        if provider.example.query:
            parts.append(f"--query {shlex.quote(provider.example.query)}")
        if provider.example.body:
            parts.append(f"--data {shlex.quote(provider.example.body)}")
    elif sink.method not in {"GET", "HEAD"}:
        parts.append('--data \'{"event": "test"}\'')
    return " \\\n  ".join(parts)


def _entries(sink: Sink, provider: Provider | None, url: str) -> list[tuple[str, str]]:
    """Return what to enter at the provider: names and values."""
    if provider is None:
        return []
    found = [("URL", sink.public_url or url)]
    content_type = next((v for name, v in provider.example.headers.items() if name.lower() == "content-type"), "")
    if content_type:
        found.append(("Content type", content_type))
    if sink.encrypted_secrets and provider.secret:
        found.append(("Secret", f"The one that the sink has. {provider.secret}."))
    elif provider.secret and provider.scheme.needs_secret:
        found.append(("Secret", f"{provider.secret}."))
    if sink.encrypted_verify_token:
        found.append(("Verify token", "The one that you entered in the sink."))
    return [(name, value.replace("..", ".")) for name, value in found]


def _notes(sink: Sink, provider: Provider | None, url: str) -> list[str]:
    notes = []
    if provider is not None and provider.notes:
        notes.append(provider.notes.replace("`", ""))
    if provider is not None and urlsplit(sink.public_url or url).hostname in _LOCAL:
        notes.append(
            f"Only this machine reaches {urlsplit(url).netloc}. {provider.name} needs a URL that it can reach, usually "
            "with HTTPS."
        )
    if sink.public_url == "" and provider is not None and provider.scheme.signs_url:
        notes.append(f"{provider.name} signs the URL: the sink takes it for {settings.PUBLIC_URL} and the path.")
    return notes


def _variables(recipe: Recipe) -> list[tuple[str, str]]:
    """Return the variables that the code reads from its environment, with the values that they have to have."""
    about = {
        Variable.SECRET: "the signing secret",
        Variable.TOKEN: "the sink's token",
    }
    if recipe.basic:
        about[Variable.SECRET] = "the user and the password, as USER:PASSWORD"
    return [(str(variable), text) for variable, text in about.items() if recipe.uses(variable)]
