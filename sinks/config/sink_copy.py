"""Duplication of sinks."""

import secrets as random
from itertools import count as counting

from django.utils import timezone

from sinks.access.encryption import Encrypted
from sinks.models import Sink
from sinks.routing import paths


def duplicate(sink: Sink) -> Sink:
    """
    Save an inactive copy of a sink at a free path of its app; if the sink has a token, the copy gets a new one.

    Args:
        sink: The sink. The object becomes the copy.

    Raises:
        ValidationError: The copy is invalid, for example because its workflow is not installed.
    """
    sink.pk, sink.active, sink.created_at = None, False, timezone.now()
    sink.access_log_until = None
    sink._state.adding = True
    sink.awaits_secret_until = sink.secret_received_at = None
    sink.encrypted_old_token, sink.old_token_until = Encrypted(), None
    if sink.encrypted_token:
        sink.auth_token = random.token_urlsafe(32)  # the original's token must not work for the copy
    segments = paths.segments(paths.normalise(sink.path))
    # A suffix would make a parameter a literal segment, and the root path has no segment to add it to.
    start = sink.path.rstrip("/") + ("/copy" if not segments or paths.parameter(segments[-1]) is not None else "")
    taken = set(Sink.objects.filter(app=sink.app_id, method=sink.method).values_list("shape", flat=True))
    sink.path = next(path for number in counting(2) if paths.shape(path := f"{start}-{number}") not in taken)
    sink.full_clean()
    sink.save()
    return sink
