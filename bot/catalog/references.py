"""Places in a catalog that name something of the same catalog: its apps, its channels. No I/O."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from bot.catalog.parts import STABLE
from bot.catalog.yamltree import show

MAX_TOLD = 50  # problems that say what is allowed
MAX_LISTED = 30  # names in one message
MAX_COMPARED = 300  # names that a misspelt one is compared with; each costs some 20 µs
Path = tuple[str | int, ...]
_Entries = Sequence[dict[str, Any]]


def check_references(
    data: dict[str, Any], apps: _Entries, outputs: _Entries, news: _Entries
) -> Iterator[tuple[Path, str]]:
    """Names of apps and channels that the catalog has not; values of wrong types are told elsewhere."""
    named: list[tuple[Path, str]] = [
        (("featured-apps", i), app) for i, app in _texts(data.get("featured-apps"))
    ]
    named += [
        (("news", i, "app"), app) for i, item in enumerate(news) for _, app in _texts((item.get("app"),))
    ]
    named += [
        (("outputs", i, "apps", j), app) for i, o in enumerate(outputs) for j, app in _texts(o.get("apps"))
    ]
    ids = [*filter(None, map(id_of, apps))]
    yield from _unknown(named, ids, "app", lower=True)
    yield from _unknown(
        [found for i, output in enumerate(outputs) for found in _channels_named(i, output)],
        [STABLE, *(name for app in apps for _, name in channels_of(app))],
        "channel",
    )


def id_of(app: dict[str, Any]) -> str:
    """An app's `id`, in lower case; "" when it has none."""
    return str(app.get("id", str(app.get("repository", "")).rpartition("/")[2])).lower()


def channels_of(app: dict[str, Any]) -> list[tuple[Path, str]]:
    """The channels of an app's releases, each with the place of its name."""
    rules = app.get("channels")
    named = enumerate(rules if isinstance(rules, tuple) else (rules,))  # one that stands in no list counts
    found: list[tuple[Path, Any]] = [(("channel",), app.get("channel", STABLE))]
    found += [
        (("channels", i, "channel"), rule.get("channel") if isinstance(rule, dict) else rule)
        for i, rule in named
    ]
    return [(path, name) for path, name in found if isinstance(name, str)]


def tracks_of(output: dict[str, Any]) -> list[tuple[Path, str]]:
    """The channels in an output's `release-channels`, each with its place."""
    tracks = output.get("release-channels")
    return [
        (("release-channels", str(track), i), name)
        for track, names in (tracks.items() if isinstance(tracks, dict) else ())
        for i, name in _texts((names,) if isinstance(names, str) else names)
    ]


def hint(word: str, allowed: Sequence[str]) -> str:
    """`, did you mean …?` when something allowed is near."""
    near = get_close_matches(word[:60].lower().replace("_", "-"), allowed, n=1, cutoff=0.6)
    return f" (did you mean `{near[0]}`?)" if near else ""


def _channels_named(index: int, output: dict[str, Any]) -> list[tuple[Path, str]]:
    at: Path = ("outputs", index)
    plain = [((*at, "channels", i), name) for i, name in _texts(output.get("channels"))]
    return plain + [((*at, *path), name) for path, name in tracks_of(output)]


def _unknown(
    named: Sequence[tuple[Path, str]], known: Sequence[str], what: str, *, lower: bool = False
) -> Iterator[tuple[Path, str]]:
    allowed = list(dict.fromkeys(known))
    names = set(allowed)
    unknown = [(path, name) for path, name in named if (name.lower() if lower else name) not in names]
    said = f"names no {what} of this catalog"
    for path, name in unknown[:MAX_TOLD]:
        yield path, f"{said}{hint(name, allowed[:MAX_COMPARED])}; allowed: {_listed(allowed)}"
    yield from ((path, said) for path, _ in unknown[MAX_TOLD:])


def _texts(value: Any) -> list[tuple[int, str]]:
    items = enumerate(value if isinstance(value, tuple) else ())
    return [(index, item) for index, item in items if isinstance(item, str)]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return (", ".join(show(name) for name in names[:MAX_LISTED]) or "none") + more
