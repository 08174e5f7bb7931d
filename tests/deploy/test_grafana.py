"""The dashboard: as its table says, and each panel asks for what there is."""

import json
import re
from typing import Any

import pytest

from bot.metrics.table import METRICS
from scripts.grafana.panels import ROWS
from scripts.render_grafana import PAGE, WIDTH, render
from tests.deploy.promql import find_faults, find_metric, find_selectors

DASHBOARD: dict[str, Any] = json.loads(PAGE.read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
NOT_SHOWN = {"altpress_build_info"}  # by name and version alone


def test_it_is_as_its_table_says() -> None:
    assert PAGE.read_text() == render(), "run scripts/render_grafana.py"
    assert len(PANELS) == sum(map(len, ROWS.values()))


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: f"{panel['id']}-{panel['title']}")
def test_panel_asks_for_what_there_is_and_says_what_it_shows(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        assert find_faults(target["expr"]) == []
        assert target["datasource"]["uid"] == "${datasource}"
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]


def test_every_metric_has_a_panel() -> None:
    asked = [s.name for panel in PANELS for t in panel["targets"] for s in find_selectors(t["expr"])]
    shown = {metric.full_name for name in asked if (metric := find_metric(name))}
    assert {metric.full_name for metric in METRICS} - shown - NOT_SHOWN == set()


def test_nothing_is_added_up_over_processes() -> None:
    """Each shows the numbers of all."""
    for target in (target for panel in PANELS for target in panel["targets"]):
        for found in re.findall(r"\bsum\b(?: by)?(?: \([^)]*\) )?\(?\s*(\w+)", target["expr"]):
            assert found == "max", target["expr"]


def test_panels_lie_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }  # fmt: skip
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= WIDTH
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert DASHBOARD["schemaVersion"] == 39


def test_variables_that_are_used_are_there() -> None:
    names = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    assert names == {"datasource", "job", "site"}
