"""Somebody edits a document that altpress makes: it is put back, and told once; the rest is theirs."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot import decisions
from bot.errors import BadCatalog, Conflict
from bot.github import GitHub
from bot.records import Cause, CauseKind
from jobs.publish import publish_site
from jobs.report import report_site
from jobs.sites import trigger_publish
from jobs.sync import sync_site
from tests.installation import KEY, SITE, Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]


@pytest.fixture
def bot(installation: Installation) -> Installation:
    """It knows its site, and has published once."""
    installation.sweep()
    installation.hub.release("v1.0")
    installation.drain(expect=lambda: "Publish Acme 1.0" in installation.hub.commits())
    return installation


def edit(bot: Installation, more: dict[str, str | None] | None = None, **keys: Any) -> str:
    """The maintainer writes into the published app; the commit's id."""
    document = json.loads(bot.hub.file("apps.json"))
    document["apps"][0].update(keys)
    return bot.hub.push({"apps.json": json.dumps(document, indent=2) + "\n", **(more or {})})


def notices(bot: Installation, sha: str) -> list[str]:
    return [comment["body"] for comment in bot.hub.get(f"/repos/{SITE}/commits/{sha}/comments")]


def test_an_edit_is_put_back_and_told_once_where_it_was_made(bot: Installation) -> None:
    before = bot.hub.file("apps.json")
    sha = edit(bot, {"README.md": "Ours.\n"}, name="Acme Deluxe")
    bot.drain(expect=lambda: bot.hub.file("apps.json") == before)
    bot.sweep()
    [told] = notices(bot, sha)
    assert sha[:7] in told
    assert "maintainer changed `apps.json`" in told
    assert "Acme Deluxe changed: name" in told
    assert "altpress.yml" in told
    assert "```yaml" not in told
    assert bot.hub.file("README.md") == "Ours.\n"
    assert bot.hub.git(SITE, "log", "-1", "--format=%an %P", "main").split() == ["altpress[bot]", sha]


def test_the_catalog_may_ask_for_suggestions(bot: Installation) -> None:
    bot.hub.push({"altpress.yml": bot.hub.file("altpress.yml") + "hand-edits: suggest\n"})
    bot.drain()
    before = bot.hub.file("apps.json")
    versions = json.loads(before)["apps"][0]["versions"]
    sha = edit(bot, subtitle="By hand", versions=[{**versions[0], "version": "9.9"}, *versions])
    bot.drain(expect=lambda: bot.hub.file("apps.json") == before)
    [told] = notices(bot, sha)
    assert '```yaml\napps:\n  - id: "app"\n    subtitle: "By hand"\n```' in told
    assert "Acme 9.9 added: versions come from releases alone" in told


@pytest.mark.parametrize(
    ("data", "said"), [(None, "the file was removed"), ("{", "no JSON document any more")]
)
def test_a_document_that_is_gone_or_broken_is_made_again(
    bot: Installation, data: str | None, said: str
) -> None:
    before = bot.hub.file("apps.json")
    sha = bot.hub.push({"apps.json": data})
    bot.drain(expect=lambda: bot.hub.commits()[0] != "Edit")
    assert bot.hub.file("apps.json") == before
    [told] = notices(bot, sha)
    assert said in told


def test_an_edit_together_with_a_release_is_told_as_well(bot: Installation) -> None:
    sha = edit(bot, name="Acme Deluxe")
    bot.hub.release("v1.1")
    bot.drain(expect=lambda: '"1.1"' in bot.hub.file("apps.json"))
    document = json.loads(bot.hub.file("apps.json"))
    assert document["apps"][0]["name"] == "Acme"
    assert len(notices(bot, sha)) == 1


def test_altpress_own_commits_and_other_files_are_no_hand_edits(bot: Installation) -> None:
    bot.hub.release("v1.1")
    bot.drain(expect=lambda: "Publish Acme 1.1" in bot.hub.commits())
    other = bot.hub.push({"notes.txt": "mine\n", "docs/more.json": "{}\n"})
    text = bot.hub.file("altpress.yml").replace("name: Acme Apps\n", "name: New\n")
    catalog = bot.hub.push({"altpress.yml": text})
    bot.drain(expect=lambda: '"New"' in bot.hub.file("apps.json"))
    for sha in (other, catalog, *bot.hub.git(SITE, "log", "--format=%H", "main").split()):
        assert notices(bot, sha) == []
    assert bot.hub.file("notes.txt") == "mine\n"


def test_an_emptied_database_raises_no_alarm_and_makes_the_file_anew(bot: Installation) -> None:
    before = bot.hub.file("apps.json")
    sha = edit(bot, name="Acme Deluxe")
    with bot.emptied() as again:
        again.sweep()
        again.drain(expect=lambda: again.hub.file("apps.json") == before)
    assert notices(bot, sha) == []


def test_the_same_edit_that_could_not_be_committed_yet_is_told_once(bot: Installation) -> None:
    class Late(GitHub):
        """Somebody else is always first, once."""

        late = 5

        def apply_commit(self, *args: Any) -> Any:
            if self.late:
                self.late -= 1
                raise Conflict("not yet")
            return super().apply_commit(*args)

    sha = edit(bot, name="Acme Deluxe")
    bot._settle_webhooks()
    with bot.acting(Late) as ctx:
        trigger_publish(ctx, KEY, Cause(kind=CauseKind.SWEEP))
        with pytest.raises(Conflict):
            publish_site.work(ctx, KEY, "0")
        publish_site.work(ctx, KEY, "0")
        for _ in range(2):
            report_site.work(ctx, KEY)
    assert len(notices(bot, sha)) == 1


def commit_directly(bot: Installation, place: Path, path: str, data: bytes) -> str:
    """A commit that is too large for the sandbox's own door; nobody is told of it."""
    file, index = place / "file", place / "index"
    file.write_bytes(data)
    repository = bot.hub.sandbox.data / "git" / f"{SITE}.git"

    def git(*words: str) -> str:
        environment = {**os.environ, "GIT_INDEX_FILE": str(index)}
        command = ["git", "-C", str(repository), "-c", "user.name=maintainer", "-c", "user.email=m@h", *words]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment
        ).stdout.strip()

    blob = git("hash-object", "-w", str(file))
    git("read-tree", "main")
    git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    commit = git("commit-tree", git("write-tree"), "-p", "main", "-m", "Edit")
    git("update-ref", "refs/heads/main", commit)
    return commit


def test_an_output_that_is_too_large_to_be_read_is_put_back(bot: Installation, tmp_path: Path) -> None:
    before = bot.hub.file("apps.json")
    sha = commit_directly(bot, tmp_path, "apps.json", b" " * (65 * 1024 * 1024))
    bot.sweep()
    assert bot.hub.file("apps.json") == before
    [told] = notices(bot, sha)
    assert "larger than 64 MiB" in told
    commits = bot.hub.commits()
    bot.sweep()
    assert bot.hub.commits() == commits


def test_a_file_that_is_too_large_to_be_read_counts_once(bot: Installation, tmp_path: Path) -> None:
    commit_directly(bot, tmp_path, decisions.PATH, b" " * (decisions.MAX_BYTES + 1))
    generations = []
    for _ in range(3):
        sync_site.work(bot.context, KEY, None)
        generations.append(bot.store.sites.take(KEY)[0])
    assert generations[1:] == generations[:2], "the same branch is no change"
    with pytest.raises(BadCatalog, match="larger than"):
        publish_site.work(bot.context, KEY, "0")
