"""What a new sandbox holds: people, an App, a site with a catalog, and an app that feeds it.

Every step looks whether it was done, so that a start that was cut short is completed by the next one.
"""

from bot.sandbox.git import Git
from bot.sandbox.model import Repository
from bot.sandbox.places import was_there
from bot.sandbox.shapes import Signature
from bot.sandbox.state import State

APP_ID = 801
SLUG = "altpress"
SITE, APP = "source", "app"
OWNER = "acme"
PEOPLE = {"maintainer": "Mia Maintainer", "developer": "Dev Developer", "visitor": "Vic Visitor"}
ROLES = ((SITE, "maintainer", "admin"), (APP, "maintainer", "admin"), (APP, "developer", "write"))
PERMISSIONS = {
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}
EVENTS = ("create", "delete", "issue_comment", "pull_request", "push", "release", "repository")
DESCRIPTIONS = {SITE: "The AltStore source of Acme", APP: "An app that altpress publishes"}
CATALOG = """\
# What the source says of itself, and which repositories feed it.
name: Acme Apps
subtitle: Every release of Acme, minutes after it is out
description: Apps made by Acme, published by altpress from their GitHub releases.

outputs:
  - path: apps.json

# Name, developer, description and icon come from the IPA and from GitHub where the catalog leaves them out.
# The bundle ID is that of the first release; `bundle-id: com.acme.app` would fix it.
apps:
  - id: app
    repository: acme/app
"""
FILES = {
    SITE: {
        "README.md": b"# Acme Apps\n\nAdd `apps.json` of this repository to AltStore.\n",
        "altpress.yml": CATALOG.encode(),
    },
    APP: {"README.md": b"# Acme App\n\nIts releases carry an `.ipa`.\n"},
}
ISSUES = {
    SITE: "Talk to altpress here: write `/help` in a comment.",
    APP: "altpress tells here why a release could not be published.",
}


def seed(state: State, git: Git, *, public_key: str) -> None:
    """Fill a new sandbox. `public_key` (PEM) is what the App's tokens are checked with."""
    with state.transaction():
        if state.load_fact("created_at") is None:
            state.save_fact("created_at", state.now())
        _seed_people(state)
        names = [name for name in (SITE, APP) if not was_there(state, f"{OWNER}/{name}")]
        repositories = [_seed_repository(state, git, name) for name in names]
        _seed_app(state, repositories, public_key)


def _seed_people(state: State) -> None:
    if state.find_user(OWNER) is None:
        state.users.add(login=OWNER, type="Organization", name="Acme")
    for login, name in PEOPLE.items():
        if state.find_user(login) is None:
            state.users.add(login=login, name=name)
    if state.find_user(f"{SLUG}[bot]") is None:
        state.users.add(login=f"{SLUG}[bot]", type="Bot")


def _seed_repository(state: State, git: Git, name: str) -> Repository:
    row = state.repositories.find(owner=OWNER, name=name)
    if row is None:
        now = state.now()
        row = state.repositories.add(
            owner=OWNER, name=name, description=DESCRIPTIONS[name], created_at=now, pushed_at=now
        )
        for _, login, role in (given for given in ROLES if given[0] == name):
            state.collaborators.add(repository=row.id, login=login, role=role)
        state.add_issue(row.id, title="altpress", body=ISSUES[name], author="maintainer")
    bare = git.create(row.full_name, default_branch=row.default_branch)
    if bare.ref(f"refs/heads/{row.default_branch}") is None:
        author = Signature(PEOPLE["maintainer"], "maintainer@acme.invalid", state.now())
        bare.commit_files(row.default_branch, FILES[name], "Start", author)
    return row


def _seed_app(state: State, repositories: list[Repository], public_key: str) -> None:
    if state.apps.find(id=APP_ID) is None:
        state.apps.add(id=APP_ID, slug=SLUG, client_id="Iv23sandboxaltpress0", public_key=public_key)
        state.installations.add(
            app=APP_ID, account=OWNER, permissions=PERMISSIONS, events=EVENTS,
            repositories=tuple(row.id for row in repositories), created_at=state.now(),
        )  # fmt: skip
    else:
        state.apps.update(APP_ID, public_key=public_key)  # the data directory's own key, should it be new
