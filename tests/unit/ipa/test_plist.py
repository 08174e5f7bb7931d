import plistlib
from datetime import UTC, datetime

import pytest

from bot.ipa.limits import Limits
from bot.ipa.plist import BadPlist, parse_plist

VALUE = {"text": "Grüße 😀", "list": [1, 2.5, True, None][:3], "data": b"\0\xff", "nested": {"a": {"b": "c"}}}


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_both_forms(form: plistlib.PlistFormat) -> None:
    assert parse_plist(plistlib.dumps(VALUE, fmt=form), Limits()) == VALUE


def test_dates_stay_dates() -> None:
    value = {"when": datetime(2026, 11, 22, tzinfo=UTC).replace(tzinfo=None)}
    assert parse_plist(plistlib.dumps(value), Limits()) == value


XML = '<?xml version="1.0" encoding="UTF-8"?><plist><dict><key>a</key><string>é</string></dict></plist>'


@pytest.mark.parametrize(
    "data",
    [
        XML.encode(),
        b"\n\t " + XML.encode(),
        b"\xef\xbb\xbf" + XML.encode(),
        XML.replace("UTF-8", "UTF-16").encode("utf-16"),
        XML.partition("?>")[2].encode() + b"\0\0",
        '{ a = "é"; }'.encode(),
        b'// old style\n{ "a" = "\\U00e9" /* accent */; }',
        'a = "é";'.encode(),
    ],
)
def test_forms_seen_in_the_wild(data: bytes) -> None:
    assert parse_plist(data, Limits()) == {"a": "é"}


def test_openstep_values() -> None:
    text = b'{ a = (1, "b c", <0f 1A>, {}); "x.y" = {z = Y-1/2;}; \'q\' = "\\n\\"\\101"; }'
    assert parse_plist(text, Limits()) == {
        "a": ["1", "b c", b"\x0f\x1a", {}],
        "x.y": {"z": "Y-1/2"},
        "q": '\n"A',
    }


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><plist><dict><key>a</key><string>&c;</string></dict></plist>"""
EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<plist><dict><key>a</key><string>&a;</string></dict></plist>"""


def shared_arrays(depth: int) -> bytes:
    """A binary list of which each level names the one below twice: small, and 2^depth values unfolded."""
    objects = [
        b"\xd1\x01\x02",
        b"\x51a",
        *(bytes([0xA2, n + 1, n + 1]) for n in range(2, depth + 2)),
        b"\x51z",
    ]
    body, offsets = b"bplist00", []
    for one in objects:
        offsets.append(len(body))
        body += one
    table = b"".join(offset.to_bytes(2, "big") for offset in offsets)
    sizes = bytes(6) + bytes([2, 1])
    trailer = sizes + b"".join(n.to_bytes(8, "big") for n in (len(objects), 0, len(body)))
    return body + table + trailer


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"bplist00",
        b"bplist00" + b"\xff" * 100,
        b"<plist>",
        b"<plist><dict><key>a</key></plist>",
        b"<plist><array/></plist>",
        b'<?xml version="1.0" encoding="TmF-8"?><plist><dict/></plist>',
        b"<plist><string>a</string></plist>",
        b"<plist><dict><key>a</key><integer>x</integer></dict></plist>",
        b"<plist><dict><key>a</key><integer>0x" + b"f" * 9000 + b"</integer></dict></plist>",
        b"<plist><dict><key>a</key>" + b"<array>" * 500 + b"</array>" * 500 + b"</dict></plist>",
        b"{ a = " + b"(" * 5000,
        b"{ a = b",
        b"{ a = b; } c",
        b"\xff\xfe\x00",
        b"\x00\x01\x02",
        BOMB,
        EXTERNAL,
        shared_arrays(60),
        plistlib.dumps({str(n): n for n in range(200_001)}),
    ],
)
def test_what_is_none_is_one_error(data: bytes) -> None:
    with pytest.raises(BadPlist):
        parse_plist(data, Limits())


def test_shared_values_within_the_limits_are_unfolded() -> None:
    value = parse_plist(shared_arrays(3), Limits())
    assert value == {"a": [[["z", "z"], ["z", "z"]], [["z", "z"], ["z", "z"]]]}
