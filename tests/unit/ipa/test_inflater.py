"""zlib-ng reads damaged and hostile streams exactly as zlib does, however they are cut."""

import zlib
from types import ModuleType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from zlib_ng import zlib_ng

PLAIN = b"".join(b"%d, " % (n * n % 977) for n in range(4000))


def inflate(library: ModuleType, packed: bytes, piece: int, most: int) -> list[Any]:
    """Everything that can be seen from outside, step by step."""
    inflater = library.decompressobj(-15)
    seen: list[Any] = []
    try:
        for at in range(0, len(packed), piece):
            waiting = packed[at : at + piece]
            while waiting and not inflater.eof:
                seen.append(inflater.decompress(waiting, most))
                waiting = inflater.unconsumed_tail
                seen.append((len(waiting), inflater.eof, inflater.unused_data))
    except library.error:
        seen.append("damaged")
    return seen


@given(
    plain=st.one_of(st.binary(max_size=2000), st.integers(0, len(PLAIN)).map(lambda size: PLAIN[:size])),
    level=st.integers(0, 9),
    changes=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), max_size=4),
    behind=st.binary(max_size=20),
    sizes=st.tuples(st.sampled_from([1, 7, 100, 4096]), st.sampled_from([50, 1000, 1 << 20])),
)
def test_it_does_what_zlib_does(
    plain: bytes, level: int, changes: list[tuple[int, int]], behind: bytes, sizes: tuple[int, int]
) -> None:
    packer = zlib.compressobj(level, wbits=-15)
    packed = bytearray(packer.compress(plain) + packer.flush() + behind)
    for place, value in changes:
        packed[place % len(packed)] = value
    assert inflate(zlib_ng, bytes(packed), *sizes) == inflate(zlib, bytes(packed), *sizes)
