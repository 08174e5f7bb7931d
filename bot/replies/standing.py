"""What is wrong with a site now, each entry as Markdown. No I/O.

An entry is known by its `key`, which names the cause; `fields` are what its words are made of.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.records import Delivery, Publication, Record, Trouble
from bot.replies.text import bullets, code, count, hidden, inline, link

MOST_PROBLEMS = 20  # of a file, that are listed
# what a client shows of a file that altpress refuses (docs/clients.md)
_SHOWN = {
    "bundle_id_mismatch": "VerificationError 101, `mismatchedBundleID`",
    "changed_bytes": "VerificationError 103, `mismatchedHash`",
    "bad_ipa.no_app": "AltSign's `missingAppBundle`",
    "bad_ipa.wraps_ipa": "AltSign's `missingAppBundle`",
    **dict.fromkeys(
        (f"bad_ipa.{name}" for name in ("bad_plist", "no_info_plist", "no_bundle_identifier", "no_name")),
        "OperationError 1007, `invalidApp`",
    ),
}


class Section(StrEnum):
    """Where an entry stands, in this order."""

    FILES = "Files that are not published"
    OWN = "Files of this repository"
    PUBLISHING = "Publishing"
    REPOSITORIES = "Repositories of apps"
    HOSTING = "Public address"
    WEBHOOKS = "Webhooks"
    WAITING = "Waits for approval"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody should do something about."""

    section: Section
    key: str
    fields: tuple[str, ...]
    line: str
    told: str | None = None  # the notice that tells it where it was done, where there is one


def _entry(section: Section, key: str, line: str, *fields: Any, told: str | None = None) -> Entry:
    """The line carries a mark of the cause, without a foreign word."""
    head, newline, rest = line.partition("\n")
    mark = hidden(key.partition(":")[0], hashlib.sha256(key.encode()).hexdigest()[:16])
    marked = f"{head} {mark}{newline}{rest}"
    return Entry(section, key, tuple(str(field) for field in fields), marked, told)


def describe_rejected(app: str, record: Record, told: str) -> Entry:
    """A file that would be the app's newest; `told` is the notice to its developer."""
    verdict = record.verdict
    why = verdict.code or "rejected"
    shown = f", which a client would answer with {_SHOWN[why]}" if why in _SHOWN else ""
    line = (
        f"**{code(app)}**: {code(record.asset_name)} of {link(record.tag, record.release_url)} is not "
        f"published. {_sentence(verdict.reason or 'It was refused')} ({code(why)}{shown}) {_cure(why)} "
        f"To try again: {code(f'/retry {app}')}."
    )
    fields = (app, record.key, record.updated_at, record.tag, why, verdict.reason)
    return _entry(Section.FILES, f"rejected:{record.key}:{record.updated_at}:{why}", line, *fields, told=told)


def _cure(why: str) -> str:
    if why.startswith("bad_ipa."):
        return "Put a whole IPA in its place, or publish a new release."
    if why == "changed_bytes":
        return "Publish a higher version or build."
    if why.startswith("client."):
        return "Mend the catalog where it says that value; else replace the file or publish a new release."
    return "Replace the file, or publish a new release."


def describe_waiting(app: str, record: Record) -> Entry:
    """A version that somebody lets through, or time does."""
    version = record.facts.version if record.facts else record.tag
    line = (
        f"**{code(app)}** {inline(version, 60)}, release {link(record.tag, record.release_url)}: "
        f"{_sentence(record.verdict.reason or 'It waits for approval')} To let it through: "
        f"{code(f'/approve {app} {version}')}."
    )
    key = f"waiting:{record.key}:{record.updated_at}"
    return _entry(Section.WAITING, key, line, app, record.key, version, record.verdict.reason)


def describe_trouble(trouble: Trouble, site: str, html_url: str) -> Entry | None:
    """What a job found wrong; None for a kind that is not known (a row of a newer version)."""
    fields = trouble.fields
    match trouble.kind:
        case "file":
            section, line = Section.OWN, _describe_file(trouble.key, fields, html_url)
        case "blocked":
            section, line = Section.PUBLISHING, _describe_blocked(site, fields)
        case "outputs":
            section, line = Section.PUBLISHING, _describe_outputs(fields)
        case "app":
            section, line = Section.REPOSITORIES, _describe_app(trouble.key, fields)
        case "not_live":
            section, line = Section.HOSTING, _describe_not_live(fields, html_url)
        case _:
            return None
    key = f"{trouble.kind}:{trouble.key}:{fields.get('cause', '')}"
    return _entry(section, key, line, trouble.model_dump_json())


def _describe_file(path: str, fields: Mapping[str, Any], html_url: str) -> str:
    commit = str(fields.get("commit", ""))
    page = f"{html_url}/blob/{commit}/{path}"
    problems = [tuple(row) for row in fields.get("problems", ())]
    listed = [_describe_problem(page, *row) for row in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        listed.append(f"… and {len(problems) - MOST_PROBLEMS} more")
    since = link(commit[:7], f"{html_url}/commit/{commit}")
    head = f"{link(path, page)} cannot be read (commit {since}). A push that mends it is read at once."
    return _with_list(head, listed)


def _describe_problem(page: str, line: int | None, place: str, message: str) -> str:
    where = [link(f"line {line}", f"{page}#L{line}")] if line is not None else []
    where += [code(place)] if place else []
    return f"{', '.join(where)}: {inline(message, 500)}" if where else f"the file {inline(message, 500)}"


def _describe_blocked(site: str, fields: Mapping[str, Any]) -> str:
    return (
        f"altpress cannot write to {code(site)}: {_sentence(str(fields.get('reason', '')))} Let it write to "
        "the branch (contents: write), or open pull requests for it (pull requests: write); then `/retry`."
    )


def _describe_outputs(fields: Mapping[str, Any]) -> str:
    head = (
        "A client would refuse what the catalog asks for, and no release is to blame: that stays as it was "
        "published last. Mend the catalog."
    )
    return _with_list(head, [inline(str(problem), 500) for problem in fields.get("problems", ())])


def _describe_app(app: str, fields: Mapping[str, Any]) -> str:
    repository, reason = str(fields.get("repository", "")), str(fields.get("reason", ""))
    return (
        f"**{code(app)}** ({code(repository)}) is not published: {_sentence(reason)} When that is mended it "
        f"comes back by itself, or at once with {code(f'/retry {app}')}."
    )


def _describe_not_live(fields: Mapping[str, Any], html_url: str) -> str:
    commit = str(fields.get("commit", ""))
    head = (
        f"{link(commit[:7], f'{html_url}/commit/{commit}')} was published, but its public address still does "
        "not show it; clients see the old source until it does. If GitHub Pages serves it, look at its last "
        "build; if `base-url` of the catalog names another host, see that it serves this branch and does not "
        "cache for long. altpress keeps looking, and needs no answer."
    )
    return _with_list(head, [f"{code(url, 300)}: {inline(why)}" for url, why in fields.get("missing", ())])


def describe_moved(old: str, new: str) -> Entry:
    """A repository that the catalog names by an old name."""
    line = (
        f"{code(old)} is {code(new)} now. GitHub redirects the old name until somebody takes it: write "
        f"{code(new)} into the catalog."
    )
    return _entry(Section.REPOSITORIES, f"moved:{old.lower()}:{new.lower()}", line, old, new)


def describe_silence(repository: str, tags: Sequence[str]) -> Entry:
    """Releases that no webhook announced."""
    shown = ", ".join(code(tag) for tag in tags[:MOST_PROBLEMS])
    line = (
        f"No webhooks arrive from {code(repository)}: {shown} came to light at the regular comparison with "
        "GitHub alone. They are published all the same, only later. With a GitHub App, see Advanced → Recent "
        "Deliveries in its settings, and its webhook address and secret; with a token, the repository's "
        "Settings → Webhooks. `altpress doctor` tells what is wrong."
    )
    first = tags[0] if tags else ""
    return _entry(Section.WEBHOOKS, f"silence:{repository.lower()}:{first}", line, repository, *tags)


def describe_failed(reason: str, deliveries: Sequence[Delivery]) -> Entry:
    """Deliveries whose work has failed for one reason, and that no publication has made good."""
    shown = [_describe_delivery(delivery) for delivery in deliveries[:MOST_PROBLEMS]]
    if len(deliveries) > MOST_PROBLEMS:
        shown.append(f"… and {len(deliveries) - MOST_PROBLEMS} more")
    line = _with_list(f"The work for {count(len(deliveries), 'delivery')} failed: {_sentence(reason)}", shown)
    guids = [delivery.guid for delivery in deliveries]
    return _entry(Section.PUBLISHING, f"failed:{guids[0]}", line, reason, *guids)


def _describe_delivery(delivery: Delivery) -> str:
    where = f" of {code(delivery.repository)}" if delivery.repository else ""
    return f"{code(delivery.name)}{where}; to try again: {code(f'/retry {delivery.guid[:8]}')}"


def names_publication(trouble: Trouble, latest: Publication | None) -> bool:
    """Whether what is not live is still the newest that there is, as far as anybody knows."""
    return latest is None or trouble.fields.get("commit") == latest.commit


def _with_list(head: str, lines: Iterable[str]) -> str:
    listed = bullets(list(lines), "problem")
    return f"{head}\n\n{listed}".replace("\n", "\n  ") if listed else head


def _sentence(text: str) -> str:
    said = inline(text, 500)
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."
