"""No I/O. The fields of GitHub's payloads that are read, and how much of them; the rest is passed over.

Strict types (no "1" for 1), bounded numbers and lengths: what does not fit is no payload of GitHub's.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_NAME = "[A-Za-z0-9_.-]{1,100}"
# pydantic's regular expressions are Rust's: `$` is the very end, with no newline before it
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
FullName = Annotated[str, StringConstraints(pattern=rf"^{_NAME}/{_NAME}$")]
Login = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Ref = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2048)]
Path = Annotated[str, StringConstraints(max_length=4096)]
NOWHERE = "0" * 40  # the commit of a branch that is not there


class Shape(BaseModel):
    """The base: unknown fields are passed over, wrong types are not."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class Owner(Shape):
    login: Login


class Account(Shape):
    login: Login
    type: Word = "User"


class Repository(Shape):
    id: Id
    full_name: FullName
    private: bool
    owner: Owner
    default_branch: Ref = "main"
    description: Annotated[str, StringConstraints(max_length=4096)] | None = None
    homepage: Annotated[str, StringConstraints(max_length=2048)] | None = None
    html_url: Url


class Named(Shape):
    """A repository in a list."""

    full_name: FullName


class Identified(Shape):
    """An installation of the App."""

    id: Id


class Envelope(Shape):
    """What every payload may have."""

    action: Word | None = None
    repository: Repository | None = None
    installation: Identified | None = None


class ReleaseBody(Shape):
    id: Id
    tag_name: Ref
    draft: bool = False


class Release(Envelope):
    action: Word
    repository: Repository
    release: ReleaseBody


class Ready(Shape):
    """What altpress itself writes down of a `POST /hooks/ready`."""

    repository: Named
    tag: Ref
    sites: Annotated[list[Ref], Field(min_length=1)]
    told_ms: Id


class CommentBody(Shape):
    id: Id
    body: Annotated[str, StringConstraints(max_length=262_144)] | None = None
    html_url: Url
    user: Account | None = None  # null: the account is gone


class Issue(Shape):
    number: Id
    pull_request: dict[str, Any] | None = None


class IssueComment(Envelope):
    action: Word
    repository: Repository
    issue: Issue
    comment: CommentBody


class PushCommit(Shape):
    added: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()
    modified: tuple[Path, ...] = ()

    model_config = ConfigDict(strict=False)  # JSON has lists, no tuples


class Push(Envelope):
    repository: Repository
    ref: Ref
    before: Sha
    after: Sha
    forced: bool = False
    commits: list[PushCommit] = []


class Branch(Envelope):
    """`create` and `delete`: of a branch or a tag."""

    repository: Repository
    ref: Ref
    ref_type: Word


class PullHead(Shape):
    sha: Sha
    ref: Ref
    repo: Identified | None = None  # None: it is gone


class PullBase(Shape):
    ref: Ref


class PullBody(Shape):
    number: Id
    head: PullHead
    base: PullBase
    merged: bool | None = None


class PullChanges(Shape):
    """`changes` of an edited pull request; the base's is `{"ref": {"from": …}, …}`."""

    base: dict[str, Any] | None = None


class PullRequest(Envelope):
    action: Word
    repository: Repository
    pull_request: PullBody
    changes: PullChanges | None = None


class CheckBody(Shape):
    id: Id
    external_id: Annotated[str, StringConstraints(max_length=1024)] | None = None
    app: Identified | None = None


class SuiteBody(Shape):
    head_sha: Sha
    app: Identified | None = None


class CheckSuite(Envelope):
    action: Word
    repository: Repository
    check_suite: SuiteBody


class CheckRun(Envelope):
    action: Word
    repository: Repository
    check_run: CheckBody


class Installation(Envelope):
    action: Word
    installation: Identified
    repositories: list[Named] = []


class InstallationRepositories(Envelope):
    action: Word
    installation: Identified
    repositories_added: list[Named] = []
    repositories_removed: list[Named] = []


class Changed(Shape):
    """`changes` of a repository event: loosely, since each action has its own."""

    repository: dict[str, Any] | None = None
    owner: dict[str, Any] | None = None


class RepositoryEvent(Envelope):
    action: Word
    repository: Repository
    changes: Changed | None = None


class PingEvent(Envelope):
    hook_id: Id | None = None
