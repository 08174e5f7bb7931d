"""Every bound on what is read from an IPA, in one place. No I/O.

They lie well above anything seen in real apps; what passes one is refused with `BadIpa`, never guessed at.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import BadIpa

_KIB, _MIB, _GIB = 1 << 10, 1 << 20, 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes are in bytes after inflating, unless said otherwise."""

    members: int = 200_000  # entries of the archive's central directory
    directory_bytes: int = 64 * _MIB  # the central directory itself
    name_bytes: int = 4 * _KIB  # one member's name; the clients' own buffer ends at 511
    bundles: int = 500  # the app and the bundles inside it
    plist_bytes: int = 8 * _MIB
    plist_depth: int = 64
    plist_values: int = 200_000  # values in one property list, shared ones counted each time
    plists_bytes: int = 32 * _MIB  # the Info.plists of all bundles together: they are kept at once
    plists_values: int = 1_000_000  # values in all of them
    executable_bytes: int = 4 * _GIB
    slices: int = 32  # of a fat executable
    load_commands: int = 20_000
    load_command_bytes: int = 4 * _MIB
    signature_bytes: int = 32 * _MIB  # one slice's; 16 MiB of hashes cover 2 GiB of code
    signatures_bytes: int = 64 * _MIB  # all slices' of one executable together: they are kept at once
    icon_bytes: int = 8 * _MIB
    icon_pixels: int = 1 << 22  # 2048 x 2048
    spooled_bytes: int = 64 * _MIB  # an IPA inside a zip may be packed in any way up to here,
    spooled_ratio: int = 100  # and beyond give so many bytes for each packed one
    inflated_bytes: int = 8 * _GIB  # everything read from one IPA together
    seconds: float = 300.0  # for one IPA, waiting for a slow server included


class Budget:
    """What one IPA may still cost; every read of it passes here."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._ends = clock() + limits.seconds
        self._left = limits.inflated_bytes

    def spend(self, size: int) -> None:
        """Count `size` bytes; raises BadIpa `too_large` or `too_slow`."""
        self._left -= size
        if self._left < 0:
            raise BadIpa(
                "Reading this file takes more bytes than altpress allows for one IPA.", code="too_large"
            )
        if self._clock() > self._ends:
            raise BadIpa("Reading this file takes longer than altpress allows for one IPA.", code="too_slow")


def check_size(what: str, size: int, limit: int) -> None:
    """Raise BadIpa `too_large` when `what` has more than `limit` bytes."""
    if size > limit:
        raise BadIpa(
            f"{what} is larger than altpress reads ({size} bytes; {limit} at most).", code="too_large"
        )
