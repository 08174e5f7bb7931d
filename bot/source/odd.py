"""Decisions that are about nothing that is known. No I/O.

They are no errors: a version may be yanked before it is there, and a decision outlives its release. But who
has just written one may have misspelt it.
"""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from bot.catalog import App, Catalog
from bot.decisions import Decision, Decisions
from bot.errors import FileProblem
from bot.lock import Adopted
from bot.records import Record
from bot.source.adopted import version_of

MOST = 50  # that are told
MOST_COMPARED = 200  # names that a misspelt one is compared with
LONGEST = 60  # characters of a name
_LATER = "it has no effect until there is one"


def find_odd(
    decisions: Decisions,
    before: Decisions,
    catalog: Catalog,
    records: Sequence[Record],
    adopted: Sequence[Adopted],
) -> list[FileProblem]:
    """Those that were not there `before`; the path is that of the file, `decisions > 3 > version`."""
    old = frozenset(before.decisions)
    found: list[FileProblem] = []
    for number, decision in enumerate(decisions.decisions):
        if decision not in old and len(found) < MOST:
            told = _check(decision, catalog, records, adopted)
            found += [FileProblem(None, f"decisions > {number} > {key}", said) for key, said in told]
    return found


def _check(
    decision: Decision, catalog: Catalog, records: Sequence[Record], adopted: Sequence[Adopted]
) -> Iterator[tuple[str, str]]:
    """The key of what is odd, and what is said of it."""
    if decision.app is None:
        return
    app = next((one for one in catalog.apps if one.id.lower() == decision.app.lower()), None)
    if app is None:
        said = f"`{decision.app[:LONGEST]}` is no app of the catalog"
        yield "app", f"{said}{_hint(decision.app, (one.id for one in catalog.apps))}: {_LATER}"
    elif decision.version is not None:
        names = list(_names(app, records, adopted))
        if names and decision.version not in names:
            said = f"`{decision.version[:LONGEST]}` is no version of `{app.id}` that is known"
            yield "version", f"{said}{_hint(decision.version, names)}: {_LATER}"


def _names(app: App, records: Sequence[Record], adopted: Sequence[Adopted]) -> Iterator[str]:
    """All by which a decision may name a version, the newest release first; of none, nothing can be said.

    What was taken over counts whosever it is: whom it belongs to may change with the catalog, and silence is
    better than a false alarm.
    """
    mine = [record for record in records if record.app == app.id and record.facts]
    for record in sorted(mine, key=lambda one: one.published_at, reverse=True):
        assert record.facts is not None
        version, build = record.facts.version, record.facts.build_version
        yield from (version, f"{version} ({build})", record.tag)
    for line in adopted if mine else ():
        if line.scope == "version":
            version, adopted_build = version_of(line.entry)
            yield from (version, f"{version} ({adopted_build})") if adopted_build else (version,)


def _hint(name: str, known: Iterable[str]) -> str:
    choices = list(dict.fromkeys(known))[:MOST_COMPARED]
    near = get_close_matches(name[:LONGEST], choices, n=1, cutoff=0.6)
    return f" (did you mean `{near[0][:LONGEST]}`?)" if near else ""
