"""Write the JSON Schemas in docs/ from the models; `tests/unit/test_schemas.py` holds them to those."""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bot.catalog
import bot.source.schema

DOCS = Path(__file__).resolve().parent.parent / "docs"


def render_schemas() -> dict[Path, str]:
    """The files' texts by their paths."""
    return {
        DOCS / "catalog.schema.json": _text(bot.catalog.build_schema()),
        DOCS / "source.schema.json": _text(bot.source.schema.build_schema()),
    }


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path, text in render_schemas().items():
        path.write_text(text, encoding="utf-8")
