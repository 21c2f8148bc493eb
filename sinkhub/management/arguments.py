"""Whether a server could listen at an address, said before it is started."""

import errno
import socket

from django.core.management.base import CommandError


def check_port(host: str, port: int, other: str) -> None:
    """
    Check that the server will be able to listen.

    Args:
        host: An address or name to listen at.
        port: A TCP port.
        other: How another port is said.

    Raises:
        CommandError: Somebody else listens there, or this user may not.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CommandError(f"HOST is {host!r}: {error.strerror}.") from None
    for family, kind, protocol, _, address in found:
        try:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(f"Port {port} is in use: say {other!r}.") from None
            if error.errno == errno.EACCES:
                raise CommandError(f"Port {port} is not for this user: say {other!r}.") from None
            # What else is the matter, the server finds out and says.
