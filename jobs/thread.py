"""One comment with commands, and its one reply."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.commands import Answer, Role, choose_reaction, may_mention, parse_commands
from bot.commands.grammar import Request
from bot.context import Context
from bot.enqueue.pace import take_turn
from bot.errors import Underway
from bot.github.shapes import IssueComment
from bot.records import SaidAnswer, Site
from bot.replies import hidden, is_own, render_answers
from bot.store.command_rates import WINDOW_MS
from bot.store.talks import REPLYING_MS, Turn
from jobs.readiness import moment
from jobs.roles import find_role
from jobs.trace import traced
from jobs.writes import account_of

log = logging.getLogger(__name__)
HOUR = 3600.0  # seconds
MOST_OF_STRANGERS = 60  # comments in an hour that are answered whoever wrote them; an installation
MOST_CONFUSED = 3  # reactions to a person in ten minutes, once it was said that it is too much
PROMPT = 600  # seconds after which a command is not taken for one that nobody has seen yet


@dataclass(frozen=True)
class Thread:
    """What was said in the comment, and is said to it."""

    ctx: Context
    repository: str
    issue: int
    comment: IssueComment
    told: str  # the repository's name when the comment came

    @property
    def key(self) -> str:
        return f"{self.told.lower()}:{self.comment.id}"

    @property
    def said(self) -> Mapping[int, SaidAnswer]:
        """The answers so far, by the commands' places."""
        talk = self.ctx.store.talks.find(self.key)
        return talk.said if talk is not None else {}

    def requests(self) -> tuple[Request, ...]:
        """The comment's commands: none, when it is a bot's, altpress's own, or was edited.

        Its own is known by the hidden mark, not by its author: with a token, altpress speaks with the account
        of a person, who may well give commands.
        """
        comment = self.comment
        if comment.author_type == "Bot" or is_own(comment.body) or comment.edited:
            return ()
        return parse_commands(comment.body, self._login() if may_mention(comment.body) else None)

    def begin(self, wanted: int) -> bool:
        """Show that it was seen; False when it has its reply already, or gets none.

        So many commands are counted against what its author may give; a try that was cut off counts twice.
        Who was told before that it is too much gets no eyes: each reaction counts against GitHub's limits.
        """
        if self._is_answered() or self._is_crowded():
            return False
        if self._count(wanted):
            self.ctx.github.react(self.repository, self.comment.id, "eyes")
        return True

    def _is_crowded(self) -> bool:
        """Whether more answers to people without a role would keep publishes waiting: the reply and its
        reactions are three of GitHub's writes. Roles are looked up only then.
        """
        ctx = self.ctx
        account = account_of(ctx, Site(repository=self.repository, branch=""))
        if take_turn(ctx.queue.connection, f"chat:{account}", most=MOST_OF_STRANGERS, seconds=HOUR) == 0:
            return False
        role = Role.of(find_role(ctx, self.repository, self.comment.author))
        if role.reaches(Role.TRIAGE):
            return False
        log.warning("comment_left", extra={"repository": self.repository, "account": account})
        return True

    def _count(self, wanted: int) -> bool:
        """Whether there is more to say than was said before."""
        limit, now_ms = self.ctx.settings.commands_per_user, self.ctx.now_ms()
        if not limit:
            self.ctx.store.talks.begin(self.key, now_ms)
            return True
        found = self.ctx.store.command_rates.take(self.comment.author, wanted, limit, now_ms)
        self.ctx.store.talks.begin(
            self.key, now_ms, allowed=found.granted, again_ms=found.again_ms, silent=not found.first
        )  # fmt: skip
        return bool(found.granted) or found.first

    def refuse(self) -> None:
        """With a reaction alone: why was said before. Each is one of GitHub's writes, so not without end."""
        name = f"confused:{self.comment.author.lower()}"
        if take_turn(self.ctx.queue.connection, name, most=MOST_CONFUSED, seconds=WINDOW_MS / 1000) == 0:
            self.ctx.github.react(self.repository, self.comment.id, "confused")
        self.ctx.store.talks.end(self.key)

    def say(self, place: int, answer: Answer, asked: Sequence[tuple[str, str]]) -> None:
        """Keep an answer for the reply."""
        said = SaidAnswer(
            line=answer.line, text=answer.text, done=answer.done, idle=answer.idle, asked=tuple(asked)
        )  # fmt: skip
        self.ctx.store.talks.say(self.key, place, said)

    def reply(self, answers: Sequence[tuple[str, str, bool]], *, idle: bool = False) -> None:
        """Once: a try that was cut off here may have got through. `idle`: nothing had to be done."""
        turn = self.ctx.store.talks.take_reply(self.key, self.ctx.now_ms())
        if turn is Turn.NOT_YET:
            raise Underway("The reply is being written.", retry_after=REPLYING_MS / 1000)
        if turn is Turn.FIRST or not self._has_reply():
            text = traced(self.ctx, render_answers(answers, self._mark, self._dashboard))
            self.ctx.github.reply(self.repository, self.issue, text)
        reaction = choose_reaction([done for _, _, done in answers], idle=idle)
        self.ctx.github.react(self.repository, self.comment.id, reaction)
        self.ctx.store.talks.end(self.key)

    def _is_answered(self) -> bool:
        """Whether it has its reply, though nothing here tells of it.

        The first to ask knows without looking. A later one (a redelivery, or the same job after a failure)
        looks for the reply itself, so that a crash in between loses no answer. So does whoever comes late:
        the database may have been lost since.
        """
        first = self.ctx.store.notices.claim(f"command:{self.key}", self.ctx.now_ms())
        if first and self.ctx.clock() - moment(self.comment.created_at) < PROMPT:
            return False
        return self._has_reply()

    def _has_reply(self) -> bool:
        found = self.ctx.github.find_reply(
            self.repository, self.issue, self._mark, by=self._login(), since=self.comment.created_at
        )
        return found is not None

    @property
    def _dashboard(self) -> str | None:
        settings = self.ctx.settings
        return settings.public_url if settings.dashboard_password_hash else None

    @property
    def _mark(self) -> str:
        return hidden("reply", self.key)

    def _login(self) -> str:
        return self.ctx.settings.bot_login or self.ctx.github.login()
