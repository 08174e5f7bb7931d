"""What altpress says about a pull request that changes the catalog or the decisions. No I/O.

The same findings in three forms: a check run with annotations, a commit status, a comment that is kept up
to date.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import FileProblem
from bot.replies.length import LONGEST_REPLY, shortened
from bot.replies.preview import render_preview
from bot.replies.text import bullets, code, count, inline, one_line
from bot.source.preview import Preview

LONGEST_PART = 20_000  # UTF-16 units of a check run's summary and text: GitHub takes 65,535 bytes
LONGEST_STATUS = 140  # characters
LONGEST_TITLE = 255
LONGEST_MESSAGE = 4_000
MOST_ANNOTATIONS = 200  # four requests


class Basis(StrEnum):
    """What was looked at."""

    MERGED = "merged"  # the result of merging, as GitHub made it
    BRANCH = "branch"  # the pull request's own branch: GitHub has not worked out the merge yet
    CONFLICT = "conflict"  # the same, since it cannot be merged


class Conclusion(StrEnum):
    """As check runs have it."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"  # nothing is wrong with the files, and yet somebody should look


@dataclass(frozen=True, slots=True)
class Located:
    """A problem of one file."""

    path: str
    problem: FileProblem
    merged: bool = False  # of the merge's result alone, whose lines are not those of the branch


@dataclass(frozen=True, slots=True)
class Review:
    """What was found out about a pull request at one head."""

    branch: str  # that it is to go into
    head: str  # commit
    basis: Basis
    base: str | None = None  # the commit that it was merged with
    problems: tuple[Located, ...] = ()
    notes: tuple[str, ...] = ()  # why somebody should look; Markdown
    remarks: tuple[Located, ...] = ()  # likewise, each with its place
    preview: Preview | None = None
    contents: tuple[str | None, ...] = ()  # the ids of catalog and decisions as they were looked at

    @property
    def conclusion(self) -> Conclusion:
        seen = self.preview
        if self.problems or (seen is not None and seen.refused):
            return Conclusion.FAILURE
        if seen is None or seen.problems or not seen.outputs:
            return Conclusion.NEUTRAL
        if self.notes or self.remarks or self.basis is Basis.CONFLICT:
            return Conclusion.NEUTRAL
        return Conclusion.SUCCESS


@dataclass(frozen=True, slots=True)
class Annotation:
    """A line of a file, and what is wrong there."""

    path: str
    line: int
    title: str
    message: str
    level: str = "failure"  # or "warning"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check run says. The digest tells whether it says anything new."""

    conclusion: Conclusion
    title: str
    summary: str
    text: str
    annotations: tuple[Annotation, ...] = ()

    @property
    def digest(self) -> str:
        parts = (self.conclusion, self.title, self.summary, self.text, repr(self.annotations))
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def render_check(review: Review) -> CheckReport:
    """The check run of a review."""
    seen = review.preview
    return CheckReport(
        conclusion=review.conclusion,
        title=render_title(review)[:LONGEST_TITLE],
        summary=shortened(_render_findings(review), LONGEST_PART),
        text=shortened(render_preview(seen), LONGEST_PART) if seen is not None else "",
        annotations=tuple(_annotations(review))[:MOST_ANNOTATIONS],
    )


def render_title(review: Review) -> str:
    """One line of plain text."""
    if review.problems:
        paths = dict.fromkeys(found.path for found in review.problems)
        return f"{count(len(review.problems), 'problem')} in {', '.join(paths)}"
    seen = review.preview
    if seen is None:
        return "The source could not be built for comparison"
    if seen.refused:
        names = (name for o in seen.outputs for name, verdict in o.verdicts.items() if verdict == "reject")
        return f"{', '.join(dict.fromkeys(names))} would refuse the source"
    if not seen.outputs:
        return one_line(seen.problems[0], LONGEST_STATUS) if seen.problems else "There is nothing to publish"
    if seen.changes:
        return f"{count(len(seen.changes), 'change')} of the source"
    return "The source stays as it is" if seen.unchanged else "Only the form of the source changes"


def render_status(review: Review) -> str:
    """The text of a commit status."""
    return one_line(render_title(review), LONGEST_STATUS)


def render_pull_comment(review: Review, mark: str) -> str:
    """The comment; its last line is the mark."""
    parts = [f"**{inline(render_title(review))}**", _render_findings(review)]
    if review.preview is not None:
        parts.append(render_preview(review.preview))
    text = shortened("\n\n".join(parts), LONGEST_REPLY)
    return f"{text}\n\n{mark}"


def render_untouched(mark: str) -> str:
    """In place of an earlier comment, once a pull request leaves altpress's files alone."""
    return f"This pull request changes neither the catalog nor the decisions any more.\n\n{mark}"


def describe_made(path: str, *, is_lock: bool) -> str:
    """A note about a file of altpress's own that is changed by hand."""
    if is_lock:
        return (
            f"{code(path)} is changed by hand. altpress keeps this file itself, and rebuilds the source from "
            "it when its database is lost: leave it out of the pull request, and take versions out by "
            "`/yank` or a decision."
        )
    return f"{code(path)} is made by altpress, which puts it back at the next publish: change the catalog."


def describe_gone() -> str:
    """A note: there would be no catalog."""
    return "Merged, the repository would hold no catalog, and altpress would leave it alone."


def _render_findings(review: Review) -> str:
    parts = [_say_basis(review)]
    if review.notes:
        parts.append(bullets(review.notes, "note"))
    if review.remarks:
        parts.append("Taken as it stands, but perhaps not what is meant:")
        parts.append(bullets([describe_located(found) for found in review.remarks], "remark"))
    if review.problems:
        parts.append(bullets([describe_located(found) for found in review.problems], "problem"))
    return "\n\n".join(parts)


def _say_basis(review: Review) -> str:
    head, branch = code(review.head[:12]), code(review.branch)
    if review.basis is Basis.MERGED:
        at = f" at {code(review.base[:12])}" if review.base else ""
        return f"What merging {head} into {branch}{at} would do."
    if review.basis is Basis.CONFLICT:
        return f"{head} conflicts with {branch}: this is what its own files say, without those of {branch}."
    return f"What the files of {head} say; GitHub has not worked out yet what merging into {branch} gives."


def describe_located(found: Located) -> str:
    """A list's line: file, line, place, and what is wrong."""
    where = f"{code(found.path)}, once merged, " if found.merged else f"{code(found.path)} "
    return f"{where}{inline(str(found.problem), 500)}"


def _annotations(review: Review) -> Iterator[Annotation]:
    """What is wrong first."""
    for level, listed in (("failure", review.problems), ("warning", review.remarks)):
        yield from (_annotate(found, level) for found in listed if not found.merged)


def _annotate(found: Located, level: str) -> Annotation:
    problem = found.problem
    title = one_line(problem.path, LONGEST_TITLE) or found.path
    words = problem.message if problem.path else str(problem)
    return Annotation(found.path, problem.line or 1, title, one_line(words, LONGEST_MESSAGE), level)
