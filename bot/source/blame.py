"""What a client's objection is about, and how that is taken out. No I/O.

A version is rejected in all outputs, with the first objection as its reason; a key of a hand-made source is
left out; an app that nothing smaller mends is left out of that output, and the maintainer is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.clients import Problem
from bot.lock import Adopted
from bot.records import Record, Verdict
from bot.source.build import Built, Origin
from bot.source.entries import MIRRORS
from bot.source.listing import Selection
from bot.source.select import Available
from bot.source.waiting import Wait

FATAL = ("sizeCrash", "platformURLs")  # SideStore decodes them well and crashes
TWICE = "duplicateBundleID"


@dataclass(slots=True)
class State:
    """What the outputs are made of, round after round."""

    records: dict[str, Record]
    adopted: list[Adopted]
    waits: dict[str, Wait] = field(default_factory=dict)  # by the record's key
    without: dict[str, set[str]] = field(default_factory=dict)  # output path -> `Selection.key`s
    problems: list[Problem] = field(default_factory=list)


def take_out(
    state: State,
    available: Iterable[Available],
    built: Mapping[str, Built],
    objections: Mapping[str, Sequence[Problem]],
) -> bool:
    """Take out what the objections are about; True when something was.

    `available` is what the documents were made of; documents and objections are by output path. An app is
    the second one of its bundle ID only when nothing else is left to object to: the first may go, too.
    """
    found = [(path, problem) for path, problems in objections.items() for problem in problems]
    changed = [_take_out(state, path, built[path], one) for path, one in found if one.code != TWICE]
    if any(changed):
        return True
    records = {one.app.id: one.records for one in available if one.app is not None}
    changed = [_take_out_twin(state, records, built, path, one) for path, one in found if one.code == TWICE]
    return any(changed)


def _take_out(state: State, path: str, built: Built, problem: Problem) -> bool:
    index = _index(problem)
    if index is None:
        return _drop_key(state, None, problem.at)
    selection, at = built.selections[index], problem.at
    if (culprit := _find_culprit(built, index, at)) is not None:
        return _reject(state, [culprit], problem)
    if selection.entry and len(at) > 2 and at[2] in selection.entry.entry:
        return _drop_key(state, selection.entry, at[2:])
    return _leave_out(state, path, selection, problem)


def _take_out_twin(
    state: State,
    records: Mapping[str, Sequence[Record]],
    built: Mapping[str, Built],
    path: str,
    problem: Problem,
) -> bool:
    """The second app of a bundle ID: only out of this output where another lists it, else it is rejected.

    `records` are those of each app that may be listed, also what `keep` hides in this round.
    """
    index = _index(problem)
    assert index is not None
    selections = built[path].selections
    mine = selections[index]
    first = next(other for other in selections if other.bundle_identifier == mine.bundle_identifier)
    told = replace(problem, message=_tell_twins(first, mine, path, problem))
    if mine.app is None or not mine.records or _is_elsewhere(mine, built):
        return _leave_out(state, path, mine, told)
    return _reject(state, records[mine.app.id], told)


def _is_elsewhere(mine: Selection, built: Mapping[str, Built]) -> bool:
    """Whether an output lists the app without another of its bundle ID before it."""
    bundle = mine.bundle_identifier
    firsts = (
        next((one for one in document.selections if one.bundle_identifier == bundle), None)
        for document in built.values()
    )
    return any(first is not None and first.key == mine.key for first in firsts)


def _tell_twins(first: Selection, second: Selection, path: str, problem: Problem) -> str:
    if first.app is None or second.app is None:
        return problem.message
    return (
        f"{second.app.id} has the same bundle ID as {first.app.id} ({first.bundle_identifier}), of which "
        f"{path} can list one app alone."
    )


def _index(problem: Problem) -> int | None:
    """Which app a problem is about; None for the document itself."""
    at = problem.at
    return at[1] if len(at) > 1 and at[0] == "apps" and isinstance(at[1], int) else None


def _find_culprit(built: Built, index: int, at: Sequence[str | int]) -> Origin | None:
    """The version that a problem of an app is about; the old keys repeat the first one's."""
    origins = built.origins[index]
    if len(at) > 3 and at[2] == "versions" and isinstance(at[3], int):
        return origins[at[3]]
    if len(at) == 3 and at[2] in MIRRORS:
        return origins[0]
    if len(at) > 5 and at[2] == "releaseChannels" and isinstance(at[3], int) and isinstance(at[5], int):
        tracks = built.tracks[index]
        return tracks[at[3]][at[5]] if at[3] < len(tracks) else None
    return None


def _leave_out(state: State, path: str, selection: Selection, problem: Problem) -> bool:
    """An app that nothing smaller mends is not in that output; True when it was until now."""
    before = state.without.setdefault(path, set())
    if selection.key in before:
        return False
    before.add(selection.key)
    state.problems.append(problem)
    return True


def _reject(state: State, origins: Sequence[Origin], problem: Problem) -> bool:
    """Mark records as rejected, leave adopted versions out; True when one was not so before."""
    changed = False
    for origin in origins:
        if isinstance(origin, Record):
            current = state.records[origin.key]
            changed |= current.verdict.accepted
            state.records[origin.key] = current.model_copy(
                update={"verdict": _verdict(problem, current.verdict)}
            )
        elif origin in state.adopted:
            state.adopted.remove(origin)
            changed = True
    return changed


def _verdict(problem: Problem, before: Verdict) -> Verdict:
    if not before.accepted:
        return before  # the first objection is the one that is told
    fate = "crash on" if problem.code in FATAL else "refuse"
    reason = f"{problem.client} would {fate} the source: {problem.message}"
    return Verdict(accepted=False, code=f"client.{problem.client}.{problem.code}", reason=reason)


def _drop_key(state: State, entry: Adopted | None, at: Sequence[str | int]) -> bool:
    """Leave a key out of what was adopted; True when it was there."""
    for index, adopted in enumerate(state.adopted):
        wanted = adopted.scope == "source" if entry is None else adopted.key == entry.key
        if wanted and at and at[0] in adopted.entry:
            kept = {key: value for key, value in adopted.entry.items() if key != at[0]}
            state.adopted[index] = adopted.model_copy(update={"entry": kept})
            return True
    return False
