"""What the clients say of a document, as a page shows it. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bot.clients import Problem
from bot.ipa.model import Severity
from bot.lint.findings import Finding, group_problems, limit_findings
from bot.lint.judge import Judgement, choose_clients, judge_document
from bot.source.text import clean_line
from bot.web.dashboard.view_links import Badge

MOST_BYTES = 2 * 1024 * 1024  # of a document that is judged for a page: a second's work for six clients
MOST_ALIKE = 3  # findings of a kind
MOST = 30
_TAKEN = Badge("Takes it", "good")
_REFUSED = Badge("Refuses it", "bad")
_OTHERS = Badge("Would refuse it", "quiet")
_BADGES = {
    Severity.ERROR: Badge("Error", "bad"),
    Severity.WARNING: Badge("Warning", "busy"),
    Severity.INFO: Badge("Note", "quiet"),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A file's bytes; two of one blob id are the same."""

    sha: str
    data: bytes = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ClientView:
    name: str
    badge: Badge
    named: bool  # the catalog asks for it, so that nothing it refuses is published


@dataclass(frozen=True, slots=True)
class FindingView:
    badge: Badge
    clients: str
    path: str
    message: str
    fix: str
    more: int


@dataclass(frozen=True, slots=True)
class VerdictView:
    clients: tuple[ClientView, ...]
    findings: tuple[FindingView, ...]
    more: int  # findings that are not shown


def build_verdict(document: Document, named: Sequence[str]) -> VerdictView | None:
    """What all say who read such a document, those that the catalog names first; None: it is too large."""
    if len(document.data) > MOST_BYTES:
        return None
    judged = _judge(document, tuple(named))
    found = limit_findings(group_problems(_worth(judged.problems)), MOST_ALIKE)
    return VerdictView(
        clients=tuple(_client(name, verdict, named) for name, verdict in judged.verdicts.items()),
        findings=tuple(_finding(one) for one in found[:MOST]),
        more=max(len(found) - MOST, 0),
    )


@lru_cache(maxsize=8)
def _judge(document: Document, named: tuple[str, ...]) -> Judgement:
    """Once a document: pages are reloaded."""
    return judge_document(document.data, (*named, *choose_clients(document.data)))


def _worth(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity is not Severity.INFO]


def _client(name: str, verdict: str, named: Sequence[str]) -> ClientView:
    taken = verdict == "accept"
    return ClientView(name, _TAKEN if taken else _REFUSED if name in named else _OTHERS, name in named)


def _finding(finding: Finding) -> FindingView:
    problem = finding.problem
    return FindingView(
        badge=_BADGES[problem.severity],
        clients=", ".join(finding.clients),
        path=clean_line(problem.path),
        message=clean_line(problem.message, 500),
        fix=clean_line(problem.fix or "", 300),
        more=finding.more,
    )
