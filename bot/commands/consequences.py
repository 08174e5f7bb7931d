"""What users will notice of a decision. No I/O."""

from collections.abc import Sequence
from dataclasses import replace

from bot.catalog import App
from bot.commands.standing import Known, Standing, app_name, listed_versions
from bot.decisions import DecisionEdit, apply_edits
from bot.replies.decisions import render_downgrade, render_none_left


def consequences(standing: Standing, app: App, edits: Sequence[DecisionEdit]) -> tuple[str, ...]:
    """Warnings: nothing is left, or what comes first now is older than what did."""
    after_all = replace(standing, decisions=apply_edits(standing.decisions, edits, standing.now))
    before, after = listed_versions(standing, app), listed_versions(after_all, app)
    if not before:
        return ()
    if not after:
        return (render_none_left(app_name(standing, app)),)
    order = listed_versions(standing, app, all_of_them=True)
    if _place(order, after[0]) > _place(order, before[0]):
        return (render_downgrade(before[0].whole, after[0].whole),)
    return ()


def _place(order: Sequence[Known], known: Known) -> int:
    return next((place for place, one in enumerate(order) if one == known), -1)
