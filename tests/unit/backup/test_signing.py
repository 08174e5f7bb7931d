"""Signed backups: who made one, told by its end."""

import gzip
import io
import json
from dataclasses import replace

import pytest

from bot.backup import BadBackup, Signature, check_signature, is_renamed, require_signature, verify
from bot.backup.format import Manifest, build_tail, parse_tail, wrap_tail
from bot.backup.signing import sign
from tests.unit.backup.test_file import TIME, make

NEW, OLD, OTHERS = "the new key", "the old key", "somebody else's"
NAME = "altpress-20261123T080000Z.jsonl.gz"
PLAIN = Manifest("0.1", TIME, TIME, "0" * 64, 0)


def signed(*keys: str) -> Manifest:
    """As it is read."""
    tail = build_tail(sign(PLAIN, keys))
    return parse_tail(tail, len(tail))


@pytest.mark.parametrize(
    ("made_with", "keys", "found"),
    [
        ((), (), Signature.NONE),
        ((), (NEW,), Signature.NONE),
        ((NEW,), (), Signature.UNCHECKED),
        ((NEW,), (NEW,), Signature.GOOD),
        ((OLD,), (NEW, OLD), Signature.GOOD),
        ((NEW, OLD), (NEW,), Signature.GOOD),  # the first signs
        ((NEW, OLD), (OLD,), Signature.WRONG),
        ((OTHERS,), (NEW, OLD), Signature.WRONG),
        (("",), (NEW,), Signature.WRONG),
    ],
)
def test_who_made_it(made_with: tuple[str, ...], keys: tuple[str, ...], found: Signature) -> None:
    manifest = signed(*made_with)
    assert check_signature(manifest, keys) is found
    if found in {Signature.GOOD, Signature.UNCHECKED} or not keys:
        require_signature(NAME, manifest, keys)
        return
    with pytest.raises(BadBackup, match="--unsigned") as caught:
        require_signature(NAME, manifest, keys)
    told = "is not signed" if found is Signature.NONE else "another key"
    assert told in caught.value.public
    assert NAME in caught.value.public


def test_no_byte_is_outside_of_what_is_signed() -> None:
    """Whatever is put in its place with right digests: the signature is of the old ones."""
    data = make({"talks": [{"_id": "a"}]})
    manifest = parse_tail(data, len(data))
    whole = data[: manifest.size] + build_tail(sign(manifest, [NEW]))
    good = verify(io.BytesIO(whole))
    assert check_signature(good, [NEW]) is Signature.GOOD
    for other in (
        replace(good, sha256="1" * 64), replace(good, size=5), replace(good, altpress="9"),
        replace(good, began="2027-01-01T00:00:00Z"), replace(good, migrations=(("0001", 0),)),
        replace(good, collections={}), replace(good, kinds=()),
    ):  # fmt: skip
        tail = build_tail(other)
        found = parse_tail(tail, len(tail) + other.size)
        assert found.signature == good.signature
        assert check_signature(found, [NEW]) is Signature.WRONG


def test_an_altpress_of_before_reads_it() -> None:
    """It took every value of the manifest's line that it did not know for none of its business."""
    tail = build_tail(sign(PLAIN, [NEW]))
    line = gzip.decompress(tail)
    values = json.loads(line.partition(b" ")[2])
    assert list(values)[-1] == "signature"
    assert tail == wrap_tail(line)


def test_a_signature_elsewhere_is_none() -> None:
    line = gzip.decompress(build_tail(PLAIN))
    for hidden in (b'{"signature":"%s",' % (b"0" * 64), b'{"signature":5,', b'{"signature":null,'):
        tail = wrap_tail(line.replace(b"{", hidden, 1))
        assert check_signature(parse_tail(tail, len(tail)), [NEW]) is Signature.NONE


@pytest.mark.parametrize(
    ("name", "renamed"),
    [
        ("altpress-20261123T080000Z.jsonl.gz", False),
        ("altpress-20261123T080003Z.jsonl.gz", False),  # that of its second was taken
        ("altpress-20261124T080000Z.jsonl.gz", True),
        ("altpress-20251123T080000Z.jsonl.gz", True),
        ("of-before-the-fire.gz", False),
    ],
)
def test_an_old_one_in_the_place_of_the_newest_is_seen(name: str, renamed: bool) -> None:
    assert is_renamed(name, PLAIN) is renamed
