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
        XML.encode("utf-16"),  # the mark counts for more than what the first line says
        b"\xfe\xff" + f"\n{XML}\0".encode("utf-16-be"),
        b"\xef\xbb\xbf" + XML.replace("UTF-8", "ISO-8859-1").encode(),
        XML.encode("utf-32"),
        XML.partition("?>")[2].encode() + b"\0\0",
        '{ a = "é"; }'.encode(),
        b'// old style\n{ "a" = "\\U00e9" /* accent */; }',
        'a = "é";'.encode(),
        '{ a = "é"; }'.encode("utf-16"),
        b"\xef\xbb\xbf" + '{ a = "é"; }'.encode(),
        XML.replace(
            "<plist", '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "x.dtd">\r<plist'
        ).encode(),
        XML.replace("><", ">\r<").encode(),
        XML.replace("<plist>", "<!-- " + "long " * 2000 + "--><plist version='1.0'>").encode(),
        XML.replace("<plist>", "").replace("</plist>", "").encode(),  # the element alone
        XML.replace("é", "&#233;").encode(),
        XML.replace("é", "&#xE9;").encode(),
        XML.replace("é", "<![CDATA[é]]>").encode(),
        XML.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        XML.replace("UTF-8", "macintosh").encode("mac-roman"),
        XML.replace("é", "\x0bé\x01").encode(),  # what Core Foundation lets pass
        XML.replace("é", "&#1;é&#x1F;").encode(),
    ],
)
def test_forms_seen_in_the_wild(data: bytes) -> None:
    assert parse_plist(data, Limits()) == {"a": "é"}


def test_a_pair_written_as_two_references_is_one_character() -> None:
    data = XML.replace("é", "&#xD83D;&#56832; &#xD83D;").encode()
    assert parse_plist(data, Limits()) == {"a": "\U0001f600 \ufffd"}


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("<string> 1.0 </string>", " 1.0 "),  # blanks belong to the text
        ("<string></string>", ""),
        ("<string/>", ""),
        ("<string>a&amp;&lt;b&gt;&quot;&apos;</string>", "a&<b>\"'"),
        ("<integer>-5</integer>", -5),
        ("<integer>0x1F</integer>", 31),
        ("<real>1.5</real>", 1.5),
        ("<true></true>", True),
        ("<data>\n\tAAE=\n\t</data>", b"\0\1"),
        ("<array><string>x</string><!-- y --></array>", ["x"]),
        ("<string>1</string><key>a</key><string>2</string>", "2"),  # the last of equal keys
    ],
)
def test_values_in_xml(element: str, value: object) -> None:
    assert parse_plist(XML.replace("<string>é</string>", element).encode(), Limits()) == {"a": value}


def binary(*objects: bytes) -> bytes:
    """A binary list of these objects, the first at the top; references have one byte."""
    body, offsets = b"bplist00", []
    for one in objects:
        offsets.append(len(body))
        body += one
    numbers = b"".join(n.to_bytes(8, "big") for n in (len(objects), 0, len(body)))
    return body + b"".join(n.to_bytes(2, "big") for n in offsets) + bytes(6) + bytes([2, 1]) + numbers


@pytest.mark.parametrize(
    ("one", "value"),
    [
        (b"\x00", None),
        (b"\x08", False),
        (b"\x13" + b"\xff" * 8, -1),
        (b"\x14" + bytes(8) + b"\xff" * 8, (1 << 64) - 1),  # unsigned, in 16 bytes
        (b"\x22\x3f\x80\0\0", 1.0),
        (b"\x33" + bytes(8), datetime(2001, 1, 1)),  # noqa: DTZ001 -- plistlib gives dates without a zone
        (b"\x62\0\xe9\xd8\x3d"[:1] + b"\0\xe9\0\xe8", "éè"),
        (b"\x63\0\xe9\xd8\x3d\xde\0", "é😀"),
        (b"\x5f\x10\x02ab", "ab"),  # a length of its own
        (b"\x80\x05", 5),  # a UID
        (b"\xa2\x01\x01", ["a", "a"]),  # shared
        (b"\xd0", {}),
    ],
)
def test_values_in_binary(one: bytes, value: object) -> None:
    assert parse_plist(binary(b"\xd1\x01\x02", b"\x51a", one), Limits()) == {"a": value}


@pytest.mark.parametrize("fault", [b"\xc1\x01", b"\x51\xe9", b"\x33\x7f\xf0" + bytes(6), b"\xa1\x02"])
def test_what_a_binary_list_cannot_hold(fault: bytes) -> None:
    with pytest.raises(BadPlist):
        parse_plist(binary(b"\xd1\x01\x02", b"\x51a", fault), Limits())


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
