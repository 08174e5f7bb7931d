"""docs/logging.md and deploy/logging say what the code does: events, levels, fields."""

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.log_events import PACKAGES, ROOT, Logged, read_events

PAGE = (ROOT / "docs" / "logging.md").read_text(encoding="utf-8")
DEPLOY = ROOT / "deploy" / "logging"
BASE = {"time", "level", "event", "logger", "exception"}
ELSEWHERE = {"delivery_asked_again": {"delivery", "github_event"}}  # made from a record's fields
ROW = re.compile(r"^\| `(\w+)` \| ([a-z, ]+) \| (.*) \| (.*) \|$", re.MULTILINE)


@cache
def listed() -> dict[str, tuple[set[str], str, set[str]]]:
    """The table of events: levels, meaning, fields."""
    table = PAGE.partition("\n## Events")[2].partition("\n## ")[0]
    return {
        name: (set(levels.split(", ")), meaning, set(re.findall(r"`(\w+)`", fields)))
        for name, levels, meaning, fields in ROW.findall(table)
    }


@cache
def logged() -> dict[str, Logged]:
    """The code's events; names that are made at run time stand for those of the page that fit."""
    found = dict(read_events())
    for pattern in [name for name in found if "*" in name]:
        event = found.pop(pattern)
        fitting = [name for name in listed() if re.fullmatch(pattern.replace("*", r"\w+"), name)]
        assert fitting, pattern
        found |= dict.fromkeys(fitting, event)
    return found


@cache
def bound() -> set[str]:
    """The fields that units of work put into all of their lines."""
    names: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") in {"bind", "bind_more"}:
                    names |= {word.arg for word in call.keywords if word.arg}
    return names


def test_every_event_is_listed_and_no_other() -> None:
    code = {name: event.places for name, event in logged().items()}
    page = listed()
    assert {name: places for name, places in code.items() if name not in page} == {}
    assert sorted(set(page) - set(code)) == []


@pytest.mark.parametrize("name", sorted(listed()))
def test_levels_and_fields_are_those_of_the_code(name: str) -> None:
    levels, _, fields = listed()[name]
    event = logged()[name]
    assert levels == ({"debug", "warning"} if event.levels == {"*"} else event.levels)
    expected = event.fields | ELSEWHERE.get(name, set())
    assert event.more == (name in ELSEWHERE)
    assert fields == expected


def test_events_are_static_names() -> None:
    assert [name for name in listed() if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []


def test_table_is_in_order() -> None:
    assert list(listed()) == sorted(listed())


def test_fields_of_a_unit_of_work_are_listed() -> None:
    table = PAGE.partition("A unit of work")[2].partition("Then come")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == bound()


def test_no_field_hides_one_of_the_line_itself() -> None:
    """`extra=` wins over what is bound, and must not take the place of time, level, event."""
    fields = {field for event in read_events().values() for field in event.fields}
    assert fields & BASE == set()


def known() -> set[str]:
    return BASE | bound() | {field for _, _, fields in listed().values() for field in fields}


def test_example_lines_are_like_real_ones() -> None:
    [block] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    for line in map(json.loads, block.splitlines()):
        level, _, fields = listed()[line["event"]]
        assert {line["level"]} <= level
        assert fields <= set(line) <= BASE | bound() | fields


def test_examples_ask_for_real_fields() -> None:
    blocks = "\n".join(re.findall(r"```(?:sh|logql)\n(.*?)```", PAGE, re.DOTALL))
    asked = set(re.findall(r"\| json \| (\w+)", blocks)) | set(re.findall(r"{{\.(\w+)}}", blocks))
    asked |= {
        name for query in re.findall(r"jq -c '(.*?)'", blocks) for name in re.findall(r"\.(\w+)", query)
    }
    assert {"delivery", "level", "event"} <= asked <= known()
    events = set(re.findall(r'event="(\w+)"', blocks))
    assert events
    assert events <= set(listed())


def load(name: str) -> dict:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


def test_vector_reads_real_fields_and_sets_the_labels_that_are_asked_for() -> None:
    config = load("vector/altpress.yaml")
    program = config["transforms"]["altpress_lines"]["source"]
    assert set(re.findall(r"\bline\.(\w+)", program)) <= BASE
    labels = config["sinks"]["loki"]["labels"]
    asked = set(re.findall(r'[{,] ?(\w+)="', PAGE.partition("```logql")[2].partition("```")[0]))
    assert asked == set(labels)
    # newer versions of Vector refuse a label that an event could choose freely
    assert all(re.match(r"[a-z]", value) for value in labels.values())


@pytest.mark.parametrize("source", ["docker", "journald", "kubernetes"])
def test_each_source_hands_on_what_the_rest_takes(source: str) -> None:
    transforms = load(f"vector/{source}.yaml")["transforms"]
    assert list(transforms) == [f"from_{source}"]
    assert ".service = " in transforms[f"from_{source}"]["source"]
    assert f"vector/{source}.yaml" in PAGE


def test_retention_is_as_long_as_it_says() -> None:
    hours = int(load("loki.yaml")["limits_config"]["retention_period"].removesuffix("h"))
    assert f"{hours // 24} days" in PAGE.partition("## Shipping")[2]
    assert load("loki.yaml")["compactor"]["retention_enabled"] is True


def test_compose_mounts_what_is_there() -> None:
    services = load("docker-compose.logging.yml")["services"]
    mounts = [mount.split(":")[0] for service in services.values() for mount in service["volumes"]]
    places = [Path(mount) for mount in mounts if mount.startswith("./")]
    assert len(places) == 2
    assert [place for place in places if not (ROOT / place).exists()] == []
    ignored = load("vector/docker.yaml")["sources"]["docker"]["exclude_containers"]
    assert sorted(service["container_name"] for service in services.values()) == sorted(ignored)


def test_only_those_who_need_it_reach_what_asks_for_no_password() -> None:
    """Loki shows, takes and deletes lines for whoever gets to its port."""
    services = load("docker-compose.logging.yml")["services"]
    assert [service.get("networks") for service in services.values()] == [["logging"]] * 2
    assert [port.startswith("127.0.0.1:") for port in services["loki"]["ports"]] == [True]
    altpress = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert [name for name, service in altpress.items() if "logging" in service.get("networks", ())] == []
