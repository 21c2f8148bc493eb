"""The parts of a run that its page loads on demand, as whole texts: the body, the output, the results of steps."""

import re

from runs.admin.run_page import body_of, recorded_output
from runs.history.masking import Masks
from runs.history.steps import output_at
from runs.models import Delivery, Run

_STEP = re.compile(r"step-([0-9]{1,9})")


def document_of(run: Run, part: str) -> str | None:
    """
    Return a part of a run as text, with the secrets of its app masked. Queries the database.

    Args:
        run: The run.
        part: "body", "output", or "step-" and the place of a step's result.

    Returns:
        The text; None if the run has no such part. Bytes that are not UTF-8 are shown as U+FFFD.
    """
    if part == "body":
        delivery = Delivery.objects.filter(pk=run.pk).first()
        return None if delivery is None else body_text(run, delivery, Masks())
    if part == "output":
        return recorded_output(run, Masks()) if run.status == Run.Status.COMPLETE else None
    found = _STEP.fullmatch(part)
    return output_at(run, int(found[1])) if found is not None else None


def body_text(run: Run, delivery: Delivery, masks: Masks) -> str:
    """Return the body of a run's request as text, with the secrets of its app masked."""
    return masks.text(run.app_id, body_of(delivery)[0].decode(errors="replace"))
