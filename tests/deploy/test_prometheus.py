"""The rules for Prometheus: what they ask for exists, and each alert is tested and has its runbook."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.promql import find_faults

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
GROUPS = yaml.safe_load((PROMETHEUS / "rules" / "altpress.yml").read_text())["groups"]
RULES: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = frozenset(rule["record"] for rule in RULES if "record" in rule)
RUNBOOK = "https://github.com/altpress/altpress/blob/main/docs/runbook.md"
EXPECTED = re.compile(r'ALERTS\{alertname="(\w+)", alertstate="firing"\}')


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_rule_asks_for_what_there_is(rule: dict[str, Any]) -> None:
    assert find_faults(rule["expr"], RECORDED) == []


def test_expression_that_asks_for_what_there_is_not() -> None:
    wrong = (
        'sum by (colour) (altpress_jobs_total{job="a", outcome=~"done|lost", size="1"}) > altpress_nothing'
    )
    assert sorted(find_faults(wrong)) == [
        "altpress_jobs_total has no label size", "nothing has the label colour", "outcome is never lost",
        "there is no metric altpress_nothing",
    ]  # fmt: skip


def test_nothing_is_added_up_over_processes() -> None:
    """Each shows the numbers of all: `sum` may only follow a `max`, here or in what is recorded."""
    for rule in RULES:
        for found in re.findall(r"\bsum\b[^(]*\([^)]*\)\s*\(\s*(\S+)", rule["expr"]):
            assert found.startswith(("altpress:", "max")), rule


@pytest.mark.parametrize("alert", ALERTS)
def test_alert_says_how_bad_it_is_and_what_to_do(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"{RUNBOOK}#{alert.lower()}"
    assert rule["annotations"]["description"].endswith(".")
    if rule["labels"]["severity"] == "critical":
        assert "for" in rule  # nobody is woken by one bad look


@pytest.mark.parametrize("alert", ALERTS)
def test_alert_is_shown_to_fire_to_wait_and_to_end(alert: str) -> None:
    fires, rests = list[tuple[int, int]](), list[tuple[int, int]]()
    for number, case in enumerate(cases()):
        for asked in case["promql_expr_test"]:
            found = EXPECTED.fullmatch(asked["expr"])
            assert found is not None
            if found.group(1) == alert:
                place = fires if asked.get("exp_samples") else rests
                place.append((number, _minutes(asked["eval_time"])))
    assert fires
    within = [(case, at) for case, at in fires for other, rest in rests if other == case]
    assert any(any(c == case and rest < at for c, rest in rests) for case, at in within), "it waits"
    assert any(any(c == case and rest > at for c, rest in rests) for case, at in within), "it ends"


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_groups_are_evaluated_in_their_order(path: Path) -> None:
    """Else promtool takes any, and what is recorded may be known a minute later or not."""
    assert yaml.safe_load(path.read_text())["group_eval_order"] == [group["name"] for group in GROUPS]


@cache
def cases() -> list[dict[str, Any]]:
    return [case for path in TESTS for case in yaml.safe_load(path.read_text())["tests"]]


def _minutes(text: str) -> int:
    assert text.endswith("m")
    return int(text[:-1])


def promtool(*arguments: str | Path) -> str:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("no promtool on PATH (Debian's package prometheus has it)")
    run = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, cwd=PROMETHEUS)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def test_promtool_takes_the_rules_and_the_configuration() -> None:
    assert f"SUCCESS: {len(RULES)} rules found" in promtool("check", "rules", "rules/altpress.yml")
    assert "SUCCESS" in promtool("check", "config", "--syntax-only", "prometheus.yml")


@pytest.mark.long
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_promtool_runs_the_tests_of_the_rules(path: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", path)
