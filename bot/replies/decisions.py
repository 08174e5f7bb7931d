"""What altpress answers to commands that decide something, as Markdown. No I/O."""

from collections.abc import Sequence

from bot.decisions import Decision
from bot.records import RequestProgress, RequestState
from bot.replies.text import bullets, code, inline, link

MOST_CHOICES = 20


def render_said(title: str, site: str | None, *sentences: str) -> str:
    """What is decided, and what follows from it; `site` None: it is not to be named here."""
    where = f" in {code(site)}" if site else ""
    return " ".join([f"**{inline(title)}**{where}.", *(sentence for sentence in sentences if sentence)])


def render_reason(reason: str | None) -> str:
    return f"Reason: {inline(reason, 500)}." if reason else ""


def render_downgrade(installed: str, offered: str) -> str:
    """Clients go by their own rules (`bot/clients/updates.py`)."""
    return (
        f"⚠️ {code(offered)} comes first now. AltStore offers it as an update to whoever has "
        f"{code(installed)}: a downgrade (iOS may refuse it, and the app may not read newer data). "
        f"SideStore offers nothing until there is a version above {code(installed)}."
    )


def render_none_left(name: str) -> str:
    return f"⚠️ No version of {inline(name)} is left: the app disappears from the source."


def render_standing(what: str, decision: Decision, *, hidden: bool) -> str:
    """There is nothing to do: it was decided before. `hidden`: by whom and why is not for everybody."""
    if hidden:
        return f"{inline(what)} already. Nothing changed."
    why = f": {inline(decision.reason, 500)}" if decision.reason else ""
    until = f", until {when(decision.until)}" if decision.until else ""
    by = f"by {inline(decision.actor)} on {when(decision.at)}"
    return f"{inline(what)} already, {by}{until}{why}. Nothing changed."


def render_not(what: str, others: Sequence[str] = ()) -> str:
    """There is nothing to do; `what` is Markdown, and `others` could have been meant."""
    listed = f" There: {choices(others)}." if others else ""
    return f"{what.removesuffix('.')}. Nothing changed.{listed}"


def render_unknown_version(name: str | None, app: str, nearest: str | None, known: Sequence[str]) -> str:
    hint = f"Did you mean {code(nearest)}? " if nearest else ""
    if not known:
        return f"No version of {inline(app)} is known here yet."
    said = f"{inline(app)} has no version {code(name)}." if name else f"Which version of {inline(app)}?"
    return f"{said} {hint}Known: {choices(known)}."


def render_which_app(apps: Sequence[str]) -> str:
    return f"Which app? There are several here: {choices(apps)}." if apps else render_nothing()


def render_needs_site_role(needed: str, site: str | None, has: str) -> str:
    """In an app's repository whose owner is not the site's; `site` None: it is not to be named here."""
    where = code(site.partition("@")[0]) if site else "the site's own repository"
    return (
        f"Undoing what the site decided, or letting through what it keeps back, needs the role "
        f"**{needed}** (or more) on {where}; yours is **{has}**. Nothing changed."
    )


def render_nothing() -> str:
    return "There is no app here yet."


def render_until(value: str, why: str) -> str:
    return f"`--until` takes a day or a time still to come, such as `2026-12-01`: {code(value)} {why}."


def render_until_flag(value: str) -> str:
    return f"Did you mean {code('--until ' + value)}? A reason that begins so stands in quotes."


def render_one_app() -> str:
    return "One app a command: give the others lines of their own. A reason that begins so stands in quotes."


def render_one_version(verb: str) -> str:
    return f"One version a command: give the others lines of their own, `/{verb} …` each. Nothing changed."


def render_all_hint() -> str:
    """Of a reason for the whole site."""
    return "For all apps, `--all` stands before the reason: `/hold --all holidays`. Nothing changed."


def render_all_elsewhere() -> str:
    return "`--all` is for the site's own repository: here it would reach apps of others. Nothing changed."


def render_hold_before(before: Decision, *, hidden: bool) -> str:
    """What a new hold takes the place of."""
    until = f"until {when(before.until)}" if before.until else "without an end"
    why = f" ({inline(before.reason, 500)})" if before.reason and not hidden else ""
    return f"It takes the place of the hold {until}{why}; what came since that began is kept back as before."


def render_unreadable(public: str, problems: Sequence[str]) -> str:
    """A file of the site's that somebody has to mend first."""
    more = bullets([inline(problem) for problem in problems], "problem") if len(problems) > 1 else ""
    return "\n\n".join(part for part in (f"{inline(public)} Nothing changed.", more) if part)


def render_outcome(progress: RequestProgress, commit_url: str | None) -> str:
    """What came of it, in a paragraph behind what was said."""
    match progress.state:
        case RequestState.COMMITTED if progress.commit:
            name = code(progress.commit[:7])
            return f"Committed as {f'[{name}]({commit_url})' if commit_url else name}."
        case RequestState.COMMITTED:
            return "Committed."
        case RequestState.UNCHANGED:
            return "Nothing had to be changed any more when it was its turn: all was so already."
        case RequestState.REFUSED:
            return f"**Not done**: {inline(progress.reason or 'it was refused.')}"
        case _:
            return _render_pending(progress)


def _render_pending(progress: RequestProgress) -> str:
    if progress.pull is not None:
        return f"It waits in {link('a pull request', progress.pull)} and has effect once that is merged."
    why = inline(progress.reason) if progress.reason else "the site's next publish has not come yet."
    return f"**Recorded, and not in effect yet**: {why} It is done as soon as that is over."


def when(moment: str) -> str:
    """`2026-12-01 15:00 UTC` of an ISO 8601 time."""
    return moment.replace("T", " ").removesuffix("Z").removesuffix(":00") + (
        " UTC" if moment.endswith("Z") else ""
    )


def choices(names: Sequence[str]) -> str:
    listed = ", ".join(code(name) for name in names[:MOST_CHOICES]) or "none"
    more = len(names) - MOST_CHOICES
    return f"{listed} and {more} more" if more > 0 else listed
