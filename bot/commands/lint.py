"""`/lint`: the published documents, as each client judges them. No I/O."""

from bot.clients import Problem
from bot.commands.model import Call, Command, Role
from bot.lint.judge import choose_clients, judge_document
from bot.replies import code
from bot.replies.lint import Linted, render_lint
from bot.source.preview import Scope


def run(call: Call) -> str:
    """Every output of each site in reach; in an app's repository, what is said of that app."""
    texts = []
    for reach in call.place.reaches:
        documents = call.world.published(reach.site)
        scope = None if reach.whole else call.world.scope(reach.site, reach.apps)
        name = call.world.name(reach.site, call.place.repository)
        told = render_lint([_judge(path, data, scope) for path, data in documents.items()])
        texts.append(f"**{code(name) if name else 'A private source'}**\n\n{told}")
    return "\n\n".join(texts) or "There is no app here yet."


def _judge(path: str, data: bytes | str | None, scope: Scope | None) -> Linted:
    """By all clients that the document is for; a text says why it cannot be read."""
    if not isinstance(data, bytes):
        return Linted(path, missing=data or "not published yet")
    found = judge_document(data, choose_clients(data))
    problems: tuple[Problem, ...] = found.problems
    if scope is not None:
        problems = tuple(problem for problem in problems if scope.concerns(problem, data))
    return Linted(path, found.verdicts, problems)


COMMAND = Command(
    verb="lint",
    usage="/lint",
    summary="has every client judge the published documents",
    needs=Role.NONE,
    run=run,
)
