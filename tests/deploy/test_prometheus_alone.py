"""A real Prometheus that scrapes a real altpress: every rule and every panel is asked in earnest."""

import json
import math
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.deploy.test_grafana import PANELS
from tests.deploy.test_prometheus import ALERTS, PROMETHEUS, ROOT
from tests.processes import Process, altpress, free_port
from tests.stores import short_dir

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("prometheus")]  # one start for all
TOKEN = "a token of the metrics"
EMPTY = {  # nothing of this happens here; each with its reason
    "Certificate ends in": "no public address with TLS",
    "Token ends in": "an App has none",
    "Last backup": "none is set up",
    "Publishes put off": "there are writes enough",
    "Errors": "there are none",
}
MOVING = (
    "Release to commit",
    "Webhooks by outcome",
    "Commits",
    "From release to commit",
    "Jobs by name",
    "Memory",
)


class Watched:
    """altpress up with a sandbox and a second web process, and what Prometheus knows of them."""

    def __init__(self, data: Path, up: Process, address: str) -> None:
        self._data, self.up, self._address = data, up, address

    def ask(self, path: str, **parameters: str) -> Any:
        answer = requests.get(f"{self._address}/api/v1/{path}", params=parameters, timeout=10).json()
        assert answer["status"] == "success", (parameters, answer)
        return answer["data"]

    def query(self, expression: str) -> list[float]:
        """The values of an instant query."""
        return [float(found["value"][1]) for found in self.ask("query", query=expression)["result"]]

    def wait_for(self, check: Callable[[], object], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not check():
            assert time.monotonic() < deadline, self.up.text[-3000:]
            time.sleep(0.3)

    def release(self, tag: str) -> None:
        command = [sys.executable, "-m", "bot", "sandbox", "release", "acme/app", "--tag", tag]
        subprocess.run(
            [*command, "--data", self._data], check=True, cwd=ROOT, capture_output=True, timeout=180
        )


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    """After a release that everybody can get, seen for some seconds."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("no prometheus on PATH (Debian's package prometheus)")
    with (
        short_dir() as folder,
        running(folder) as (up, ports),
        prometheus(program, folder, *ports) as address,
    ):
        found = Watched(folder / "data", up, address)
        found.wait_for(lambda: found.query("altpress_sites") == [1, 1])
        for number in (1, 2):
            found.release(f"v1.{number}")
            live = f"altpress_release_live_seconds_count >= {number}"
            found.wait_for(lambda live=live: found.query(live))  # type: ignore[misc]  # bound now
        found.wait_for(lambda: found.query("altpress:jobs:increase1h > 0"))
        yield found


@contextmanager
def running(folder: Path) -> Iterator[tuple[Process, tuple[int, int]]]:
    """altpress up, and a second web process on its stores; the ports of both."""
    data, other = folder / "data", free_port()
    up = altpress(
        "up", "--sandbox", "--data", str(data), "--port", "0", output=folder / "up.log",
        metrics_token=TOKEN, workers=1, publish_interval=1, quiet_period=1,
    )  # fmt: skip
    web = altpress(
        "web", output=folder / "web.log", data_dir=data, port=other, metrics_token=TOKEN,
        webhook_secrets="another", github_token="unused", sites="acme/source",
    )  # fmt: skip
    with up as process:
        process.wait_for((data / "up.json").exists, timeout=180)
        with web:
            yield process, (json.loads((data / "up.json").read_text())["port"], other)


@contextmanager
def prometheus(program: str, folder: Path, *ports: int) -> Iterator[str]:
    """The example's configuration, with this machine's addresses, each second."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    (folder / "token").write_text(TOKEN)
    config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(PROMETHEUS / "rules" / "altpress.yml")]
    [scrape] = config["scrape_configs"]
    scrape |= {"scheme": "http", "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}
    scrape["authorization"]["credentials_file"] = str(folder / "token")
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    own = free_port()
    command = [
        program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{own}", "--log.level=warn",
    ]  # fmt: skip
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 90
        while not is_ready(f"http://127.0.0.1:{own}"):
            assert time.monotonic() < deadline, (folder / "prometheus.log").read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{own}"
    finally:
        process.terminate()
        process.wait(60)


def is_ready(address: str) -> bool:
    try:
        return requests.get(f"{address}/-/ready", timeout=5).ok
    except requests.RequestException:
        return False


def test_every_rule_is_evaluated_and_nothing_fires(watched: Watched) -> None:
    def read() -> list[Any]:
        return [rule for group in watched.ask("rules")["groups"] for rule in group["rules"]]

    watched.wait_for(lambda: "unknown" not in {rule["health"] for rule in read()})
    rules = read()
    assert {rule["name"]: rule["lastError"] for rule in rules if rule["health"] != "ok"} == {}
    assert {rule["name"] for rule in rules if rule["type"] == "alerting"} == set(ALERTS)
    assert [rule["name"] for rule in rules if rule.get("state") == "firing"] == []


def test_expression_of_each_alert_can_be_evaluated(watched: Watched) -> None:
    for rule in ALERTS.values():
        watched.query(rule["expr"])


def test_every_panel_that_can_have_data_has_some(watched: Watched) -> None:
    empty = {
        panel["title"] for panel in PANELS for t in panel["targets"] if not watched.query(filled(t["expr"]))
    }
    assert empty == set(EMPTY)


@pytest.mark.parametrize("title", MOVING)
def test_what_a_release_moves_has_moved(watched: Watched, title: str) -> None:
    found = [
        watched.query(filled(t["expr"]))
        for panel in PANELS
        if panel["title"] == title
        for t in panel["targets"]
    ]
    assert found
    for values in found:
        assert any(value > 0 and math.isfinite(value) for value in values)


def filled(expression: str) -> str:
    """With Grafana's variables, over all the time that this test takes on whatever machine."""
    values = {
        "$__rate_interval": "1h",
        "$__range": "1h",
        "$job": "altpress",
        "$site": ".*",
        "[1d]": "[1h]",
    }
    for name, value in values.items():
        expression = expression.replace(name, value)
    return expression


def test_two_processes_that_are_scraped_count_once(watched: Watched) -> None:
    watched.wait_for(lambda: len(set(watched.query("altpress_publications_total"))) == 1)
    assert len(watched.query("altpress_publications_total")) == 2
    [sites] = [panel["targets"] for panel in PANELS if panel["title"] == "Sites"]
    assert watched.query(filled(sites[0]["expr"])) == [1]
    assert len(watched.query("altpress:site_success_age_seconds")) == 1
    ingests = watched.query('altpress:jobs:increase1h{name="ingest", outcome="done"}')
    each = watched.query('increase(altpress_jobs_total{name="ingest", outcome="done"}[1h])')
    assert len(each) == 2
    assert ingests == [pytest.approx(max(each), rel=0.2)]


def test_metrics_are_as_prometheus_wants_them(watched: Watched) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("no promtool on PATH")
    target = watched.ask("targets")["activeTargets"][0]
    text = requests.get(target["scrapeUrl"], headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10).content
    run = subprocess.run([program, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (run.returncode, run.stdout + run.stderr) == (0, b"")
