"""What a command wants decided. No I/O."""

from dataclasses import dataclass

from bot.decisions import DecisionEdit


@dataclass(frozen=True, slots=True)
class Intent:
    """In one site."""

    title: str  # "Yank Acme 1.2.0"
    edits: tuple[DecisionEdit, ...]
    said: str  # Markdown, before it is known what came of it
    reason: str | None = None
