"""Changes of the decisions, which may be made any number of times. No I/O.

An edit is kept until it is in git, and applied to the decisions at whatever head is planned on: what it is to
bring about counts, not what it found when it was asked for.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.decisions.model import MOST_FILES, Decision, Decisions, Kind, seconds


class AddDecision(BaseModel):
    """Have this in force; nothing happens where the same is already."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Literal["add"] = "add"
    decision: Decision


class RemoveDecisions(BaseModel):
    """Have none of a kind for an app (None: the site's own), by any of these names of a version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Literal["remove"] = "remove"
    kind: Kind
    app: str | None = None
    versions: tuple[str, ...] = ()  # none: whatever the version


DecisionEdit = Annotated[AddDecision | RemoveDecisions, Field(discriminator="action")]


def apply_edits(decisions: Decisions, edits: Iterable[DecisionEdit], now: float) -> Decisions:
    """The decisions after these edits, in their order; the very same where nothing changes.

    Those that have run out at `now` (seconds since 1970) go with the first change.
    """
    before = decisions.active(now).decisions
    after = before
    for edit in edits:
        after = _add(after, edit.decision) if isinstance(edit, AddDecision) else _remove(after, edit)
    return decisions if after == before else Decisions(decisions=after)


def _add(known: tuple[Decision, ...], new: Decision) -> tuple[Decision, ...]:
    """Behind the others; what it takes the place of goes."""
    same = [decision for decision in known if _is_replaced(decision, new)]
    if any(_says_all(decision, new) for decision in same):
        return known
    if new.kind is Kind.HOLD and same:  # what it held until now, it goes on to hold, for a reason told before
        kept = new.reason or next((d.reason for d in same if d.reason), None)
        new = new.model_copy(update={"at": min((d.at for d in same), key=seconds), "reason": kept})
    if new.files is not None:  # what was approved before stays so
        before = [file for decision in same for file in decision.files or ()]
        new = new.model_copy(update={"files": tuple(dict.fromkeys([*new.files, *before]))[:MOST_FILES]})
    return (*(decision for decision in known if decision not in same), new)


def _is_replaced(old: Decision, new: Decision) -> bool:
    """An app has one pin, one hold and one promotion; of the others there is one a version."""
    alike = old.kind is new.kind and _same_app(old.app, new.app)
    return alike and (new.kind not in {Kind.YANK, Kind.APPROVE} or old.version == new.version)


def _says_all(old: Decision, new: Decision) -> bool:
    """Whether the new one would add nothing."""
    if new.kind in {Kind.PROMOTE, Kind.APPROVE}:  # of what was there until then
        return old.reach >= new.reach and (old.files is None or set(new.files or ()) <= {*old.files})
    if new.kind is Kind.PIN:
        return old.version == new.version and old.until == new.until
    if new.kind is Kind.HOLD:
        return old.until == new.until and new.reason in {None, old.reason}
    return old.until is None or (new.until is not None and seconds(old.until) >= seconds(new.until))


def _remove(known: tuple[Decision, ...], edit: RemoveDecisions) -> tuple[Decision, ...]:
    def meant(decision: Decision) -> bool:
        named = not edit.versions or decision.version in edit.versions
        return decision.kind is edit.kind and _same_app(decision.app, edit.app) and named

    return tuple(decision for decision in known if not meant(decision))


def _same_app(one: str | None, other: str | None) -> bool:
    return (one or "").lower() == (other or "").lower()
