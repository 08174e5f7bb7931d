"""Rows and what belongs to them, read from the state and shaped: one method for each object that is shown."""

from collections.abc import Iterable

from bot.sandbox import shapes
from bot.sandbox.model import Comment, Installation, Issue, Reaction, Release, Repository, User
from bot.sandbox.shapes import Json, Urls
from bot.sandbox.state import State

WITHOUT_ISSUES = "without_issues"  # the fact: ids of the repositories whose issues are switched off
GHOST = User(id=10_137, login="ghost", name="Deleted user")  # whom GitHub shows for an account that is gone


class Views:
    """Objects as GitHub shows them, from the state's rows."""

    def __init__(self, state: State, urls: Urls) -> None:
        self._state, self.urls = state, urls

    def find_user(self, login: str) -> User:
        """The user; the ghost when there is none."""
        return self._state.find_user(login) or GHOST

    def repository(self, repository: Repository, *, role: str | None = None, full: bool = False) -> Json:
        render = shapes.render_full_repository if full else shapes.render_repository
        owner = self.find_user(repository.owner)
        shown = render(self.urls, repository, owner, role=role, open_issues=self.open_issues(repository))
        return shown | {"has_issues": self.has_issues(repository)}

    def has_issues(self, repository: Repository) -> bool:
        """Whether there are issues in it; pull requests are there in any case."""
        return repository.id not in (self._state.load_fact(WITHOUT_ISSUES) or ())

    def open_issues(self, repository: Repository) -> int:
        return self._state.issues.count(repository=repository.id, state="open")

    def release(self, repository: Repository, release: Release) -> Json:
        assets = self._state.assets.select(release=release.id)
        return shapes.render_release(self.urls, repository, release, assets, self.find_user)

    def issue(self, repository: Repository, issue: Issue) -> Json:
        """An issue; a pull request is one, too."""
        pull = self._state.pulls.find(repository=repository.id, number=issue.number)
        shown = self._issue(repository, issue)
        if pull is None:
            return shown
        reference = shapes.render_pull_reference(self.urls, repository, pull)
        page = {"html_url": reference["html_url"], "draft": pull.draft, "pull_request": reference}
        return shown | page

    def _issue(self, repository: Repository, issue: Issue) -> Json:
        return shapes.render_issue(
            self.urls, repository, issue, self.find_user,
            comments=self._state.comments.count(repository=repository.id, issue=issue.number),
            association=self.association(repository, issue.author),
            reactions=self._reactions(f"issue:{issue.id}"),
        )  # fmt: skip

    def comment(self, repository: Repository, comment: Comment) -> Json:
        """A comment on an issue, or on a commit."""
        on_commit = comment.commit is not None
        render = shapes.render_commit_comment if on_commit else shapes.render_comment
        subject = f"commit_comment:{comment.id}" if on_commit else f"comment:{comment.id}"
        return render(
            self.urls, repository, comment, self.find_user,
            association=self.association(repository, comment.author), reactions=self._reactions(subject),
        )  # fmt: skip

    def installation(self, installation: Installation) -> Json:
        app = self._state.apps.find(id=installation.app)
        if app is None:
            raise KeyError(installation.app)
        return shapes.render_installation(self.urls, installation, app, self.find_user(installation.account))

    def association(self, repository: Repository, login: str) -> str:
        """`author_association`: a hint about the author, never a permission."""
        if login.lower() == repository.owner.lower():
            return "OWNER"
        found = self._state.collaborators.find(repository=repository.id, login=login)
        return "COLLABORATOR" if found else "NONE"

    def _reactions(self, subject: str) -> Iterable[Reaction]:
        return self._state.reactions.select(subject=subject)
