"""Pull requests that people and Apps open, change, merge and close."""

from collections.abc import Sequence
from typing import Any

from bot.sandbox import protection
from bot.sandbox.git import Bare, RefMovedError
from bot.sandbox.guarding import find_pusher, find_rules
from bot.sandbox.model import Issue, PullRequest, Repository, User
from bot.sandbox.pull_follow import (
    HEADS,
    announce,
    bring_objects,
    close,
    find_head_repository,
    find_issue,
    list_commits,
    merge_trees,
    select_pulls,
    touch,
)
from bot.sandbox.pushes import Move, announce_push, move_ref
from bot.sandbox.shapes import CommitObject, Signature
from bot.sandbox.world import World

METHODS = ("merge", "squash", "rebase")


class PullError(Exception):
    """What GitHub refuses: `field` names the part of the request that is wrong, `status` the answer's."""

    def __init__(self, message: str, *, field: str = "base", status: int = 422) -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, status


def open_pull(  # what a request to open one says
    world: World, repository: Repository, actor: User, *, title: str, body: str | None, head: str, base: str,
    draft: bool = False,
) -> PullRequest:  # fmt: skip
    """From a branch (`OWNER:BRANCH`: of that owner's fork) into one of the repository. Raises PullError."""
    source, head = find_source(world, repository, head)
    bare = world.bare(repository)
    head_sha, base_sha = world.bare(source).ref(HEADS + head), bare.ref(HEADS + base)
    if head_sha is None or base_sha is None:
        raise PullError("Validation Failed", field="head" if head_sha is None else "base")
    fork = bring_objects(world, repository, source, head)
    if bare.is_ancestor(head_sha, base_sha):
        raise PullError(f"No commits between {base} and {head}")
    if select_pulls(world, repository, state="open", head=head, base=base, fork=fork):
        raise PullError(f"A pull request already exists for {source.owner}:{head}.")
    with world.state.transaction():
        issue = world.state.add_issue(repository.id, title=title, body=body, author=actor.login)
        pull = world.state.pulls.add(
            repository=repository.id, number=issue.number, head=head, base=base, head_sha=head_sha,
            base_sha=base_sha, draft=draft, fork=fork,
        )  # fmt: skip
    announce(world, repository, pull, "opened", actor)
    return pull


def edit_pull(
    world: World, repository: Repository, pull: PullRequest, actor: User, **changes: Any
) -> PullRequest:
    """Title, body, state, base; each tells its own event, as on GitHub. Raises PullError."""
    issue, state, base = find_issue(world, pull), changes.pop("state", None), changes.pop("base", None)
    old = {key: getattr(issue, key) for key, value in changes.items() if value != getattr(issue, key)}
    if base is not None and base != pull.base:
        if world.bare(repository).ref(HEADS + base) is None:
            raise PullError("Validation Failed")
        old["base"] = pull.base
        pull = world.state.pulls.update(pull.id, base=base)
    if old:
        touch(world, issue, **{key: changes[key] for key in old if key != "base"})
        told = {k: {"ref": {"from": v}} if k == "base" else {"from": v or ""} for k, v in old.items()}
        announce(world, repository, pull, "edited", actor, {"changes": told})
    if state == "closed" and issue.state == "open":
        return close(world, repository, issue, pull, actor)
    if state == "open" and issue.state == "closed":
        _reopen(world, repository, issue, pull, actor)
    return pull


def merge_pull(  # what a request to merge one says
    world: World, repository: Repository, pull: PullRequest, actor: User, *, method: str = "merge",
    title: str | None = None, message: str | None = None, sha: str | None = None,
) -> str:  # fmt: skip
    """The commit that the base is at afterwards. Raises PullError and ProtectedBranchError."""
    issue, bare = find_issue(world, pull), world.bare(repository)
    base = bare.ref(HEADS + pull.base)
    if issue.state != "open" or base is None:
        raise PullError("Pull Request is not mergeable", status=405)
    if sha is not None and sha != pull.head_sha:
        raise PullError("Head branch was modified. Review and try the merge again.", status=409)
    rules = find_rules(world, repository, pull.base)
    if rules is not None:
        protection.check_merge(rules, pull.base, find_pusher(world, repository, actor))
    who = world.build_signature(actor)
    commits = [bare.commit(sha) for sha in list_commits(bare, pull)]
    source = find_head_repository(world, repository, pull) or repository
    words = _words(source, issue, pull, method, title, message, commits)
    new = _merge(bare, pull, base, method, who, words, world.build_web_flow())
    try:
        bare.update_ref(HEADS + pull.base, new, base)
    except RefMovedError:
        raise PullError("Base branch was modified. Review and try the merge again.", status=405) from None
    merged = {"merged_at": world.state.now(), "merged_by": actor.login, "merge_commit": new}
    world.state.pulls.update(pull.id, base_sha=base)
    close(world, repository, issue, pull, actor, **merged)
    announce_push(world, repository, Move(HEADS + pull.base, base, new), actor)
    return new


def update_branch(world: World, repository: Repository, pull: PullRequest, actor: User) -> str:
    """Merge the base into the head, as the button of that name does; the new head. Raises PullError."""
    bare = world.bare(repository)
    base = bare.ref(HEADS + pull.base)
    if base is None or pull.fork is not None or find_issue(world, pull).state != "open":
        raise PullError("Validation Failed", field="state")
    if bare.is_ancestor(base, pull.head_sha):
        raise PullError("There are no new commits on the base branch.")
    tree = merge_trees(bare, pull.head_sha, base)
    if tree is None:
        raise PullError("merge conflict between base and head")
    words = f"Merge branch '{pull.base}' into {pull.head}\n"
    parents = [pull.head_sha, base]
    new = bare.write_commit(tree, parents, world.build_signature(actor), world.build_web_flow(), words)
    move_ref(world, repository, HEADS + pull.head, new, actor)
    return new


def _reopen(world: World, repository: Repository, issue: Issue, pull: PullRequest, actor: User) -> None:
    source = find_head_repository(world, repository, pull)
    head = world.bare(source).ref(HEADS + pull.head) if source else None
    if pull.merged_at or source is None or head is None:
        raise PullError("state cannot be changed. The pull request cannot be reopened.", field="state")
    bring_objects(world, repository, source, pull.head)
    touch(world, issue, state="open")
    pull = world.state.pulls.update(pull.id, head_sha=head)
    announce(world, repository, pull, "reopened", actor)


def find_source(world: World, repository: Repository, head: str) -> tuple[Repository, str]:
    """The repository and the branch that a request names as `head`. Raises PullError."""
    owner, colon, branch = head.rpartition(":")
    if not colon or owner.lower() == repository.owner.lower():
        return repository, branch
    fork = world.state.repositories.find(owner=owner, parent=repository.id)
    if fork is None:
        raise PullError("Validation Failed", field="head")
    return fork, branch


def _words(  # noqa: PLR0917  # as GitHub fills them in
    repository: Repository,
    issue: Issue,
    pull: PullRequest,
    method: str,
    title: str | None,
    message: str | None,
    commits: Sequence[CommitObject],
) -> str:
    if method == "squash":
        default, body = _squashed(issue, commits)
        head = title or f"{default} (#{pull.number})"
    else:
        head, body = (
            title or f"Merge pull request #{pull.number} from {repository.owner}/{pull.head}",
            issue.title,
        )
    text = body if message is None else message
    return f"{head}\n\n{text}\n" if text else f"{head}\n"


def _squashed(issue: Issue, commits: Sequence[CommitObject]) -> tuple[str, str]:
    """Title and body: those of a single commit, else the pull request's title and the list of commits."""
    if len(commits) == 1:
        title, _, body = commits[0].message.strip().partition("\n")
        return title, body.strip()
    return issue.title, "\n\n".join(f"* {commit.message.strip()}" for commit in commits)


def _merge(  # noqa: PLR0917  # all that makes a commit
    bare: Bare, pull: PullRequest, base: str, method: str, who: Signature, words: str, flow: Signature
) -> str:
    if method == "rebase":
        return _rebase(bare, pull, base, flow)
    tree = merge_trees(bare, base, pull.head_sha)
    if tree is None:
        raise PullError("Pull Request is not mergeable", status=405)
    parents = [base] if method == "squash" else [base, pull.head_sha]
    return bare.write_commit(tree, parents, who, flow, words)


def _rebase(bare: Bare, pull: PullRequest, base: str, flow: Signature) -> str:
    """Each commit again on the base: merged with what stands there, as seen from the commit's own parent."""
    onto = base
    for commit in (bare.commit(sha) for sha in list_commits(bare, pull)):
        tree = _pick(bare, commit, onto, flow)
        if tree is None:
            raise PullError("This branch can't be rebased", status=405)
        onto = bare.write_commit(tree, [onto], commit.author, flow, commit.message + "\n")
    return onto


def _pick(bare: Bare, commit: CommitObject, onto: str, flow: Signature) -> str | None:
    """The common ancestor cannot be named to git 2.39: a commit made for this has the parent as one."""
    stand_in = bare.write_commit(bare.commit(onto).tree, list(commit.parents[:1]), flow, flow, "stand-in\n")
    return merge_trees(bare, stand_in, commit.sha)
