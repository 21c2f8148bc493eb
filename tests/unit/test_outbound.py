"""Outgoing requests reach public addresses only, and are bounded in time, size and redirects."""

import asyncio
import gzip
import re
import socket
import ssl
import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from runs.outbound import Failure, OutboundError, Response, fetch, fetch_sync
from runs.outbound.addresses import is_allowed
from tests.support.certificates import self_signed

Answer = Callable[[str], bytes]  # from the request as text


class Server:
    """Answers each request on a connection of its own, at a port of 127.0.0.1, while a request is sent to it."""

    def __init__(self, answer: Answer | bytes, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.requests: list[str] = []
        self.tls = tls
        self.pause = 0.0  # seconds between two bytes of an answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if (first := await reader.readexactly(1)) == b"\x16":
                return  # TLS, at a server without
            head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1])) if length else b""
            self.requests.append(head + body.decode())
            answer = self.answer if isinstance(self.answer, bytes) else self.answer(self.requests[-1])
            for piece in [bytes([byte]) for byte in answer] if self.pause else [answer]:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(self.pause)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def fetch(self, url: str, method: str = "GET", **options: Any) -> Response:
        """Start the server, fetch a URL in which PORT stands for its port, and stop it."""

        async def main() -> Response:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
            self.port = server.sockets[0].getsockname()[1]
            try:
                return await fetch(method, url.replace("PORT", str(self.port)), **options)
            finally:
                server.close()

        return asyncio.run(main())

    def failure(self, url: str, method: str = "GET", **options: Any) -> OutboundError:
        """Do the same, and return the error."""
        with pytest.raises(OutboundError) as caught:
            self.fetch(url, method, **options)
        return caught.value


def answer(body: bytes = b"", status: str = "200 OK", **fields: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items()]
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{''.join(lines)}\r\n".encode() + body


def redirect(location: str, status: int = 302) -> bytes:
    return answer(status=f"{status} Elsewhere", Location=location)


@pytest.fixture
def local(settings: Any) -> None:
    """Allow requests to this machine."""
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Make names resolve to lists of addresses: one for each lookup, the last one for ever."""
    table: dict[str, list[list[str]]] = {}

    def getaddrinfo(host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        if host not in table:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = table[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    return table


@pytest.mark.parametrize(
    "text",
    [
        *["0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "100.100.100.200", "127.0.0.1", "127.255.255.254"],
        *[
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
        ],
        *["192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.1.1.1"],
        *["240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"],
        *["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "100::1", "2001::1", "2001:20::1"],
        *["2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1"],
        *["fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1", "4000::1"],
    ],
)
def test_an_address_that_is_not_public_is_refused(text: str) -> None:
    assert not is_allowed(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        *["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1", "169.253.255.255"],
        *["172.15.255.255", "172.32.0.1", "192.0.1.1", "198.17.255.255", "223.255.255.255", "2606:4700::1111"],
        *["2001:4860:4860::8888", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
    ],
)
def test_a_public_address_is_reached(text: str) -> None:
    assert is_allowed(ip_address(text))


def test_an_allowed_network_is_reached_in_each_form_of_its_addresses() -> None:
    networks = [ip_network("10.0.0.0/8"), ip_network("fd12::/32")]
    allowed = ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd12::1"]
    assert [text for text in allowed if not is_allowed(ip_address(text), networks)] == []
    assert not is_allowed(ip_address("192.168.0.1"), networks)
    assert not is_allowed(ip_address("fd13::1"), networks)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0x7f000001", "2130706433", "0", "017700000001"],
)
def test_a_request_to_this_machine_is_refused_however_it_is_written(host: str) -> None:
    server = Server(answer(b"secret"))
    assert server.failure(f"http://{host}:PORT/").kind == Failure.ADDRESS
    assert server.requests == []


@pytest.mark.usefixtures("local")
def test_a_request_reaches_an_allowed_network_with_its_method_fields_and_body() -> None:
    server = Server(answer(b'{"a": 1}', X_Two="1", x_two="2"))
    options = {"headers": {"X-Key": "k", "Host": "evil"}, "content": b"text"}
    response = server.fetch("http://127.0.0.1:PORT/a%20b/ü?q=1#part", "post", **options)
    assert (response.status, response.json()) == (200, {"a": 1})
    assert response.headers["x-two"] == "1, 2"
    [request] = server.requests
    assert request.startswith("POST /a%20b/%C3%BC?q=1 HTTP/1.1\r\n")
    assert request.endswith("\r\n\r\ntext")
    assert re.findall(r"^(?:host|x-key): (.*)\r$", request, re.MULTILINE | re.IGNORECASE) == [
        f"127.0.0.1:{server.port}",
        "k",
    ]


@pytest.mark.usefixtures("local")
def test_an_error_status_is_a_response() -> None:
    response = Server(answer(b"no", "500 Oops")).fetch("http://127.0.0.1:PORT/")
    assert (response.status, response.body) == (500, b"no")
    with pytest.raises(OutboundError, match="not JSON"):
        response.json()


@pytest.mark.usefixtures("local")
def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert Server(answer(b"direct")).fetch("http://127.0.0.1:PORT/").body == b"direct"


def test_the_argument_of_a_command_can_allow_a_network() -> None:
    networks = [ip_network("127.0.0.1")]
    assert Server(answer(b"here")).fetch("http://127.0.0.1:PORT/", networks=networks).body == b"here"


@pytest.mark.usefixtures("local")
def test_a_thread_without_a_loop_can_send_a_request() -> None:
    with pytest.raises(OutboundError) as caught:
        fetch_sync("GET", "http://127.0.0.1:1/", timeout=5)
    assert caught.value.kind == Failure.CONNECTION
    assert str(caught.value).startswith("No connection to 127.0.0.1, port 1: connection refused.")


def test_of_a_name_with_several_addresses_only_the_allowed_are_tried(
    names: dict[str, list[list[str]]], settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.2"),)
    names["two.example"] = [["127.0.0.1", "127.0.0.2"]]
    server = Server(answer())  # at 127.0.0.1
    assert server.failure("http://two.example:PORT/").kind == Failure.CONNECTION
    assert server.requests == []
    assert "outgoing request refused: host=two.example address=127.0.0.1" in caplog.text
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.1"), ip_network("127.0.0.3"))
    names["two.example"] = [["127.0.0.3", "127.0.0.1"]]
    assert server.fetch("http://two.example:PORT/").status == 200  # the first one does not accept


@pytest.mark.usefixtures("local")
def test_a_name_that_changes_its_address_is_connected_to_at_the_checked_one(names: dict[str, list[list[str]]]) -> None:
    names["rebinding.example"] = [["127.0.0.1"], ["192.0.2.1"]]
    server = Server(answer(b"first"))
    assert server.fetch("http://rebinding.example:PORT/").body == b"first"
    error = server.failure("http://rebinding.example:PORT/")  # resolves again
    assert error.kind == Failure.ADDRESS
    assert "OUTBOUND_ALLOW" in str(error) and "192.0.2.1" not in str(error)


@pytest.mark.usefixtures("local")
def test_a_redirect_to_an_address_that_is_not_public_is_refused(names: dict[str, list[list[str]]]) -> None:
    names["inner.example"] = [["10.0.0.1"]]
    for location in ("http://10.0.0.1/", "http://inner.example/", "//169.254.169.254/latest/meta-data"):
        assert Server(redirect(location)).failure("http://127.0.0.1:PORT/").kind == Failure.ADDRESS


def test_a_name_without_an_address_is_named(names: dict[str, list[list[str]]]) -> None:
    error = Server(b"").failure("http://none.example/secret?token=hidden")
    assert error.kind == Failure.RESOLUTION
    assert str(error).startswith("The name none.example cannot be resolved.")


@pytest.mark.usefixtures("local")
def test_a_redirect_is_followed_to_its_end() -> None:
    def answers(request: str) -> bytes:
        return answer(b"end") if request.startswith("GET /end ") else redirect("../end?", 303)

    server = Server(answers)
    response = server.fetch(
        "http://127.0.0.1:PORT/a/b", "POST", content=b"x", headers={"Content-Type": "a/b", "X": "1"}
    )
    assert response.body == b"end"
    assert "content-type" not in server.requests[1].lower() and "x: 1" in server.requests[1].lower()
    assert "content-length" not in server.requests[1].lower()


@pytest.mark.usefixtures("local")
def test_the_same_server_gets_the_body_again_where_the_redirect_keeps_the_method() -> None:
    server = Server(lambda request: answer() if request.startswith("POST /new ") else redirect("/new", 308))
    assert server.fetch("http://127.0.0.1:PORT/", "POST", content=b"body").status == 200
    assert [request[-4:] for request in server.requests] == ["body", "body"]


@pytest.mark.usefixtures("local")
def test_another_server_gets_neither_body_nor_credentials(names: dict[str, list[list[str]]]) -> None:
    names["other.example"] = [["127.0.0.1"]]
    server = Server(b"")

    def answers(request: str) -> bytes:
        return redirect(f"http://other.example:{server.port}/", 307) if "host: 127" in request else answer()

    server.answer = answers
    server.fetch("http://127.0.0.1:PORT/", headers={"Authorization": "Bearer x", "X-Api-Key": "k", "Accept": "a/b"})
    assert "Bearer x" in server.requests[0] and "Bearer x" not in server.requests[1]
    assert "x-api-key" not in server.requests[1] and "\r\naccept: a/b" in server.requests[1]
    error = server.failure("http://127.0.0.1:PORT/", "POST", content=b"body")
    assert error.kind == Failure.REDIRECT
    assert "the request's body is not sent to another server" in str(error)


@pytest.mark.usefixtures("local")
def test_redirects_are_bounded() -> None:
    server = Server(redirect("/again"))
    error = server.failure("http://127.0.0.1:PORT/", max_redirects=2)
    assert (error.kind, len(server.requests)) == (Failure.REDIRECT, 3)
    assert server.fetch("http://127.0.0.1:PORT/", max_redirects=0).status == 302


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("location", ["ftp://x/", "http://a:b@127.0.0.1/", "http://[::1", "file:///etc/passwd"])
def test_a_redirect_to_a_url_that_cannot_be_used_is_refused(location: str) -> None:
    error = Server(redirect(location)).failure("http://127.0.0.1:PORT/")
    assert error.kind in {Failure.URL, Failure.REDIRECT}
    assert "redirects to" in str(error)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/", "begin with https:// or http://"),
        ("file:///etc/passwd", "begin with https:// or http://"),
        ("example.com", "begin with https:// or http://"),
        ("https://user:hidden@example.com/", "user name or password"),
        ("https://@example.com/", "user name or password"),
        ("https:///path", "no valid host"),
        ("https://a..b/", "no valid host"),
        ("https://exa%6dple.com/", "no valid host"),
        ("https://example.com:0/", "no valid host"),
        ("https://example.com:99999/", "not valid"),
        ("https://[fe80::1%25eth0]/", "no valid host"),
        ("https://example.com\\@127.0.0.1/", "backslashes"),
        ("https://example.com/a b", "spaces"),
        ("https://example.com/\r\nX: y", "control characters"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_secrets(url: str, why: str) -> None:
    error = Server(b"").failure(url)
    assert error.kind == Failure.URL
    assert why in str(error) and "hidden" not in str(error)


def test_http_is_refused_where_only_https_is_allowed() -> None:
    error = Server(b"").failure("http://example.com/hidden?hidden", https_only=True)
    assert error.kind == Failure.URL
    assert str(error) == "http://example.com is not encrypted. Use a URL that begins with https://."


@pytest.mark.usefixtures("local")
def test_hosts_are_checked_on_the_url_and_on_each_redirect(names: dict[str, list[list[str]]]) -> None:
    good = ["sns.eu-west-1.amazonaws.com", "SNS.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com."]
    bad = [
        *["sns.amazonaws.com", "sns.a.b.amazonaws.com", "xsns.a.amazonaws.com", "sns.a.amazonaws.com.evil.example"],
        *["127.0.0.1", "sns.a.amazonawsxcom"],
    ]
    names |= {host.lower(): [["127.0.0.1"]] for host in (*good, *bad)}
    server = Server(answer())
    for host in good:
        assert server.fetch(f"http://{host}:PORT/", allowed_hosts=["sns.*.amazonaws.com"]).status == 200
    for host in bad:
        error = server.failure(f"http://{host}:PORT/", allowed_hosts=["sns.*.amazonaws.com"])
        assert error.kind == Failure.HOST
    server.answer = redirect("http://sns.amazonaws.com/")
    error = server.failure(f"http://{good[0]}:PORT/", allowed_hosts=["sns.*.amazonaws.com"])
    assert str(error) == "The host sns.amazonaws.com is not allowed here. Allowed: sns.*.amazonaws.com."


@pytest.mark.usefixtures("local")
def test_a_slow_body_ends_with_the_time_for_everything() -> None:
    server = Server(answer(b"x" * 200))
    server.pause = 0.02  # each byte alone is fast enough
    begun = time.monotonic()
    error = server.failure("http://127.0.0.1:PORT/path?token=hidden", timeout=0.3)
    assert time.monotonic() - begun < 3
    assert error.kind == Failure.TIMEOUT
    assert "within 0.3 seconds" in str(error) and "hidden" not in str(error) and "path" not in str(error)


def test_a_lookup_that_hangs_ends_with_the_time_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **options: time.sleep(1))
    begun = time.monotonic()
    with pytest.raises(OutboundError) as caught:
        fetch_sync("GET", "http://hangs.example/", timeout=0.1)
    assert caught.value.kind == Failure.TIMEOUT
    assert time.monotonic() - begun < 0.9  # the end of the loop does not wait for it


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("head", ["Content-Length: 1001\r\n", "Transfer-Encoding: chunked\r\n", ""])
def test_a_body_over_the_limit_is_refused_with_and_without_its_length(head: str) -> None:
    body = b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n" if "chunked" in head else b"x" * 1001
    server = Server(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body)
    assert server.failure("http://127.0.0.1:PORT/", max_bytes=1000).kind == Failure.SIZE
    assert len(server.fetch("http://127.0.0.1:PORT/", max_bytes=1001).body) == 1001


@pytest.mark.usefixtures("local")
def test_a_compressed_body_is_unpacked_within_the_limit() -> None:
    packed = gzip.compress(b"x" * 50_000_000)
    assert len(packed) < 60_000
    server = Server(answer(packed, Content_Encoding="gzip"))
    assert server.failure("http://127.0.0.1:PORT/", max_bytes=100_000).kind == Failure.SIZE
    server = Server(answer(gzip.compress(b"text"), Content_Encoding="gzip"))
    assert server.fetch("http://127.0.0.1:PORT/").body == b"text"
    server = Server(answer(b"no gzip", Content_Encoding="gzip"))
    assert server.failure("http://127.0.0.1:PORT/").kind == Failure.PROTOCOL


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    "garbage", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
def test_an_answer_that_is_not_http_is_an_error(garbage: bytes) -> None:
    assert Server(garbage).failure("http://127.0.0.1:PORT/").kind == Failure.PROTOCOL


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(("method", "value"), [("GET", "a\r\nX: y"), ("G T", "a"), ("GÉT", "a"), ("GET", "\ud800")])
def test_characters_that_http_does_not_allow_are_refused(method: str, value: str) -> None:
    error = Server(answer()).failure("http://127.0.0.1:PORT/", method, headers={"X": value})
    assert error.kind == Failure.PROTOCOL
    assert "does not allow" in str(error)


@pytest.mark.usefixtures("local")
def test_a_certificate_is_verified_against_the_name_of_the_url(
    names: dict[str, list[list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names |= {"good.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]}
    tls, file = self_signed(tmp_path, "good.example")
    server = Server(answer(b"safe"), tls)
    error = server.failure("https://good.example:PORT/", https_only=True)
    assert error.kind == Failure.CERTIFICATE
    assert str(error).startswith("The certificate of good.example is not valid: self-signed certificate.")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    assert server.fetch("https://good.example:PORT/", https_only=True).body == b"safe"
    error = server.failure("https://other.example:PORT/")
    assert error.kind == Failure.CERTIFICATE
    assert "mismatch" in str(error)
    server.answer = redirect("http://good.example/")
    error = server.failure("https://good.example:PORT/")
    assert str(error).endswith("redirects to http://good.example, which is not encrypted.")
    assert Server(answer()).failure("https://good.example:PORT/").kind == Failure.CERTIFICATE  # no TLS there
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing"))
    assert "SSL_CERT_FILE" in str(server.failure("https://good.example:PORT/"))


@pytest.mark.usefixtures("local")
def test_a_handshake_that_hangs_ends_in_time_and_closes_its_connection() -> None:
    closed = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client closes
        closed.set()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        with pytest.raises(OutboundError) as caught:
            await fetch("GET", f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/", timeout=0.1)
        assert caught.value.kind == Failure.TIMEOUT
        async with asyncio.timeout(5):
            await closed.wait()
        server.close()

    asyncio.run(main())
