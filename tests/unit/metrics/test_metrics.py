"""Counting in one process, and Prometheus' text from the sums of all."""

import re
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.enqueue import JOBS as FUNCTIONS
from bot.events import EVENTS
from bot.metrics.meter import MOST_SERIES, Budget, Meter
from bot.metrics.processes import describe_process
from bot.metrics.render import build_budgets, build_family, build_processes, render_metrics
from bot.metrics.table import (
    DELIVERIES,
    JOB_SECONDS,
    JOBS,
    METRICS,
    PUBLICATIONS,
    RELEASE_COMMIT_SECONDS,
    TOKEN_ENDS,
    Metric,
)

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "metrics.md"
SHORT = Metric("short_seconds", "histogram", "Times.", ("job",), (0.1, 1))


def fields(meter: Meter, metric: Metric) -> dict[str, float]:
    return {name: value for (of, name), value in meter.take().added.items() if of == metric.name}


def samples(metric: Metric, found: dict[str, float]) -> dict[str, float]:
    """The text's own samples, read by Prometheus' parser."""
    text = render_metrics([build_family(metric, found)])
    [family] = text_string_to_metric_families(text)
    return {f"{s.name.removeprefix('altpress_')}{sorted(s.labels.items())}": s.value for s in family.samples}


def test_counter_adds_up() -> None:
    meter = Meter()
    meter.count(JOBS, "ingest", "done")
    meter.count(JOBS, "ingest", "done", by=2)
    meter.count(JOBS, "scan", 'odd "\\\n name')
    found = samples(JOBS, fields(meter, JOBS))
    assert found["jobs_total[('name', 'ingest'), ('outcome', 'done')]"] == 3
    assert [value for name, value in found.items() if "odd" in name] == [1]
    assert not meter.take()


def test_known_series_begin_at_zero_and_others_when_they_come() -> None:
    expected = samples(JOBS, {})
    assert set(expected.values()) == {0}
    assert len(expected) == len(FUNCTIONS) * len(JOBS.values["outcome"])
    assert samples(PUBLICATIONS, {}) == {}
    assert samples(RELEASE_COMMIT_SECONDS, {})["release_commit_seconds_count[]"] == 0


def test_known_values_are_those_of_the_parts_that_count() -> None:
    assert set(JOBS.values["name"]) == set(FUNCTIONS), "name the job in bot/metrics/table.py, too"
    assert set(DELIVERIES.values["event"]) == {*EVENTS, "other"}
    for metric in METRICS:
        assert set(metric.values) <= set(metric.labels)


def test_newest_value_replaces_and_ends() -> None:
    meter = Meter()
    meter.set(TOKEN_ENDS, 5.0)
    kept = meter.take()
    meter.set(TOKEN_ENDS, None)
    meter.put_back(kept)
    assert meter.take().newest == {("github_token_expiry_timestamp_seconds", "[]"): None}
    assert samples(TOKEN_ENDS, {"[]": 5.0}) == {"github_token_expiry_timestamp_seconds[]": 5}
    assert samples(TOKEN_ENDS, {}) == {}


def test_process_tells_how_it_is_and_is_shown_while_it_is_heard_of() -> None:
    state = describe_process("web", "machine-7", 100.0)
    assert state is not None
    assert state.memory > 1_000_000
    assert 0 < state.open_fds <= state.max_fds
    assert state.started < time.time()
    values = [[s.value for s in family.samples] for family in build_processes([state], 160.0)]
    assert values == [[state.memory], [state.open_fds], [state.max_fds], [state.started]]
    assert not any(family.samples for family in build_processes([state], 161.0))


def test_histogram_cumulates_and_the_bound_itself_belongs_below() -> None:
    meter = Meter()
    for seconds in (0.1, 0.05, 0.7, 30):
        meter.observe(SHORT, seconds, "scan")
    found = samples(SHORT, fields(meter, SHORT))
    buckets = [value for name, value in found.items() if "bucket" in name]
    assert buckets == [2, 3, 4]
    assert found["short_seconds_count[('job', 'scan')]"] == 4
    assert found["short_seconds_sum[('job', 'scan')]"] == pytest.approx(30.85)


def test_bounds_of_an_older_version_go_up_and_odd_fields_are_left_out() -> None:
    found = samples(SHORT, {'["scan", "0.07"]': 1, '["scan", "5.0"]': 2, '["scan", "sum"]': 7, '["0.1"]': 9})
    assert [value for name, value in found.items() if "bucket" in name] == [1, 1, 3]


def test_timing_counts_what_raises() -> None:
    meter = Meter()
    with pytest.raises(ZeroDivisionError), meter.timing(JOB_SECONDS, "scan"):
        raise ZeroDivisionError
    assert samples(JOB_SECONDS, fields(meter, JOB_SECONDS))["job_seconds_count[('name', 'scan')]"] == 1


def test_what_could_not_be_saved_is_not_lost() -> None:
    meter = Meter()
    meter.count(PUBLICATIONS, "acme/source@main")
    meter.note(Budget("core", "1", 10, 5000, 100))
    kept = meter.take()
    meter.count(PUBLICATIONS, "acme/source@main")
    meter.note(Budget("core", "1", 9, 5000, 100))
    meter.put_back(kept)
    again = meter.take()
    assert list(again.added.values()) == [2]
    assert again.budgets["core", "1"].remaining == 9


def test_mistaken_labels_do_not_grow_without_end() -> None:
    meter = Meter()
    for number in range(MOST_SERIES + 10):
        meter.count(PUBLICATIONS, f"site-{number}" + "x" * 1000)
    added = meter.take().added
    assert len(added) == MOST_SERIES
    assert max(len(name) for _, name in added) < 200
    with pytest.raises(ValueError, match="publications"):
        meter.count(PUBLICATIONS)


def test_budget_of_a_window_that_is_over() -> None:
    budgets = [Budget("core", "7", 12, 5000, 1000), Budget("core", "token", 1, 60, 1000 - 90_000)]
    values = [[s.value for s in family.samples] for family in build_budgets(budgets, 999)]
    assert values == [[12], [5000]]  # nobody has used the token for a day
    assert [[s.value for s in f.samples] for f in build_budgets(budgets[:1], 1000)] == [[5000], [5000]]


def test_document_names_every_metric_as_it_is() -> None:
    rows = re.findall(r"^\| `(altpress_\w+)` \| (\w+) \|([^|]*)\|", DOCUMENT.read_text(), re.MULTILINE)
    told = {name: (kind, re.findall(r"`(\w+)`", labels)) for name, kind, labels in rows}
    assert told == {metric.full_name: (metric.kind, list(metric.labels)) for metric in METRICS}


def test_names_are_as_prometheus_wants_them() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"[a-z][a-z_]+", metric.name)
        assert not metric.name.endswith(("_total", "_count", "_sum", "_bucket"))
        assert (metric.kind == "histogram") == bool(metric.buckets) == metric.name.endswith("_seconds") or (
            metric.kind == "gauge"
        )
        assert list(metric.buckets) == sorted(metric.buckets)
        assert not {"job", "instance", "le", "quantile", "namespace", "pod"} & set(metric.labels)
