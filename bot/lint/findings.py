"""Problems of several clients, told once. No I/O."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.clients.model import Problem
from bot.ipa.model import Severity

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, and all the clients that have it."""

    problem: Problem
    clients: tuple[str, ...]
    more: int = 0  # of the same kind, not shown; on the last one that is shown

    @property
    def kind(self) -> tuple[object, ...]:
        """What makes two findings repetitions of each other: the same fault in another app or version."""
        names = tuple(part for part in self.problem.at if isinstance(part, str))
        return self.problem.severity, self.problem.code, names, self.clients


def group_problems(problems: Iterable[Problem]) -> list[Finding]:
    """Each problem once, with the clients' names; errors first, otherwise in the given order."""
    clients: dict[Problem, list[str]] = {}
    for problem in problems:
        same = replace(problem, client="")  # equal whoever says it
        names = clients.setdefault(same, [])
        if problem.client not in names:
            names.append(problem.client)
    findings = [Finding(problem, tuple(names)) for problem, names in clients.items()]
    return sorted(findings, key=lambda finding: _ORDER.index(finding.problem.severity))


def limit_findings(findings: Sequence[Finding], most: int) -> list[Finding]:
    """At most so many of a kind; the last of a cut kind tells how many more there are."""
    total = Counter(finding.kind for finding in findings)
    seen: Counter[tuple[object, ...]] = Counter()
    shown: list[Finding] = []
    for finding in findings:
        seen[finding.kind] += 1
        if seen[finding.kind] < most:
            shown.append(finding)
        elif seen[finding.kind] == most:
            shown.append(Finding(finding.problem, finding.clients, total[finding.kind] - most))
    return shown


def count_findings(findings: Iterable[Finding]) -> str:
    """`2 errors, 1 warning`, or `no problems`."""
    counts = Counter(finding.problem.severity for finding in findings)
    words = [
        f"{counts[severity]} {severity.value if severity is not Severity.INFO else 'note'}"
        + ("s" if counts[severity] != 1 else "")
        for severity in _ORDER
        if counts[severity]
    ]
    return ", ".join(words) or "no problems"
