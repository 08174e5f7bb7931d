"""AltStore PAL's documents and everybody else's: which versions are in which. No I/O.

PAL installs what Apple has notarised: each app has Apple's id and each version the address of its ADP, by
which PAL finds it again. It refuses a document with any other app, and the others refuse such an app.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote

from bot.catalog import PAL, App, Output
from bot.lock import Adopted
from bot.records import Record
from bot.source.listing import Selection

_KEY = "marketplaceID"


def is_pal(output: Output) -> bool:
    """Whether the output is for PAL; the catalog sees to it that it is then for PAL alone."""
    return PAL in output.clients


def marketplace_id(selection: Selection) -> str | None:
    """Apple's id of the app: the catalog's, else that of the hand-made entry."""
    if selection.app and selection.app.marketplace_id:
        return selection.app.marketplace_id
    return _adopted_id(selection)


def for_output(selection: Selection, output: Output) -> Selection | None:
    """What of an app belongs into the output; None when the app does not.

    A hand-made app with Apple's id came from a document for PAL: its versions are ADPs.
    """
    from_pal = _adopted_id(selection) is not None
    if not is_pal(output):
        return _without_adps(selection) if from_pal else selection
    if marketplace_id(selection) is None:
        return None
    adopted = selection.adopted if from_pal else ()
    records = _with_adp(selection.app, selection.records)
    return replace(selection, records=records, adopted=adopted)


def adp_url(record: Record, app: App) -> str:
    """The address of the version's ADP."""
    assert record.facts is not None
    assert app.adp_url is not None
    owner, _, name = record.repository.partition("/")
    parts = {
        "owner": owner, "name": name, "tag": record.tag,
        "version": record.facts.version, "build": record.facts.build_version,
    }  # fmt: skip
    quoted = {key: quote(value, safe="", errors="replace") for key, value in parts.items()}
    return app.adp_url.format(**quoted, repository=f"{quoted['owner']}/{quoted['name']}")


def _adopted_id(selection: Selection) -> str | None:
    value = selection.entry.entry.get(_KEY) if selection.entry else None
    return value if isinstance(value, str) and re.fullmatch("[0-9]{1,19}", value) else None


def _with_adp(app: App | None, records: Iterable[Record]) -> tuple[Record, ...]:
    """Those of which PAL can be told version, build and address."""
    if app is None or app.adp_url is None:
        return ()
    return tuple(r for r in records if r.facts and r.facts.version and r.facts.build_version)


def _without_adps(selection: Selection) -> Selection:
    """The app without PAL's versions; its texts stay."""
    assert selection.entry is not None
    kept = {key: value for key, value in selection.entry.entry.items() if key != _KEY}
    entry: Adopted = selection.entry.model_copy(update={"entry": kept})
    return replace(selection, entry=entry, adopted=())
