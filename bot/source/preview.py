"""What a plan would do to the outputs, for people who look before anything is published. No I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from bot.catalog import Catalog, Output
from bot.clients import Problem, build_verdicts, check_source
from bot.errors import BadSource
from bot.ipa.model import Severity
from bot.records import Record
from bot.source.codec import parse_source, render_source
from bot.source.diff import Change, ChangeKind, diff_documents, merge_changes
from bot.source.listing import view_of
from bot.source.model import Source
from bot.source.plan import Commit, Current, Unchanged
from bot.source.textdiff import Diff, diff_text
from bot.source.waiting import is_waiting

Documents = Mapping[str, bytes | None]  # by the output's path; None: not there


@dataclass(frozen=True, slots=True)
class OutputPreview:
    """One output: what would differ, and what its clients would say of it then."""

    path: str
    diff: Diff  # empty: it stays as it is
    verdicts: Mapping[str, str]  # client -> "accept" or "reject"; none for an output that would not be there
    problems: tuple[Problem, ...] = ()  # errors and warnings


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that a gate or a hold keeps back."""

    app: str
    version: str  # with its build: `1.2.0 (57)`
    tag: str
    url: str  # of the release
    reason: str  # a public sentence
    staged: bool = False  # listed by the outputs of the stage already


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen. Sentences are plain text, of foreign words in places."""

    changes: tuple[str, ...] = ()
    outputs: tuple[OutputPreview, ...] = ()
    problems: tuple[
        str, ...
    ] = ()  # refused files, objections that no file is to blame for, why nothing works
    waiting: tuple[Waiting, ...] = ()
    released: "Preview | None" = None  # what else would change if all that waits were let through
    dropped: tuple[str, ...] = ()  # outputs that the catalog would name no more
    unread: tuple[str, ...] = ()  # apps of which no file is known: of a new one, the releases come later

    @property
    def unchanged(self) -> bool:
        return not any(output.diff.lines or output.diff.too_large for output in self.outputs)

    @property
    def refused(self) -> bool:
        """Whether a client would reject an output."""
        return any("reject" in output.verdicts.values() for output in self.outputs)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which apps are looked at; of the documents, only their entries are shown then."""

    apps: frozenset[str]  # ids
    bundles: frozenset[str] = field(default=frozenset())
    document: bool = True  # whether to tell, too, what is said about the document as a whole

    def narrow(self, data: bytes | None) -> bytes | None:
        """The document with these apps alone; None without any of them."""
        document = _document(data)
        mine = [app for app in _apps(document) if app.get("bundleIdentifier") in self.bundles]
        return render_source(cast("Source", {"apps": mine})) if mine else None

    def concerns(self, problem: Problem, data: bytes) -> bool:
        """Whether it is about one of these apps, or about the document as a whole."""
        place = problem.place
        if len(place) < 2 or place[0] != "apps" or not isinstance(place[1], int):
            return self.document and place[:1] != ("news",)
        listed = _apps(_document(data))
        return place[1] < len(listed) and listed[place[1]].get("bundleIdentifier") in self.bundles


def choose_scope(
    apps: Collection[str], catalog: Catalog, records: Sequence[Record], *, document: bool = True
) -> Scope:
    """The bundle IDs by which the documents know these apps. A file that is refused may have any: whoever has
    write access to an app would be told of another one.
    """
    named = {app.bundle_id for app in catalog.apps if app.id in apps and app.bundle_id}
    mine = (record for record in records if record.app in apps)
    facts = [r.facts for r in mine if r.facts and (r.verdict.accepted or is_waiting(r.verdict))]
    return Scope(frozenset(apps), frozenset(named | {one.bundle_identifier for one in facts}), document)


def planned(plan: Unchanged | Commit, catalog: Catalog, current: Current) -> dict[str, bytes | None]:
    """The outputs as they would be."""
    files = plan.files if isinstance(plan, Commit) else {}
    paths = [output.path for output in catalog.outputs]
    return {path: files[path] if path in files else _bytes(current.get(path)) for path in paths}


def preview_outputs(catalog: Catalog, before: Documents, after: Documents, scope: Scope | None) -> Preview:
    """What lies between the two; with a scope, of its apps alone."""
    changes: dict[str, list[Change]] = {}
    outputs = []
    for output in catalog.outputs:
        old, new = before.get(output.path), after.get(output.path)
        if scope is not None:
            old, new = scope.narrow(old), scope.narrow(new)
        changes[output.path] = _changes(old, new)
        outputs.append(_look_at(output, old, new, after.get(output.path), scope))
    views = {view_of(output) for output in catalog.outputs}
    merged = merge_changes(changes, named=len(views) > 1)
    return Preview(tuple(dict.fromkeys(change.sentence for change in merged)), tuple(outputs))


def _look_at(
    output: Output, old: bytes | None, new: bytes | None, whole: bytes | None, scope: Scope | None
) -> OutputPreview:
    """The clients judge the whole document; of what they say, the scope's apps' part is told."""
    diff = diff_text(old, new)
    if whole is None:
        return OutputPreview(output.path, diff, {})
    problems = [p for p in check_source(whole, output.clients) if p.severity is not Severity.INFO]
    if scope is not None:
        problems = [problem for problem in problems if scope.concerns(problem, whole)]
    verdicts = build_verdicts(problems, output.clients)
    return OutputPreview(output.path, diff, verdicts, tuple(problems))


def _changes(old: bytes | None, new: bytes | None) -> list[Change]:
    if old == new:
        return []
    found = diff_documents(old, _document(new))
    return [change for change in found if new is not None or change.kind is ChangeKind.REMOVED]


def _document(data: bytes | None) -> Source:
    """What is not there, or cannot be read, counts as nothing."""
    try:
        return parse_source(data) if data is not None else Source(name="", apps=[])
    except BadSource:
        return Source(name="", apps=[])


def _apps(document: Source) -> list[dict[str, Any]]:
    """A hand-made document is a file like any other: what is no object counts as an empty one."""
    apps: Any = document.get("apps")
    return [app if isinstance(app, dict) else {} for app in apps] if isinstance(apps, list) else []


def _bytes(value: bytes | str | None) -> bytes | None:
    return value if isinstance(value, bytes) else None
