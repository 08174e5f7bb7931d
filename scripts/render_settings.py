"""Print the README's table of settings; `tests/unit/config` holds the README to it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.settings import SECRETS, Settings


def render_table() -> str:
    """One row a setting: variable, default, meaning; a secret is marked with its `_FILE` form."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = ",".join(field.default) if isinstance(field.default, tuple) else field.default
        shown = "" if default in (None, "") else f"`{default}`"
        secret = " Secret: also as `…_FILE`." if name in SECRETS else ""
        rows.append(f"| `ALTPRESS_{name.upper()}` | {shown} | {field.description}{secret} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(render_table() + "\n")
