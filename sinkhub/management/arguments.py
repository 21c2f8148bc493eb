"""Check the arguments of a server before it starts."""

import errno
import socket

from django.core.management.base import CommandError


def check_port(host: str, port: int, other: str) -> None:
    """
    Check that the server can listen at an address.

    Args:
        host: An address or name to listen at.
        port: A TCP port.
        other: The arguments that choose another port, for the error message.

    Raises:
        CommandError: The host is unknown, the port is in use, or this user may not bind it.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CommandError(f"Cannot listen at HOST {host!r}: {error.strerror}.") from None
    for family, kind, protocol, _, address in found:
        try:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(f"Port {port} is in use: choose another with {other!r}.") from None
            if error.errno == errno.EACCES:
                raise CommandError(f"This user may not listen at port {port}: choose another with {other!r}.") from None
            # The server reports other errors when it starts.
