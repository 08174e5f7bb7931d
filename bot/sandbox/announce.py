"""What happens in the sandbox, told by webhook: to the App where it is installed and subscribed, and to the
hooks that repositories have of their own.

Each method returns the GUIDs of what was sent, none when nobody would hear of it on GitHub either.
"""

from collections.abc import Callable, Iterable, Sequence

from bot.sandbox import shapes
from bot.sandbox.model import Comment, Installation, Issue, Release, Repository, RepositoryHook, User
from bot.sandbox.repository_hooks import RepositoryHooks
from bot.sandbox.shapes import Json, payloads
from bot.sandbox.shapes.payloads import NO_COMMIT, Push, Scene
from bot.sandbox.state import State
from bot.sandbox.views import Views
from bot.sandbox.webhooks import Outbox


class Announcer:
    """Builds payloads from the state and hands them to the outbox (None: a sandbox without a bot)."""

    def __init__(self, state: State, views: Views, outbox: Outbox | None) -> None:
        self._state, self._views, self._outbox = state, views, outbox
        self._urls = views.urls
        self.hooks = RepositoryHooks(state, views.urls, outbox)

    def ping(self) -> list[str]:
        """The hook's first event."""
        if self._outbox is None:
            return []
        hook, events = (
            self._outbox.hook,
            sorted({e for i in self._state.installations.select() for e in i.events}),
        )
        payload = payloads.render_ping_event(
            self._urls,
            hook_id=hook.id,
            app_id=hook.app,
            url=hook.url,
            events=events,
            created_at=self._state.now(),
        )
        return self._keep(self._outbox.send("ping", payload))

    def release(
        self, repository: Repository, before: Release | None, after: Release | None, sender: User,
        last: Json | None = None,
    ) -> list[str]:  # fmt: skip
        """A release that came, changed or went; `last` is its shape before it was deleted."""
        shown = self._views.release(repository, after) if after else last
        if shown is None:
            raise ValueError("a deleted release needs its last shape")
        scene = self._scene(repository, sender)
        sent = [
            self._send(
                "release", payloads.render_release_event(self._urls, scene, action, shown, before), repository
            )
            for action in payloads.plan_release_actions(before, after)
        ]
        return [guid for guids in sent for guid in guids]

    def comment(
        self, repository: Repository, issue: Issue, comment: Comment, *, action: str, sender: User,
        old_body: str | None = None,
    ) -> list[str]:  # fmt: skip
        """`created`, `edited` or `deleted`, of a comment on an issue."""
        payload = payloads.render_issue_comment_event(
            self._urls, self._scene(repository, sender), action, old_body=old_body,
            issue=self._views.issue(repository, issue), comment=self._views.comment(repository, comment),
        )  # fmt: skip
        return self._send("issue_comment", payload, repository)

    def pull_request(
        self, repository: Repository, pull: Json, action: str, sender: User, extra: Json | None = None
    ) -> list[str]:
        """`opened`, `synchronize`, `edited`, `closed`, `reopened`; `pull` is its whole form."""
        scene = self._scene(repository, sender)
        payload = shapes.render_pull_request_event(self._urls, scene, action, pull, extra)
        return self._send("pull_request", payload, repository)

    def checks(
        self, event: str, repository: Repository, sender: User, render: Callable[[Scene], Json]
    ) -> list[str]:
        """`check_run`, `check_suite`, `rerequested`: to the App alone that made them, if it may write checks;
        subscribed or not.
        """
        installation = self._state.find_installation(repository.id)
        if installation is None or installation.suspended_at or self._outbox is None:
            return []
        if installation.permissions.get("checks") != "write":
            return []
        payload = render(self._scene(repository, sender))
        sent = self._outbox.send(event, payload, repository=repository.id, installation=installation.id)
        return self._keep(sent)

    def push(self, repository: Repository, push: Push, sender: User) -> list[str]:
        """A branch or tag that moved, came (then `create`, too) or went (`delete`)."""
        scene = self._scene(repository, sender)
        sent = self._send("push", payloads.render_push_event(self._urls, scene, push), repository)
        _, kind, name = push.ref.split("/", 2)
        tag = kind == "tags"
        if push.before == NO_COMMIT:
            sent += self._send(
                "create", payloads.render_create_event(self._urls, scene, name, tag=tag), repository
            )
        if push.after == NO_COMMIT:
            sent += self._send(
                "delete", payloads.render_delete_event(self._urls, scene, name, tag=tag), repository
            )
        return sent

    def repository(
        self, repository: Repository, action: str, sender: User, changes: Json | None = None
    ) -> list[str]:
        """Actions: `created`, `renamed`, `privatized` and their like."""
        payload = payloads.render_repository_event(
            self._urls, self._scene(repository, sender), action, changes
        )
        return self._send("repository", payload, repository)

    def installation(self, installation: Installation, action: str, sender: User) -> list[str]:
        """`created`, `deleted`, `suspend`, `unsuspend`."""
        payload = payloads.render_installation_event(
            self._urls, action, self._views.installation(installation),
            self._stubs(installation.repositories), sender,
        )  # fmt: skip
        return self._send_always("installation", payload, installation)

    def installation_repositories(
        self,
        installation: Installation,
        *,
        added: Sequence[int] = (),
        removed: Sequence[int] = (),
        sender: User,
    ) -> list[str]:
        """Repositories (by id) that the App may now, or may no longer, see."""
        payload = payloads.render_installation_repositories_event(
            self._urls, self._views.installation(installation),
            added=self._stubs(added), removed=self._stubs(removed), sender=sender,
        )  # fmt: skip
        return self._send_always("installation_repositories", payload, installation)

    def ping_repository(self, repository: Repository, hook: RepositoryHook, sender: User) -> list[str]:
        """A repository hook's first event."""
        return self.hooks.ping(self._scene(repository, sender), hook)

    def _scene(self, repository: Repository, sender: User) -> Scene:
        installation = self._state.find_installation(repository.id)
        return Scene(
            repository, self._views.find_user(repository.owner), sender,
            installation.id if installation else None, self._views.open_issues(repository),
        )  # fmt: skip

    def _stubs(self, ids: Iterable[int]) -> list[Json]:
        rows = (self._state.repositories.find(id=number) for number in ids)
        return [shapes.render_repository_stub(row) for row in rows if row]

    def _send(self, event: str, payload: Json, repository: Repository) -> list[str]:
        """To the App, then to the repository's own hooks."""
        to_app = self._send_to_app(event, payload, repository)
        return [*to_app, *self.hooks.send(event, payload, repository)]

    def _send_to_app(self, event: str, payload: Json, repository: Repository) -> list[str]:
        installation = self._state.find_installation(repository.id)
        if self._outbox is None or installation is None or installation.suspended_at:
            return []
        if event not in installation.events:
            return []
        return self._keep(
            self._outbox.send(event, payload, repository=repository.id, installation=installation.id)
        )

    def _send_always(self, event: str, payload: Json, installation: Installation) -> list[str]:
        if self._outbox is None:
            return []
        return self._keep(self._outbox.send(event, payload, installation=installation.id))

    @staticmethod
    def _keep(guid: str | None) -> list[str]:
        return [guid] if guid else []
