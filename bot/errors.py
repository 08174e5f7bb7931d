"""Every error that altpress raises on purpose. No I/O.

The class carries the policy, so that the one handler (`jobs/runner.py`, and the web's) is a table:
`retry` says whether the same work may succeed later, `tell` who can do something about it, and `.public` is a
sentence that is safe to show to anybody (no token, no path of this machine, no foreign text unescaped).

A job that raises what is for the operator alone has failed. Anything else that is not retried is an outcome
like any other: whoever raised it has told whom it concerns, and its delivery is done (`is_outcome`).

    BotError
    ├── BadSettings          the installation is not set up right; stops the start
    ├── Rejected             what was asked is refused, and asking again changes nothing
    │   ├── BadSignature     a webhook that nobody with the secret sent
    │   ├── BadToken         a CI job's token that its issuer did not sign, or that has expired
    │   ├── BadPayload       bytes that are no webhook of GitHub's
    │   ├── TooLarge         more bytes than the bound
    │   ├── UnknownCommand   a comment that names no command, app or version
    │   └── NotAllowed       the person, or the repository, has no right to it
    │       └── ProtectedBranch  a branch takes no commit of altpress's but by a pull request
    ├── BadIpa               the file is no IPA that a client could install; `code` names the reason
    ├── BadCatalog           `altpress.yml`, the decisions or the lock cannot be read; `problems` lists all
    ├── BadSource            a client would refuse the built document; `problems` lists all
    ├── NotFound             GitHub says that it is not there (any more)
    ├── NotReady             the release's files are not all there yet; come back after `retry_after`
    ├── NotLive              the public address does not show yet what was published
    ├── Underway             what was begun is not over yet; come back after `retry_after`
    ├── Conflict             somebody else moved the branch first; plan again on the new head
    └── Unavailable          a service does not answer, or asks for a pause of `retry_after` seconds
        ├── DatabaseAway     MongoDB does not answer, or lets altpress not in
        ├── QueueAway        Redis does not answer, or lets altpress not in
        └── RateLimited      GitHub's limits; `retry_after` until they are reset
            └── WritesWait   altpress's own bound below them; `retry_after` until it is this one's turn
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol


class Tell(StrEnum):
    """Who should read about an error."""

    NOBODY = "nobody"  # nothing is to be mended
    DEVELOPER = "developer"  # where the app's releases are
    MAINTAINER = "maintainer"  # where the source is
    OPERATOR = "operator"  # the log


class CatalogProblem(Protocol):
    """What a list of problems holds, as far as an error needs it."""

    def __str__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One fault in a file that people write: the catalog, the decisions, the lock."""

    line: int | None  # counted from 1; None when the whole file is meant
    path: str  # `apps > 0 > assets`; empty for the whole file
    message: str  # what is wrong, and what is allowed: a predicate, such as "is empty"

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line is not None else []
        where += [self.path] if self.path else []
        return f"{', '.join(where)}: {self.message}" if where else f"the file {self.message}"


class BotError(Exception):
    """The base: an unexpected failure of ours, never retried by itself."""

    retry: ClassVar[bool] = False
    tell: ClassVar[Tell] = Tell.OPERATOR
    code: str = "internal"

    def __init__(
        self, public: str = "Something went wrong inside altpress.", *, code: str | None = None
    ) -> None:
        super().__init__(public)
        self.public = public
        if code is not None:
            self.code = code

    @property
    def is_outcome(self) -> bool:
        """Whether the work is through with it, rather than to be done again, or failed."""
        return not self.retry and self.tell is not Tell.OPERATOR


class BadSettings(BotError):
    code = "bad_settings"


class Rejected(BotError):
    tell = Tell.NOBODY
    code = "rejected"


class BadSignature(Rejected):
    code = "bad_signature"


class BadToken(Rejected):
    code = "bad_token"


class BadPayload(Rejected):
    code = "bad_payload"


class TooLarge(Rejected):
    code = "too_large"


class UnknownCommand(Rejected):
    code = "unknown_command"


class NotAllowed(Rejected):
    tell = Tell.MAINTAINER
    code = "not_allowed"


class ProtectedBranch(NotAllowed):
    code = "protected_branch"


class BadIpa(BotError):
    """`code` is stable and machine-readable (`not_a_zip`, `no_app`, `too_large`, …); see `bot/ipa`."""

    tell = Tell.DEVELOPER
    code = "bad_ipa"


class _WithProblems(BotError):
    """An error made of several findings, told together."""

    def __init__(self, public: str, problems: Sequence[CatalogProblem] = ()) -> None:
        super().__init__(public)
        self.problems = tuple(problems)


class BadCatalog(_WithProblems):
    tell = Tell.MAINTAINER
    code = "bad_catalog"


class BadSource(_WithProblems):
    tell = Tell.MAINTAINER
    code = "bad_source"


class NotFound(BotError):
    tell = Tell.NOBODY
    code = "not_found"


class _Later(BotError):
    """An error that passes: the same work may succeed `retry_after` seconds from now."""

    retry = True

    def __init__(self, public: str, *, retry_after: float | None = None, code: str | None = None) -> None:
        super().__init__(public, code=code)
        self.retry_after = retry_after


class NotReady(_Later):
    tell = Tell.NOBODY
    code = "not_ready"


class NotLive(_Later):
    tell = Tell.NOBODY
    code = "not_live"


class Conflict(_Later):
    tell = Tell.NOBODY
    code = "conflict"


class Underway(_Later):
    tell = Tell.NOBODY
    code = "underway"


class Unavailable(_Later):
    code = "unavailable"


class DatabaseAway(Unavailable):
    pass


class QueueAway(Unavailable):
    pass


class RateLimited(Unavailable):
    code = "rate_limited"


class WritesWait(RateLimited):
    code = "writes_wait"
