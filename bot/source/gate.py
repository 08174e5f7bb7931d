"""Nothing is published that a named client would refuse. No I/O.

Every output is checked by its clients' own rules. An objection is traced to the record (or adopted entry)
that it is about; that one is rejected and everything is built again, so that the app keeps its last good
entry and the other apps go on. Verdicts of this kind are made anew every time, from git alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.catalog import App, Catalog, Output
from bot.clients import Problem, check_source
from bot.decisions import Decisions
from bot.ipa.model import Severity
from bot.lock import Adopted
from bot.records import Record, Verdict
from bot.source.adopted import group_adopted
from bot.source.blame import FATAL, State, take_out
from bot.source.build import Built, build_document
from bot.source.let_through import Gates
from bot.source.listing import list_apps, view_of
from bot.source.select import MISMATCH, Available, assign_apps, entry_of, judge_bundles, reopen, select_apps
from bot.source.site import SiteContext, icon_path
from bot.source.waiting import Wait, call_up, is_waiting, judge_hidden, judge_waiting

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
    state = State({record.key: reopen(record) for record in records}, list(adopted))
    judge = _Judge(catalog, site, decisions, gates)
    judge.judge(state)
    for _ in range(MAX_ROUNDS):
        known = tuple(state.records.values())
        available = select_apps(catalog, known, state.adopted, site, decisions)
        built = _build(catalog, available, state, site)
        objections = {output.path: _errors(built[output.path], output) for output in catalog.outputs}
        if not take_out(state, available, built, objections):
            break
        judge.judge_again(state)
    return _gated(state, built, objections)


def _build(
    catalog: Catalog, available: Sequence[Available], state: State, site: SiteContext
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

    def judge(self, state: State) -> None:
        """All records, which also get the app that takes them now."""
        by_app = assign_apps(self.catalog, state.records.values(), self.site)
        lines = group_adopted(self.catalog, state.adopted, by_app)
        for app in self.catalog.apps:
            self._judge_app(state, app, by_app[app.id], lines.get(app.id, ()))

    def judge_again(self, state: State) -> None:
        """Those of other bundle IDs, where all that decided one was rejected: a refused release does not."""
        by_app = assign_apps(self.catalog, state.records.values(), self.site)
        lines = group_adopted(self.catalog, state.adopted, by_app)
        for app in self.catalog.apps:
            others = [reopen(record) for record in by_app[app.id] if record.verdict.code == MISMATCH]
            if others and not any(_decides_bundle(record.verdict) for record in by_app[app.id]):
                self._judge_app(state, app, others, lines.get(app.id, ()))

    def _judge_app(self, state: State, app: App, records: Sequence[Record], lines: Sequence[Adopted]) -> None:
        entry = entry_of(lines)
        judged = [
            record if record.app == app.id else record.model_copy(update={"app": app.id})
            for record in judge_bundles(app, [call_up(record) for record in records], entry)
        ]
        if self.gates:
            judged = [judge_hidden(app, record, self.gates) for record in judged]
        waits = judge_waiting(app, judged, entry, self.decisions, self.gates) if self.gates else []
        state.waits |= {wait.record.key: wait for wait in waits}
        state.records |= {record.key: record for record in (*judged, *(wait.record for wait in waits))}


def _decides_bundle(verdict: Verdict) -> bool:
    return verdict.accepted or is_waiting(verdict)


def _errors(built: Built, output: Output) -> list[Problem]:
    """What the clients refuse, and what they take and then die of."""
    found = check_source(built.source, output.clients)
    return [p for p in found if p.severity is Severity.ERROR or p.code in FATAL]


def _gated(state: State, built: Mapping[str, Built], objections: Mapping[str, list[Problem]]) -> Gated:
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
