"""What somebody asked a site to decide, and what came of it. No I/O."""

from enum import StrEnum

from bot.decisions import DecisionEdit
from bot.records.base import Value
from bot.records.deliveries import Cause
from bot.records.jobs import Job


class DecisionRequest(Value):
    """Edits of a site's decisions that belong together; all of them are made, or none."""

    id: str  # `comment:17:0`, the first command of comment 17; one word, told in the commit's trailers
    edits: tuple[DecisionEdit, ...]
    title: str  # "Yank Acme 1.2.0": may hold foreign words
    actor: str
    reason: str | None = None  # foreign text
    cause: Cause
    at_ms: int
    said: str = ""  # Markdown: what the command answered, before anything came of it
    then: Job | None = None  # waits for the outcome

    @property
    def sentence(self) -> str:
        """What was decided by whom, and why; may hold foreign words."""
        why = f": {self.reason}" if self.reason else ""
        return f"{self.title} by {self.actor}{why}"


class RequestState(StrEnum):
    PENDING = "pending"  # not on the branch yet
    COMMITTED = "committed"
    UNCHANGED = "unchanged"  # when it was its turn, everything was so already
    REFUSED = "refused"


class RequestProgress(Value):
    """A request as far as it has come."""

    request: DecisionRequest
    state: RequestState = RequestState.PENDING
    tried: bool = False  # a commit with it may be on the branch
    commit: str | None = None
    blocked: bool = False  # nothing happens by itself: `reason` says what is in the way
    pull: str | None = None  # address of the pull request in which it waits
    reason: str | None = None  # why it waits, or was refused: a public sentence


class SaidAnswer(Value):
    """What is answered to one command of a comment."""

    line: str  # the command as written
    text: str  # Markdown
    done: bool
    idle: bool = False  # nothing had to be done
    asked: tuple[tuple[str, str], ...] = ()  # site and request, whose outcome belongs to the answer


class Talk(Value):
    """A comment with commands, as far as it is answered."""

    said: dict[int, SaidAnswer]  # by the command's place in the comment
    allowed: int | None = None  # how many commands its author might give then; None: all
    again_ms: int = 0  # when the next one is allowed
    silent: bool = False  # that there are too many was said before
    over: bool = False  # the reply is there
    at_ms: int = 0
