"""The first start: secrets that only their owner reads, and a world that is completed, never doubled."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.catalog import parse_catalog
from bot.errors import BadSettings
from bot.sandbox.git import Git
from bot.sandbox.prepare import prepare
from bot.sandbox.seed import CATALOG, seed
from bot.sandbox.world import open_state


def test_secrets_are_made_once_and_are_private(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: prepare(data), range(4)))
    files = [found[0].private_key_file, found[0].webhook_secret_file, found[0].oidc_key_file]
    before = [file.read_bytes() for file in files]
    assert found == [prepare(data)] * 4
    assert [file.read_bytes() for file in files] == before
    assert [file.stat().st_mode & 0o777 for file in (data, *files)] == [0o700, 0o600, 0o600, 0o600]
    assert sorted(path.name for path in data.iterdir()) == sorted(file.name for file in files)
    assert len(found[0].load_secret()) == 64
    assert found[0].load_public_key().startswith("-----BEGIN PUBLIC KEY-----")


def test_a_seed_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    git = Git(tmp_path / "git")
    with open_state(tmp_path) as state:
        seed(state, git, public_key="one")
        heads = {name: git.find(f"acme/{name}").ref("refs/heads/main") for name in ("source", "app")}
        git.find("acme/app").update_ref("refs/heads/main", None, heads["app"])
        seed(state, git, public_key="two")
        assert git.find("acme/source").ref("refs/heads/main") == heads["source"]
        assert git.find("acme/app").ref("refs/heads/main")
        assert [row.full_name for row in state.repositories.select()] == ["acme/source", "acme/app"]
        assert [issue.number for issue in state.issues.select()] == [1, 1]
        assert [app.public_key for app in state.apps.select()] == ["two"]
        people = {user.login: user.type for user in state.users.select()}
        app = state.find_repository("acme/app")
        assert app
        roles = [state.find_role(app, login) for login in ("maintainer", "developer", "visitor")]
    assert people == {
        "acme": "Organization", "maintainer": "User", "developer": "User", "visitor": "User",
        "altpress[bot]": "Bot",
    }  # fmt: skip
    assert roles == ["admin", "write", "read"]
    assert (tmp_path / "sandbox.sqlite3").stat().st_mode & 0o077 == 0


def test_the_seeded_catalog_is_a_valid_one() -> None:
    catalog = parse_catalog(CATALOG)
    assert [app.repository for app in catalog.apps] == ["acme/app"]
    assert [output.path for output in catalog.outputs] == ["apps.json"]


def test_says_what_it_needs_where_there_is_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in altpress's own image, which works without."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadSettings, match="target `sandbox`"):
        prepare(tmp_path / "data")
    assert not (tmp_path / "data").exists()
