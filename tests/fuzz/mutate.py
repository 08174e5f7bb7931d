"""Mutations for the short form in the suite: the same every time, and knowing nothing of the formats."""

import random

_NUMBERS = (
    b"\0",
    b"\1",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\0\0\0\x80",
)


def mutate(seed: bytes, number: int) -> bytes:
    """The `number`th mutation of a seed."""
    dice = random.Random(number)
    data = bytearray(seed)
    for _ in range(dice.randint(1, 4)):
        _change(data, dice)
    return bytes(data)


def _change(data: bytearray, dice: random.Random) -> None:
    start, end = sorted(dice.randrange(len(data) + 1) for _ in range(2))
    match dice.randrange(6):
        case 0:
            value = dice.choice(_NUMBERS)
            data[start : start + len(value)] = value
        case 1:
            data[start:start] = dice.randbytes(dice.randint(1, 8))
        case 2:
            del data[start : min(end, start + 64)]
        case 3:
            data[end:end] = data[start : min(end, start + 256)]
        case 4:
            del data[end:]
        case _:
            for at in range(start, min(start + 4, len(data))):
                data[at] ^= 1 << dice.randrange(8)
