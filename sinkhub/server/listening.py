"""Stop listening without losing connections that are established or in their handshake."""

import ctypes
import logging
import socket
import struct

logger = logging.getLogger(__name__)

_SO_ATTACH_FILTER = 26  # Linux
# A classic BPF program on a segment from its TCP header on; it drops SYN without ACK.
_FLAGS_OFFSET, _SYN, _ACK = 13, 0x02, 0x10
_INSTRUCTIONS = (
    (0x30, 0, 0, _FLAGS_OFFSET),  # load the byte
    (0x54, 0, 0, _SYN | _ACK),  # and
    (0x15, 0, 1, _SYN),  # jump if equal
    (0x06, 0, 0, 0),  # return: keep nothing
    (0x06, 0, 0, 0xFFFFFFFF),  # return: keep all
)


def refuse_handshakes(listener: socket.socket) -> None:
    """
    Make a listening socket ignore new handshakes. Handshakes that are in progress still complete, and their connections
    can be accepted.

    A client that connects meanwhile gets no answer, and retries after a second. Once the socket is closed, such a
    client is refused at once, and a proxy tries its next server. If the socket were closed without this step,
    connections that the system has already established would break: their clients may have sent a request, which a
    proxy must not repeat.

    Args:
        listener: The socket; this affects all processes that share it.
    """
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in _INSTRUCTIONS)
    kept = ctypes.create_string_buffer(program, len(program))
    try:
        listener.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", len(_INSTRUCTIONS), ctypes.addressof(kept))
        )
    except OSError as error:  # not on Linux
        logger.debug("deferred accept unavailable: error=%s", error)
