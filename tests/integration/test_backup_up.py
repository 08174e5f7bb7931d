"""Backups of the embedded database, while `altpress up` is stopped."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bot.embedded.lock import holder, take
from bot.embedded.urls import mongo_socket, mongo_url
from bot.store import connect
from tests.processes import ROOT
from tests.stores import mongo_server, opened_store, short_dir

pytestmark = pytest.mark.long


def altpress(*words: str, status: int = 0) -> tuple[Any, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALTPRESS_")}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == status, (done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout.startswith("{") else None, done.stderr


def test_the_engine_is_started_for_the_time() -> None:
    with short_dir() as data:
        place, where = data / "kept", ["--data", str(data), "--json"]
        with mongo_server(data), opened_store(mongo_url(data), "other"), connect(mongo_url(data)) as client:
            client["altpress"]["notices"].insert_one({"_id": "told", "at_ms": 1, "schema_version": 1})
        assert altpress("backup", "--to", str(place), *where)[0]["documents"] == 1
        assert not mongo_socket(data).exists()
        assert holder(data / "up.lock") is None
        shutil.rmtree(data / "mongo")
        said, told = altpress("restore", str(place), *where, status=1)  # nobody says which GitHub: no sites
        assert said["restored"] == 1
        assert "ALTPRESS_GITHUB_APP_ID" in told
        assert altpress("restore", str(place), "--force", "--no-refill", *where)[0]["ok"]
        with mongo_server(data), connect(mongo_url(data)) as client:
            assert client["altpress"]["notices"].find_one({"_id": "told"})
            assert client["altpress"]["backups"].find_one({"_id": "restore"}) is None


def test_the_engine_ends_with_a_command_that_is_killed() -> None:
    """It stayed, and the next command worked with it while `altpress up` could not start."""
    code = (
        "import sys, time, pathlib\n"
        "from bot.embedded.alone import engine_alone\n"
        "data = pathlib.Path(sys.argv[1])\n"
        "with engine_alone(data, (data / 'mongo.sock').exists):\n"
        "    print('up', flush=True)\n"
        "    time.sleep(600)\n"
    )
    with short_dir() as data:
        (data / "mongo").mkdir()
        command = [sys.executable, "-c", code, str(data)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            engine = holder(data / "run" / "mongo-0.lock")
            assert engine is not None
            assert os.getpgid(engine) != os.getpgid(process.pid)  # Ctrl-C does not reach it
        finally:
            process.kill()
            process.communicate()
        deadline = time.monotonic() + 60
        while holder(data / "run" / "mongo-0.lock") is not None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert not mongo_socket(data).exists()


def test_a_directory_that_somebody_else_starts_in_is_left_alone() -> None:
    with short_dir() as data:
        (data / "mongo").mkdir()
        lock = take(data / "up.lock")
        assert lock is not None
        _, told = altpress("backup", "--to", str(data / "kept"), "--data", str(data), status=2)
        assert "already up" in told
        lock.release()


def test_a_directory_that_was_never_used_is_a_mistake(tmp_path: Path) -> None:
    _, told = altpress("backup", "--to", str(tmp_path), "--data", str(tmp_path / "none"), status=2)
    assert "There is no altpress in" in told
    assert not (tmp_path / "none").exists()


def test_errors_are_a_sentence_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x" * 999)
    _, told = altpress("restore", str(tmp_path / "x"), "--verify-only", status=2)
    why = "The file is not whole, or no altpress backup: it does not end with a manifest."
    assert told == f"altpress: {tmp_path / 'x'}: {why}\n"
    _, told = altpress("backup", "--data", str(tmp_path), status=2)
    assert "ALTPRESS_BACKUP_TO" in told
