"""The signatures and the time that a delivery carries: found, and decoded."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sinks.webhooks.signatures.scheme import Scheme, TimeRule
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery, find_all, json_path, text_of

_DIGITS = frozenset(b"0123456789")
_LAST_SECOND = 100_000_000_000  # seconds since 1970; larger numbers are milliseconds
_MAX_ITEMS = 100  # of a signature field, since a client can send any number
_TWO_TIMES = "The signature has two different timestamps."
MAX_SIGNATURES = 16  # how many signatures of a delivery are compared


# The values of a delivery's signature, decoded, and its time as sent.
Received = tuple[list[bytes], bytes]


def reader(scheme: Scheme) -> Callable[[Delivery], Received]:
    """
    Return a function that finds the signatures of a delivery, and its time.

    Args:
        scheme: The scheme.

    Returns:
        The function. It raises BadSignature if the delivery has no signature or no time.
    """
    read = _values(scheme)
    if scheme.is_list:
        return _reader_of_list(scheme, read)
    if scheme.item:
        return _reader_of_items(scheme, read)
    rule = scheme.time
    read_time = time_reader(rule) if rule is not None else None
    if is_one_header(scheme):
        value_of = header_reader(scheme)
        return lambda delivery: ([value_of(delivery)], read_time(delivery) if read_time is not None else b"")
    decode = _reader_of_value(scheme)
    return lambda delivery: (
        [decode(value) for value in read(delivery)],
        read_time(delivery) if read_time is not None else b"",
    )


def is_one_header(scheme: Scheme) -> bool:
    """Return whether a delivery has one signature, which is a header field of its own."""
    return scheme.place == "header" and not (scheme.also or scheme.item or scheme.is_list)


def header_reader(scheme: Scheme) -> Callable[[Delivery], bytes]:
    """Return a function that returns the signature of a delivery by a scheme for which `is_one_header` holds."""
    key, missing = scheme.name.encode(), f"The {scheme.name} header is missing."
    decode = _reader_of_value(scheme)

    def received(delivery: Delivery) -> bytes:
        if not (value := delivery.headers.get(key, b"").strip()):
            raise BadSignature(missing)
        return decode(value)

    return received


def presence(scheme: Scheme) -> Callable[[Delivery], bool]:
    """Return a function that returns whether a delivery has the signature of a scheme, and what `when` requires."""
    read, when = _values(scheme), scheme.when

    def is_present(delivery: Delivery) -> bool:
        try:
            if when is not None:
                if when.header and not delivery.headers.get(when.header.encode()):
                    return False
                if when.query:
                    delivery.query(when.query)
            return bool(read(delivery))
        except BadSignature:
            return False

    return is_present


def time_check(rule: TimeRule, tolerance: int | None = None) -> Callable[[bytes, float], None]:
    """
    Return a function that checks that a delivery is recent.

    Args:
        rule: The unit of the time, and its tolerance.
        tolerance: Seconds that it may be off, in either direction; None for the rule's own.

    Returns:
        The function. It takes the time as sent, and seconds since 1970, and raises BadSignature if the time is none, or
        too far off.
    """
    read, allowed = _UNITS[rule.unit], tolerance if tolerance is not None else rule.tolerance

    def check(sent: bytes, now: float) -> None:
        off = now - read(sent)
        if not -allowed <= off <= allowed:
            when = "old" if off > 0 else "in the future"
            raise BadSignature(f"The timestamp is {abs(off):.0f} s {when}; {allowed} s are allowed.")

    return check


def decoder(encoding: str) -> Callable[[bytes], bytes]:
    """Return the function that decodes a signature. It raises BadSignature."""
    return _DECODERS[encoding]


def _reader_of_value(scheme: Scheme) -> Callable[[bytes], bytes]:
    """Return the function that removes the prefix from a value and decodes it."""
    prefix, name = scheme.prefix.encode(), scheme.name
    decode = _DECODERS[scheme.encoding] if scheme.signed else None
    if not prefix:
        return decode or bytes
    length = len(prefix)

    def read(value: bytes) -> bytes:
        if not value.startswith(prefix):
            raise BadSignature(f"{name} does not begin with {scheme.prefix!r}.")
        rest = value[length:].strip()
        return decode(rest) if decode is not None else rest

    return read


def _values(scheme: Scheme) -> Callable[[Delivery], list[bytes]]:
    """Return a function that returns the values under the names of a scheme; at least one."""
    names = scheme.names
    match scheme.place:
        case "header" if len(names) == 1:
            key, missing = names[0].encode(), f"The {names[0]} header is missing."

            def one_header(delivery: Delivery) -> list[bytes]:
                if not (value := delivery.headers.get(key, b"").strip()):
                    raise BadSignature(missing)
                return [value]

            return one_header
        case "header":
            keys = [name.encode() for name in names]

            def any_header(delivery: Delivery) -> list[bytes]:
                found = [value.strip() for key in keys if (value := delivery.headers.get(key, b"")).strip()]
                return found or [delivery.header(names[0])]

            return any_header
        case "query":
            return lambda delivery: [delivery.query(names[0])]
        case "form":
            return lambda delivery: [delivery.field(names[0])]
        case "body":
            return lambda delivery: [delivery.body.strip()]
        case "basic":
            return _basic
    steps = json_path(scheme.name)
    return lambda delivery: _in_json(delivery, steps, scheme.name)


def _in_json(delivery: Delivery, steps: tuple[str | int | None, ...], name: str) -> list[bytes]:
    body = delivery.json()
    found = [text_of(value) for value in find_all(body, steps)]
    if not found or not all(found):
        raise BadSignature(f"The body has no {name}.")
    if None in steps:
        # Each item has to carry the value: one without it would not be authenticated.
        place = steps.index(None)
        if len(found) != len(find_all(body, steps[: place + 1])):
            raise BadSignature(f"An item of the body has no {name}.")
    return found


def _basic(delivery: Delivery) -> list[bytes]:
    kind, _, credentials = delivery.header("authorization").partition(b" ")
    if kind.lower() != b"basic":
        raise BadSignature("The Authorization header has no Basic credentials.")
    return [_from_base64(credentials.strip())]


def _reader_of_items(scheme: Scheme, read: Callable[[Delivery], list[bytes]]) -> Callable[[Delivery], Received]:
    """Return a function that reads named items such as `t=1700000000,v1=5257a8...`."""
    assign, item, any_name = scheme.assign.encode(), scheme.item.encode(), scheme.item == "*"
    split, read_value, rule = _splitter(scheme), _reader_of_value(scheme), scheme.time
    time_name = rule.name.encode() if rule is not None and rule.place == "item" else None
    read_time = time_reader(rule) if rule is not None and time_name is None else None

    def received(delivery: Delivery) -> Received:
        values: list[bytes] = []
        sent: bytes | None = None
        for text in read(delivery):
            for entry in split(text):
                name, _, value = entry.strip().partition(assign)
                if name == time_name:
                    if sent is not None and sent != value:
                        raise BadSignature(_TWO_TIMES)
                    sent = value
                elif (name == item or any_name) and len(values) < MAX_SIGNATURES:
                    values.append(read_value(value))
        return values, read_time(delivery) if read_time is not None else sent or b""

    return received


def _reader_of_list(scheme: Scheme, read: Callable[[Delivery], list[bytes]]) -> Callable[[Delivery], Received]:
    """Return a function that reads a list of signatures, with the time at a position of it or elsewhere."""
    split, read_value, rule = _splitter(scheme), _reader_of_value(scheme), scheme.time
    time_position = int(rule.name) if rule is not None and rule.place == "item" else None
    read_time = time_reader(rule) if rule is not None and time_position is None else None

    def received(delivery: Delivery) -> Received:
        values: list[bytes] = []
        sent: bytes | None = None
        for text in read(delivery):
            for position, entry in enumerate(split(text)):
                if position == time_position:
                    if sent is not None and sent != entry.strip():
                        raise BadSignature(_TWO_TIMES)
                    sent = entry.strip()
                elif len(values) < MAX_SIGNATURES:
                    values.append(read_value(entry.strip()))
        return values, read_time(delivery) if read_time is not None else sent or b""

    return received


def _splitter(scheme: Scheme) -> Callable[[bytes], list[bytes]]:
    """Return a function that splits the text of a signature field into its items."""
    separator = scheme.separator.encode()
    if b" " not in separator:
        return lambda text: text.split(separator, _MAX_ITEMS)
    # A comma separates the values of a repeated field, too; with the separator ", " it also separates items.
    comma = b", " if separator == b" " else separator.strip()
    return lambda text: text.replace(comma, b" ").split(None, _MAX_ITEMS)


def time_reader(rule: TimeRule) -> Callable[[Delivery], bytes]:
    """Return a function that returns the time of a delivery as sent. It raises BadSignature if there is none."""
    name = rule.name
    match rule.place:
        case "header":
            key, missing = name.encode(), f"The {name} header is missing."

            def header(delivery: Delivery) -> bytes:
                if not (value := delivery.headers.get(key, b"").strip()):
                    raise BadSignature(missing)
                return value

            return header
        case "query":
            return lambda delivery: delivery.query(name)
    steps = json_path(name)
    return lambda delivery: _in_json(delivery, steps, name)[0]


def _seconds(sent: bytes, unit: str = "seconds") -> float:
    if not sent or len(sent) > 20 or not _DIGITS.issuperset(sent):
        raise BadSignature(f"The timestamp is not a number of {unit}.")
    return int(sent)


def _seconds_or_milliseconds(sent: bytes) -> float:
    number = _seconds(sent)
    return number / 1000 if number > _LAST_SECOND else number


def _rfc3339(sent: bytes) -> float:
    try:
        moment = datetime.fromisoformat(sent.decode("ascii"))
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadSignature("The timestamp is not a time such as 2026-01-31T12:00:00Z.") from None


def _http(sent: bytes) -> float:
    try:
        return parsedate_to_datetime(sent.decode("ascii")).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        raise BadSignature("The timestamp is not a time such as Sat, 31 Jan 2026 12:00:00 GMT.") from None


def _from_hex(text: bytes) -> bytes:
    try:
        return binascii.unhexlify(text)
    except (binascii.Error, ValueError):
        raise BadSignature("The signature is not hexadecimal.") from None


def _from_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("The signature is not base64.") from None


def _from_base64url(text: bytes) -> bytes:
    plain = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    return _from_base64(plain + b"=" * (-len(plain) % 4))


_DECODERS = {"hex": _from_hex, "base64": _from_base64, "base64url": _from_base64url}
_UNITS: dict[str, Callable[[bytes], float]] = {
    "s": _seconds,
    "ms": lambda sent: _seconds(sent, "milliseconds") / 1000,
    "s-or-ms": _seconds_or_milliseconds,
    "rfc3339": _rfc3339,
    "http": _http,
}
