"""The pull request of a site: found, opened, changed, closed; and the branch that it comes from.

Rights needed: contents and pull requests, both to write. The branch moves with `force: true`: who calls has
looked before whether anything there is not altpress's own.
"""

from collections.abc import Mapping
from typing import Any

from bot.errors import NotFound, ProtectedBranch, Rejected
from bot.github.access import quote
from bot.github.comments import LONGEST_BODY
from bot.github.publisher import Publisher, SiteTree
from bot.records import Site
from bot.source.proposal import BranchHead, Pull, add_trailer, read_head

LOOKED_AT = 30  # pull requests of the branch, newest first
LONGEST_TITLE = 256
_REFUSING = {
    "pull_request", "update", "required_status_checks", "workflows", "required_deployments", "merge_queue",
    "code_scanning",
}  # fmt: skip  # rules of rulesets that keep a commit from being made on the branch itself
MOST_UPDATES = 20  # merges of the base on top of altpress's own commit


class Pulls(Publisher):
    """Proposals: what `Publisher` would commit, as a pull request."""

    def find_pulls(self, site: Site, branch: str) -> list[Pull]:
        """Those from this branch of the site's own repository, open or closed, newest first."""
        owner = site.repository.partition("/")[0]
        found = self._client.call(
            "GET", site.repository, "/pulls", what=f"{site.key}: pull requests",
            parameters={
                "head": f"{owner}:{branch}", "state": "all", "sort": "created", "direction": "desc",
                "per_page": LOOKED_AT,
            },
        )  # fmt: skip
        # a server that does not know the branch any more may list all there are
        return [_pull(data) for data in found if data["head"]["ref"] == branch]

    def open_pull(self, site: Site, branch: str, base: str, title: str, body: str) -> Pull:  # as GitHub asks
        """A new one; the one that is open already, where a try before was cut off."""
        words = {**_words(title, body), "head": branch, "base": base}
        try:
            return _pull(self._call("POST", site, "/pulls", words))
        except Rejected:
            for pull in self.find_pulls(site, branch):
                if pull.open and pull.base == base:
                    return pull
            raise

    def edit_pull(self, site: Site, number: int, title: str, body: str) -> Pull:
        return _pull(self._call("PATCH", site, f"/pulls/{number}", _words(title, body)))

    def close_pull(self, site: Site, number: int, body: str) -> None:
        """With this text, which says why it is closed."""
        self._call("PATCH", site, f"/pulls/{number}", {"state": "closed", "body": body[:LONGEST_BODY]})

    def find_branch_head(self, site: Site, branch: str) -> BranchHead | None:
        """Where the branch is, and whether altpress left it so; None: there is no such branch.

        GitHub's button "Update branch" merges the base into it: nobody's work would be lost with that.
        """
        try:
            sha = self.fetch_head(site.model_copy(update={"branch": branch}))
            commit = self._call("GET", site, f"/git/commits/{quote(sha)}")
            for _ in range(MOST_UPDATES):
                if not _is_update(commit):
                    break
                commit = self._call("GET", site, f"/git/commits/{quote(commit['parents'][0]['sha'])}")
        except NotFound:
            return None
        return read_head(sha, str(commit["message"]), str(commit["tree"]["sha"]))

    def push_proposal(  # noqa: PLR0917  # a commit, and where it goes
        self,
        site: Site,
        branch: str,
        base: SiteTree,
        files: Mapping[str, bytes | None],
        message: str,
        digest: str,
    ) -> str:
        """One commit of these files on `base`, at which the branch is afterwards; its id."""
        tree = self.write_tree(site, base, files)
        body = {"message": add_trailer(message, digest, tree), "tree": tree, "parents": [base.commit]}
        commit = str(self._call("POST", site, "/git/commits", body)["sha"])
        self._point(site, branch, commit)
        return commit

    def remove_branch(self, site: Site, branch: str) -> None:
        """Nothing to do where it is gone already."""
        try:
            self._call("DELETE", site, f"/git/refs/heads/{quote(branch)}")
        except NotFound:
            pass
        except Rejected as error:
            if isinstance(error, ProtectedBranch) or "does not exist" not in error.public:
                raise

    def is_protected(self, site: Site) -> bool:
        """Whether GitHub says that the site's branch takes no commit of altpress's but by a pull request.

        Rulesets are asked apart: for them no branch counts as protected. That altpress may bypass them is not
        told; then its commit was not refused, and nobody asks. Unchanged answers cost nothing.
        """
        name, what = quote(site.branch), f"{site.key}: the branch"
        if self._client.read(site.repository, f"/branches/{name}", what=what)["protected"]:
            return True
        try:
            rules = self._client.read(site.repository, f"/rules/branches/{name}", what=what)
        except NotFound:  # an Enterprise Server from before rulesets
            return False
        return any(rule.get("type") in _REFUSING for rule in rules)

    def _point(self, site: Site, branch: str, commit: str) -> None:
        try:
            self._call("PATCH", site, f"/git/refs/heads/{quote(branch)}", {"sha": commit, "force": True})
        except (NotFound, Rejected) as error:
            if not isinstance(error, NotFound) and "does not exist" not in error.public:
                raise
            self._call("POST", site, "/git/refs", {"ref": f"refs/heads/{branch}", "sha": commit})


def _is_update(commit: Mapping[str, Any]) -> bool:
    """Whether GitHub itself made this merge: a person's own has the person as its committer."""
    who = commit["committer"]
    by_github = str(who["name"]).startswith("GitHub") and str(who["email"]).startswith("noreply@")
    return by_github and len(commit["parents"]) == 2


def _words(title: str, body: str) -> dict[str, Any]:
    return {"title": title[:LONGEST_TITLE], "body": body[:LONGEST_BODY]}


def _pull(data: Mapping[str, Any]) -> Pull:
    merged = bool(data.get("merged_at"))
    return Pull(
        number=int(data["number"]),
        url=str(data["html_url"]),
        title=str(data["title"]),
        body=data.get("body") or "",
        open=data["state"] == "open",
        merged=merged,
        base=str(data["base"]["ref"]),
        head_sha=str(data["head"]["sha"]),
        merge_commit=data.get("merge_commit_sha") if merged else None,
    )
