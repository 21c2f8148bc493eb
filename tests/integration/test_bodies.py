"""Real-world bodies: compressed, damaged, in odd charsets, and forms with large files. None is lost or changed."""

import asyncio
import gzip
import hashlib
import json
import random
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import UploadedFile
from webencodings.labels import LABELS

from runs.delivery import content_encoding
from runs.delivery.charsets import decode, find_charset
from runs.delivery.json_parsing import parse_in_pieces, parse_json
from runs.delivery.request import Request
from sinks.models import Sink
from sinks.models.sink_rules import delivery_faults
from tests.conftest import WORKFLOWS
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

pytestmark = pytest.mark.one_database

_FILES = """
import asyncio
import hashlib
import os

from runs.workflows import workflow


def unnamed():
    # The files of this process that stand in no folder.
    links = []
    for number in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            pass
    return sum(link.endswith("(deleted)") for link in links)


@workflow
async def files(request, run, *, pause: float = 0.0):
    before = unnamed()
    found = {name: hashlib.sha256(file.read()).hexdigest() for name, file in request.files.items()}
    on_disk = unnamed() - before
    await run.progress(50)
    if run.attempt == 1:
        await asyncio.sleep(pause)
    return {"files": found, "on_disk": on_disk, "form": request.form.dict(), "attempt": run.attempt,
            "body": hashlib.sha256(request.body).hexdigest(), "packed": request.packed is not None}
"""
_SINKS: list[dict[str, Any]] = [
    {"path": "/echo", "method": "ANY"},
    {"path": "/inspect", "method": "ANY", "workflow": "inspect"},
    {"path": "/threaded", "workflow": "threaded"},
    {"path": "/files", "workflow": "files"},
    {"path": "/held", "workflow": "files", "options": {"pause": 60}},
    {"path": "/large", "workflow": "files", "body_limit": 25 * 1024 * 1024},
]
_LARGE = random.Random(1).randbytes(3 * 1024 * 1024)
_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data; boundary=--border--"


@dataclass
class Site:
    """An installation and its server."""

    hub: Hub
    server: Server

    def post(self, path: str, body: Any, method: str = "POST", **headers: str) -> httpx.Response:
        """Send a body; in names of header fields, `_` stands for `-`."""
        fields = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
        url = f"{self.server.url}/app_test{path}"
        if "accept" not in headers:
            fields.append((b"accept", b"application/json"))
        return web.request(method, url, content=body, headers=fields, timeout=60)

    def recorded(self, answer: httpx.Response) -> bytes:
        """Return the recorded body of the answer's run."""
        rows = self.hub.query(f"SELECT body FROM runs_delivery WHERE run_id = '{answer.headers['x-run-id']}'")
        return bytes(rows[0][0])

    def runs(self) -> int:
        return self.hub.runs()

    def resident_bytes(self) -> int:
        """Return the resident memory of the server's process."""
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def files_without_name(self) -> int:
        """Return the number of the server's open files without a name in a folder."""
        links = []
        for link in Path(f"/proc/{self.server.process.pid}/fd").iterdir():
            with suppress(OSError):
                links.append(str(link.readlink()))
        return sum(link.endswith("(deleted)") for link in links)


def _prepare(hub: Hub) -> None:
    folder, temporary = hub.folder / "workflows", hub.folder / "temporary"
    folder.mkdir()
    temporary.mkdir()
    (folder / "files.py").write_text(_FILES)
    (folder / "behaviours.py").write_text((WORKFLOWS / "behaviours.py").read_text())
    hub.environment |= {"SINKHUB_WORKFLOWS": str(folder), "TMPDIR": str(temporary)}
    hub.add_sinks([dict(sink) for sink in _SINKS])


@pytest.fixture(scope="module")
def site(hub: Hub) -> Site:
    _prepare(hub)
    return Site(hub, hub.start())


def _refuse_constant(name: str) -> Any:
    raise AssertionError(f"{name} is not JSON")


def _output(answer: httpx.Response) -> Any:
    """Return the run's output; the answer must be strict JSON (RFC 8259)."""
    assert answer.status_code == 200, answer.text
    result = json.loads(answer.content.decode(), parse_constant=_refuse_constant)
    assert result["status"] == "complete", result
    return result["output"]


def _request(body: bytes, content_type: str = "", content_encoding: str = "") -> Request:
    fields = [("content-type", content_type)] if content_type else []
    if content_encoding:
        fields.append(("content-encoding", content_encoding))
    return Request("POST", "/", body=body, header_list=fields)


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def _part(name: str, data: bytes, more: str = "") -> bytes:
    return f'----border--\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + data + b"\r\n"


def _ended(body: bytes) -> bytes:
    """Return a multipart body with the final delimiter, if its parts lack it."""
    return body + b"----border----\r\n" if body.endswith(b"\r\n") else body


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# Content-Encoding: decompression.

_DATA = b'{"text": "' + bytes(range(0x61, 0x7B)) * 4000 + b'"}'


@pytest.mark.parametrize(
    ("packed", "coding", "unpacked"),
    [
        (gzip.compress(_DATA), "gzip", _DATA),
        (gzip.compress(_DATA), "GZip", _DATA),
        (gzip.compress(_DATA), "x-gzip", _DATA),
        (gzip.compress(_DATA), " identity ,gzip,, ", _DATA),
        (gzip.compress(_DATA[:50_000]) + gzip.compress(b"") + gzip.compress(_DATA[50_000:]), "gzip", _DATA),
        (zlib.compress(_DATA), "deflate", _DATA),
        (_raw_deflate(_DATA), "deflate", _DATA),
        (zlib.compress(gzip.compress(_DATA)), "gzip, deflate", _DATA),
        (gzip.compress(zlib.compress(_DATA)), "deflate\t,\tgzip", _DATA),
        (_DATA, "identity", _DATA),
        (_DATA, "", _DATA),
        (_DATA, "UTF-8", _DATA),
        (b"", "gzip", b""),
        (b"", "br", b""),
        (gzip.compress(b""), "gzip", b""),
    ],
    ids=range(15),
)
def test_a_body_is_unpacked_as_its_codings_say_the_last_first(packed: bytes, coding: str, unpacked: bytes) -> None:
    assert content_encoding.unpack(packed, coding, len(_DATA)) == unpacked


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, _raw_deflate])
def test_the_limit_is_the_last_size_that_is_taken(pack: Callable[[bytes], bytes]) -> None:
    coding = "gzip" if pack is gzip.compress else "deflate"
    for size in (1, 1000, 256 * 1024, 256 * 1024 + 1, 1_000_000):
        packed = pack(b"\0" * size)
        assert len(content_encoding.unpack(packed, coding, size)) == size
        with pytest.raises(content_encoding.TooLarge):
            content_encoding.unpack(packed, coding, size - 1)


def test_a_bomb_costs_no_more_memory_than_the_limit() -> None:
    limit = 4 * 1024 * 1024
    bomb = gzip.compress(b"\0" * (200 * 1024 * 1024))
    for packed, coding in ((bomb, "gzip"), (gzip.compress(bomb), "gzip, gzip"), (bomb * 20, "gzip")):
        tracemalloc.start()
        try:
            with pytest.raises(content_encoding.TooLarge):
                content_encoding.unpack(packed, coding, limit)
            assert tracemalloc.get_traced_memory()[1] < 1.5 * limit
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (b"not packed", "gzip"),
        (b"\x1f\x8b", "gzip"),
        (b"x", "deflate"),
        (b"\x78\xbb" + zlib.compress(_DATA)[2:], "deflate"),  # needs a dictionary
        (gzip.compress(_DATA)[:-1], "gzip"),
        (gzip.compress(_DATA)[:-8], "gzip"),
        (gzip.compress(_DATA)[:-8] + bytes(8), "gzip"),  # a wrong checksum
        (zlib.compress(_DATA)[:100], "deflate"),
        (_raw_deflate(_DATA)[:-1], "deflate"),
        (gzip.compress(_DATA) + b"garbage", "gzip"),
        (gzip.compress(_DATA) + b"\0", "gzip"),
        (gzip.compress(_DATA) + gzip.compress(_DATA)[:20], "gzip"),
        (zlib.compress(_DATA) + b"x", "deflate"),
        (gzip.compress(b"once"), "gzip, gzip"),
        (gzip.compress(b""), ",".join(["gzip"] * 6)),
        (gzip.compress(b"") * 20_000, "gzip"),
    ],
    ids=range(16),
)
def test_what_is_not_packed_as_it_says_is_unreadable(packed: bytes, coding: str) -> None:
    with pytest.raises(content_encoding.Unreadable):
        content_encoding.unpack(packed, coding, 10**7)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "compress", "gzip;q=1", "gzip gzip", "\xff" * 60_000])
def test_a_coding_that_is_not_known_is_named(coding: str) -> None:
    with pytest.raises(content_encoding.UnknownCoding, match="use gzip, deflate, or none") as caught:
        content_encoding.unpack(b"x", coding, 100)
    assert len(str(caught.value)) < 200


def test_unpacking_never_raises_anything_else() -> None:
    chance = random.Random(7)
    for _ in range(2000):
        data = bytearray(chance.choice((gzip.compress, zlib.compress, _raw_deflate))(chance.randbytes(200) * 3))
        for _ in range(chance.randrange(4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        data = data[: chance.randrange(1, len(data) + 1)] + chance.choice((b"", chance.randbytes(5)))
        coding = ",".join(chance.choice(("gzip", "deflate", "identity", "br")) for _ in range(chance.randrange(3)))
        with suppress(content_encoding.UnfitBody):
            content_encoding.unpack(bytes(data), coding, 500)


def test_a_request_has_its_body_both_unpacked_and_as_it_came() -> None:
    request = _request(packed := gzip.compress(_DATA), "application/json", "gzip")
    request.unpack(len(_DATA))
    request.unpack(len(_DATA))  # has no further effect
    assert (request.body, request.received) == (_DATA, packed)
    assert request.json == json.loads(_DATA)
    plain = _request(_DATA)
    plain.unpack(0)
    assert (plain.body, plain.received, plain.packed) == (_DATA, _DATA, None)


# Parsing a body.


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"ü": "€"}'.encode("utf-16"), "application/json; charset=utf-16"),
        ('{"ü": "€"}'.encode("utf-16-le"), "application/json; charset=UTF-16LE"),
        ('{"ü": "€"}'.encode("cp1252"), "application/json;charset=ISO-8859-1"),
        ('{"ü": "€"}'.encode(), "application/json; charset=utf-8"),
        (b"\xef\xbb\xbf" + '{"ü": "€"}'.encode(), "application/json; charset=latin1"),
    ],
)
def test_json_is_parsed_in_the_charset_that_it_declares(body: bytes, content_type: str) -> None:
    assert _request(body, content_type).json == {"ü": "€"}


def test_every_label_of_the_encoding_standard_is_known() -> None:
    for label, name in LABELS.items():
        if name not in {"utf-8", "replacement"}:
            charset = find_charset(f" {label.upper()} ")
            assert charset is not None
            assert decode(b"abc " * 2, charset)


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b'{"a": 1, "b": 2, "a": 3}', {"a": 3, "b": 2}),
        (b"\xef\xbb\xbf{}", {}),
        (b'"\\ud800"', "\ud800"),
        (b'["\\ud83d\\ude00", "\\u0000"]', ["\U0001f600", "\0"]),
        (b"9" * 4300, int("9" * 4300)),
        (b"0.%s1" % (b"0" * 5000), 0.0),
        (b"1e-999", 0.0),
        (b'{"hash": "5e999", "n": 1e+0}', {"hash": "5e999", "n": 1.0}),
        (b"[" * 150 + b"]" * 150, json.loads("[" * 150 + "]" * 150)),
        (b"[" * 500 + b"]" * 500, json.loads("[" * 500 + "]" * 500)),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_odd_json_is_parsed(body: bytes, parsed: Any) -> None:
    assert _request(body).json == parsed


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"nan",
        b"-Infinity",
        b'{"a": NaN}',
        b"1e999",
        b"[-1E+0999]",
        b"1" * 300 + b".0e99",
        b"9" * 400 + b".5",
        b"9" * 5000,
        b"[" * 501 + b"]" * 501,
        b"[" * 100_000 + b"]" * 100_000,
        b'"\xed\xa0\x80"',
        b'"\xff"',
        b'"\xc0\x80"',
        b'"\0"',
        b"{'a': 1}",
        b"[1,]",
        b"{} {}",
        "[1]".encode("utf-16"),
        "[1]".encode("utf-16-le"),
        "[1]".encode("utf-32"),
        b"\xef\xbb\xbf\xef\xbb\xbf[]",
        b'{"a": 1',
    ],
    ids=lambda value: repr(value)[:16],
)
def test_what_json_does_not_allow_is_none(body: bytes) -> None:
    assert _request(body).json is None


def _some_json(chance: random.Random, levels: int = 0) -> Any:
    kind = chance.randrange(9 if levels < 5 else 6)
    if kind == 8:
        return {f"key {chance.randrange(9)}": _some_json(chance, levels + 1) for _ in range(chance.randrange(5))}
    if kind > 5:
        return [_some_json(chance, levels + 1) for _ in range(chance.randrange(6))]
    return chance.choice(
        [0, -1, 12.5, 1e10, 10**20, -2.5e-3, True, False, None, "", "a", 'é\\"', "x" * 20, "\ud800", ","]
    )


def test_json_is_the_same_when_it_is_parsed_in_pieces() -> None:
    chance = random.Random(3)
    for _ in range(3000):
        text = json.dumps(_some_json(chance), indent=chance.choice([None, 1]), ensure_ascii=chance.random() < 0.5)
        for _ in range(chance.choice([0, 0, 1, 2])):
            place = chance.randrange(len(text) + 1)
            text = text[:place] + chance.choice('[]{},:"1e.- \\') + text[place + chance.randrange(2) :]
        window = chance.choice([1, 5, 8, 13, 40, 1000])
        try:
            expected = json.loads(text)
        except ValueError:
            with pytest.raises(ValueError):
                parse_in_pieces(text, window)
        else:
            assert repr(parse_in_pieces(text, window)) == repr(expected), (text, window)


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"[]," * 200_000 + b"{}]",
        b'{"a":{"b":[' + b"{}," * 200_000 + b"1]}}",
        b"{" + b",".join(b'"%x":1' % number for number in range(150_000)) + b"}",
        b"[" + (b"[" * 400 + b"]" * 400 + b",") * 1000 + b"0]",
        b'["' + b"x," * 500_000 + b'", 1]',
    ],
    ids=range(5),
)
def test_large_json_is_the_same_on_the_event_loop_and_off_it(body: bytes) -> None:
    async def on_event_loop() -> Any:
        return parse_json(body)

    assert parse_json(body) == asyncio.run(on_event_loop()) is not None
    for damaged in (body[:-1], body + b"]", b"[" * 501 + body + b"]" * 501, body[:-1] + b",1e999" + body[-1:]):
        assert parse_json(damaged) is None


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (b"caf\xe9", "text/plain; charset=iso-8859-1", "café"),
        (b"caf\xe9 \x80", 'text/xml;x=1; CharSet="Windows-1252"', "café €"),
        ("Grüße".encode("utf-16"), "application/xml; charset=utf-16", "Grüße"),
        ("日本".encode("shift_jis"), "text/plain;charset=Shift_JIS", "日本"),
        ("Grüße".encode(), "text/plain; charset=us-ascii", "Grüße"),
        ("Grüße".encode(), "text/plain", "Grüße"),
        ("Grüße".encode(), "text/plain; charset=no-such", "Grüße"),
        (b"xn--", "text/plain; charset=idna", "xn--"),
        (b"6162", "text/plain; charset=hex", "6162"),
        (b"\xe9", "text/plain; charset=punycode", None),
        (b"\xe9", "text/plain; charset=", None),
        (b"\xe9", "text/plain; charset=" + "a" * 60_000, None),
        (b"\xe9", "", None),
        (b"\x00", "text/plain; charset=utf-16", "\0"),
        (b"", "text/plain; charset=utf-16", ""),
        (b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe", "text/plain", "Grüße"),
        (b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe", "text/plain; charset=iso-8859-1", "Grüße"),
        ("Grüße".encode("utf-16-be"), "text/plain; charset=utf-16be", "Grüße"),
        ("\ufeffGrüße".encode("utf-16-be"), "text/plain; charset=utf-16", "Grüße"),
        (b"\x81\xe9", "text/plain; charset=latin1", "\x81é"),
        ("①".encode("cp932"), "text/plain; charset=windows-31j", "①"),
        ("똠".encode("cp949"), "text/plain; charset=ks_c_5601-1987", "똠"),
        ("𠮷".encode("gb18030"), "text/plain; charset=gbk", "𠮷"),
        ("ж".encode("koi8-r"), "text/plain; charset=koi", "ж"),
        (b"\xff", "text/plain; charset=replacement", None),
    ],
)
def test_text_is_read_in_its_charset_or_as_utf_8(body: bytes, content_type: str, text: str | None) -> None:
    assert _request(body, content_type).text == text


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", _part("a", b"1")),
        ("multipart/form-data; boundary=", _part("a", b"1")),
        ("multipart/form-data; boundary=" + "b" * 300, _part("a", b"1")),
        ("multipart/form-data; boundary*=no-such''--border--", _part("a", b"1")),
        (_MULTIPART, b"----border--"),
        (_MULTIPART, b"----border----\r\n"),
        (_MULTIPART, b"----border--\r\n" * 5000),
        (_MULTIPART, b"\r\n" * 100_000),
        ("multipart/form-data", b""),
        ("application/json", b"a=1"),
    ],
    ids=range(10),
)
def test_a_body_that_has_no_form_gives_an_empty_one(content_type: str, body: bytes) -> None:
    request = _request(body, content_type)
    assert (dict(request.form), dict(request.files)) == ({}, {})
    assert request.body == body


@pytest.mark.parametrize("end", [b"\r\n----border----\r\n", b"\r\n----border----", b""])
def test_a_form_is_read_without_its_last_boundary_and_in_any_case(end: bytes) -> None:
    body = _part("a", b"1") + _part("a", b"\xff") + _part("n\0", b"2").rstrip() + end
    request = _request(body, "Multipart/Form-Data; boundary=--border--; charset=no-such")
    assert dict(request.form.lists()) == {"a": ["1", b"\xff"], "n\0": ["2"]}


@pytest.mark.parametrize(
    ("content_type", "body", "fields", "files"),
    [
        # Above all of Django's limits, and with part heads that its parser refuses.
        (_MULTIPART, _part("a", b"x" * 3_000_000), {"a": ["x" * 3_000_000]}, {}),
        (
            _MULTIPART,
            b"".join(_part(f"n{number}", b"%d" % number) for number in range(3000)),
            {f"n{number}": [str(number)] for number in range(3000)},
            {},
        ),
        (
            _MULTIPART,
            b"".join(_part("f", b"%d" % number, f'; filename="{number}"') for number in range(200)),
            {},
            {"f": [(str(number), b"%d" % number) for number in range(200)]},
        ),
        (_MULTIPART, b"----border--\r\nX-Long: " + b"y" * 5000 + b"\r\n\r\n1\r\n--b--", {"": ["1\r\n--b--"]}, {}),
        (
            _MULTIPART,
            b"----border--\r\nX-Long: " + b"y" * 9000 + b'\r\nContent-Disposition: form-data;\r\n name="a"\r\n\r\n1',
            {"a": ["1"]},
            {},
        ),
        ('multipart/form-data; boundary=--border--; a="' + ";" * 60_000, _part("a", b"1"), {"a": ["1"]}, {}),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 5000), {"a": ["1"] * 5000}, {}),
        # Invalid and valid Base64.
        (
            _MULTIPART,
            _part("a", b"=", '; filename="f"\r\nContent-Transfer-Encoding: base64')
            + _part("b", b"YQ=\r\n=", '; filename="g"\r\nContent-Transfer-Encoding: Base64')
            + _part("c", b"YWI=", "\r\nContent-Transfer-Encoding: base64")
            + _part("d", b"%%%", "\r\nContent-Transfer-Encoding: base64"),
            {"c": ["ab"], "d": ["%%%"]},
            {"a": [("f", b"=")], "b": [("g", b"a")]},
        ),
        # Parts without a name, or without a head.
        (
            _MULTIPART,
            b"----border--\r\nContent-Disposition: form-data\r\n\r\n1\r\n"
            b"----border--\r\nContent-Type: text/plain\r\n\r\n2\r\n"
            b"----border--\r\n\r\n3\r\n"
            b"----border--\r\nno head\r\n"
            b'----border--\r\nContent-Disposition: attachment; filename="f"\r\n\r\n4\r\n----border----\r\n',
            {"": ["1", "2", "3", "no head"]},
            {"": [("f", b"4")]},
        ),
        # Unix line breaks, and a boundary within a line or as a prefix of another.
        (
            _MULTIPART,
            b"before\n----border--\nContent-Disposition: form-data; name=a\n\n1----border--\n----border--x\n2\n"
            b"----border--  \nContent-Disposition: form-data; name=b\n\n\n----border----\nafter\n",
            {"a": ["1----border--\n----border--x\n2"], "b": [""]},
            {},
        ),
        # Real-world file names; none is dropped.
        (
            _MULTIPART,
            b"".join(
                b'----border--\r\nContent-Disposition: form-data; name="f"; ' + name + b"\r\n\r\n1\r\n"
                for name in (
                    b'filename="caf\xe9.txt"',
                    'filename="café.txt"'.encode(),
                    b'filename="."',
                    b'filename=".."',
                    b'filename="/"',
                    b'filename="C:\\\\temp\\\\a \\"b\\".txt"',
                    b"filename=\"x\"; filename*=UTF-8''na%C3%AFve.txt",
                    b"filename*=iso-8859-1''na%EFve.txt",
                    b'filename="' + b"n" * 3000 + b'"',
                )
            ),
            {},
            {
                "f": [
                    (name, b"1")
                    for name in (
                        "caf\udce9.txt",
                        "café.txt",
                        ".",
                        "..",
                        "",
                        'a "b".txt',
                        "naïve.txt",
                        "naïve.txt",
                        "n" * 3000,
                    )
                ]
            },
        ),
        # If no file was chosen, browsers send neither name nor content.
        (_MULTIPART, _part("f", b"", '; filename=""') + _part("g", b"", '; filename="g"'), {}, {"g": [("g", b"")]}),
    ],
    ids=range(12),
)
def test_no_part_and_no_field_of_a_form_is_lost(
    content_type: str, body: bytes, fields: dict[str, list[str]], files: dict[str, list[tuple[str, bytes]]]
) -> None:
    request = _request(_ended(body), content_type)
    assert dict(request.form.lists()) == fields
    found = {name: [(file.name, file.read()) for file in several] for name, several in request.files.lists()}
    assert found == files
    request.close()


_LATIN_NAME = b'----border--\r\nContent-Disposition: form-data; name="\xfc"; filename="caf\xe9"\r\n\r\n\xff\r\n'


@pytest.mark.parametrize(
    ("content_type", "body", "fields"),
    [
        ("application/x-www-form-urlencoded", "name=Zoë&größe=1".encode(), {"name": ["Zoë"], "größe": ["1"]}),
        ("application/x-www-form-urlencoded", b"\xef\xbb\xbfname=Zo%C3%AB", {"name": ["Zoë"]}),
        (_URLENCODED + "; charset=iso-8859-1", b"n%E9=Zo\xeb%80", {"né": ["Zoë€"]}),
        (_URLENCODED + '; charset="Shift_JIS"', b"a=%93%fa%96%7b", {"a": ["日本"]}),
        (_URLENCODED, b"a=%E9&_charset_=windows-1252", {"a": ["é"], "_charset_": ["windows-1252"]}),
        (_URLENCODED + "; charset=UTF-8", b"a=%E9&_charset_=latin1", {"a": ["é"], "_charset_": ["latin1"]}),
        (_URLENCODED + "; charset=no-such", b"a=%C3%A9", {"a": ["é"]}),
        (_URLENCODED, b"a=%ff%00&b=%zz%&%ff=1", {"a": [b"\xff\0"], "b": ["%zz%"], "\udcff": ["1"]}),
        ("application/x-www-form-urlencoded", b"a=" + b"%C3%A9" * 50_000, {"a": ["é" * 50_000]}),
        ("application/x-www-form-urlencoded", b"a=x" + b"%C3%A9+%4%" * 20_000, {"a": ["x" + "é %4%" * 20_000]}),
        (_MULTIPART, _part("a", "é".encode()) + _part("b", b"\xff\xfe"), {"a": ["é"], "b": [b"\xff\xfe"]}),
        (_MULTIPART + "; charset=iso-8859-15", _part("a", b"\xa4"), {"a": ["€"]}),
        (_MULTIPART, _part("a", b"\xe9", "\r\nContent-Type: text/plain; charset=ISO-8859-1"), {"a": ["é"]}),
        (_MULTIPART, _part("a", b"\xef\xbb\xbfx", "\r\nContent-Type: text/plain"), {"a": ["x"]}),
        (_MULTIPART, _part("a", b"\xcf\xf0") + _part("_charset_", b"cp1251"), {"a": ["Пр"], "_charset_": ["cp1251"]}),
    ],
    ids=range(15),
)
def test_a_form_is_read_in_the_charset_that_it_declares(
    content_type: str, body: bytes, fields: dict[str, list[str | bytes]]
) -> None:
    assert dict(_request(_ended(body), content_type).form.lists()) == fields


def test_the_names_of_a_form_are_read_in_its_charset() -> None:
    request = _request(_LATIN_NAME + _part("_charset_", b"windows-1252"), _MULTIPART)
    assert (_file(request, "ü").name, _file(request, "ü").read()) == ("café", b"\xff")
    request.close()


def test_a_query_is_read_whole_and_as_utf_8() -> None:
    request = Request("GET", "/", query_string="&".join(["a=1"] * 5000) + "&b=Zo\xc3\xab&c=%C3%AB&d=%ff")
    assert request.query.getlist("a") == ["1"] * 5000
    assert [request.query[name] for name in "bcd"] == ["Zoë", "ë", b"\xff"]
    assert Request("GET", "/", query_string="a=Zoë\u20ac").query["a"] == "Zoë€"


def _file(request: Request, name: str) -> "UploadedFile[bytes]":
    file = request.files[name]
    assert isinstance(file, UploadedFile)
    return file


def test_large_files_of_a_form_are_on_disk_and_small_ones_are_not() -> None:
    body = (
        _part("large", _LARGE, '; filename="l.bin"') + _part("small", b"few", '; filename="s.bin"') + b"----border----"
    )
    request = _request(body, _MULTIPART)
    large, small = _file(request, "large"), _file(request, "small")
    assert (large.name, large.size, small.size) == ("l.bin", len(_LARGE), 3)
    assert (large.read(), small.read()) == (_LARGE, b"few")
    assert b"".join(large.chunks()) == _LARGE
    assert (isinstance(large.file, BytesIO), isinstance(small.file, BytesIO)) == (False, True)
    request.close()
    assert large.closed and small.closed


def test_a_file_is_never_opened_by_the_name_that_the_client_gave_it() -> None:
    request = _request(_part("f", b"sent", '; filename="manage.py"') + b"----border----", _MULTIPART)
    file = _file(request, "f")
    file.read()
    assert file.open().read() == b"sent"
    request.close()
    with pytest.raises(ValueError):
        file.open()


# Over the wire.

_ODD = [
    ("application/json", b""),
    ("application/json", b"null"),
    ("application/json", b'{"a": 1, "a": 2}'),
    ("application/json", b"[NaN, Infinity]"),
    ("application/json", b"[" * 100_000 + b"]" * 100_000),
    ("application/json", b"[" * 900 + b"]" * 900),
    ("application/json", b'{"a":' * 980 + b"1" + b"}" * 980),
    ("application/json", b'["\\ud800", "\\u0000"]'),
    ("application/json", b'"\xed\xa0\x80"'),
    ("application/json", b"\xff\xfe{}"),
    ("application/json", '{"ü": 1}'.encode("utf-16")),
    ("application/json", '{"ü": 1}'.encode("utf-32")),
    ("application/json", b"\xef\xbb\xbf" + '{"ü": 1}'.encode()),
    ("application/json", b"9" * 5000),
    ("application/json", b"1e999"),
    ("application/json", b"-" + b"9" * 4300),
    ("application/json", b'"' + b"x" * 3_000_000 + b'"'),
    ("application/json; charset=\xe9", b"{"),
    ("text/xml; charset=iso-8859-1", b"<?xml version='1.0'?><a>caf\xe9</a>"),
    ("text/plain; charset=utf-16", "\0Grüße\u2028".encode("utf-16")),
    ("text/plain", b"a\0b\r\n\x1b[0m"),
    ("application/octet-stream", bytes(range(256)) * 40),
    ("application/x-www-form-urlencoded", b"a=%00&b=%ff&c=\xff&a=2&=&&%"),
    ("application/x-www-form-urlencoded", b"a&" * 5000),
    (_MULTIPART, _part("a", b"1") + _part("f", b"\0\xff", '; filename="../x\\y"')),
    (_MULTIPART, b"----border--\r\nContent-Disposition: form-data; name=\0\xff\r\n\r\n1\r\n--b--"),
    (_MULTIPART, b"".join(_part("f", b"1", f'; filename="{number}"') for number in range(200))),
    ("multipart/form-data; boundary=\xff", b"--\xff\r\n"),
    (";", b"x"),
    ("\xff\xff", b"\xff"),
]


@pytest.mark.both_databases
@pytest.mark.parametrize(("content_type", "body"), _ODD, ids=range(len(_ODD)))
def test_an_odd_body_is_taken_and_kept_byte_for_byte(site: Site, content_type: str, body: bytes) -> None:
    echoed = site.post("/echo", body, content_type=content_type)
    assert _output(echoed)["content_type"] == content_type
    seen = site.post("/inspect", iter([body[:7], body[7:]]), method="REPORT", content_type=content_type)
    assert _output(seen)["body"].encode("latin-1") == body
    assert site.recorded(echoed) == site.recorded(seen) == body
    streamed = site.post("/threaded", body, content_type=content_type, accept="text/event-stream")
    assert '"type":"complete"' in streamed.text.strip().rpartition("\n\n")[2]
    assert site.recorded(streamed) == body


@pytest.mark.parametrize("method", ["POST", "REPORT"])
def test_a_packed_body_is_given_unpacked_and_kept_as_it_came(site: Site, method: str) -> None:
    data = b'{"caf\xc3\xa9": [1, 2]}'
    for coding, packed in {
        "gzip": gzip.compress(data),
        "X-GZIP": gzip.compress(data[:5]) + gzip.compress(data[5:]),
        "deflate": zlib.compress(data),
        "identity": data,
        "deflate, gzip": gzip.compress(zlib.compress(data)),
    }.items():
        for content in (packed, iter([packed[:9], packed[9:]])):
            answer = site.post(
                "/inspect", content, method=method, content_encoding=coding, content_type="application/json"
            )
            output = _output(answer)
            assert (output["json"], output["body"].encode("latin-1")) == ({"café": [1, 2]}, data)
            assert output["headers"]["content-encoding"] == coding
            assert site.recorded(answer) == packed


@pytest.mark.parametrize(
    ("status", "coding", "body"),
    [
        (413, "gzip", gzip.compress(b"\0" * (10 * 1024 * 1024 + 1))),
        (413, "gzip, gzip", gzip.compress(gzip.compress(b"\0" * 1_000_000) * 200)),
        (400, "gzip", gzip.compress(b"{}", mtime=0)[:-3]),
        (400, "gzip", gzip.compress(b"{}", mtime=0) + b"{}"),
        (400, "deflate", b"{}"),
        (415, "br", b"\x8b\x00\x80{}\x03"),
        (415, "gzip, zstd", b"x"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused_and_starts_no_run(
    site: Site, status: int, coding: str, body: bytes
) -> None:
    before = site.runs()
    answer = site.post("/echo", body, content_encoding=coding)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.headers.get("accept-encoding") == ("gzip, deflate" if status == 415 else None)
    assert site.runs() == before
    assert _output(site.post("/echo", gzip.compress(b"\0" * (1024 * 1024)), content_encoding="gzip"))


def test_a_sink_takes_the_bodies_that_its_limit_or_the_default_allows(site: Site) -> None:
    most = 25 * 1024 * 1024
    assert site.post("/large", b"x" * most, prefer="respond-async").status_code == 202
    assert site.post("/large", b"x" * (most + 1), prefer="respond-async").status_code == 413
    most = 10 * 1024 * 1024
    assert site.post("/held", b"x" * most, prefer="respond-async").status_code == 202
    answer = site.post("/held", b"x" * (most + 1), prefer="respond-async")
    assert (answer.status_code, answer.json()["detail"]) == (413, f"The body is larger than {most} bytes.")
    faults = delivery_faults(Sink(path="/x", workflow="echo", body_limit=25 * 1024 * 1024 + 1))
    assert faults == {"body_limit": "The server accepts at most 26214400 bytes (MAX_BODY_BYTES)."}


def test_large_files_of_a_form_are_gone_when_the_run_is_over(site: Site) -> None:
    body = (
        _part("large", _LARGE, '; filename="l.bin"')
        + _part("other", _LARGE[::-1], '; filename="o.bin"')
        + _part("small", b"few", '; filename="s.bin"')
        + _part("name", b"Ada")
        + b"----border----\r\n"
    )
    before = site.files_without_name()
    for content, more in ((body, {}), (gzip.compress(body, 1), {"content_encoding": "gzip"})):
        answer = site.post("/files", content, content_type=_MULTIPART, **more)
        output = _output(answer)
        sent = {"large": _sha256(_LARGE), "other": _sha256(_LARGE[::-1]), "small": _sha256(b"few")}
        assert (output["files"], output["form"], output["on_disk"]) == (sent, {"name": "Ada"}, 2)
        assert site.recorded(answer) == content
    assert site.files_without_name() == before
    assert list((site.hub.folder / "temporary").iterdir()) == []


def test_hundreds_of_random_bodies_on_one_connection_are_answered_and_kept(site: Site) -> None:
    chance = random.Random(20240229)
    seeds = [body for _, body in _ODD if len(body) < 10_000]
    kinds = [kind for kind, _ in _ODD] + ["", "application/json", "multipart/mixed; boundary=b", "a/b; charset=hex"]
    sent: dict[str, bytes] = {}
    url, statuses = f"{site.server.url}/app_test", set()
    with httpx.Client(limits=httpx.Limits(max_connections=1), timeout=60) as client:
        for _ in range(400):
            body = bytearray(chance.choice(seeds) or b"x")
            for _ in range(chance.randrange(4)):
                place = chance.randrange(len(body) + 1)
                body[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(4))
            content = bytes(body)
            headers = {b"accept": b"application/json", b"content-type": chance.choice(kinds).encode("latin-1")}
            if chance.random() < 0.3:
                coding = chance.choice(("gzip", "deflate", "identity", "br", "gzip, identity", "\xff", "x-gzip;"))
                headers[b"content-encoding"] = coding.encode("latin-1")
                if chance.random() < 0.7:
                    content = gzip.compress(content) if "gzip" in coding else zlib.compress(content)
            method = "POST" if chance.random() < 0.8 else "REPORT"
            payload: Any = content if chance.random() < 0.7 else iter([content[:3], content[3:]])
            answer = client.request(
                method, url + chance.choice(("/echo", "/inspect")), content=payload, headers=headers
            )
            statuses.add(answer.status_code)
            if answer.status_code == 200:
                assert json.loads(answer.content, parse_constant=_refuse_constant)["status"] == "complete", answer.text
                sent[answer.headers["x-run-id"]] = content
            else:
                assert answer.status_code in (400, 415) and b"content-encoding" in headers, answer.text
    assert statuses == {200, 400, 415}
    kept = {run_id: bytes(body) for run_id, body in site.hub.query("SELECT run_id, body FROM runs_delivery")}
    assert {run_id: kept[run_id] for run_id in sent} == sent
    assert "Traceback" not in site.server.log()


_MIB = 1024 * 1024
_HOSTILE = {
    "lists": ("application/json", b"[" + b"[]," * (3 * _MIB) + b"[]]"),
    "keys": ("application/json", b"{" + b",".join(b'"%x":1' % number for number in range(500_000)) + b"}"),
    "escapes": (_URLENCODED, b"a=" + b"%41" * (3 * _MIB)),
    "fields": (_URLENCODED, b"&".join(b"%x" % number for number in range(90_000))),
    "parts": (_MULTIPART, b"".join(_part(f"{number:x}", b"") for number in range(30_000))),
}


# JSON through the filter, and a form without it; `make soak` tests all pairs.
_HOSTILE_PAIRS = {("lists", "/filtered"), ("fields", "/echo")}


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        pytest.param(kind, path, marks=() if (kind, path) in _HOSTILE_PAIRS else pytest.mark.soak)
        for kind in _HOSTILE
        for path in ("/filtered", "/echo")
    ],
)
def test_bodies_that_are_large_when_parsed_leave_memory_and_turns_for_others(
    own_hub: Hub, path: str, kind: str
) -> None:
    _prepare(own_hub)
    own_hub.add_sinks([{"path": "/filtered", "filter": "body.wanted", "workflow": "echo", "dedupe_body": "id"}])
    # The memory limit is less than three of these bodies take when parsed.
    server = own_hub.start(LOOP_STALL_TIMEOUT="1000", MAX_PENDING_BYTES=str(384 * _MIB))
    site = Site(own_hub, server)
    content_type, body = _HOSTILE[kind]
    packed = gzip.compress(body, 1)
    assert site.post("/echo", b"warm").status_code == 200
    before, peak, others = site.resident_bytes(), 0, 0

    def send() -> httpx.Response:
        fields = {"content_type": content_type, "content_encoding": "gzip", "prefer": "respond-async"}
        return site.post(path, packed, **fields)

    with ThreadPoolExecutor(6) as threads:
        sent = [threads.submit(send) for _ in range(6)]
        while not all(answer.done() for answer in sent):
            assert web.get(f"{server.url}/healthz", timeout=60).status_code == 200
            others += 1
            peak = max(peak, site.resident_bytes())
    statuses = {answer.result().status_code for answer in sent}
    assert statuses <= {200, 202, 503} and statuses != {503}
    assert others
    assert (peak - before) / _MIB < 900
    wait_until(lambda: "sinkhub_pending_bytes 0.0" in web.get(f"{server.url}/metrics").text, "bodies are held")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (_URLENCODED, b"&".join([b"a=1"] * 100_001)),
        (_MULTIPART, b"----border--\r\n\r\n\r\n" * 100_001),
    ],
)
def test_a_form_with_too_many_fields_is_refused_by_the_name_of_the_limit(
    site: Site, content_type: str, body: bytes
) -> None:
    answer = site.post("/echo", body, content_type=content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert answer.json()["detail"] == "The form has more than 100000 fields and files (MAX_FORM_FIELDS)."
    # A run that was recorded before this limit existed gets the whole form.
    assert sum(len(values) for _, values in _request(body, content_type).form.lists()) in {100_001, 100_000}
    assert site.post("/echo", body, content_type="text/plain").status_code == 200


def test_a_form_that_the_body_limit_admits_reaches_filter_and_workflow_whole(site: Site) -> None:
    site.hub.add_sinks([{"path": "/mail", "filter": "body.last == 'yes'", "workflow": "echo"}])
    text = b"x" * (3 * _MIB)
    body = (
        _part("text", text)
        + b"".join(_part(f"a{number}", b"1", f'; filename="{number}"') for number in range(150))
        + b"".join(_part(f"n{number}", b"1") for number in range(1200))
        + _part("last", b"yes")
        + b"----border----"
    )
    wait_until(lambda: site.post("/mail", b"").status_code == 200, "the sink is not known")
    output = _output(site.post("/mail", body, content_type=_MULTIPART))
    assert (len(output["form"]), len(output["form"]["text"]), len(output["files"])) == (1202, len(text), 150)


# Executed by another process, and again.


def _held_form() -> tuple[bytes, dict[str, str]]:
    body = _part("large", _LARGE, '; filename="l.bin"') + _part("name", b"Ada") + b"----border----\r\n"
    return body, {"content_type": _MULTIPART, "content_encoding": "gzip", "prefer": "respond-async"}


def _wait_for_end(hub: Hub) -> None:
    wait_until(lambda: hub.query("SELECT status FROM runs_run WHERE status <> 'running'"), "the run did not end")


def test_a_run_that_a_crash_interrupted_gets_the_same_body_and_leaves_no_file(own_hub: Hub) -> None:
    _prepare(own_hub)
    site = Site(own_hub, own_hub.start())
    body, fields = _held_form()
    packed = gzip.compress(body, 1)
    answer = site.post("/held", packed, **fields)
    assert answer.status_code == 202
    wait_until(lambda: site.hub.query("SELECT 1 FROM runs_segment"), "the workflow did not begin")
    assert site.files_without_name() >= 1
    site.server.kill()
    assert list((own_hub.folder / "temporary").iterdir()) == []
    site.server = own_hub.start()
    _wait_for_end(own_hub)
    output = web.get(f"{site.server.url}/runs/{answer.json()['run_id']}").json()["output"]
    assert output == {
        "files": {"large": _sha256(_LARGE)},
        "on_disk": 1,
        "form": {"name": "Ada"},
        "attempt": 2,
        "body": _sha256(body),
        "packed": False,
    }
    assert site.recorded(answer) == packed


@pytest.mark.both_databases
def test_a_run_whose_body_has_become_too_large_meanwhile_ends_with_the_reason(own_hub: Hub) -> None:
    _prepare(own_hub)
    site = Site(own_hub, own_hub.start())
    answer = site.post("/held", gzip.compress(b"\0" * 100_000), content_encoding="gzip", prefer="respond-async")
    site.server.kill()
    site.server = own_hub.start(MAX_BODY_BYTES="50000")
    _wait_for_end(own_hub)
    error = web.get(f"{site.server.url}/runs/{answer.json()['run_id']}").json()["error"]
    assert error == {"type": "UnfitBody", "message": "The decompressed body is larger than 50000 bytes."}


@pytest.fixture
def workers(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    made = make_hub("postgresql")
    made.environment["RUN_ENGINE"] = "procrastinate"
    _prepare(made)
    yield made
    made.close()


def test_a_worker_gets_a_packed_body_unpacked(workers: Hub) -> None:
    site = Site(workers, workers.start())
    workers.launch(["manage.py", "worker"])
    packed = gzip.compress(b'{"for": "a worker"}')
    answer = site.post("/inspect", packed, content_encoding="gzip")
    assert _output(answer)["json"] == {"for": "a worker"}
    assert site.recorded(answer) == packed
