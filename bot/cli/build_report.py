"""What `altpress build` says about each file of the folder."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import click

from bot.catalog import Catalog, find_channel
from bot.cli.output import plain
from bot.records import Record
from bot.source.gate import Gated
from bot.source.listing import shows, view_of
from bot.source.order import published
from bot.source.text import clean_line

_LONGEST = 2000  # characters of one line


@dataclass(frozen=True, slots=True)
class Seen:
    """A file, and the record that it became or why it became none."""

    name: str  # its path below the folder
    record: Record | None = None
    reason: str = ""
    guessed: bool = False  # its download address
    grave: tuple[str, ...] = ()  # what is in it that clients crash or fail on


@dataclass(frozen=True, slots=True)
class Fate:
    """One line about a file."""

    seen: Seen
    used: bool
    words: str  # "used as app 1.0 (57)", "left out: …"
    reason: str = ""  # why it was left out

    def __str__(self) -> str:
        return f"{clean_line(self.seen.name, 250)}: {self.words}"


def say(line: str, *, err: bool = False) -> None:
    """One line, whatever the names in it hold."""
    click.echo(plain(line, _LONGEST), err=err)


def explain_files(catalog: Catalog, seen: Iterable[Seen], gated: Gated) -> list[Fate]:
    """What became of each file, in the given order."""
    judged = {record.key: record for record in gated.records}
    listed = list_records(gated)
    return [_fate(catalog, one, judged, listed) for one in seen]


def list_records(gated: Gated) -> list[Record]:
    """The records that an output lists."""
    built = [one for one in gated.built.values() if one is not None]
    lists = [
        versions for one in built for versions in (*one.origins, *(t for app in one.tracks for t in app))
    ]
    origins = [origin for versions in lists for origin in versions]
    return list({origin.key: origin for origin in origins if isinstance(origin, Record)}.values())


def explain_bundles(catalog: Catalog, gated: Gated) -> Iterator[str]:
    """Whose bundle ID an app takes, where the catalog gives none and the files have several."""
    for app in catalog.apps:
        of_app = [record for record in gated.records if record.app == app.id and record.facts]
        accepted = [record for record in of_app if record.verdict.accepted and record.facts]
        if app.bundle_id or not accepted:
            continue
        first = min(accepted, key=published)
        wanted = first.facts.bundle_identifier if first.facts else ""
        others = sum(record.facts.bundle_identifier != wanted for record in of_app if record.facts)
        if others:
            name = clean_line(first.asset_name, 100)
            yield (
                f"The bundle ID of {app.id}, {clean_line(wanted, 100)}, is taken from {name}, the oldest of "
                f"its files; {others} with other IDs left out. Give the app a `bundle-id` to choose."
            )


def warn_guessed(fates: Sequence[Fate]) -> str | None:
    """One sentence about the addresses that nobody gave; None when there are none."""
    guessed = [fate.seen for fate in fates if fate.used and fate.seen.guessed]
    if not guessed:
        return None
    first = guessed[0]
    assert first.record is not None
    name = clean_line(first.record.asset_name, 100)
    return (
        f"Guessed download addresses: {len(guessed)}, such as {first.record.download_url}. "
        f"A file {name}.json beside {name} gives `tag`, `date`, `notes`, `url` and `prerelease`."
    )


def explain_gates(catalog: Catalog) -> str | None:
    """One sentence about keys that need a lock and decisions; None where the catalog has none of them."""
    gates = {"approve": any(app.approve for app in catalog.apps)}
    gates |= {"cooldown": any(app.cooldown for app in catalog.apps)}
    gates |= {"stage": any(output.stage for output in catalog.outputs)}
    named = [f"`{key}`" for key, there in gates.items() if there]
    if not named:
        return None
    keys = " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
    return f"Nothing waits here, for there is no lock: {keys} had no part in what was built."


def _fate(catalog: Catalog, seen: Seen, judged: dict[str, Record], listed: Sequence[Record]) -> Fate:
    if seen.record is None:
        return _left_out(seen, seen.reason)
    record = judged[seen.record.key]
    if any(one.key == record.key for one in listed):
        return Fate(seen, used=True, words=f"used as {record.app} {_version(record)}")
    return _left_out(seen, _reason(catalog, record, listed))


def _left_out(seen: Seen, reason: str) -> Fate:
    return Fate(seen, used=False, words=f"left out: {reason}", reason=reason)


def _reason(catalog: Catalog, record: Record, listed: Sequence[Record]) -> str:
    """Why a record is in no output."""
    if not record.verdict.accepted:
        return record.verdict.reason or "it was refused"
    twin = next((o for o in listed if (o.app, _version(o)) == (record.app, _version(record))), None)
    if twin is not None:
        return f"{clean_line(twin.asset_name, 100)} is newer and has the same version and build"
    app = next((app for app in catalog.apps if app.id == record.app), None)
    channel = find_channel(app, tag=record.tag, prerelease=record.prerelease) if app else None
    if app is not None and channel and not any(shows(view_of(o), app, channel) for o in catalog.outputs):
        return f"no output lists {app.id} in the channel {channel}"
    if app is not None and app.keep is not None and any(one.app == app.id for one in listed):
        return f"{app.id} keeps {app.keep} (`keep`), and newer ones are there"
    return "no output could be written with it"


def _version(record: Record) -> str:
    facts = record.facts
    return f"{clean_line(facts.version, 40)} ({clean_line(facts.build_version, 40)})" if facts else record.tag
