"""`altpress up` as a person starts it, with everything that it starts."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.cli.up_places import check_port, lock_data_dir, make_data_dir, sandbox_port
from bot.cli.up_watch import Reloader, http_answers, mongo_answers, redis_answers
from bot.embedded.lock import holder
from bot.embedded.urls import mongo_url, redis_url
from bot.errors import BadSettings
from tests.stores import ROOT, short_dir

PROGRAMS = ["mongo-0", "redis-0", "sandbox-0", "scheduler-0", "supervisord-0", "web-0", "worker-0"]


class Up:
    """One `altpress up --sandbox`; its output in a file."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.log = data.with_suffix(".log")
        command = [
            sys.executable,
            "-m",
            "bot",
            "up",
            "--sandbox",
            "--data",
            str(data),
            "--port",
            "0",
            *options,
        ]
        environment = {**os.environ, "ALTPRESS_WORKERS": "1"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def facts(self) -> dict[str, Any]:
        """What `up.json` says, once everything answers."""
        self.until((self.data / "up.json").exists)
        facts: dict[str, Any] = json.loads((self.data / "up.json").read_text())
        return facts

    def until(self, true: Callable[[], object], seconds: float = 90.0) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"not in time:\n{self.output[-5000:]}"
            assert self.process.poll() is None, f"it ended:\n{self.output[-5000:]}"
            time.sleep(0.05)

    def running(self) -> list[str]:
        """The names of the processes that hold their lock."""
        return sorted(path.stem for path in (self.data / "run").glob("*.lock") if holder(path))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(90)


@contextmanager
def started(data: Path, *options: str) -> Iterator[Up]:
    up = Up(data, *options)
    try:
        yield up
    finally:
        if up.process.poll() is None:
            up.stop()


@pytest.fixture
def data() -> Iterator[Path]:
    with short_dir() as folder:
        yield folder / "data"


def test_up_answers_and_stops_in_order(data: Path) -> None:
    with started(data) as up:
        facts = up.facts()
        up.until(lambda: http_answers("127.0.0.1", facts["port"], "/health/ready", status=200))
        assert http_answers("127.0.0.1", facts["port"], "/metrics", status=200)
        assert up.running() == PROGRAMS
        for told in ("MongoDB answers (embedded)", "Redis answers (embedded)", "altpress is up"):
            assert told in up.output
        assert f"webhook at {facts['url']}/webhooks/github" in up.output
        assert f"sandbox at {facts['sandbox_api_url']}" in up.output

        assert_private(data)
        assert_no_secret_is_told(data, up)
        assert_a_second_one_is_refused(data, up)
        assert_a_killed_web_process_comes_back(up, facts["port"])

        assert up.stop(signal.SIGINT) == 0
        assert up.running() == []
        for told in ("worker-0 has stopped", "redis-0 has stopped"):
            assert told in up.output
        assert not (data / "up.json").exists()
        assert not http_answers("127.0.0.1", facts["port"], "/health/live")
        stopped = [
            line for line in (data / "run/supervisord.log").read_text().splitlines() if "stopped:" in line
        ]
        names = [line.split("stopped: ")[1].split("-")[0] for line in stopped[-6:]]
        assert names == ["scheduler", "worker", "web", "sandbox", "mongo", "redis"]


def assert_private(data: Path) -> None:
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for name in ("up.json", "redis.conf", "run/supervisord.conf", "up.lock"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600, name


def assert_no_secret_is_told(data: Path, up: Up) -> None:
    secrets = [(data / name).read_text().strip() for name in ("sandbox-webhook-secret", "sandbox-app.pem")]
    places = [up.output, (data / "run/supervisord.conf").read_text(), (data / "up.json").read_text()]
    places += [Path(f"/proc/{holder(lock)}/cmdline").read_text() for lock in held(data)]
    assert not [secret for secret in secrets for place in places if secret in place]


def held(data: Path) -> list[Path]:
    if not Path("/proc").exists():
        return []
    return [path for path in (data / "run").glob("*.lock") if holder(path)]


def assert_a_second_one_is_refused(data: Path, up: Up) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "bot", "up", "--sandbox", "--data", str(data)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert second.returncode == 2
    assert f"already up on {data} (process {up.process.pid})" in second.stderr
    assert (data / "up.json").exists()
    assert up.running() == PROGRAMS


def assert_a_killed_web_process_comes_back(up: Up, port: int) -> None:
    first = holder(up.data / "run/web-0.lock")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    up.until(lambda: holder(up.data / "run/web-0.lock") not in (None, first))
    up.until(lambda: http_answers("127.0.0.1", port, "/health/ready", status=200))


@pytest.mark.long
def test_a_killed_up_leaves_nothing_that_the_next_one_cannot_mend(data: Path) -> None:
    with started(data) as first:
        sandbox = first.facts()["sandbox_api_url"]
        with Redis.from_url(redis_url(data)) as redis:
            redis.set("kept", "yes")
        first.process.kill()
        first.process.wait()
        assert first.running() == PROGRAMS
    with started(data) as second:
        second.until(lambda: "ended what it left running: supervisord-0" in second.output)
        assert second.facts()["sandbox_api_url"] == sandbox
        with Redis.from_url(redis_url(data)) as redis:
            assert redis.get("kept") == b"yes"
        kill_the_supervisor(second)
        assert second.running() == []
        assert not (data / "up.json").exists()


def kill_the_supervisor(up: Up) -> None:
    """`up` then ends with an error, and takes along what the supervisor left."""
    supervisor = holder(up.data / "run/supervisord-0.lock")
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    assert up.process.wait(90) == 1
    assert "The supervisor ended by itself" in up.output


# ---- what stops a start


def refused(*options: str, **environ: str) -> str:
    command = [sys.executable, "-m", "bot", "up", *options]
    result = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert result.returncode == 2, result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def test_missing_settings_are_named_with_the_way_out(data: Path) -> None:
    told = refused("--data", str(data))
    assert "ALTPRESS_WEBHOOK_SECRETS" in told
    assert "--sandbox" in told
    told = refused("--data", str(data), ALTPRESS_WEBHOOK_SECRETS="s3cret")
    assert "ALTPRESS_GITHUB_APP_ID" in told
    assert "s3cret" not in told
    assert not data.exists()


def test_a_busy_port_is_told(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 cannot be used" in refused(
            "--sandbox", "--data", str(data), "--port", str(port)
        )


def test_a_directory_that_cannot_be_one_is_told(data: Path) -> None:
    data.write_text("a file")
    with pytest.raises(BadSettings, match="cannot be used"):
        make_data_dir(data / "below")
    with pytest.raises(BadSettings, match="too long"):
        make_data_dir(data / ("x" * 120))


def test_an_open_directory_is_closed(data: Path) -> None:
    data.mkdir(mode=0o755)
    made = make_data_dir(data)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (made, made / "mongo", made / "run")} == {0o700}
    lock_data_dir(made).release()


def test_ports(data: Path) -> None:
    made = make_data_dir(data)
    port = sandbox_port(made)
    assert sandbox_port(made) == port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert sandbox_port(made) != port
        with pytest.raises(BadSettings, match="--port"):
            check_port("127.0.0.1", port)
    with pytest.raises(BadSettings, match="--port"):
        check_port("not an address", 0)


# ---- what is watched


def test_nobody_there_is_no_answer(data: Path) -> None:
    assert mongo_answers(mongo_url(data)) is False
    assert redis_answers(redis_url(data)) is False
    assert http_answers("127.0.0.1", check_port("127.0.0.1", 0), "/") is False


def test_stores_that_answer(mongo_url: str, redis_url: str) -> None:
    assert mongo_answers(mongo_url) is True
    assert redis_answers(redis_url) is True


def test_a_changed_source_has_the_workers_start_again(tmp_path: Path) -> None:
    for name in ("bot", "jobs", "config"):
        (tmp_path / name).mkdir()
    source = tmp_path / "jobs" / "ingest.py"
    source.write_text("one")
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    lock = run_dir / "worker-0.lock"
    reloader = Reloader(run_dir, tmp_path)
    command = [
        sys.executable,
        "-m",
        "bot.embedded.lock",
        str(lock),
        sys.executable,
        "-c",
        "import signal; signal.pause()",
    ]
    with subprocess.Popen(command, cwd=ROOT) as worker:
        while holder(lock) != worker.pid:
            time.sleep(0.02)
        assert reloader.look() is False
        source.write_text("two")
        os.utime(source, (time.time() + 5, time.time() + 5))
        assert reloader.look() is True
        assert worker.wait(60) == -signal.SIGTERM
    assert reloader.look() is False
