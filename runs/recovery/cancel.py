"""Request the cancellation of a run: the process that executes it polls twice a second."""

from runs.links.children import cancel_children
from runs.models import UNFINISHED, Run


def cancel(run: Run) -> bool:
    """
    Request that a run and its children end as `cancelled`, unless they end in another way first.

    Args:
        run: The run. If it is over, its status is read again.

    Returns:
        Whether the run was unfinished and the request was recorded.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if Run.objects.filter(pk=run.pk, status__in=UNFINISHED).update(cancel_requested=True):
        cancel_children([run.pk])
        return True
    run.refresh_from_db(fields=["status"])
    return False
