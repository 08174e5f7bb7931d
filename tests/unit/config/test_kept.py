"""Settings are read again when a file of a secret changes, and only then."""

import logging
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import BadSettings
from config import log
from config.kept import AGAIN, SETTLED, KeptSettings
from config.secret_values import list_secrets, split_secret
from config.settings import Settings, load_settings

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIfirstline\nsecondline\n-----END RSA PRIVATE KEY-----"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "webhook"
    path.write_text("first-secret\n")
    monkeypatch.setenv("ALTPRESS_WEBHOOK_SECRETS_FILE", str(path))
    return path


def hooks(settings: Settings) -> list[str]:
    return [secret.get_secret_value() for secret in settings.webhook_secrets]


def replace(path: Path, text: str) -> None:
    draft = path.with_name("draft")
    draft.write_text(text)
    draft.replace(path)


def test_changed_file_is_read_again(file: Path) -> None:
    kept = KeptSettings()
    first = kept()
    assert kept() is first
    replace(file, "new-secret, first-secret")
    assert hooks(kept()) == ["new-secret", "first-secret"]
    assert kept() is kept()


def test_files_are_looked_at_now_and_then(file: Path) -> None:
    now = 0.0
    kept = KeptSettings(load_settings(), every=1.0, clock=lambda: now)
    replace(file, "new-secret")
    assert hooks(kept()) == ["first-secret"]
    now = 1.0
    assert hooks(kept()) == ["new-secret"]


def test_change_between_reading_and_keeping_is_seen(file: Path) -> None:
    given = load_settings()
    replace(file, "new-secret")
    assert hooks(KeptSettings(given)()) == ["new-secret"]


def test_what_makes_no_sense_changes_nothing(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = KeptSettings(wall_ns=lambda: time.time_ns() + 2 * SETTLED)
    kept()
    file.unlink()
    assert hooks(kept()) == hooks(kept()) == ["first-secret"]
    file.write_text("")
    assert hooks(kept()) == ["first-secret"]
    file.write_text(",\n")
    assert hooks(kept()) == ["first-secret"]
    file.write_text("new-secret")
    assert hooks(kept()) == ["new-secret"]
    told = [(r.levelno, r.getMessage()) for r in caplog.records if r.name == "config.kept"]
    assert told == [(logging.WARNING, "secrets_not_reread")] * 3 + [(logging.INFO, "secrets_reread")]


def test_file_that_is_written_in_place_counts_when_it_is_done(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Half a secret looks like another one."""
    passed = 0
    kept = KeptSettings(wall_ns=lambda: file.stat().st_mtime_ns + passed)
    used = kept()
    with file.open("w") as writer:
        for part in ("new-", "secret"):
            writer.write(part)
            writer.flush()
            assert hooks(kept()) == ["first-secret"]
    assert kept.differ_from(used), "who is refused meanwhile tries again"
    passed = 2 * SETTLED
    assert hooks(kept()) == ["new-secret"]
    assert [r.getMessage() for r in caplog.records if r.name == "config.kept"] == ["secrets_reread"]


def test_clock_of_the_files_may_be_ahead(file: Path) -> None:
    kept = KeptSettings(wall_ns=lambda: time.time_ns() - 60 * SETTLED)
    kept()
    file.write_text("new-secret")
    assert hooks(kept()) == ["new-secret"]


def test_half_a_key_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However long it stays so."""
    (tmp_path / "key").write_text(KEY)
    monkeypatch.setenv("ALTPRESS_GITHUB_APP_PRIVATE_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("ALTPRESS_GITHUB_APP_ID", "1")
    kept = KeptSettings()
    first = kept()
    replace(tmp_path / "key", KEY[:60])
    assert kept() is kept() is first
    [told] = [record for record in caplog.records if record.name == "config.kept"]
    assert told.getMessage() == "secrets_not_reread"
    assert "ALTPRESS_GITHUB_APP_PRIVATE_KEY: must be a private key in PEM" in told.__dict__["reason"]


def test_old_ones_do_not_hold_on_in_silence(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """They may have been revoked."""
    now = 0.0
    kept = KeptSettings(load_settings(), clock=lambda: now)
    replace(file, ",")
    for moment in (0.0, 1.0, AGAIN - 1, AGAIN, AGAIN + 1, 2 * AGAIN):
        now = moment
        assert hooks(kept()) == ["first-secret"]
    told = [record.getMessage() for record in caplog.records if record.name == "config.kept"]
    assert told == ["secrets_not_reread"] * 3
    replace(file, "new-secret")
    now = 4 * AGAIN
    assert hooks(kept()) == ["new-secret"]


def test_settings_of_a_program_stay_without_files() -> None:
    given = Settings(webhook_secrets="only-here")
    assert KeptSettings(given)() is given


def test_first_reading_may_fail(file: Path) -> None:
    file.unlink()
    with pytest.raises(BadSettings, match="cannot be read"):
        KeptSettings()()


def test_other_credentials_are_told_from_other_secrets(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("one")
    monkeypatch.setenv("ALTPRESS_GITHUB_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("ALTPRESS_SITES", "a/b")
    kept = KeptSettings()
    used = kept()
    replace(file, "new-secret")
    assert not kept.differ_from(used)
    replace(tmp_path / "token", "two")
    assert kept.differ_from(used)


@pytest.mark.tells_secrets("shows the mask at work")
def test_new_secret_is_masked_from_then_on(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        kept = KeptSettings()
        log.configure_from(kept())
        replace(file, "new-secret")
        kept()
        logging.getLogger("x").warning("first-secret new-secret")
    finally:
        logging.root.handlers[:], logging.root.level = handlers, level
        logging.captureWarnings(capture=False)
    assert f"{log.MASK} {log.MASK}" in capsys.readouterr().out


def test_every_part_of_a_secret_is_one() -> None:
    settings = Settings(
        webhook_secrets="one,two", session_key="new-key, old-key", metrics_token="token",
        github_app_id=1, github_app_private_key=KEY.replace("\n", "\\n"),
        mongo_url="mongodb://me:p%40ss@host/", redis_url="redis://:word@host/0",
    )  # fmt: skip
    found = list_secrets(settings)
    assert {"one", "two", "new-key", "old-key", "token", KEY, "MIIfirstline", "secondline"} <= set(found)
    assert {"mongodb://me:p%40ss@host/", "p%40ss", "p@ss", "word"} <= set(found)
    assert not any(text.startswith("-----") for text in found if text != KEY)
    assert split_secret(settings.session_key) == ("new-key", "old-key")
    assert split_secret(SecretStr("new\r\nold\n")) == ("new", "old")  # a file may have a line for each
    assert split_secret(None) == ()
