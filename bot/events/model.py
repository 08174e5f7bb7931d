"""No I/O. What a webhook can tell, as altpress sees it."""

from bot.records import RepositoryFacts, Value


class Event(Value):
    """The base: what the ledger shows of every delivery."""

    action: str | None = None

    @property
    def full_name(self) -> str | None:
        """The repository that it is about, `owner/name`."""
        repository = getattr(self, "repository", None)
        return repository.full_name if isinstance(repository, RepositoryFacts) else None


class Ping(Event):
    """GitHub tries a new hook."""

    hook_id: int | None = None


class Ignored(Event):
    """A delivery from which nothing follows, and why."""

    reason: str
    about: str | None = None  # the repository's full name, as far as it is known

    @property
    def full_name(self) -> str | None:
        return self.about


class ReleaseChanged(Event):
    """A release was published, changed or taken away. What it holds is read afresh from GitHub."""

    repository: RepositoryFacts
    release_id: int
    tag: str
    installation: int | None = None


class ReleaseReady(Event):
    """A job of a repository's workflow says that a release's files are all there (`POST /hooks/ready`)."""

    about: str  # the repository's full name
    tag: str
    sites: tuple[str, ...]  # keys of those that it may speak to
    told_ms: int

    @property
    def full_name(self) -> str | None:
        return self.about


class Comment(Event):
    """Somebody (no bot) wrote a comment on an issue or a pull request."""

    repository: RepositoryFacts
    issue: int
    comment_id: int
    author: str
    author_type: str  # "User", "Organization", "Mannequin"
    body: str
    url: str
    pull_request: bool = False
    installation: int | None = None


class Pushed(Event):
    """A branch has moved, or appeared, or is gone."""

    repository: RepositoryFacts
    branch: str
    head: str | None  # None: gone, or not told (`create`)
    before: str | None = None  # None: it is new, or not told
    changed: frozenset[str] | None = None  # paths; None when GitHub does not tell all
    installation: int | None = None


class TagDeleted(Event):
    """A tag is gone; a release that had it is a draft now."""

    repository: RepositoryFacts
    tag: str
    installation: int | None = None


class PullRequestChanged(Event):
    """A pull request was opened, or has new commits, or another base, or is closed."""

    repository: RepositoryFacts
    number: int
    base: str  # the branch that it is to go into
    head: str  # commit
    branch: str | None = None  # that it comes from; None: one of another repository
    merged: bool = False
    base_before: str | None = None  # the branch that it was to go into, where that has changed
    installation: int | None = None


class CheckRequested(Event):
    """Somebody asks for a check run once more (`rerequested`)."""

    repository: RepositoryFacts
    run: int
    external_id: str  # what the run's App made of it
    app: int  # that App
    installation: int | None = None


class ChecksRequested(Event):
    """Somebody asks for all of an App's checks of a commit once more (`check_suite`, `rerequested`)."""

    repository: RepositoryFacts
    head: str  # commit
    app: int
    installation: int | None = None


class Installed(Event):
    """The GitHub App got, or lost, access to repositories."""

    installation: int
    repositories: tuple[str, ...] = ()  # full names; empty when GitHub lists none
    removed: bool = False  # lost


class RepositoryChanged(Event):
    """A repository was renamed, transferred, made public or private, or archived, or deleted."""

    repository: RepositoryFacts
    previous: str | None = None  # its full name before
    installation: int | None = None
