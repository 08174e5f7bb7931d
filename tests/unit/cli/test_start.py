"""A process that lacks a setting says so before it waits for anything."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.start import begin, begin_anyway, begin_log
from bot.errors import BadSettings
from config.settings import load_settings

NOWHERE = {"mongo_url": "mongodb://127.0.0.1:9/", "redis_url": "redis://127.0.0.1:9/0"}


@pytest.mark.parametrize(
    ("start", "missing"),
    [(begin, "ALTPRESS_GITHUB_APP_ID"), (begin_anyway, "ALTPRESS_WEBHOOK_SECRETS")],
)
def test_what_is_missing_is_named_before_the_stores_are_waited_for(
    start: Callable[..., object], missing: str
) -> None:
    with pytest.raises(BadSettings, match=missing):
        start(**NOWHERE)


def test_secrets_that_everybody_may_read_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text("a-session-key")
    (tmp_path / "key").chmod(0o644)
    monkeypatch.setenv("ALTPRESS_SESSION_KEY_FILE", str(tmp_path / "key"))
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        begin_log(load_settings())
    finally:
        logging.root.handlers[:], logging.root.level = handlers, level
        logging.captureWarnings(capture=False)
    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["event"] == "secret_file_open"
    assert (line["setting"], line["mode"]) == ("ALTPRESS_SESSION_KEY_FILE", "644")
