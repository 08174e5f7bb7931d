"""Which files of a repository's releases belong together. No I/O.

A name's shape is the name with everything that changes from release to release as `*`: the version, dates,
build numbers, commit ids. Files of one shape, of one family of tags and of one kind of release are a group;
one of them tells what all of them are.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.records import Asset, Release

# digits that say for which machine a file is, not which version it has
_KEPT = re.compile(
    r"arm64(?:e|_32)?|armv\d[a-z]?|x86_64|x64|i386|(?:ios|ipados|tvos|macos)[ ._-]?\d+", re.IGNORECASE
)
_COMMIT = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-f]*\d)[0-9a-f]{7,40}(?![0-9A-Za-z])")
_NUMBER = re.compile(r"\d+(?:[._+-]?\d+)*")
_STARS = re.compile(r"\*(?:[._+ -]?\*)+")
_UNFINISHED = re.compile(r"[._+-]?(?:alpha|beta|rc|preview|pre|dev|snapshot)[._-]?(?:\*|$)", re.IGNORECASE)
_V = re.compile(r"(^|[/@_.-])[vV]\*")


@dataclass(frozen=True, slots=True)
class IpaFile:
    """One complete `.ipa` of a release."""

    release: Release
    asset: Asset

    @property
    def moment(self) -> str:
        """When its release came out; ISO 8601 in UTC, which sorts as text."""
        return self.release.published_at or self.release.created_at


@dataclass(frozen=True, slots=True)
class Group:
    """Files that one of them stands for."""

    family: str  # of the tags
    shape: str  # of the names: a pattern
    prerelease: bool
    files: tuple[IpaFile, ...]  # the newest first


def find_files(releases: Iterable[Release]) -> tuple[IpaFile, ...]:
    """Every complete `.ipa`, the newest first; what is still being uploaded is none yet."""
    found = [
        IpaFile(release, asset)
        for release in releases
        for asset in release.assets
        if asset.state == "uploaded" and asset.name.lower().endswith(".ipa")
    ]
    return tuple(sorted(found, key=lambda file: file.moment, reverse=True))


def group_files(files: Sequence[IpaFile]) -> tuple[Group, ...]:
    """Groups of real releases first, then those of prereleases; in each, the newest first."""
    grouped: dict[tuple[str, str, bool], list[IpaFile]] = {}
    for file in files:
        key = (family_of(file.release.tag), shape_of(file.asset.name), file.release.prerelease)
        grouped.setdefault(key, []).append(file)
    groups = [Group(*key, tuple(members)) for key, members in grouped.items()]
    return tuple(sorted(groups, key=lambda group: group.prerelease))


def shape_of(name: str) -> str:
    """`Acme-1.2.0.ipa` -> `Acme-*.ipa`: a pattern that fits the name and its sisters."""
    parts, last = [], 0
    for kept in _KEPT.finditer(name):
        parts += [_starred(name[last : kept.start()]), escape(kept.group())]
        last = kept.end()
    return _STARS.sub("*", "".join([*parts, _starred(name[last:])]))


def family_of(tag: str) -> str:
    """`lib-v1.2.0-beta.3` -> `lib-*`: what the tags of one series have in common."""
    return _V.sub(r"\1*", _UNFINISHED.sub("", shape_of(tag))) or "*"


def finish(shape: str) -> str:
    """`v*-beta.*` -> `v*`: the shape that fits the finished version, too."""
    return _STARS.sub("*", _UNFINISHED.sub("*", shape))


def escape(text: str) -> str:
    """Text as a pattern that fits nothing else (`?` for a leading `!`, which would exclude)."""
    plain = re.sub(r"[*?]", "?", text).replace("[", "[[]")
    return f"?{plain[1:]}" if plain.startswith("!") else plain


def _starred(text: str) -> str:
    return _NUMBER.sub("*", _COMMIT.sub("*", escape(text)))
