"""Write deploy/grafana/altpress.json, the dashboard; `tests/deploy` holds it to its panels."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.grafana.panels import ROWS
from scripts.grafana.queries import Panel

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "deploy" / "grafana" / "altpress.json"
SCHEMA = 39  # Grafana 10.4 and later; those bring it up to their own when it is loaded
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24  # columns


def build_dashboard() -> dict[str, Any]:
    """Grafana's own form."""
    return {
        "uid": "altpress",
        "title": "altpress",
        "description": "How an installation of altpress does. Written by scripts/render_grafana.py.",
        "tags": ["altpress"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "",
        "annotations": {"list": []},
        "links": [],
        "templating": {"list": list(_variables())},
        "panels": list(_panels()),
    }


def _variables() -> Iterator[dict[str, Any]]:
    yield {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "hide": 0,
    }
    for name, label, query, several in (
        ("job", "Installation", "label_values(altpress_build_info, job)", False),
        ("site", "Site", 'label_values(altpress_site_behind{job=~"$job"}, site)', True),
    ):
        yield {
            "name": name, "label": label, "type": "query", "datasource": SOURCE, "definition": query,
            "query": {"query": query, "refId": name}, "refresh": 2, "sort": 1, "hide": 0,
            "multi": several, "includeAll": several, **({"allValue": ".*"} if several else {}),
        }  # fmt: skip


def _panels() -> Iterator[dict[str, Any]]:
    number, y = 0, 0
    for title, panels in ROWS.items():
        number += 1
        yield {"id": number, "type": "row", "title": title, "collapsed": False, "panels": [],
               "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}}  # fmt: skip
        x, y, below = 0, y + 1, 0
        for panel in panels:
            height = 4 if panel.kind == "stat" else 6 if panel.kind == "table" else 8
            if x + panel.width > WIDTH:
                x, y = 0, y + below
            below = height
            number += 1
            place = {"x": x, "y": y, "w": panel.width, "h": height}
            yield {"id": number, "gridPos": place, **_panel(panel)}
            x += panel.width
        y += below


def _panel(panel: Panel) -> dict[str, Any]:
    now = panel.kind != "timeseries"
    targets = [
        {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": expr,
         "legendFormat": legend or "__auto", "instant": now, "range": not now,
         "format": "table" if panel.kind == "table" else "time_series"}
        for place, (expr, legend) in enumerate(panel.queries)
    ]  # fmt: skip
    return {
        "type": panel.kind, "title": panel.title, "description": panel.says, "datasource": SOURCE,
        "targets": targets, "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }  # fmt: skip


def _defaults(panel: Panel) -> dict[str, Any]:
    found: dict[str, Any] = {"unit": panel.unit, "noValue": "none"}
    if panel.bad is not None:
        found |= {
            "color": {"mode": "thresholds"},
            "thresholds": {"mode": "absolute", "steps": _steps(panel.bad)},
        }
    if panel.kind == "timeseries":
        found["min"] = None if panel.below_zero else 0
        stacking = {"mode": "normal" if panel.stacked else "none", "group": "A"}
        found["custom"] = {
            "fillOpacity": 20 if panel.stacked else 5,
            "stacking": stacking,
            "spanNulls": False,
        }
    return {key: value for key, value in found.items() if value is not None}


def _steps(bad: tuple[float, float]) -> list[dict[str, Any]]:
    yellow, red = bad
    if red < yellow:  # the less, the worse
        return [{"color": "red", "value": None}, {"color": "green", "value": yellow}]
    return [
        {"color": "green", "value": None},
        {"color": "yellow", "value": yellow},
        {"color": "red", "value": red},
    ]


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "timeseries":
        return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
    if panel.kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "background", "textMode": "auto"}
    return {"showHeader": True}


def render() -> str:
    return json.dumps(build_dashboard(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render())
