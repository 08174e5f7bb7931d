"""The notice about an output that somebody edited by hand, as Markdown. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.replies.text import bullets, code, inline

LONGEST_YAML = 20_000  # characters


@dataclass(frozen=True, slots=True)
class HandEdit:
    """An output as somebody edited it. `yaml` is made by altpress: JSON values, one a line."""

    path: str
    commit: str
    author: str
    changes: tuple[str, ...]
    suggest: bool = False  # as the catalog's `hand-edits` says
    yaml: str = ""
    lost: tuple[str, ...] = ()


def render_edited(edit: HandEdit, marker: str) -> str:
    """An output that somebody edited: on the commit that did it."""
    head = (
        f"{inline(edit.author, 60)} changed {code(edit.path)} here ({code(edit.commit[:7])}). altpress makes "
        "this file from the catalog and the releases, so it is put back with the next commit."
    )
    parts = [head, "Changed by hand:", _listed(edit.changes)]
    if edit.suggest and edit.yaml:
        parts += ["This in `altpress.yml` makes it last:", _fence(edit.yaml)]
    elif not edit.suggest:
        parts.append(
            "The catalog (`altpress.yml`) is the place for names, texts, icons, screenshots and news."
        )
    if edit.suggest and edit.lost:
        parts += ["What the catalog cannot keep:", _listed(edit.lost)]
    return "\n\n".join((*parts, marker))


def _fence(yaml: str) -> str:
    """Every line begins with a key of ours: none can end the fence."""
    if len(yaml) > LONGEST_YAML:
        return "(It is too long for a comment: write the keys as they are in the edited file.)"
    return f"```yaml\n{yaml}```"


def _listed(lines: Sequence[str]) -> str:
    return bullets([inline(line, 500) for line in lines], "change")
