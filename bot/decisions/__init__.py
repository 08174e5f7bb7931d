"""A maintainer's decisions, `.altpress/decisions.json`, and what they mean. No I/O.

    {"decisions": [{"kind": "yank", "app": "acme", "version": "1.2.0", "reason": "crashes at start",
                    "actor": "octocat", "at": "2026-11-22T21:48:16Z", "link": "https://…"}]}

yank takes a version out; pin puts it first; hold keeps what comes after it out, for one app or (without
`app`) for the whole site, until it is lifted or `until` has passed; approve lets one version through a hold
or a gate; promote makes public what is staged of an app, or of all, up to `at`. See docs/decisions.md.
"""

from bot.decisions.edits import AddDecision, DecisionEdit, RemoveDecisions, apply_edits
from bot.decisions.file import MAX_BYTES, PATH, parse_decisions, render_decisions
from bot.decisions.model import LONGEST_NAME, MOST_FILES, Decision, Decisions, Kind, seconds, stamp

__all__ = [
    "LONGEST_NAME",
    "MAX_BYTES",
    "MOST_FILES",
    "PATH",
    "AddDecision",
    "Decision",
    "DecisionEdit",
    "Decisions",
    "Kind",
    "RemoveDecisions",
    "apply_edits",
    "parse_decisions",
    "render_decisions",
    "seconds",
    "stamp",
]
