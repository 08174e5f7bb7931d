"""Pull requests follow the branches that they are made of: new commits, a deleted branch, a merge by hand."""

from typing import Any

from bot.sandbox.git import Bare
from bot.sandbox.model import Issue, PullRequest, Repository, User
from bot.sandbox.objects import run_git
from bot.sandbox.shapes import Json, Signature, render_pull
from bot.sandbox.shapes.pulls import PullNumbers
from bot.sandbox.world import World

HEADS = "refs/heads/"


def follow_push(world: World, repository: Repository, ref: str, new: str | None, actor: User) -> None:
    """What a moved branch (`new` None: deleted) means for the open pull requests from it and into it."""
    branch, bare = ref.removeprefix(HEADS), world.bare(repository)
    if not ref.startswith(HEADS):
        return
    _follow_fork(world, repository, branch, new, actor)
    for issue, pull in select_pulls(world, repository, state="open"):
        if pull.head == branch and pull.fork is None:
            _follow_head(world, repository, issue, pull, new, actor)
        elif pull.base == branch and new and bare.is_ancestor(pull.head_sha, new):
            merged = {"merged_at": world.state.now(), "merged_by": actor.login, "merge_commit": new}
            close(world, repository, issue, pull, actor, **merged)


def _follow_fork(world: World, fork: Repository, branch: str, new: str | None, actor: User) -> None:
    """A branch of a fork moved: the pull requests from there into the repository that it was made of."""
    parent = world.state.repositories.find(id=fork.parent) if fork.parent else None
    if parent is None:
        return
    for issue, pull in select_pulls(world, parent, state="open", fork=fork.id, head=branch):
        if new is not None:
            bring_objects(world, parent, fork, branch)
        _follow_head(world, parent, issue, pull, new, actor)


def bring_objects(world: World, repository: Repository, source: Repository, branch: str) -> int | None:
    """Have the commits of a fork's branch here, as GitHub has; the fork's id, None for no fork."""
    if source.id == repository.id:
        return None
    world.bare(repository).fetch(world.bare(source), HEADS + branch)
    return source.id


def find_head_repository(world: World, repository: Repository, pull: PullRequest) -> Repository | None:
    """Where the pull request comes from; None: that fork is gone."""
    return repository if pull.fork is None else world.state.repositories.find(id=pull.fork)


def _follow_head(  # noqa: PLR0917  # all that an event tells
    world: World, repository: Repository, issue: Issue, pull: PullRequest, new: str | None, actor: User
) -> None:
    bare = world.bare(repository)
    base = bare.ref(HEADS + pull.base)
    if new is None or (base and bare.is_ancestor(new, base)):  # GitHub closes what has nothing left to merge
        close(world, repository, issue, pull, actor)
        return
    changed = world.state.pulls.update(pull.id, head_sha=new)
    touch(world, issue)
    extra = {"before": pull.head_sha, "after": new}
    announce(world, repository, changed, "synchronize", actor, extra)


def close(
    world: World, repository: Repository, issue: Issue, pull: PullRequest, actor: User, **merged: Any
) -> PullRequest:
    """`merged` are the three columns of a merge, when that is why."""
    if merged:
        pull = world.state.pulls.update(pull.id, **merged)
    touch(world, issue, state="closed")
    announce(world, repository, pull, "closed", actor)
    return pull


def touch(world: World, issue: Issue, **changes: Any) -> Issue:
    return world.state.issues.update(issue.id, **changes, updated_at=world.state.now())


def announce(  # noqa: PLR0917  # one event, said in full
    world: World,
    repository: Repository,
    pull: PullRequest,
    action: str,
    actor: User,
    extra: Json | None = None,
) -> None:
    world.announcer.pull_request(repository, show_pull(world, repository, pull), action, actor, extra)


def select_pulls(
    world: World, repository: Repository, *, state: str = "all", **equals: Any
) -> list[tuple[Issue, PullRequest]]:
    """Newest first, each with its issue; `state` is open, closed or all."""
    rows = world.state.pulls.select(repository=repository.id, newest_first=True, **equals)
    found = [(find_issue(world, row), row) for row in rows]
    return [(issue, row) for issue, row in found if state in {"all", issue.state}]


def find_issue(world: World, pull: PullRequest) -> Issue:
    issue = world.state.issues.find(repository=pull.repository, number=pull.number)
    assert issue is not None
    return issue


def list_commits(bare: Bare, pull: PullRequest) -> list[str]:
    """Oldest first: what the head has and the base had not, when it was opened or merged."""
    base = pull.base_sha if pull.merged_at else bare.ref(HEADS + pull.base) or pull.base_sha
    return list(reversed(bare.log(pull.head_sha, f"^{base}")))


def merge_trees(bare: Bare, base: str, head: str) -> str | None:
    """The tree of both; None when they contradict."""
    lines = (
        run_git(bare.directory, "merge-tree", "--write-tree", base, head, check=False).decode().splitlines()
    )
    return lines[0] if len(lines) == 1 else None  # git names each conflict on further lines


def try_merge(bare: Bare, base: str, head: str) -> str | None:
    """GitHub's test merge: a commit that is the same each time; None when the two contradict."""
    tree = merge_trees(bare, base, head)
    if tree is None:
        return None
    who = Signature("GitHub", "noreply@github.com", bare.commit(head).committer.date)
    return bare.write_commit(tree, [base, head], who, who, f"Merge {head} into {base}")


def show_pull(world: World, repository: Repository, pull: PullRequest, *, full: bool = True) -> Json:
    """As GitHub shows it; not full: as in lists."""
    issue = find_issue(world, pull)
    source = find_head_repository(world, repository, pull)
    return render_pull(
        world.urls, repository, issue, pull, world.views.find_user,
        shown=world.views.repository(repository),
        fork=(source, world.views.repository(source)) if source and pull.fork else None,
        association=world.views.association(repository, issue.author),
        numbers=_count(world, repository, issue, pull) if full else None,
    )  # fmt: skip


def _count(world: World, repository: Repository, issue: Issue, pull: PullRequest) -> PullNumbers:
    bare = world.bare(repository)
    base = bare.ref(HEADS + pull.base)
    fork = bare.merge_base(pull.base_sha, pull.head_sha)
    changes = bare.changes(fork, pull.head_sha)
    mergeable, merge = None, None
    if issue.state == "open" and base is not None:
        merge = try_merge(bare, base, pull.head_sha)
        mergeable = merge is not None
    return PullNumbers(
        mergeable=mergeable,
        merge=merge,
        comments=world.state.comments.count(repository=repository.id, issue=pull.number),
        commits=len(list_commits(bare, pull)),
        additions=sum(change.additions for change in changes),
        deletions=sum(change.deletions for change in changes),
        changed_files=len(changes),
    )
