"""What a check says. No I/O."""

from dataclasses import dataclass
from typing import Any

from bot.ipa.model import Severity

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a document, as one client sees it.

    `code` is the client's own name for the error: Swift's decoding errors (`keyNotFound`, `valueNotFound`,
    `typeMismatch`, `dataCorrupted`) and the client's SourceErrors (`duplicateVersion`, …); warnings have
    names of ours. `at` is the coding path.
    """

    client: str
    severity: Severity
    code: str
    at: Path
    message: str  # one public sentence
    fix: str | None = None  # what to write instead
    spot: Path = ()  # where the value stands, for an error that the client shows without a path

    @property
    def place(self) -> Path:
        """The path to the value in the document."""
        return self.at or self.spot

    @property
    def path(self) -> str:
        """The path as the clients show it: `apps > 0 > versions > 2 > size`."""
        return " > ".join(str(part) for part in self.at)

    def __str__(self) -> str:
        where = f"{self.path}: " if self.at else ""
        return f"{self.client}: {where}{self.message}"

    def to_json(self) -> dict[str, Any]:
        """As `altpress lint --json` prints it."""
        return {
            "client": self.client,
            "severity": self.severity.value,
            "code": self.code,
            "path": self.path,
            "message": self.message,
            "fix": self.fix,
        }
