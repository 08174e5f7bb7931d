"""What the commands that decide have in common: whom they are about, and each site in its turn. No I/O."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from bot.catalog import App
from bot.commands.authority import check_authority
from bot.commands.intent import Intent
from bot.commands.model import Call, Reach
from bot.commands.names import nearest
from bot.commands.standing import Known, Standing, app_name, known_versions, place_of
from bot.decisions import stamp
from bot.errors import BadCatalog, BotError, Rejected, UnknownCommand
from bot.replies import inline, render_hidden_site, render_too_many, render_unknown_app
from bot.replies.decisions import render_nothing, render_unknown_version, render_until, render_which_app

_BUILD = re.compile(r"\(\d[\w.+-]*\)[,;:.!?]*")  # behind a version; a reason does not begin so
LONGEST_REASON = 500  # characters of it that are kept
MOST_TRIED = 200  # versions that a mistyped one is compared with


@dataclass(frozen=True, slots=True)
class Target:
    """The words after the verb."""

    app: str | None  # as the catalog spells it; None: none was named
    words: tuple[str, ...]  # what stands behind the app


@dataclass(frozen=True, slots=True)
class Subject:
    """An app of a site."""

    standing: Standing
    app: App

    @property
    def name(self) -> str:
        return app_name(self.standing, self.app)

    @property
    def place(self) -> str | None:
        return place_of(self.standing)

    @property
    def versions(self) -> tuple[Known, ...]:
        return known_versions(self.standing, self.app)


Plan = Callable[[Subject, Target], Intent | str]


def read_target(call: Call) -> Target:
    """The app, if the first word names one; needed where there are several. Raises UnknownCommand."""
    words, apps = call.arguments.positional, call.place.apps
    named = _match(words[0], apps) if words else None
    if named is not None:
        return Target(named, words[1:])
    if all(len(reach.apps) < 2 for reach in call.place.reaches):
        return Target(None, words)
    if not words:
        raise UnknownCommand(render_which_app(apps))
    raise UnknownCommand(render_unknown_app(words[0], nearest(words[0], apps), apps))


def decide_each(call: Call, target: Target, plan: Plan) -> str:
    """Plan for the app in every site of the place, and have it decided; what is said about all of them.

    `plan` answers with a text where there is nothing to decide, and raises Rejected with the reason where it
    must not be.
    """
    chosen = [(reach, reach.chosen(target.app)) for reach in call.place.reaches]
    return decide_all(
        call, [(reach, partial(_plan_for, plan, target, apps[0])) for reach, apps in chosen if apps]
    )


def decide_all(call: Call, plans: Sequence[tuple[Reach, Callable[[Standing], Intent | str]]]) -> str:
    """The same with a plan for each site. One that refuses, cannot be read or has to wait stops no other:
    anybody's site may list the app. Raises where all refuse, and at the end where one has to wait.
    """
    texts: list[str] = []
    refusals: list[BotError] = []
    later: list[BotError] = []
    for reach, plan in plans:
        try:
            texts.append(_decide(call, reach, plan))
        except BotError as error:
            if not error.is_outcome and not error.retry:
                raise
            (refusals if error.is_outcome else later).append(_tellable(call, reach, error))
    if later:
        raise later[0]
    if refusals and not texts:
        raise refusals[0]
    texts += [one.public if isinstance(one, Rejected) else inline(one.public) for one in refusals]
    return "\n\n".join(texts) or render_nothing()


def _tellable(call: Call, reach: Reach, error: BotError) -> BotError:
    """What is wrong with a site that is not to be named here is for its own readers."""
    if error.retry or reach.whole or isinstance(error, Rejected):
        return error
    try:
        hidden = call.world.name(reach.site, call.place.repository) is None
    except BotError:
        hidden = True
    return Rejected(render_hidden_site()) if hidden else error


def _decide(call: Call, reach: Reach, plan: Callable[[Standing], Intent | str]) -> str:
    """What was recorded before, by a try that was cut off or runs beside this one, stands."""
    recorded = call.world.recorded(reach.site)
    if recorded is not None:
        return recorded
    try:
        standing = call.world.standing(reach.site)
        intent = plan(standing)
        if isinstance(intent, Intent):
            check_authority(call, reach, standing, intent.edits)
    except (Rejected, BadCatalog):
        if (recorded := call.world.recorded(reach.site)) is not None:
            return recorded
        raise
    if isinstance(intent, str):
        return call.world.recorded(reach.site) or intent
    call.world.decide(reach.site, intent)
    return intent.said


def read_version(subject: Subject, words: Sequence[str]) -> tuple[tuple[Known, ...], str, tuple[str, ...]]:
    """What the first words name: the files with that version, its name in a decision, and the other words.

    `1.2.0`, `1.2.0 (57)`, the tag, `v1.2.0`. Raises UnknownCommand with the nearest one and the choices.
    """
    versions = subject.versions
    for taken in (2, 1):
        text = " ".join(words[:taken])
        if len(words) >= taken and (found := find_version(text, versions)):
            if taken == 1 and "(" not in text and len(words) > 1 and _BUILD.fullmatch(words[1]):
                builds = list(dict.fromkeys(known.whole for known in found))
                meant = builds[0] if len(builds) == 1 else None
                text = " ".join(words[:2])
                raise UnknownCommand(render_unknown_version(text, subject.name, meant, builds))
            return found, name_for(text, found, versions), tuple(words[taken:])
    labels = list(dict.fromkeys(known.version for known in versions))
    if len(words) > 1 and find_version(words[1], versions):  # the word in front was meant for the app
        raise UnknownCommand(render_unknown_app(words[0], subject.app.id, [subject.app.id]))
    named = words[0] if words else None
    meant = nearest(named, labels[:MOST_TRIED]) if named else None
    raise UnknownCommand(render_unknown_version(named, subject.name, meant, labels))


def find_version(text: str, versions: Sequence[Known]) -> tuple[Known, ...]:
    """Those that are called so; a version before a tag, and as written before without the `v`."""
    wanted = text.strip().lower().rstrip(",;:!?")
    spelled = [wanted, wanted.removesuffix("."), wanted.removeprefix("v")]
    for want in dict.fromkeys(spelled):
        for names in (lambda k: (k.version, k.whole, f"{k.version}({k.build})"), lambda k: (k.tag or "",)):
            found = tuple(known for known in versions if want in [name.lower() for name in names(known)])
            if found:
                return found
    return ()


def name_for(text: str, found: Sequence[Known], versions: Sequence[Known]) -> str:
    """How a decision names them: by the version, where that means these and no build was named."""
    alike = [known for known in versions if known.version == found[0].version]
    return found[0].version if "(" not in text and all(k in found for k in alike) else found[0].whole


def read_reason(words: Sequence[str]) -> str | None:
    text = " ".join(words).strip()
    return (text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1]}…") or None


def read_until(call: Call, now: float) -> str | None:
    """`--until`: a day (its beginning) or a time, in UTC where it names no zone. Raises UnknownCommand."""
    value = call.arguments.flags.get("until")
    if value is None:
        return None
    seconds = _read_time(value)
    if seconds is None:
        raise UnknownCommand(render_until(value, "is none"))
    if seconds <= now:
        raise UnknownCommand(render_until(value, "is over"))
    return stamp(seconds)


def is_time(text: str) -> bool:
    """Whether `--until` could take it."""
    return _read_time(text.rstrip(".,:;!?")) is not None


def _read_time(text: str) -> float | None:
    """Seconds since 1970."""
    try:
        moment = datetime.fromisoformat(text.strip())
        found = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        stamp(found)
    except (ValueError, OverflowError):
        return None
    return found


def expect_no_more(words: Sequence[str], usage: str) -> None:
    """Raise UnknownCommand where the command takes no further words."""
    if words:
        raise UnknownCommand(render_too_many(usage))


def _plan_for(plan: Plan, target: Target, app: str, standing: Standing) -> Intent | str:
    return plan(Subject(standing, next(one for one in standing.catalog.apps if one.id == app)), target)


def _match(word: str, apps: Sequence[str]) -> str | None:
    spelled: Mapping[str, str] = {app.lower(): app for app in apps}
    return next((spelled[w] for w in (word.lower(), word.lower().rstrip(".,:;!?")) if w in spelled), None)
