"""How a server stops listening without losing a connection that a client has, or is about to have."""

import ctypes
import logging
import socket
import struct

logger = logging.getLogger(__name__)

_SO_ATTACH_FILTER = 26  # Linux
# A classic BPF program, which sees a segment from its TCP header on: SYN without ACK is dropped.
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
    Have a listening socket begin no more connections, while those that have begun are completed and can be accepted.

    A client that tries meanwhile hears nothing, and tries again after a second. When the socket is closed by then, it
    is refused at once, and a proxy asks its next server. Closing the socket alone would break the connections that the
    system has made already: their clients may have sent a request, which a proxy must not repeat.

    Args:
        listener: The socket; all processes that share it are affected.
    """
    program = b"".join(struct.pack("HBBI", *one) for one in _INSTRUCTIONS)
    kept = ctypes.create_string_buffer(program, len(program))
    try:
        listener.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", len(_INSTRUCTIONS), ctypes.addressof(kept))
        )
    except OSError as error:  # not on Linux
        logger.debug("deferred accept unavailable: error=%s", error)
