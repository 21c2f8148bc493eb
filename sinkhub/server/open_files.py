"""The limit of open files, which bounds the connections of a process."""

import resource

from django.conf import settings

_MAX_FILES = 65_536  # no process needs more; the hard limit may be a billion
_RESERVE = 256  # files besides connections: databases, threads' connections, logs, uploads, children


def raise_file_limit() -> int:
    """
    Raise the soft limit of open files to the hard limit, at most to 65,536.

    Returns:
        The limit in force; 65,536 if no limit is set.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            return soft
        return wanted
    return _MAX_FILES if soft == resource.RLIM_INFINITY else soft


def max_connections(files: int) -> int:
    """
    Return how many connections a process may have: MAX_CONNECTIONS, or fewer if the limit of open files is lower.

    Args:
        files: The limit of open files.
    """
    possible = max(files - _RESERVE, files // 2)
    return min(settings.MAX_CONNECTIONS or possible, possible)
