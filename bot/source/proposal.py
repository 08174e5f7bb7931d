"""The pull request by which a commit is proposed where altpress may not make it: what is to be done. No I/O.

There is one for a site, from one branch (`branch_name`), updated in place. What is proposed is named by a
digest of the files and of what they replace, so a commit elsewhere in the repository changes nothing. The
digest stands in the commit's trailer, with the id of the commit's tree, and in the pull request's text: that
way everything is found again on GitHub, whatever altpress forgot, and commits of other people are known.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.records.blobs import blob_id

PREFIX = "altpress/publish/"
TRAILER = "Altpress-Proposal"
_MARK = re.compile(r"<!-- altpress:(proposal|superseded):([0-9a-f]{16}) -->")
_TRAILER = re.compile(rf"^{TRAILER}: ([0-9a-f]{{16}}) ([0-9a-f]{{40}})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request from the site's proposal branch."""

    number: int
    url: str
    title: str
    body: str
    open: bool
    merged: bool
    base: str  # branch
    head_sha: str
    merge_commit: str | None = None

    @property
    def digest(self) -> str | None:
        """What it proposes, by its text; None when somebody took the mark away."""
        found = _MARK.search(self.body)
        return found[2] if found else None

    @property
    def superseded(self) -> bool:
        """Whether altpress itself closed it."""
        found = _MARK.search(self.body)
        return found is not None and found[1] == "superseded"


@dataclass(frozen=True, slots=True)
class BranchHead:
    """Where the proposal branch is; `digest` None: not at a commit as altpress left it."""

    sha: str
    digest: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, in this order. Nothing but `stands` set: all is as it should be."""

    close: tuple[int, ...] = ()  # into another branch than today's
    push: bool = False  # the commit onto the branch
    edit: int | None = None  # title and text of this one
    open: bool = False
    stands: int | None = None  # the one that is open already
    foreign: int | None = None  # its branch holds commits of somebody else: left alone, and told
    declined: int | None = None  # somebody closed exactly this
    blocked: bool = False  # commits of somebody else are on the branch, and in no pull request


def branch_name(site_branch: str) -> str:
    """The branch that a site's proposals come from; a name for git whenever the site's is."""
    return PREFIX + site_branch


def digest_files(base: str, before: Mapping[str, str], files: Mapping[str, bytes | None]) -> str:
    """Names a proposal: the branch that it goes into, its files, and what they replace (blob ids by path)."""
    lines = [base]
    for path, data in sorted(files.items()):
        lines += [path, before.get(path, "-"), "-" if data is None else blob_id(data)]
    return hashlib.sha256("\0".join(lines).encode()).hexdigest()[:16]


def add_trailer(message: str, digest: str, tree: str) -> str:
    """The commit's message with the mark by which altpress knows its own, unchanged, commit."""
    text = message.rstrip("\n")
    last = text.rpartition("\n\n")[2]
    joined = "\n" if "\n" in text and re.match(r"[A-Za-z-]+: ", last) else "\n\n"
    return f"{text}{joined}{TRAILER}: {digest} {tree}\n"


def read_head(sha: str, message: str, tree: str) -> BranchHead:
    """A commit's own account of itself, believed when its tree is the one that altpress made."""
    found = _TRAILER.search(message)
    return BranchHead(sha, found[1] if found and found[2] == tree else None)


def render_mark(digest: str, *, superseded: bool = False) -> str:
    """The hidden line in the pull request's text."""
    return f"<!-- altpress:{'superseded' if superseded else 'proposal'}:{digest} -->"


def mark_superseded(body: str) -> str:
    """The text of one that altpress closes itself."""
    return _MARK.sub(lambda found: render_mark(found[2], superseded=True), body)


def decide(wanted: str, base: str, head: BranchHead | None, pulls: Sequence[Pull]) -> Decision:
    """What to do so that `wanted` is proposed into `base`; `pulls` are all of the branch, newest first."""
    stands = next((pull for pull in pulls if pull.open and pull.base == base), None)
    close = tuple(pull.number for pull in pulls if pull.open and pull is not stands)
    push = head is None or head.digest != wanted
    if stands is not None:
        if head is not None and head.digest is None:
            return Decision(close=close, stands=stands.number, foreign=stands.number)
        edit = stands.number if stands.digest != wanted else None
        return Decision(close=close, push=push, edit=edit, stands=stands.number)
    last = next((pull for pull in pulls if not pull.open and pull.base == base), None)
    if last and not last.merged and not last.superseded and last.digest == wanted:
        return Decision(close=close, declined=last.number)
    if head is not None and head.digest is None and not _is_kept(head, pulls):
        return Decision(close=close, blocked=True)
    return Decision(close=close, push=push, open=True)


def may_remove(head: BranchHead, pulls: Sequence[Pull]) -> bool:
    """Whether the branch may go: it is altpress's own, or was merged. What others began there stays."""
    return head.digest is not None or any(pull.merged and pull.head_sha == head.sha for pull in pulls)


def _is_kept(head: BranchHead, pulls: Sequence[Pull]) -> bool:
    """GitHub keeps the commits of a pull request for ever."""
    return any(head.sha == pull.head_sha for pull in pulls)
