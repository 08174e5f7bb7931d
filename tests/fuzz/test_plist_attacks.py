"""Property lists made to cost far more than they weigh, and that the guards change nothing else."""

import plistlib
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ipa import Limits
from bot.ipa.plist import BadPlist, parse_plist
from bot.ipa.plist_binary import parse_binary_plist
from bot.ipa.plist_xml import parse_xml_plist
from tests.fuzz.test_attacks import MIB, peak

SMALL = Limits(plist_bytes=2 * MIB, plist_values=5_000)


def binary(objects: list[bytes], places: list[int] | None = None) -> bytes:
    """A binary list; its table names the objects by number, each once when None."""
    body, offsets = b"bplist00", []
    for value in objects:
        offsets.append(len(body))
        body += value
    table = [offsets[number] for number in (range(len(objects)) if places is None else places)]
    packed = struct.pack(f">{len(table)}L", *table)
    return body + packed + struct.pack(">6x2B3Q", 4, 4, len(table), 0, len(body))


def head(kind: int, size: int) -> bytes:
    return bytes([kind << 4 | 15, 0x12]) + struct.pack(">L", size)


def references(kind: int, numbers: list[int]) -> bytes:
    return head(kind, len(numbers)) + struct.pack(f">{len(numbers)}L", *numbers)


def same_bytes_again() -> bytes:
    """Two thousand objects in the table, all of them the same megabyte."""
    numbers = list(range(2, 2002))
    values = [b"\xd1" + struct.pack(">2L", 1, 2), b"\x51a", references(0xA, [n + 1 for n in numbers])]
    return binary([*values, head(0x4, MIB) + bytes(MIB)], [0, 1, 2, *[3] * 2000])


def overlapping_texts() -> bytes:
    """Each text begins inside of the one before it."""
    count, size = 1000, MIB
    heads = head(0x5, size) * count
    data = b"bplist00" + references(0xA, list(range(1, count + 1)))
    start = len(data)
    data += heads + b"a" * size
    table = struct.pack(f">{count + 1}L", 8, *(start + 6 * n for n in range(count)))
    return data + table + struct.pack(">6x2B3Q", 4, 4, count + 1, 0, len(data))


def one_text_under_many_keys() -> bytes:
    """Small in memory, and an eighth of a gigabyte once it is written out for people."""
    return plistlib.dumps(
        {f"{n}UsageDescription": "x" * (MIB // 8) for n in range(1000)}, fmt=plistlib.FMT_BINARY
    )


def arrays_of_arrays() -> bytes:
    """Each names the next one ten times: 10^40 values."""
    return binary([*(references(0xA, [n + 1] * 10) for n in range(40)), b"\xa0"])


def endless() -> bytes:
    return binary([references(0xA, [0])])


def xml(inside: str, before: str = "") -> Callable[[], bytes]:
    return f"{before}<plist>{inside}</plist>".encode


ATTACKS: dict[str, Callable[[], bytes]] = {
    "the same bytes again and again": same_bytes_again,
    "texts that lie over each other": overlapping_texts,
    "one text under many keys": one_text_under_many_keys,
    "arrays of arrays": arrays_of_arrays,
    "an array that holds itself": endless,
    "a table of more objects than bytes": lambda: (
        binary([b"\x08"])[:-32] + struct.pack(">6x2B3Q", 1, 1, 1 << 60, 0, 9)
    ),
    "a text of exabytes": lambda: binary([b"\x5f\x13" + b"\x7f" * 8]),
    "a number of kilobytes": lambda: binary([b"\x1f" + b"\x7f" * 40_000]),
    "billion laughs": xml(
        "<dict><key>&b;</key><true/></dict>",
        '<!DOCTYPE plist [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 1000 + '">]>',
    ),
    "an external entity": xml("<dict/>", '<!DOCTYPE plist [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
    "default attributes": xml(
        "<array>" + "<dict/>" * 5_000 + "</array>",
        '<!DOCTYPE plist [<!ATTLIST dict a CDATA "' + "x" * MIB + '">]>',
    ),
    "nested without end": lambda: b"<plist>" + b"<array>" * 100_000,
    "values without end": xml("<array>" + "<true/>" * 100_000 + "</array>"),
    "empty containers": xml("<array>" + "<dict/>" * 100_000 + "</array>"),
    "a comment of megabytes": xml("<!--" + "x" * MIB + "-->"),
    "an attribute of megabytes": xml('<array a="' + ">" * MIB + '"/>'),
    "spaces in a tag": xml("<array" + " " * MIB + "/>"),
    "a number of a million digits": xml("<dict><key>a</key><integer>" + "7" * MIB + "</integer></dict>"),
    "OpenStep nested without end": lambda: b"(" * 100_000,
    "OpenStep with keys alone": lambda: b"{" + b"".join(b"%d;" % n for n in range(50_000)) + b"}",
}


@pytest.mark.parametrize("data", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_refused_in_little_memory(data: Callable[[], bytes]) -> None:
    made = data()
    with pytest.raises(BadPlist):
        parse_plist(made, SMALL)
    assert peak(lambda: parse_plist(made, SMALL)) < 16


def test_texts_count_each_time_they_are_named() -> None:
    data = plistlib.dumps({"a": ["x" * 1000] * 20, "b": b"y" * 1000}, fmt=plistlib.FMT_BINARY)
    assert len(data) < 5_000
    assert parse_plist(data, Limits(plist_bytes=21_002))["b"] == b"y" * 1000
    with pytest.raises(BadPlist, match="texts"):
        parse_plist(data, Limits(plist_bytes=21_001))


_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)
_VALUES = st.recursive(
    _TEXT
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.binary(max_size=20)
    | st.datetimes().map(lambda moment: moment.replace(microsecond=0)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.dictionaries(_TEXT, _VALUES, max_size=5))
def test_what_plistlib_writes_is_read_as_plistlib_reads_it(value: dict[str, object]) -> None:
    text, packed = plistlib.dumps(value), plistlib.dumps(value, fmt=plistlib.FMT_BINARY)
    assert parse_xml_plist(text, depth=64, values=1000) == plistlib.loads(text)
    assert parse_binary_plist(packed) == plistlib.loads(packed)


@pytest.mark.parametrize(
    "inside",
    [
        "<dict><true/></dict>",
        "<dict><key>a</key></dict>",
        "<dict><key>a</key><key>b</key></dict>",
        "<array><key>a</key></array>",
        "<key>a</key>",
        "<integer>one</integer>",
        "<real>one</real>",
        "<data>a</data>",
        "<date>yesterday</date>",
        "<date>2020-13-01T00:00:00Z</date>",
        "<dict>",
    ],
)
def test_what_plistlib_refuses_is_refused(inside: str) -> None:
    data = f"<plist>{inside}</plist>".encode()
    with pytest.raises(Exception):  # noqa: B017, PT011 -- whichever of its many errors
        plistlib.loads(data, fmt=plistlib.FMT_XML)
    with pytest.raises(BadPlist):
        parse_plist(data, Limits())
