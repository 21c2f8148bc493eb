"""The transport that joins the writes of one turn of the event loop."""

import asyncio
from collections.abc import Callable

from sinkhub.server.joining import JoiningTransport


class Wire(asyncio.Transport):
    """Replaces the socket's transport, and records each system call that it would make."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.calls.append(bytes(data))

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")

    def is_closing(self) -> bool:
        return "close" in self.calls or "abort" in self.calls

    def get_write_buffer_size(self) -> int:
        return 0


def calls(*turns: Callable[[JoiningTransport], None]) -> list[bytes | str]:
    """Return the wire's calls after these uses of the transport, each in a separate turn."""

    async def main() -> list[bytes | str]:
        wire = Wire()
        transport = JoiningTransport(wire, asyncio.get_running_loop())
        for turn in turns:
            turn(transport)
            await asyncio.sleep(0)
        return wire.calls

    return asyncio.run(main())


def write(*pieces: bytes) -> Callable[[JoiningTransport], None]:
    def turn(transport: JoiningTransport) -> None:
        for piece in pieces:
            transport.write(piece)

    return turn


def test_a_head_and_the_events_after_it_are_one_write() -> None:
    assert calls(write(b"head", b"events")) == [b"headevents"]


def test_a_piece_alone_is_written_when_the_turn_ends() -> None:
    assert calls(write(b"head"), write(b"event")) == [b"head", b"event"]


def test_the_order_of_many_pieces_is_kept() -> None:
    assert b"".join(
        piece for piece in calls(write(b"1", b"2", b"3"), write(b"4", b"5")) if isinstance(piece, bytes)
    ) == (b"12345")


def test_what_connections_have_to_send_goes_out_when_the_turn_ends_one_after_the_other() -> None:
    order: list[str] = []

    class Noting(Wire):
        def write(self, data: bytes | bytearray | memoryview) -> None:
            order.append(bytes(data).decode())

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for number in range(3):
            loop.call_soon(JoiningTransport(Noting(), loop).write, f"answer {number}".encode())
            loop.call_soon(order.append, f"work {number}")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert order == ["work 0", "work 1", "work 2", "answer 0", "answer 1", "answer 2"]


def test_no_more_is_held_than_a_transport_may_have_to_refuse() -> None:
    half = b"x" * 40_000
    assert calls(write(half, half, b"end")) == [half + half, b"end"]


def test_closing_sends_what_is_held_first() -> None:
    def turn(transport: JoiningTransport) -> None:
        transport.write(b"400")
        transport.close()

    assert calls(turn) == [b"400", "close"]


def test_aborting_sends_nothing_more() -> None:
    def turn(transport: JoiningTransport) -> None:
        transport.write(b"events")
        transport.abort()

    assert calls(turn) == ["abort"]


def test_what_is_held_counts_as_not_written_yet() -> None:
    sizes: list[int] = []

    def turn(transport: JoiningTransport) -> None:
        transport.write(b"head")
        sizes.append(transport.get_write_buffer_size())

    calls(turn)
    assert sizes == [4]


class Broken(Wire):
    """A socket that the system closed during the turn."""

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        raise RuntimeError("the handler is closed")


def test_a_write_that_fails_takes_no_answer_from_other_connections() -> None:
    async def main() -> list[list[bytes | str]]:
        loop = asyncio.get_running_loop()
        wires = [Wire(), Broken(), Wire()]
        transports = [JoiningTransport(wire, loop) for wire in wires]
        for turn in (b"first", b"second"):
            for transport in transports:
                transport.write(turn)
            await asyncio.sleep(0)
        return [wire.calls for wire in wires]

    assert asyncio.run(main()) == [[b"first", b"second"], [], [b"first", b"second"]]


def test_a_write_to_a_closed_connection_is_dropped() -> None:
    closed = calls(lambda transport: transport.close(), write(b"event"))
    assert closed == ["close"]


def test_a_connection_that_lingers_is_only_closed_for_writing() -> None:
    class Halved(Wire):
        def write_eof(self) -> None:
            self.calls.append("eof")

    async def main() -> list[bytes | str]:
        wire = Halved()
        transport = JoiningTransport(wire, asyncio.get_running_loop(), lambda: True)
        transport.write(b"400")
        transport.close()
        assert transport.is_closing()
        transport.write(b"more")
        transport.close()
        await asyncio.sleep(0)
        return wire.calls

    assert asyncio.run(main()) == [b"400", "eof"]
