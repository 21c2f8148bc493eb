"""A run's end, asked for: whoever executes it looks twice a second."""

from runs.models import UNFINISHED, Run


def cancel(run: Run) -> bool:
    """
    Ask for a run's end; it comes as `cancelled`, unless the run comes to another one first.

    Args:
        run: The run. Its status is read anew where it is over.

    Returns:
        Whether it is not over yet.

    Raises:
        DatabaseError: The database is away.
    """
    if Run.objects.filter(pk=run.pk, status__in=UNFINISHED).update(cancel_requested=True):
        return True
    run.refresh_from_db(fields=["status"])
    return False
