"""Issues and comments that people write, with their webhooks."""

from bot.sandbox.model import Comment, Issue, Repository, User
from bot.sandbox.views import WITHOUT_ISSUES
from bot.sandbox.world import World

MOST_BODY = 65_536  # characters of a comment or an issue's text


def switch_issues(world: World, repository: Repository, *, on: bool) -> None:
    """As the checkbox "Issues" of the repository's settings; what was written stays, out of sight."""
    with world.state.transaction():
        others = {number for number in world.state.load_fact(WITHOUT_ISSUES) or () if number != repository.id}
        world.state.save_fact(WITHOUT_ISSUES, sorted(others if on else others | {repository.id}))


def add_comment(world: World, repository: Repository, issue: Issue, actor: User, body: str) -> Comment:
    """A comment on an issue."""
    now = world.state.now()
    comment = world.state.comments.add(
        repository=repository.id, issue=issue.number, commit=None, author=actor.login, body=body,
        created_at=now, updated_at=now,
    )  # fmt: skip
    world.state.issues.update(issue.id, updated_at=now)
    world.announcer.comment(repository, issue, comment, action="created", sender=actor)
    return comment


def edit_comment(world: World, repository: Repository, comment: Comment, actor: User, body: str) -> Comment:
    """A comment with other words."""
    changed = world.state.comments.update(comment.id, body=body, updated_at=world.state.now())
    _announce(world, repository, changed, actor, "edited", old_body=comment.body)
    return changed


def remove_comment(world: World, repository: Repository, comment: Comment, actor: User) -> None:
    world.state.comments.remove(id=comment.id)
    _announce(world, repository, comment, actor, "deleted")


def _announce(  # one event, said in full
    world: World, repository: Repository, comment: Comment, actor: User, action: str,
    *, old_body: str | None = None,
) -> None:  # fmt: skip
    issue = world.state.issues.find(repository=repository.id, number=comment.issue)
    if issue:
        world.announcer.comment(repository, issue, comment, action=action, sender=actor, old_body=old_body)
