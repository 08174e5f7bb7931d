"""Write docs/configuration.md from the settings; `tests/unit/config` holds it to them."""

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from config.settings import SECRETS, Settings

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "configuration.md"
SECTION = re.compile(r"^# ---- (.+?) ----$|^ALTPRESS_([A-Z0-9_]+)=", re.MULTILINE)
TEXT = """\
# Configuration

<!-- written by scripts/render_settings.py -->

altpress is configured by environment variables alone; nothing else differs between development, staging and
production ([deployment](deployment.md)). They are read when a process starts; files of secrets are read again
when they change ([secrets](secrets.md#when-a-changed-file-counts)). `.env.example` holds the same list, to be
copied.

- An empty variable means unset. A value that cannot be used stops the start with one sentence for each
  problem, exit status 2; the value itself is never shown.
- A **secret** may come from a file instead: `ALTPRESS_X_FILE=/run/secrets/x` ([secrets](secrets.md)). Setting
  both is an error.
- A *list* is comma-separated. Times are seconds, sizes bytes, unless it says otherwise.
- What is required has no default, and nothing falls open: the web process wants a webhook secret, workers and
  the scheduler a way to sign in to GitHub.

`altpress doctor` checks what is set against the world.

{sections}
"""


def render_page() -> str:
    return TEXT.format(sections="\n\n".join(_render_section(*s) for s in read_sections()))


def read_sections() -> list[tuple[str, list[str]]]:
    """The settings by the headings of `.env.example`, in its order: (heading, names of fields)."""
    sections: list[tuple[str, list[str]]] = []
    for heading, variable in SECTION.findall((ROOT / ".env.example").read_text(encoding="utf-8")):
        if heading:
            sections.append((heading, []))
        else:
            sections[-1][1].append(variable.lower())
    return [(heading, names) for heading, names in sections if names]


def _render_section(heading: str, names: list[str]) -> str:
    rows = ["| setting | takes | default | meaning |", "|---|---|---|---|", *map(render_row, names)]
    return "\n".join([f"## {heading[0].upper()}{heading[1:]}", "", *rows])


def render_row(name: str) -> str:
    """One setting: variable, what it takes, default, meaning."""
    field = Settings.model_fields[name]
    default = ",".join(field.default) if isinstance(field.default, tuple) else field.default
    default = str(default).lower() if isinstance(default, bool) else default
    shown = "" if default in (None, "") else f"`{default}`"
    return f"| `ALTPRESS_{name.upper()}` | {_takes(name, field)} | {shown} | {field.description} |"


def _takes(name: str, field: FieldInfo) -> str:
    """`number, 0 to 3600`."""
    kind = str(field.annotation)
    words = "list" if "tuple" in kind else "number" if "int" in kind or "float" in kind else "text"
    words = "path" if "Path" in kind else "`true` or `false`" if "bool" in kind else words
    bounds = _bounds(field.metadata)
    secret = "secret, " if name in SECRETS or SecretStr.__name__ in kind else ""
    return f"{secret}{words}{bounds}"


def _bounds(metadata: list[Any]) -> str:
    low = next((m.ge for m in metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in metadata if hasattr(m, "le")), None)
    if low is None:
        return ""
    return f", {low} or more" if high is None else f", {low} to {high}"


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
