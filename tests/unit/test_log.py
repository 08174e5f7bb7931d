"""One JSON object a line, the same fields for everybody's lines, and never a secret."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from config import log
from config.settings import Settings

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\ndef\n-----END RSA PRIVATE KEY-----\n"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The loggers as they were: other tests have their own handlers."""
    root, names = logging.root, log.FOREIGN
    before = root.handlers[:], root.level, {name: logging.getLogger(name).level for name in names}
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = before[0], before[1]
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).filters.clear()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    def read() -> list[str]:
        return capsys.readouterr().out.splitlines()

    return read


def test_line_has_time_level_event_logger_and_fields(lines: Callable[[], list[str]]) -> None:
    log.configure()
    with log.bind(delivery="d1", site=None), log.bind(job="ingest"):
        logging.getLogger("bot.x").info("webhook_stored", extra={"status": 202})
    logging.getLogger("bot.x").warning("after")
    first, second = map(json.loads, lines())
    assert datetime.fromisoformat(first.pop("time")).utcoffset() is not None
    assert first == {
        "level": "info", "event": "webhook_stored", "logger": "bot.x",
        "delivery": "d1", "job": "ingest", "status": 202,
    }  # fmt: skip
    assert set(second) == {"time", "level", "event", "logger"}


def test_threads_have_their_own_fields(lines: Callable[[], list[str]]) -> None:
    log.configure()
    with log.bind(delivery="d1"):
        thread = threading.Thread(target=lambda: logging.getLogger("t").info("elsewhere"))
        thread.start()
        thread.join()
    assert "delivery" not in json.loads(lines()[0])


@pytest.mark.parametrize("name", ["gunicorn.error", "rq.worker", "werkzeug", "some.library"])
def test_lines_of_others_have_the_same_form(name: str, lines: Callable[[], list[str]]) -> None:
    log.configure()
    logging.getLogger(name).warning("Worker %s: \n%s", "w1", "two lines")
    [line] = map(json.loads, lines())
    assert (line["event"], line["logger"], line["level"]) == ("Worker w1: \ntwo lines", name, "warning")


def test_traceback_is_a_field_of_the_line(lines: Callable[[], list[str]]) -> None:
    log.configure()
    log_failure("job_crashed", "broken")
    [line] = map(json.loads, lines())
    assert line["event"] == "job_crashed"
    assert line["exception"].endswith("ValueError: invalid literal for int() with base 10: 'broken'")


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize(
    "text",
    [
        "s3cret-of-the-hook",
        "ghs_abcdefghij0123456789",
        "github_pat_11ABCDEFG0abcdefgh",
        "ghp_abcdefghij0123456789",
        "eyJhbGciOiJSUzI1.eyJpc3MiOiIxMjM0.c2lnbmF0dXJlMTIz",
        "Authorization: Bearer abc.def-ghi",
        "redis://user:hunter2222@host:1/0",
        KEY,
        'has "quotes" and \\',
    ],
)
def test_secrets_are_masked_wherever_they_are(form: str, text: str, lines: Callable[[], list[str]]) -> None:
    log.configure("INFO", form, ["s3cret-of-the-hook", KEY, 'has "quotes" and \\'])
    log_failure("failed: %s", text, text, field=text, list=[text])
    seen = "\n".join(lines())
    assert seen.count(log.MASK) >= 4
    for part in ("hook", "ghij", "ABCDEFG", "eyJp", "abc.def", "hunter", "MIIabc", "quotes"):
        assert part not in seen
    if form == "json":
        json.loads(seen)


def test_settings_name_what_is_secret(lines: Callable[[], list[str]]) -> None:
    settings = Settings(webhook_secrets="first-secret,second-secret", github_token="plain-token", sites="a/b")
    log.configure_from(settings)
    logging.getLogger("x").info("first-secret second-secret plain-token")
    assert json.loads(lines()[0])["event"] == " ".join([log.MASK] * 3)


def test_text_is_for_people(lines: Callable[[], list[str]]) -> None:
    log.configure("INFO", "text")
    logging.getLogger("x").info("webhook_stored", extra={"status": 202, "reason": "two words\n"})
    [line] = lines()
    assert line[8:] == ' info    webhook_stored status=202 reason="two words\\n"'


def test_steps_of_others_are_for_debugging(lines: Callable[[], list[str]]) -> None:
    log.configure("INFO")
    logging.getLogger("rq.worker").info("Cleaning registries")
    assert lines() == []
    log.configure("DEBUG")
    logging.getLogger("rq.worker").info("Cleaning registries")
    assert len(lines()) == 1


def test_rq_does_not_repeat_the_traceback_of_a_job(lines: Callable[[], list[str]]) -> None:
    log.configure()
    logging.getLogger("rq.worker").error(
        "Worker %s: job %s: exception raised while executing (%s)\n%s", *"abcd"
    )
    assert lines() == []


def log_failure(event: str, reason: str, *args: str, **fields: object) -> None:
    """A line with a traceback."""
    try:
        int(reason)
    except ValueError:
        logging.getLogger("x").exception(event, *args, extra=fields)


@pytest.mark.parametrize("text", ["://" + ":" * 200_000, "https://" + "a:" * 100_000 + "/"])
def test_masking_takes_no_time_to_speak_of(text: str) -> None:
    mask, began = log.Mask(["a secret of ours"]), time.process_time()
    assert mask(text) == text
    assert time.process_time() - began < 5
