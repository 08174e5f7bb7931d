"""The members of an IPA: found by name, read within bounds. No I/O of its own.

Works over any seekable binary file. A file that fetches what it is asked for (HTTP ranges) may have a
method `expect(start, end)`: it is told which bytes are likely to be read next, one after another.
"""

import bisect
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.errors import BadIpa
from bot.ipa.directory import Member, SeekableFile, parse_directory
from bot.ipa.limits import Budget, check_size
from bot.ipa.member import MemberStream, expect, longest_header
from bot.ipa.names import is_safe, normalize, shorten

_SLACK = 1 << 18  # packed bytes that a member may have beyond the limit of its contents
_GAP = 1 << 13  # bytes between two members that are cheaper to read than to skip
_GAPS = 1 << 14  # of all gaps together


class Archive:
    """Names to members, links and unsafe names left out; the last of equal names counts."""

    def __init__(self, file: SeekableFile, size: int, budget: Budget) -> None:
        self._file = file
        self.budget = budget
        directory = parse_directory(file, size, budget.limits)
        self._offsets = sorted({directory.start, *(member.offset for member in directory.members)})
        self.members = directory.members
        self.promised = directory.count  # members that the end record promises: all that the clients unpack
        self.links = tuple(m.name for m in self.members if m.is_symlink)
        self.unsafe = tuple(m.name for m in self.members if not is_safe(m.name))
        self._index = {normalize(m.name): m for m in self.members if is_safe(m.name) and not m.is_symlink}

    def names(self) -> Iterable[str]:
        """Every name that may be read, folders with a slash at the end."""
        return self._index

    def find(self, name: str) -> Member | None:
        """The file of this name; composed and decomposed accents are the same, as on the device's disk."""
        member = self._index.get(normalize(name))
        return None if member is None or member.is_folder else member

    def read_all(self, members: Iterable[Member], limit: int) -> Mapping[str, bytes]:
        """The contents of these members by name, neighbours read as one.

        Raises BadIpa for the first that is encrypted, damaged or of more than `limit` bytes.
        """
        contents = {}
        for group in self._groups(sorted(members, key=lambda member: member.offset)):
            expect(self._file, group[0].offset, self._end(group[-1]))
            for member in group:
                check_size(shorten(member.name), member.compressed, limit + _SLACK)
                contents[member.name] = self.open(member, limit).read(limit)
        return contents

    def _groups(self, members: Sequence[Member]) -> Iterator[list[Member]]:
        """Neighbours: little lies between them; the smallest gaps are closed first."""
        gaps = [after.offset - self._end(before) for before, after in itertools.pairwise(members)]
        left, closed = _GAPS, set()
        for index in sorted(range(len(gaps)), key=gaps.__getitem__):
            left -= max(0, gaps[index])
            if gaps[index] > _GAP or left < 0:
                break
            closed.add(index)
        start = 0
        for index in range(len(members)):
            if index not in closed:
                yield list(members[start : index + 1])
                start = index + 1

    def _end(self, member: Member) -> int:
        """Where a member's bytes end, as far as can be told: a long local header moves them back."""
        following = self._offsets[bisect.bisect_right(self._offsets, member.offset)]
        return min(following, member.offset + longest_header(member) + member.compressed)

    def open(self, member: Member, limit: int) -> MemberStream:
        """The member as a stream that only goes forward, of at most `limit` bytes."""
        name = shorten(member.name)
        if member.encrypted:
            raise BadIpa(f"{name} is encrypted inside the archive.", code="encrypted_member")
        if member.method not in (0, 8):
            raise BadIpa(
                f"{name} is packed by method {member.method}, which the clients cannot read.",
                code="unsupported_compression",
            )
        check_size(name, member.size, limit)
        return MemberStream(member, self._file, self.budget)
