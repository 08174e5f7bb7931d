"""A version that waits, announced in the site's issue. No I/O."""

from collections.abc import Sequence

from bot.catalog.durations import tell_duration
from bot.replies.text import bullets, code, inline, link
from bot.source.waiting import Wait, tell_moment


def render_wait(wait: Wait) -> str:
    """What waits, with what is new about it, and what lets it through."""
    record, facts = wait.record, wait.record.facts
    version = facts.version if facts else record.tag
    head = f"**{code(wait.app.id)}** {inline(version, 60)}, release {link(record.tag, record.release_url)}"
    approve = code(f"/approve {wait.app.id} {version}")
    return "\n\n".join(part for part in (f"{head}, {_why(wait)}", *_news(wait), _how(wait, approve)) if part)


def _why(wait: Wait) -> str:
    if wait.until is not None:
        since = tell_duration(wait.app.cooldown or 0)
        return f"cools down until {tell_moment(wait.until)}, {since} after its upload."
    if wait.strange:
        return (
            f"waits for approval: it comes from another repository ({wait.record.repository_id}) than what "
            "was published before. Somebody may have taken a name that was free."
        )
    if not (wait.entitlements or wait.privacy):
        return "waits for approval, as every new version of this app does."
    before = f"than {inline(wait.before, 60)}" if wait.before else "than the hand-made source declared"
    return f"waits for approval: it asks for more {before}."


def _how(wait: Wait, approve: str) -> str:
    """Until then, what is published stays."""
    stays = "Until then, what is published stays as it is."
    if wait.until is not None:
        return f"It is published by itself then; {approve} does so now. {stays}"
    return f"{approve} lets it through; so does the button in the dashboard. {stays}"


def _news(wait: Wait) -> Sequence[str]:
    """The difference, each list under its name."""
    entitlements = [code(name) for name in wait.entitlements]
    privacy = [f"{code(name)}: {_usage(text)}" for name, text in wait.privacy.items()]
    lists = (("New entitlements", entitlements, "entitlement"), ("New privacy keys", privacy, "privacy key"))
    return [f"{title}:\n\n{bullets(lines, noun)}" for title, lines, noun in lists if lines]


def _usage(text: str) -> str:
    return f"“{inline(text, 300)}”" if text.strip() else "without a usage text"
