"""Whether a site may publish a repository's releases. No I/O.

The bot can read private repositories that the site's readers cannot: without this rule, anybody who has a
site could have it publish somebody else's private files ("confused deputy").
"""

import re

from bot.catalog import App
from bot.records import Record, RepositoryFacts, Verdict

ALLOW_FILE = ".github/altpress-allow"
CLOSED = "repository."  # how the codes begin of files that are only out of sight: `private`, `gone`
_NEVER_LISTED = ".waiting"  # and end, of those among them that waited at a gate


def check_app_allowed(
    site_repo: RepositoryFacts, app_repo: RepositoryFacts, allow_file: str | None, app: App
) -> str | None:
    """None when it may, else the reason in one public sentence.

    A repository may be published when it is public, belongs to the site's owner, or names the site in
    `.github/altpress-allow` (`allow_file` is that file's text, None when there is none: one `owner/name` a
    line, `#` begins a comment). A private one needs a public `download-url` besides: its own downloads need
    a login.
    """
    site, name = site_repo.full_name, app_repo.full_name
    if not app_repo.private:
        return None
    if not allows_site(site_repo, name, allow_file):
        return f"{name} is private and does not allow {site}: name it in {ALLOW_FILE} of that repository."
    if app.download_url is None:
        return f"{name} is private, so nobody could download from it: give the app a public download-url."
    return None


def closed_code(why: str, before: Verdict) -> str:
    """The code of a file that is out of sight now, `why` being `private` or `gone`."""
    waited = (before.code or "").startswith("waiting.")
    return f"{CLOSED}{why}{_NEVER_LISTED if waited else ''}"


def hide_again(record: Record) -> Record:
    """A file that is out of sight as one that was never listed; others as they are."""
    code = record.verdict.code or ""
    if not code.startswith(CLOSED) or code.endswith(_NEVER_LISTED):
        return record
    verdict = record.verdict.model_copy(update={"code": code + _NEVER_LISTED})
    return record.model_copy(update={"verdict": verdict})


def was_listed(verdict: Verdict) -> bool:
    """Accepted, or only out of sight since."""
    code = verdict.code or ""
    return verdict.accepted or (code.startswith(CLOSED) and not code.endswith(_NEVER_LISTED))


def was_let_through(verdict: Verdict) -> bool:
    """No gate holds it: it was listed, or refused by a client when it was to be."""
    return was_listed(verdict) or was_refused(verdict)


def was_refused(verdict: Verdict) -> bool:
    """By a client: where a catalog is mended, it may be listed again."""
    return (verdict.code or "").startswith("client.")


def allows_site(site_repo: RepositoryFacts, repository: str, allow_file: str | None) -> bool:
    """Whether `owner/name` belongs to the site's owner, or names the site in its allow file."""
    same_owner = repository.partition("/")[0].lower() == site_repo.owner.lower()
    return same_owner or site_repo.full_name.lower() in _allowed(allow_file or "")


def _allowed(text: str) -> set[str]:
    lines = (re.sub(r"#.*", "", line).strip().lower() for line in text[:65_536].splitlines())
    return {line for line in lines if line}
