"""Copies of sinks."""

import secrets as random
from itertools import count as counting

from django.utils import timezone

from sinks.models import Sink
from sinks.routing import paths


def duplicate(sink: Sink) -> Sink:
    """
    The sink once more at a free address of its app, not active, and with a token that nobody has yet.

    Raises:
        ValidationError: It cannot be, for its workflow is gone say.
    """
    sink.pk, sink.active, sink.created_at = None, False, timezone.now()
    sink._state.adding = True
    if sink.encrypted_token:
        sink.auth_token = random.token_urlsafe(32)  # who has the first one's reads and starts no runs of this one
    segments = paths.segments(paths.normalise(sink.path))
    # Not behind a parameter, which it would no longer be, nor behind nothing.
    start = sink.path.rstrip("/") + ("/copy" if not segments or paths.parameter(segments[-1]) is not None else "")
    taken = set(Sink.objects.filter(app=sink.app_id, method=sink.method).values_list("shape", flat=True))
    sink.path = next(path for number in counting(2) if paths.shape(path := f"{start}-{number}") not in taken)
    sink.full_clean()
    sink.save()
    return sink
