"""All that a running sandbox is made of, in one value that its routes and operations take."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.announce import Announcer
from bot.sandbox.auth import Auth
from bot.sandbox.files import AssetFiles
from bot.sandbox.git import Bare, Git
from bot.sandbox.model import Repository, User
from bot.sandbox.shapes import Signature, Urls
from bot.sandbox.state import State
from bot.sandbox.views import Views
from bot.sandbox.webhooks import Outbox

NOREPLY = "users.noreply.github.com"
WEB_FLOW = ("GitHub", "noreply@github.com")  # who commits what was written on the site or by an App


@dataclass(frozen=True, slots=True)
class World:
    """A sandbox: rows, repositories, files, addresses, and the way out for webhooks."""

    state: State
    git: Git
    files: AssetFiles
    urls: Urls
    asset_root: str  # scheme, host and port that signed addresses start with
    views: Views
    auth: Auth
    outbox: Outbox | None
    announcer: Announcer

    def bare(self, repository: Repository) -> Bare:
        return self.git.find(repository.full_name)

    def build_signature(self, user: User) -> Signature:
        """How a user signs what is written through the API, now."""
        return Signature(user.name or user.login, f"{user.id}+{user.login}@{NOREPLY}", self.state.now())

    def build_web_flow(self) -> Signature:
        return Signature(*WEB_FLOW, self.state.now())

    def find_author(self, signature: Signature) -> User | None:
        """The user whose no-reply address a commit carries."""
        number, _, rest = signature.email.partition("+")
        if rest.endswith(f"@{NOREPLY}") and number.isdigit():
            return self.state.users.find(id=int(number))
        return None


def open_state(data: Path) -> State:
    """The rows in a data directory, which is made with mode 0700 when absent."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return State.open(data / "sandbox.sqlite3")


def open_world(data: Path, state: State, *, root: str, asset_root: str, outbox: Outbox | None) -> World:
    """The sandbox in a data directory; `root` is its address, `http://127.0.0.1:PORT`."""
    key = state.load_fact("asset_key") or secrets.token_hex(32)
    state.save_fact("asset_key", key)
    urls = Urls.at(root)
    views = Views(state, urls)
    return World(
        state=state, git=Git(data / "git"), files=AssetFiles(data / "assets", bytes.fromhex(key)), urls=urls,
        asset_root=asset_root, views=views, auth=Auth(state), outbox=outbox,
        announcer=Announcer(state, views, outbox),
    )  # fmt: skip
