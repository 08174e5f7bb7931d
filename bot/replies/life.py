"""What altpress tells of changed files and moved repositories, as Markdown. No I/O."""

from bot.replies.text import code, inline, link
from bot.source.changed import ChangedBytes


def render_changed_bytes(change: ChangedBytes, marker: str) -> str:
    """The alarm, for the site's maintainer: what the file was, what it is, what was done."""
    record, before = change.record, change.before
    version = f"{before.version} ({before.build})"
    head = (
        f"**Other bytes under a published version**: {inline(change.app.id, 100)} {inline(version, 100)}, "
        f"file {code(record.asset_name)} of {link(record.tag, record.release_url)}."
    )
    facts = (
        f"- published: {_bytes(before.sha256, before.size)}\n"
        f"- now: {_bytes(record.ipa_sha256, record.ipa_size)}"
    )
    return f"{head}\n\n{facts}\n\n{_done(change)}\n\n{marker}"


def _done(change: ChangedBytes) -> str:
    if change.refused:
        return "It was refused, as `changed-files: refuse` says: a higher version or build ends it."
    if change.waits:
        return (
            "It waits at the app's gate, and the old file is gone: approve it only if one of yours did that."
        )
    return "The source follows it; `changed-files: refuse` would not. If nobody of yours did that, act now."


def render_moved_site(old: str, new: str, identifier: str | None, marker: str) -> str:
    """The site's own repository has another name now; `identifier` is the one that followed the name."""
    text = (
        f"This source was {code(old)} and is {code(new)} now. altpress goes on under the new name; the old "
        "address works as long as GitHub redirects it."
    )
    if identifier is not None:
        text += (
            " SideStore, Feather and old AltStores know a source by its identifier, which followed from the "
            f"name. It stays what it was: the lock has {code(f'identifier: {identifier}')} from now on, and "
            "only the catalog could give another."
        )
    return f"{text}\n\n{marker}"


def _bytes(sha256: str | None, size: int) -> str:
    return f"{size:,} bytes, SHA-256 {code(sha256) if sha256 else 'not known'}"
