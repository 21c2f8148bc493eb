"""The output of `manage.py sinks import`."""

from django.core.management.color import Style

from runs.management.terminal import json_line
from sinks.config.import_export import Change


def changes_as_json(changes: list[Change], unchanged: int, *, dry_run: bool) -> str:
    """Return all changes as one line of JSON, with the number of unchanged objects."""
    done = [
        {
            "action": change.action,
            "app_id": change.app_id,
            "method": change.method or None,
            "path": change.path or None,
            "schedule": change.schedule or None,
            "fields": {place: {"before": was, "after": now} for place, (was, now) in change.fields.items()},
        }
        for change in changes
    ]
    return json_line({"dry_run": dry_run, "changes": done, "unchanged": unchanged})


def change_as_text(change: Change, style: Style) -> str:
    """Return a change as text, with a line for each of its fields."""
    sign, paint = {
        "create": ("+", style.SUCCESS),
        "change": ("~", style.WARNING),
        "delete": ("-", style.ERROR),
    }[change.action]
    name = f"{change.method} /{change.app_id}{change.path}" if change.method else f"app {change.app_id}"
    if change.schedule:
        name = f"schedule {change.app_id}/{change.schedule}"
    lines = [paint(f"{sign} {name}")]
    for place, (before, after) in change.fields.items():
        if change.action == "create":
            lines.append(f"    {place}: {json_line(after)}")
        elif before == after:
            lines.append(f"    {place}: replaced")  # a secret: only its mask is shown
        else:
            lines.append(f"    {place}: {json_line(before)} -> {json_line(after)}")
    return "\n".join(lines)


def summary_as_text(changes: list[Change], unchanged: int, *, dry_run: bool) -> str:
    """Return how many apps, sinks and schedules are created, changed, deleted and unchanged, as text."""
    counts = {name: sum(change.action == name for change in changes) for name in ("create", "change", "delete")}
    will = "would be " if dry_run else ""
    return (
        f"{will}created: {counts['create']}, {will}changed: {counts['change']}, {will}deleted: {counts['delete']}, "
        f"unchanged: {unchanged}."
    )
