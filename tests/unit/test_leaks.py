"""The search for secrets finds what it must: each way out of altpress, with a leak planted on it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.leaks import Secrets, search

ROOT = Path(__file__).resolve().parents[2]
HOOK = "the-webhook-secret-of-a-test"
PLANTED = f'''
import logging, os, subprocess, sys
from pathlib import Path
import pytest
from config import log
from config.settings import Settings, load_settings

HOOK = "{HOOK}"
LOGGER = logging.getLogger("jobs.planted")

def say(*words, env=None):
    """A process that is taken for one of altpress's own."""
    place = Path("said.txt")
    with place.open("wb") as out:
        subprocess.Popen(["altpress", "-c", *words], executable=sys.executable, stdout=out,
                         env={{**os.environ, **(env or {{}})}}).wait()

@pytest.fixture(autouse=True)
def settings():
    return Settings(webhook_secrets=HOOK)

def test_in_the_message():
    LOGGER.warning("failed with %s", HOOK)

def test_in_a_field():
    LOGGER.info("event", extra={{"reason": f"x{{HOOK}}y"}})

def test_in_a_bound_field():
    with log.bind(site=HOOK):
        LOGGER.info("event")

def test_in_a_traceback():
    try:
        raise ValueError(HOOK)
    except ValueError:
        LOGGER.exception("crashed")

def test_behind_the_mask(capsys):
    log.configure("INFO", "json", [HOOK])
    LOGGER.warning("event", extra={{"reason": HOOK}})
    assert HOOK not in capsys.readouterr().out

def test_of_a_library():
    logging.getLogger("urllib3.connectionpool").warning("GET /?token=%s", HOOK)

def test_in_the_output_of_a_process():
    say("print('the-webhook-secret', end=''); print('-of-a-test')")

def test_in_a_pipe():
    done = subprocess.run(["altpress", "-c", "print('the-webhook-secret' + '-of-a-test')"],
                          executable=sys.executable, capture_output=True)
    assert HOOK.encode() in done.stdout

def test_on_a_command_line():
    say("pass", HOOK)

def test_given_to_a_process_in_its_environment():
    name = "ALTPRESS_METRICS_TOKEN"
    say(f"import os; print(os.environ['{{name}}'])", env={{name: "child-token-1"}})

def test_given_to_a_process_in_a_file(tmp_path):
    (tmp_path / "key").write_text("a-key-in-a-file-1\\n")
    say("print(open(" + repr(str(tmp_path / "key")) + ").read())",
        env={{"ALTPRESS_SESSION_KEY_FILE": str(tmp_path / "key")}})

def test_made_on_the_way():
    LOGGER.info("event", extra={{"reason": "ghs_" + "0" * 36}})

def test_a_line_of_a_key():
    body = "MIIEpAIBAAKCAQEAabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN"
    pem = "-----BEGIN RSA PRIVATE KEY-----\\n" + body + "\\n-----END RSA PRIVATE KEY-----"
    Settings(github_app_id=1, github_app_private_key=pem)
    LOGGER.info("event", extra={{"reason": body}})

def test_a_password_of_a_store():
    Settings(redis_url="redis://:pass%40word-of-redis@host/0")
    LOGGER.info("event", extra={{"reason": "AUTH pass@word-of-redis"}})

@pytest.mark.tells_secrets("on purpose")
def test_clean_marked():
    LOGGER.warning("failed with %s", HOOK)

def test_clean():
    LOGGER.warning("failed with %s", "nothing")
    say("print('nothing')")
'''


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of a file full of leaks, in a process of its own."""
    place = tmp_path_factory.mktemp("planted")
    (place / "test_planted.py").write_text(PLANTED)
    (place / "pytest.ini").write_text("[pytest]\n")
    words = [
        "-m", "pytest", "-p", "tests.leaks_plugin", "-p", "no:cacheprovider", "-rA", "--show-capture=no", ".",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, *words], cwd=place, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    return done.stdout


NAMES = re.findall(r"def (test_(?!clean)\w+)", PLANTED)


@pytest.mark.parametrize("name", NAMES)
def test_planted_leak_is_found(told: str, name: str) -> None:
    assert re.search(rf"^ERROR .*::{name} - ", told, re.MULTILINE), told


def test_all_that_is_clean_passes(told: str) -> None:
    assert f"{len(NAMES) + 2} passed, {len(NAMES)} errors" in told


def test_a_find_names_kind_and_place_and_never_the_secret(told: str) -> None:
    for place in ("log record", "output of altpress", "command line of altpress"):
        assert re.search(rf"^{place}.*: (webhook_secrets|a token of GitHub)", told, re.MULTILINE), told
    found = "\n".join(
        line for line in told.splitlines() if "secrets were told" in line or ": webhook" in line
    )
    for secret in (HOOK, "child-token-1", "a-key-in-a-file-1", "pass@word"):
        assert secret not in found


def test_short_words_are_no_secrets() -> None:
    secrets = Secrets()
    secrets.add_setting("webhook_secrets", "s, t0ken")
    assert secrets.find("so short a t0ken") == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://h/x?a=1&signature=0123456789abcdef0123", "a signed address"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiI4MDEifQ.c2lnbmF0dXJl", "a JWT"),
        ("github_pat_11ABCDEFG0" + "x" * 30, "a token of GitHub"),
        ("mongodb://altpress:hunter2-2@mongo:27017/", "a password in an address"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
    ],
)
def test_secrets_that_nobody_named_are_known_by_their_form(text: str, kind: str) -> None:
    assert Secrets().find(f'{{"event": "x", "reason": "{text}"}}') == [kind]


def test_place_is_told_by_the_event_alone() -> None:
    secrets = Secrets()
    secrets.add("a kind", "very-secret-value")
    line = '{"event": "job_done", "reason": "very-secret-value"}'
    assert list(search(secrets, "log", f"fine\n{line}\n")) == [("log", "job_done", "a kind")]
