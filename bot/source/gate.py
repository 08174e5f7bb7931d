"""Nothing is published that a named client would refuse. No I/O.

Every output is checked by its clients' own rules. An objection is traced to the record (or adopted entry)
that it is about; that one is rejected and everything is built again, so that the app keeps its last good
entry and the other apps go on. Verdicts of this kind are made anew every time, from git alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.catalog import App, Catalog, Output
from bot.clients import Problem, check_source
from bot.decisions import Decisions
from bot.ipa.model import Severity
from bot.lock import Adopted
from bot.records import Record, Verdict
from bot.source.adopted import group_adopted
from bot.source.build import Built, Origin, build_document
from bot.source.entries import MIRRORS
from bot.source.listing import list_apps, view_of
from bot.source.select import MISMATCH, Available, assign_apps, entry_of, judge_bundles, reopen, select_apps
from bot.source.site import SiteContext, icon_path
from bot.source.waiting import Gates, Wait, call_up, is_waiting, judge_waiting

FATAL = ("sizeCrash", "platformURLs")  # SideStore decodes them well and crashes
MAX_ROUNDS = 100  # each round rejects something; a bound for what must end anyway


@dataclass(frozen=True, slots=True)
class Gated:
    """What may be published."""

    records: tuple[Record, ...]  # all, with their verdicts
    built: Mapping[str, Built | None]  # by output path; None: nothing left that its clients would take
    problems: tuple[
        Problem, ...
    ]  # objections that no record is to blame for: told, the output stays as it is
    waits: tuple[Wait, ...] = ()


@dataclass(slots=True)
class _State:
    records: dict[str, Record]
    adopted: list[Adopted]
    waits: dict[str, Wait] = field(default_factory=dict)  # by the record's key
    without: dict[str, set[str]] = field(default_factory=dict)  # output path -> bundle identifiers
    problems: list[Problem] = field(default_factory=list)


def gate_outputs(
    catalog: Catalog,
    records: Sequence[Record],
    adopted: Sequence[Adopted],
    site: SiteContext,
    decisions: Decisions,
    *,
    gates: Gates | None = None,
) -> Gated:
    """Build all outputs so that every client they name takes them.

    `decisions` are those in force. Without `gates` no version waits.
    """
    state = _State({record.key: reopen(record) for record in records}, list(adopted))
    judge = _Judge(catalog, site, decisions, gates)
    judge.judge(state)
    for _ in range(MAX_ROUNDS):
        known = tuple(state.records.values())
        available = select_apps(catalog, known, state.adopted, site, decisions)
        built = _build(catalog, available, state, site)
        objections = {output.path: _errors(built[output.path], output) for output in catalog.outputs}
        taken_out = [_blame(state, path, built[path], found) for path, found in objections.items()]
        if not any(taken_out):
            break
        judge.judge_again(state)
    return _gated(state, built, objections)


def _build(
    catalog: Catalog, available: Sequence[Available], state: _State, site: SiteContext
) -> dict[str, Built]:
    """The documents by path; what outputs of one view list is made once."""
    views = {output.path: view_of(output) for output in catalog.outputs}
    listed = {view: list_apps(available, view) for view in dict.fromkeys(views.values())}
    return {
        output.path: build_document(
            catalog, listed[views[output.path]], state.adopted, site, output,
            without=state.without.get(output.path, ()),
        )
        for output in catalog.outputs
    }  # fmt: skip


def shown_icons(catalog: Catalog, gated: Gated) -> dict[str, str]:
    """Where the pictures lie that the documents show, and their `IconFile.path`: each app's newest one.

    An app whose icon the catalog or a hand-made source gives shows none of ours.
    """
    shown = {}
    for built in gated.built.values():
        for selection, app in zip(built.selections, built.source["apps"], strict=True) if built else ():
            facts = selection.records[0].facts if selection.records else None
            if facts and facts.icon and app.get("iconURL", "").endswith("/" + facts.icon.path):
                shown[icon_path(catalog, facts.icon)] = facts.icon.path
    return shown


@dataclass(frozen=True, slots=True)
class _Judge:
    """What is said of records before they are built: whether their bundle ID fits, and whether they wait."""

    catalog: Catalog
    site: SiteContext
    decisions: Decisions
    gates: Gates | None

    def judge(self, state: _State) -> None:
        """All records, which also get the app that takes them now."""
        by_app = assign_apps(self.catalog, state.records.values(), self.site)
        lines = group_adopted(self.catalog, state.adopted, by_app)
        for app in self.catalog.apps:
            self._judge_app(state, app, by_app[app.id], lines.get(app.id, ()))

    def judge_again(self, state: _State) -> None:
        """Those of other bundle IDs, where all that decided one was rejected: a refused release does not."""
        by_app = assign_apps(self.catalog, state.records.values(), self.site)
        lines = group_adopted(self.catalog, state.adopted, by_app)
        for app in self.catalog.apps:
            others = [reopen(record) for record in by_app[app.id] if record.verdict.code == MISMATCH]
            if others and not any(_decides_bundle(record.verdict) for record in by_app[app.id]):
                self._judge_app(state, app, others, lines.get(app.id, ()))

    def _judge_app(
        self, state: _State, app: App, records: Sequence[Record], lines: Sequence[Adopted]
    ) -> None:
        entry = entry_of(lines)
        judged = [
            record if record.app == app.id else record.model_copy(update={"app": app.id})
            for record in judge_bundles(app, [call_up(record) for record in records], entry)
        ]
        waits = judge_waiting(app, judged, entry, self.decisions, self.gates) if self.gates else []
        state.waits |= {wait.record.key: wait for wait in waits}
        state.records |= {record.key: record for record in (*judged, *(wait.record for wait in waits))}


def _decides_bundle(verdict: Verdict) -> bool:
    return verdict.accepted or is_waiting(verdict)


def _errors(built: Built, output: Output) -> list[Problem]:
    """What the clients refuse, and what they take and then die of."""
    found = check_source(built.source, output.clients)
    return [p for p in found if p.severity is Severity.ERROR or p.code in FATAL]


def _blame(state: _State, path: str, built: Built, problems: Sequence[Problem]) -> bool:
    """Take out what the problems are about; True when something was."""
    taken_out = [_take_out(state, path, built, problem) for problem in problems]
    return any(taken_out)


def _take_out(state: _State, path: str, built: Built, problem: Problem) -> bool:
    at = problem.at
    if len(at) < 2 or at[0] != "apps" or not isinstance(at[1], int):
        return _drop_key(state, None, at)
    selection, origins = built.selections[at[1]], built.origins[at[1]]
    if culprits := _culprits(origins, problem):
        return _reject(state, culprits, problem)
    if selection.entry and len(at) > 2 and at[2] in selection.entry.entry:
        return _drop_key(state, selection.entry, at[2:])
    return _leave_out(state, path, selection.bundle_identifier, problem)


def _culprits(origins: Sequence[Origin], problem: Problem) -> list[Origin]:
    """The versions that a problem of an app is about; the old keys repeat the first one's."""
    at = problem.at
    if len(at) > 3 and at[2] == "versions" and isinstance(at[3], int):
        return [origins[at[3]]]
    if len(at) == 3 and at[2] in MIRRORS:
        return [origins[0]]
    if problem.code == "duplicateBundleID":
        return [origin for origin in origins if isinstance(origin, Record)]
    return []


def _leave_out(state: _State, path: str, bundle: str, problem: Problem) -> bool:
    """An app that nothing smaller mends is not in that output; True when it was until now."""
    before = state.without.setdefault(path, set())
    if bundle in before:
        return False
    before.add(bundle)
    state.problems.append(problem)
    return True


def _reject(state: _State, origins: Sequence[Origin], problem: Problem) -> bool:
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


def _drop_key(state: _State, entry: Adopted | None, at: Sequence[str | int]) -> bool:
    """Leave a key out of what was adopted; True when it was there."""
    for index, adopted in enumerate(state.adopted):
        wanted = adopted.scope == "source" if entry is None else adopted.key == entry.key
        if wanted and at and at[0] in adopted.entry:
            kept = {key: value for key, value in adopted.entry.items() if key != at[0]}
            state.adopted[index] = adopted.model_copy(update={"entry": kept})
            return True
    return False


def _gated(state: _State, built: Mapping[str, Built], objections: Mapping[str, list[Problem]]) -> Gated:
    """The outcome: outputs with objections left are not published."""
    problems = [*state.problems]
    good: dict[str, Built | None] = {}
    for path, found in objections.items():
        if not found:
            good[path] = built[path]
        elif not built[path].origins:
            good[path] = None
        problems += found
    records, waits = tuple(state.records.values()), tuple(state.waits.values())
    return Gated(records, good, tuple(dict.fromkeys(problems)), waits)
