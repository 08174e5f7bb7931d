"""The rows: kept, found in any case, unique, safe for threads, and there again after closing."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.sandbox.state import AlreadyExistsError, State


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.sqlite3"


def test_rows_come_back_as_they_went_in(path: Path) -> None:
    with State.open(path, clock=lambda: 1_795_384_096.9) as state:
        made = state.installations.add(
            app=1, account="acme", permissions={"contents": "write"}, events=("push",), repositories=(7, 8),
            created_at=state.now(),
        )  # fmt: skip
        release = state.releases.add(
            repository=7, tag="v1", name=None, body="ü", draft=True, prerelease=False, author="a",
            target_commitish="main", created_at="", published_at=None,
        )  # fmt: skip
    with State.open(path) as state:
        assert state.installations.find(account="acme") == made
        assert made.created_at == "2026-11-22T21:48:16Z"
        found = state.releases.find(id=release.id)
        assert found == release
        assert found.draft is True
        assert found.prerelease is False


def test_names_are_found_in_any_case(path: Path) -> None:
    with State.open(path) as state:
        row = state.repositories.add(owner="Acme", name="App")
        assert state.find_repository("aCME/aPP") == row
        assert row.default_branch == "main"
        with pytest.raises(AlreadyExistsError):
            state.repositories.add(owner="acme", name="app")


def test_rows_are_selected_changed_and_removed(path: Path) -> None:
    with State.open(path) as state:
        names = [state.users.add(login=f"user{n}", name=None if n % 2 else "even").login for n in range(6)]
        assert [u.login for u in state.users.select(newest_first=True, limit=2, offset=1)] == names[4:2:-1]
        assert state.users.count(name=None) == 3
        changed = state.users.update(state.users.select()[0].id, name="changed")
        assert state.users.find(name="changed") == changed
        assert state.users.remove(name=None) == 3
        with pytest.raises(KeyError):
            state.users.update(1, name="nobody")
        with pytest.raises(KeyError):
            state.users.find(**{"login = '' OR 1": "1"})


def test_ids_are_never_given_out_twice(path: Path) -> None:
    with State.open(path) as state:
        first = state.users.add(login="a")
        state.users.remove(id=first.id)
        assert state.users.add(login="a").id > first.id
        assert state.releases.select() == []


def add_twice(state: State) -> None:
    with state.transaction():
        state.users.add(login="a")
        with state.transaction():
            state.users.add(login="b")
        state.users.add(login="A")


def test_a_transaction_that_fails_leaves_nothing(path: Path) -> None:
    with State.open(path) as state:
        with pytest.raises(AlreadyExistsError):
            add_twice(state)
        assert state.users.select() == []
        state.users.add(login="c")
    with State.open(path) as state:
        assert [user.login for user in state.users.select()] == ["c"]


def test_threads_never_give_an_issue_the_same_number(path: Path) -> None:
    with State.open(path) as state, ThreadPoolExecutor(8) as threads:
        issues = list(
            threads.map(lambda n: state.add_issue(1, title=str(n), body=None, author="a"), range(80))
        )
    assert sorted(issue.number for issue in issues) == list(range(1, 81))


def test_roles_follow_ownership_rows_and_visibility(path: Path) -> None:
    with State.open(path) as state:
        public = state.repositories.add(owner="acme", name="app")
        private = state.repositories.add(owner="acme", name="secret", private=True)
        state.collaborators.add(repository=private.id, login="dev", role="write")
        roles = [state.find_role(r, login) for r in (public, private) for login in ("Acme", "Dev", "other")]
    assert roles == ["admin", "read", "read", "admin", "write", "none"]


def test_facts_are_kept(path: Path) -> None:
    with State.open(path) as state:
        assert state.load_fact("x") is None
        state.save_fact("x", {"a": [1]})
        state.save_fact("x", {"a": [2]})
    with State.open(path) as state:
        assert state.load_fact("x") == {"a": [2]}


def test_a_table_of_an_older_altpress_gets_its_new_columns(path: Path) -> None:
    with State.open(path) as state:
        state.pulls.add(
            repository=1, number=2, head="side", base="main", head_sha="a" * 40, base_sha="b" * 40
        )
    with sqlite3.connect(path) as before:
        before.execute("ALTER TABLE pulls DROP COLUMN fork")
    before.close()
    with State.open(path) as state:
        [pull] = state.pulls.select()
        assert (pull.head, pull.fork) == ("side", None)
        assert state.pulls.update(pull.id, fork=3).fork == 3
