"""Durations as text."""

_UNITS = [(86400, "d"), (3600, "h"), (60, "min"), (1, "s")]


def as_text(seconds: float) -> str:
    """Return a duration in at most two units: 12 ms, 1.2 s, 3 min 5 s, 2 h."""
    # Round before choosing the unit, to avoid 1000 ms and 60 s.
    if (milliseconds := round(seconds * 1000)) < 1000:
        return f"{milliseconds} ms" if milliseconds else "under 1 ms"
    if (tenths := round(seconds * 10)) < 600:
        return f"{tenths / 10:g} s"
    whole = round(seconds)
    units = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next(place for place, (number, _) in enumerate(units) if number)
    return " ".join(f"{number} {unit}" for number, unit in units[first : first + 2] if number)


def ago(seconds: float) -> str:
    """Return how long ago something happened, in the largest unit: just now, 5 s ago, 3 min ago, 2 h ago, 4 d ago."""
    whole = int(seconds)
    if whole < 2:  # negative if clocks differ
        return "just now"
    number, unit = next((whole // size, unit) for size, unit in _UNITS if whole >= size)
    return f"{number} {unit} ago"
