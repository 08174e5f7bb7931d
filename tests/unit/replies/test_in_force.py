"""Decisions as `/status` tells them."""

from bot.decisions import Decision
from bot.replies.in_force import render_decisions

HOLD = Decision(
    kind="hold", app="app", actor="octocat", at="2026-01-01T00:00:00Z", reason="a secret plan",
    link="https://h/acme/source/issues/1",
)  # fmt: skip


def test_by_whom_and_why_is_for_those_who_may_read_the_site():
    [line] = render_decisions([HOLD], 1_800_000_000_000, links=True)
    assert "octocat" in line
    assert "a secret plan" in line
    [hidden] = render_decisions([HOLD], 1_800_000_000_000, links=False)
    assert hidden.startswith("on hold, 2026-01-01")
    for word in ("octocat", "secret", "https:"):
        assert word not in hidden
