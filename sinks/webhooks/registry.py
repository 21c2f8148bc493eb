"""The providers that SinkHub knows: one file each, read when it is first needed."""

import re
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import yaml

from sinks.webhooks.provider import Provider, read_provider

FOLDER = Path(__file__).parent / "providers"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast


@cache
def ids() -> tuple[str, ...]:
    """Return the ids of all providers, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def find(provider_id: str) -> Provider | None:
    """
    Return a provider; None if there is none with this id.

    Raises:
        InvalidScheme: Its file is invalid.
    """
    if not _ID.fullmatch(provider_id) or provider_id not in ids():
        return None
    text = (FOLDER / f"{provider_id}.yaml").read_text(encoding="utf-8")
    return read_provider(provider_id, yaml.load(text, Loader=_Loader))  # noqa: S506 - a safe loader


def suggest(provider_id: str) -> str:
    """Return a sentence about an id that no provider has, with similar ids."""
    close = get_close_matches(provider_id.lower(), [*ids(), "hmac"], 3, 0.5)
    hint = f" Did you mean {' or '.join(close)}?" if close else " docs/providers lists them."
    return f"{provider_id!r} is no provider that SinkHub knows.{hint}"


@cache
def all_providers() -> tuple[Provider, ...]:
    """Return all providers, sorted by name."""
    found = [provider for provider_id in ids() if (provider := find(provider_id)) is not None]
    return tuple(sorted(found, key=lambda provider: provider.name.lower()))
