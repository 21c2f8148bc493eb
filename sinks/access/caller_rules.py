"""
The entries of a sink's `access.any` as JSON: their validation, and the masks that stand for their secrets.

Each entry names one way in which a caller authenticates: bearer, basic, header, query or jwt.
"""

import ipaddress
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sinks.access import json_web_tokens, jwks

MASK = "********"
MIN_SECRET = 8  # characters of a new secret; a shorter one cannot be masked without masking other text
MAX_SECRET = 16_384  # characters; a chain of certificates with its key has about half of that
MAX_ENTRIES = 50
MAX_VALUES = 100  # of an entry
MAX_NETWORKS = 1000
KINDS = ("bearer", "basic", "header", "query", "jwt")

Entry = dict[str, Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

HTTP_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2: token
BEARER = re.compile(r"[!-~]+")  # characters that an Authorization field can carry without quoting
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
# Header fields that determine how a request is read. They are not removed from it, and cannot be credentials.
_READ = {
    *("accept", "connection", "content-encoding", "content-length", "content-type", "expect", "host"),
    *("idempotency-key", "last-event-id", "prefer", "te", "trailer", "transfer-encoding", "upgrade"),
}
_FIELDS: dict[str, tuple[str, ...]] = {
    "bearer": ("tokens",),
    "basic": ("users",),
    "header": ("name", "values"),
    "query": ("name", "values"),
    "jwt": ("algorithms", "key", "jwks_url", "issuer", "audience", "claims", "max_age", "leeway", "header"),
}
_LISTS = {"bearer": "tokens", "header": "values", "query": "values"}  # where the secrets of an entry are


class InvalidEntries(ValueError):
    """The entries have a fault. The message contains no secret."""


def check_entries(entries: Any) -> list[Entry]:
    """
    Check the entries of `access.any`.

    Args:
        entries: The parsed JSON, with the secrets in plain text.

    Returns:
        The entries, as they are stored.

    Raises:
        InvalidEntries: There is a fault. The message contains no secret.
    """
    if not isinstance(entries, list | tuple):
        raise InvalidEntries("This must be a list of entries.")
    if len(entries) > MAX_ENTRIES:
        raise InvalidEntries(f"There are {len(entries)} entries, but at most {MAX_ENTRIES} are allowed.")
    checked = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or entry.get("kind") not in KINDS:
            raise InvalidEntries(f"Entry {number}: it must be an object whose kind is one of: {', '.join(KINDS)}.")
        kind = entry["kind"]
        try:
            if unknown := set(entry) - {"kind", *_FIELDS[kind]}:
                names = ", ".join(sorted(map(repr, unknown)))
                raise InvalidEntries(f"Unknown: {names}. Known are: {', '.join(_FIELDS[kind])}.")
            checked.append(_CHECKS[kind]({name: value for name, value in entry.items() if value is not None}))
        except ValueError as error:
            raise InvalidEntries(f"Entry {number} ({kind}): {error}") from None
    return checked


def _bearer(entry: Entry) -> Entry:
    tokens = _secrets(entry, "tokens")
    if not all(map(BEARER.fullmatch, tokens)):
        raise InvalidEntries("A token must have visible ASCII characters only, and no spaces.")
    return {"kind": "bearer", "tokens": tokens}


def _basic(entry: Entry) -> Entry:
    users = entry.get("users")
    if not isinstance(users, dict) or not 1 <= len(users) <= MAX_VALUES:
        raise InvalidEntries(f'users must be an object with 1 to {MAX_VALUES} users, such as {{"shop": "PASSWORD"}}.')
    for name in users:
        if not name or ":" in name or not name.isprintable() or len(name) > 255:
            raise InvalidEntries("The name of a user must have 1 to 255 printable characters, and no colon.")
    passwords = _checked_secrets(list(users.values()), "the passwords")
    return {"kind": "basic", "users": dict(zip(users, passwords, strict=True))}


def _header(entry: Entry) -> Entry:
    return {"kind": "header", "name": _field_name(entry.get("name"), "name"), "values": _secrets(entry, "values")}


def _query(entry: Entry) -> Entry:
    name = entry.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 100 or not name.isprintable():
        raise InvalidEntries("name must be the name of a parameter, such as token: 1 to 100 printable characters.")
    return {"kind": "query", "name": name, "values": _secrets(entry, "values")}


def _jwt(entry: Entry) -> Entry:
    algorithms = entry.get("algorithms")
    if not isinstance(algorithms, list | tuple) or not all(isinstance(name, str) for name in algorithms):
        raise InvalidEntries('algorithms must be a list such as ["RS256"].')
    json_web_tokens.check_algorithms(algorithms)
    checked: Entry = {"kind": "jwt", "algorithms": list(algorithms)}
    key, url = entry.get("key"), entry.get("jwks_url")
    if (key is None) == (url is None):
        raise InvalidEntries("It needs either a key or a jwks_url.")
    if url is not None:
        if not isinstance(url, str) or len(url) > 500:
            raise InvalidEntries("jwks_url must be a URL of at most 500 characters.")
        jwks.check_url(url)
        if json_web_tokens.ALGORITHMS[algorithms[0]] == "oct":
            raise InvalidEntries("A published key set has public keys: choose algorithms such as RS256 or ES256.")
        checked["jwks_url"] = url
    else:
        checked["key"] = _key(key, algorithms)
    for name in ("issuer", "audience"):
        if name in entry:
            texts = entry[name] if name == "audience" and isinstance(entry[name], list) else [entry[name]]
            if not texts or not all(isinstance(text, str) and 1 <= len(text) <= 500 for text in texts):
                raise InvalidEntries(f"{name} must be a text{' or a list of texts' if name == 'audience' else ''}.")
            checked[name] = entry[name]
    if "claims" in entry:
        if not isinstance(entry["claims"], dict):
            raise InvalidEntries('claims must be an object such as {"sub": "shop"}.')
        checked["claims"] = entry["claims"]
    for name, most in (("max_age", 366 * 86400), ("leeway", 3600)):
        if name in entry:
            value = entry[name]
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
                raise InvalidEntries(f"{name} must be a number of seconds from 0 to {most}.")
            checked[name] = value
    if "header" in entry:
        checked["header"] = _field_name(entry["header"], "header")
    return checked


def _key(key: Any, algorithms: Sequence[str]) -> Any:
    text = key if isinstance(key, str) else json.dumps(key) if isinstance(key, dict) else ""
    if text and not text.strip("*"):
        raise InvalidEntries("key: this is the mask of a key that is not set: specify the key itself.")
    if not isinstance(key, str | dict) or not MIN_SECRET <= len(text) <= MAX_SECRET:
        raise InvalidEntries(f"key must be a text or a key set, with {MIN_SECRET} to {MAX_SECRET} characters.")
    try:
        json_web_tokens.read_keys(text, algorithms)
    except json_web_tokens.InvalidKey as error:
        raise InvalidEntries(f"key: {error}") from None
    return key


_CHECKS: dict[str, Callable[[Entry], Entry]] = {
    "bearer": _bearer,
    "basic": _basic,
    "header": _header,
    "query": _query,
    "jwt": _jwt,
}


def _secrets(entry: Entry, name: str) -> list[str]:
    values = entry.get(name)
    if not isinstance(values, list | tuple) or not 1 <= len(values) <= MAX_VALUES:
        raise InvalidEntries(f"{name} must be a list of 1 to {MAX_VALUES} texts.")
    return _checked_secrets(values, name)


def _checked_secrets(values: Iterable[Any], name: str) -> list[str]:
    checked = []
    for value in values:
        if not isinstance(value, str):
            raise InvalidEntries(f"{name} must be texts.")
        if value and not value.strip("*"):
            raise InvalidEntries(f"{name}: this is the mask of a secret that is not set: specify the secret itself.")
        if not MIN_SECRET <= len(value) <= MAX_SECRET:
            raise InvalidEntries(f"{name}: each must have {MIN_SECRET} to {MAX_SECRET} characters, not {len(value)}.")
        if not value.isprintable() or value != value.strip():
            raise InvalidEntries(f"{name}: each must have printable characters, and no space at its beginning or end.")
        checked.append(value)
    if len(set(checked)) < len(checked) and name != "the passwords":
        raise InvalidEntries(f"{name}: two of them are equal.")
    return checked


def _field_name(value: Any, name: str) -> str:
    if not isinstance(value, str) or len(value) > 100 or not HTTP_TOKEN.fullmatch(value):
        raise InvalidEntries(f"{name} must be the name of a header, such as X-Gitlab-Token.")
    if value.lower() in _READ:
        raise InvalidEntries(f"{name}: the header {value} determines how a request is read: choose another one.")
    return value


def mask(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries with a mask for each secret."""
    return [_with_secrets(entry, lambda _: MASK) for entry in entries]


def secrets_of(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the secrets of entries. Public keys are no secrets, but are treated as if they were."""
    for entry in entries:
        yield from entry.get(_LISTS.get(entry["kind"], ""), ())
        yield from entry.get("users", {}).values()
        if "key" in entry:
            yield entry["key"] if isinstance(entry["key"], str) else json.dumps(entry["key"])


def _with_secrets(entry: Entry, change: Callable[[Any], Any]) -> Entry:
    changed = dict(entry)
    if (name := _LISTS.get(entry["kind"])) is not None:
        changed[name] = [change(value) for value in entry[name]]
    elif entry["kind"] == "basic":
        changed["users"] = {user: change(password) for user, password in entry["users"].items()}
    elif "key" in entry:
        changed["key"] = change(entry["key"])
    return changed


def has_masks(entries: Any) -> bool:
    """Return whether entries of a document contain masks. Their form has not been checked."""
    return isinstance(entries, list | tuple) and any(_is_masked(entry) for entry in entries)


def _is_masked(entry: Any) -> bool:
    if not isinstance(entry, Mapping):
        return False
    values = [entry.get("key")]
    for name in ("tokens", "values", "users"):
        value = entry.get(name)
        values += list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
    return MASK in values


def unmask(entries: Sequence[Any], stored: Sequence[Entry]) -> list[Any]:
    """
    Return the entries of a document, with stored secrets in place of masks.

    A mask in a list stands for the stored values of the entry of the same kind and name; the masks come first, one for
    each stored value, because a mask does not name the value. The mask of a password is that of the user's.

    Args:
        entries: The entries. Their form has not been checked.
        stored: The stored entries.

    Raises:
        InvalidEntries: A mask stands for nothing that is stored, or for one of several values.
    """
    counts = Counter(_identity(entry) for entry in entries)
    before = Counter(_identity(entry) for entry in stored)
    seen: Counter[tuple[Any, ...]] = Counter()
    unmasked = []
    for number, entry in enumerate(entries, 1):
        identity = _identity(entry)
        place = seen[identity]
        seen[identity] += 1
        if not _is_masked(entry):
            unmasked.append(entry)
            continue
        same = [other for other in stored if _identity(other) == identity]
        if place >= len(same) or counts[identity] < before[identity]:
            raise InvalidEntries(
                f"Entry {number}: it has the mask of a secret, but it is not clear of which: specify the secret itself."
            )
        try:
            unmasked.append(_unmasked(entry, same[place]))
        except InvalidEntries as error:
            raise InvalidEntries(f"Entry {number}: {error}") from None
    return unmasked


def _identity(entry: Any) -> tuple[Any, ...]:
    if not isinstance(entry, Mapping):
        return ()
    kind, name = entry.get("kind"), entry.get("name")
    if kind == "jwt":
        # A key must not pass to tokens of another issuer.
        rest = {key: value for key, value in entry.items() if key not in {"kind", "key"} and value is not None}
        return kind, json.dumps(rest, sort_keys=True, default=str)
    return kind, str(name).lower() if kind == "header" else str(name)


def _unmasked(entry: Mapping[str, Any], stored: Entry) -> Entry:
    changed = dict(entry)
    if isinstance(users := entry.get("users"), Mapping):
        known = stored.get("users", {})
        if missing := [user for user, password in users.items() if password == MASK and user not in known]:
            raise InvalidEntries(f"The user {missing[0]!r} is new: specify the password itself.")
        changed["users"] = {user: known[user] if value == MASK else value for user, value in users.items()}
    if entry.get("key") == MASK and "key" in stored:
        changed["key"] = stored["key"]
    for name in ("tokens", "values"):
        values = entry.get(name)
        if not isinstance(values, list) or MASK not in values:
            continue
        kept = stored.get(name, [])
        if values[: len(kept)] != [MASK] * len(kept) or MASK in values[len(kept) :]:
            many = f"all {len(kept)} values that are set, in their order" if len(kept) > 1 else "the value that is set"
            raise InvalidEntries(
                f"Masks stand for {many}: list {len(kept)} of them, then new values; or list all values themselves."
            )
        changed[name] = [*kept, *values[len(kept) :]]
    return changed


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """
    Return the networks of `access.ip`: networks or single addresses of IPv4 and IPv6.

    Raises:
        ValueError: A text is neither.
    """
    found = []
    for text in texts:
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            try:
                hint = f"write {ipaddress.ip_network(text, strict=False)}"
            except ValueError:
                hint = "write 10.0.0.0/8, 203.0.113.7 or 2001:db8::/32"
            raise ValueError(f"{text!r} is not a network: {hint}.") from None
        if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= 96 and network.subnet_of(_MAPPED):
            lowest = ipaddress.IPv4Address(int(network.network_address) & 0xFFFFFFFF)
            network = ipaddress.IPv4Network((lowest, network.prefixlen - 96))
        found.append(network)
    if len(found) > MAX_NETWORKS:
        raise ValueError(f"There are {len(found)} networks, but at most {MAX_NETWORKS} are allowed.")
    return tuple(found)


def parse_address(client: str) -> Address | None:
    """Return a client's address; an IPv4 address for one that is mapped to IPv6. None if it is no address."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
