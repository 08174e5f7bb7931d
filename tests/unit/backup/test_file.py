"""The file of a backup: every bit counts, and nothing in it is believed."""

import gzip
import hashlib
import io
import json
import random
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Binary, Int64

from bot.backup.format import (
    END,
    HEAD,
    MANIFEST,
    BadBackup,
    Manifest,
    Part,
    build_line,
    build_name,
    build_tail,
    parse_name,
    parse_tail,
    wrap_tail,
)
from bot.backup.reading import read_rows, verify
from bot.backup.writing import Writer

ROWS: dict[str, list[dict[str, Any]]] = {
    "deliveries": [
        {"_id": f"g-{n}", "n": n, "big": Int64(2**40), "f": 0.1, "none": None,
         "text": "ü\u2028\n\x01 #end {}",
         "at": datetime(2026, 11, 23, tzinfo=UTC).replace(tzinfo=None), "open": ["a", {"b": [True]}],
         "payload": random.Random(n).randbytes(300), "raw": Binary(b"x", 5), "$a": 1, "b.c": 2}
        for n in range(40)
    ],
    "notices": [],
    "talks": [{"_id": "t", "said": {"0": "yes"}}],
}  # fmt: skip


TIME = "2026-11-23T08:00:00Z"


def make(rows: dict[str, list[dict[str, Any]]] = ROWS, **changes: Any) -> bytes:
    sink = io.BytesIO()
    writer = Writer(sink)
    writer.head(format=1)
    for name, documents in rows.items():
        with writer.collection(name):
            for document in documents:
                writer.add(document)
    writer.end()
    manifest = Manifest("0.1", "2026-11-23T08:00:00Z", "2026-11-23T08:00:01Z", writer.sha256, writer.size)
    sink.write(build_tail(replace(manifest, collections=writer.parts, **changes)))
    return sink.getvalue()


def refuse(data: bytes) -> str:
    with pytest.raises(BadBackup) as caught:
        verify(io.BytesIO(data))
    return caught.value.public


def test_what_comes_out_is_what_went_in() -> None:
    file = io.BytesIO(make())
    manifest = verify(file)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ROWS}
    for row in read_rows(file, manifest):
        found[row.collection].append(row.document)
    assert found == ROWS
    assert type(found["deliveries"][0]["big"]) is Int64
    assert {name: part.documents for name, part in manifest.collections.items()} == {
        "deliveries": 40, "notices": 0, "talks": 1,
    }  # fmt: skip


def test_it_is_read_without_altpress() -> None:
    lines = gzip.decompress(make()).splitlines()
    about = [line for line in lines if line.startswith(b"#")]
    assert [line.split()[0] for line in about[:4]] == [
        HEAD.strip(),
        b"#collection",
        END.strip(),
        b"#collection",
    ]
    assert about[-1].startswith(MANIFEST)
    assert [json.loads(line)["_id"] for line in lines if not line.startswith(b"#")][-1] == "t"


def test_every_bit_counts() -> None:
    data = make({"talks": ROWS["talks"]})
    verify(io.BytesIO(data))
    for place in range(len(data) * 8):
        hurt = bytearray(data)
        hurt[place // 8] ^= 1 << place % 8
        refuse(bytes(hurt))


def test_every_byte_is_missed() -> None:
    data = make({"talks": ROWS["talks"]})
    for length in range(len(data)):
        refuse(data[:length])
    refuse(data + b"\0")
    refuse(data + data)
    refuse(b"x" + data)


def forged(lines: bytes, parts: dict[str, Part] | None = None, **changes: Any) -> bytes:
    """A file whose digests are right and whose contents are not."""
    body = gzip.compress(lines, mtime=0)
    manifest = Manifest(
        "0.1", TIME, TIME, hashlib.sha256(body).hexdigest(), len(body), collections=parts or {}
    )
    return body + build_tail(replace(manifest, **changes))


def part(lines: bytes) -> Part:
    return Part(lines.count(b"\n"), len(lines), hashlib.sha256(lines).hexdigest())


def whole(documents: bytes) -> bytes:
    end = build_line(END, {"name": "talks", **vars(part(documents))})
    return HEAD + b"{}\n" + b'#collection {"name":"talks"}\n' + documents + end


def _no_gzip() -> bytes:
    return b"x" * 99 + build_tail(Manifest("0.1", TIME, TIME, hashlib.sha256(b"x" * 99).hexdigest(), 99))


GOOD = b'{"_id":"a"}\n'
FORGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no header": (lambda: forged(GOOD), "is not there"),
    "another collection": (lambda: forged(whole(GOOD), {"notices": part(GOOD)}), "not those of its manifest"),
    "fewer documents": (lambda: forged(whole(b""), {"talks": part(GOOD)}), "not those of its manifest"),
    "more documents": (lambda: forged(whole(GOOD * 2), {"talks": part(GOOD)}), "more documents"),
    "more behind": (lambda: forged(whole(GOOD) + GOOD, {"talks": part(GOOD)}), "holds more"),
    "half a line": (lambda: forged(whole(GOOD) + b"{", {"talks": part(GOOD)}), "middle of a line"),
    "no JSON": (lambda: forged(whole(b"{]\n"), {"talks": part(b"{]\n")}), "no document"),
    "no id": (lambda: forged(whole(b"{}\n"), {"talks": part(b"{}\n")}), "no document"),
    "bad date": (
        lambda: forged(whole(bad := b'{"_id":"a","d":{"$date":"x"}}\n'), {"talks": part(bad)}),
        "no document"),
    "deep": (
        lambda: forged(whole(bad := b'{"_id":"a","d":' + b"[" * 100_000 + b"\n"), {"talks": part(bad)}),
        "no document"),
    "long line": (lambda: forged(HEAD + b"{" + b" " * (40 << 20)), "larger than any document"),
    "long line about others": (
        lambda: forged(HEAD + b'{"x":[' + b"0," * 40_000 + b"0]}\n"), "is not there"),
    "more bytes": (
        lambda: forged(whole(GOOD), {"talks": Part(9, 3, "0" * 64)}), "more documents"),
    "no gzip": (_no_gzip, "cannot be unpacked"),
    "newer format": (lambda: make(format=2), "made by altpress 0.1"),
    "manifest of nonsense": (
        lambda: wrap_tail(MANIFEST + b'{"format":1,"collections":[]}\n'), "cannot be read"),
    "manifest that is none": (lambda: wrap_tail(MANIFEST + b"[]\n"), "is not there"),
    "manifest that is deep": (
        lambda: wrap_tail(MANIFEST + b'{"format":1,"kinds":' + b"[" * 60_000 + b"\n"), "is not there"),
    "manifest of no time": (lambda: make(ended="yesterday"), "cannot be read"),
    "manifest of an odd time": (lambda: make(ended="2026-1-1T1:1:1Z"), "cannot be read"),
    "manifest of a time that cannot be": (lambda: make(ended="0001-01-01T00:00:00+14:00"), "cannot be read"),
    "negative": (lambda: forged(b"", {"talks": Part(-1, 0, "0" * 64)}), "cannot be read"),
    "nothing": (lambda: b"", "not whole"),
    "a gzip": (lambda: gzip.compress(b"hello"), "not whole"),
    "text": (lambda: b"hello world" * 100, "not whole"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_forged_ones_are_refused(name: str) -> None:
    build, told = FORGED[name]
    assert told in refuse(build())


def test_a_bomb_is_bounded_by_its_own_size() -> None:
    """Deflate cannot make more than about a thousand bytes of one: memory stays that of one line."""
    bomb = gzip.compress(HEAD + b"{}\n" + b"#x\n" * 20_000_000, mtime=0)
    assert len(bomb) < 200_000
    refuse(bomb + build_tail(Manifest("0.1", TIME, TIME, _sha(bomb), len(bomb))))


MIB = 1024 * 1024
LARGE: dict[str, bytes] = {  # what stands in a document; each becomes a thousand bytes of the file a MiB
    "lists": b"[" + b"[]," * (2 * MIB) + b"[]]",
    "numbers": b"[" + b"0.1," * (2 * MIB) + b"1]",
    "keys": b"{" + b",".join(b'"%x":[]' % number for number in range(MIB // 2)) + b"}",
    "text": b'"' + "\U0001f600".encode() + b"a" * (17 * MIB) + b'"',
    "bytes": b'{"$binary":{"base64":"' + b"AAAA" * (5 * MIB) + b'","subType":"00"}}',
}


@pytest.mark.parametrize("name", LARGE)
def test_no_document_takes_more_memory_than_a_document_may(name: str) -> None:
    """They took up to 900 MiB, of 30 KB of file."""
    line = b'{"_id":"a","d":' + LARGE[name] + b"}\n"
    data = forged(whole(line), {"talks": part(line)})
    tracemalloc.start()
    try:
        assert "larger than any document" in refuse(data)
        assert tracemalloc.get_traced_memory()[1] < 64 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "value",
    [
        b"9" * 25, b'{"a\\u0000b":1}', b'"\\ud800"', b'{"$numberDecimal":"1E999999999"}',
        b"[" * 101 + b"]" * 101, b'{"a":' * 500 + b"1" + b"}" * 500, b"[" * 60_000 + b"]" * 60_000,
        b'{"$date":{"$numberLong":"9999999999999999999999"}}', b'"\xff"',
    ],
)  # fmt: skip
def test_what_no_database_takes_is_refused_before_anything_is_lost(value: bytes) -> None:
    line = b'{"_id":"a","d":' + value + b"}\n"
    assert "no document" in refuse(forged(whole(line), {"talks": part(line)}))


def test_what_can_be_backed_up_can_be_restored() -> None:
    """The same bounds for both; a piece of a payload, the largest that altpress writes, is far below."""
    piece = {"_id": "g|0", "data": random.Random(1).randbytes(8 * MIB), "a": [[{"b": n}] for n in range(999)]}
    file = io.BytesIO(make({"talks": [piece]}))
    assert [row.document for row in read_rows(file, verify(file))] == [piece]
    for large in ({"_id": "x", "data": bytes(13 * MIB)}, {"_id": "x", "data": [0] * 200_000}):
        with pytest.raises(BadBackup, match="too large"):
            make({"talks": [large]})


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_tail_is_found_without_the_rest() -> None:
    data = make()
    assert parse_tail(data[-3000:], len(data)).documents == 41
    with pytest.raises(BadBackup, match="not whole"):
        parse_tail(data[-3000:], len(data) - 1)
    assert zlib.decompress(data[parse_tail(data, len(data)).size :], 31).startswith(MANIFEST)


def test_names_are_times() -> None:
    moment = datetime(2026, 11, 23, 8, 0, 59, tzinfo=UTC)
    assert build_name(moment) == "altpress-20261123T080059Z.jsonl.gz"
    assert parse_name(build_name(moment)) == moment
    for other in ("altpress-20261323T080059Z.jsonl.gz", "x-20261123T080059Z.jsonl.gz",
                  "../altpress-1.jsonl.gz", "altpress-20261123T080059Z.jsonl.gz\n"):  # fmt: skip
        assert parse_name(other) is None
