"""A small chart of a sink's last day: one bar per hour, with successful runs, failed runs and refused deliveries."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from runs.history.summaries import Hours

_HIGH = 20  # pixels; the bars are 3 wide, and 1 apart
_COLOURS = {"ok": "#16a34a", "failed": "#dc2626", "refused": "#8b5cf6"}  # visible on white and on black


def sparkline(hours: Hours) -> SafeString:
    """
    Return the chart of a sink.

    Args:
        hours: The counts of each hour, oldest first.

    Returns:
        An SVG image with the sums as text in its label, or the word "none" if all counts are 0.
    """
    counts = {"ok": hours.ok, "failed": hours.failed, "refused": hours.refused}
    highest = max((sum(values) for values in zip(*counts.values(), strict=True)), default=0)
    label = ", ".join(f"{sum(many)} {kind}" for kind, many in counts.items())
    if not highest:
        return format_html('<span class="text-font-subtle-light dark:text-font-subtle-dark">{}</span>', "none")
    bars = []
    for place, hour in enumerate(zip(*counts.values(), strict=True)):
        top = float(_HIGH)
        for kind, count in zip(counts, hour, strict=True):
            if count:
                height = max(_HIGH * count / highest, 1.0)  # a small share stays visible
                top -= height
                bars.append((place * 4, f"{top:.1f}", f"{height:.1f}", _COLOURS[kind]))
    return format_html(
        '<svg role="img" aria-label="{said}" width="{width}" height="{high}" viewBox="0 0 {width} {high}">'
        "<title>{said}</title>{bars}</svg>",
        said=label,
        width=4 * len(hours.ok),
        high=_HIGH,
        bars=format_html_join("", '<rect x="{}" y="{}" width="3" height="{}" fill="{}"/>', bars),
    )
