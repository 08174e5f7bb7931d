"""What was seen -> findings with the right level, and a fix that says where to click."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from bot.cli.password import hash_password
from bot.setup import checks
from bot.setup.deliveries import check_deliveries, explain_status
from bot.setup.findings import Finding, Level, error, ok, warning, worst
from bot.setup.rights import (
    EVENTS,
    HOOK_EVENTS,
    PERMISSIONS,
    check_app,
    check_events,
    check_installation,
    hook_clicks,
)

ALL = {name: least for name, (least, _, _) in PERMISSIONS.items()}
PAGE = "https://github.com/apps/altpress"


@dataclass(frozen=True)
class Row:
    """A delivery."""

    status_code: int
    status: str = "OK"
    event: str = "release"
    delivered_at: str = "2026-11-22T21:48:16Z"


def levels(findings: Sequence[Finding]) -> list[Level]:
    return [finding.level for finding in findings]


@pytest.mark.parametrize(
    ("skew", "level"),
    [
        (0.0, Level.OK), (1.5, Level.OK), (59.0, Level.OK), (-60.0, Level.OK), (61.0, Level.ERROR),
        (-3600.0, Level.ERROR),
    ],
)  # fmt: skip
def test_clock(skew: float, level: Level) -> None:
    assert checks.check_clock(skew).level is level


def test_the_clock_says_which_way() -> None:
    assert "behind" in checks.check_clock(-100.0).message
    assert "ahead" in checks.check_clock(100.0).message


def test_an_app_with_all_it_needs() -> None:
    assert levels(list(check_app(PAGE, ALL, HOOK_EVENTS))) == [Level.OK]
    assert levels(list(check_app(PAGE, {**ALL, "contents": "admin"}, HOOK_EVENTS))) == [Level.OK]


@pytest.mark.parametrize("name", PERMISSIONS)
@pytest.mark.parametrize("granted", [None, "read"])
def test_each_missing_right_is_told(name: str, granted: str | None) -> None:
    rights = {**ALL, name: granted} if granted else {k: v for k, v in ALL.items() if k != name}
    found = [f for f in check_app(PAGE, rights, HOOK_EVENTS) if f.level is not Level.OK]
    if name == "metadata" and granted:
        assert found == []
        return
    [finding] = found
    assert finding.level is (Level.ERROR if PERMISSIONS[name][2] else Level.WARNING)
    assert finding.fix is not None
    assert PAGE in finding.fix


@pytest.mark.parametrize("event", EVENTS)
def test_each_missing_event_is_told(event: str) -> None:
    [finding] = check_app(PAGE, ALL, [e for e in HOOK_EVENTS if e != event])
    assert finding.level is (Level.ERROR if EVENTS[event][1] else Level.WARNING)
    [of_hook] = check_events("webhook", [e for e in HOOK_EVENTS if e != event], PAGE)
    assert of_hook.level is finding.level
    assert list(check_events("webhook", ["*"], PAGE)) == []


def test_what_the_app_asks_for_and_was_not_granted_waits_to_be_accepted() -> None:
    granted = {**ALL, "contents": "read"}
    [finding] = check_installation("acme", PAGE, granted, HOOK_EVENTS, ALL)
    assert finding.level is Level.ERROR
    assert "Accept" in (finding.fix or "")
    assert levels(list(check_installation("acme", PAGE, granted, HOOK_EVENTS, granted))) == [Level.OK], (
        "what the App does not even ask for is the App's own finding"
    )


def test_hook_clicks_show_no_secret_and_every_event() -> None:
    steps = "\n".join(hook_clicks("https://github.com/acme/app", "https://bot/webhooks/github"))
    assert "https://github.com/acme/app/settings/hooks/new" in steps
    assert "Issue comment" in steps
    assert "application/json" in steps


@pytest.mark.parametrize(
    ("codes", "level"),
    [
        ([], Level.OK), ([202, 204, 200], Level.OK), ([202, 401], Level.WARNING), ([401, 202], Level.ERROR),
        ([0], Level.ERROR), ([302], Level.ERROR), ([500], Level.ERROR),
    ],
)  # fmt: skip
def test_deliveries(codes: list[int], level: Level) -> None:
    [finding] = check_deliveries("webhook", [Row(code) for code in codes], PAGE)
    assert finding.level is level
    if level is not Level.OK:
        assert str(next(c for c in codes if not 200 <= c < 300)) in finding.message
        assert finding.fix is not None
        assert PAGE in finding.fix


def test_each_status_has_its_own_advice() -> None:
    assert "ALTPRESS_WEBHOOK_SECRETS" in explain_status(401)[1]
    assert "/webhooks/github" in explain_status(404)[1]
    assert explain_status(0) == explain_status(502)
    assert "redirects" in explain_status(308)[0]


def test_modes() -> None:
    well = {"/data": 0o40700, "/data/key.pem": 0o100600}
    assert levels(list(checks.check_modes(well, "/data"))) == [Level.OK]
    found = list(checks.check_modes({"/data": 0o40755, "/data/key.pem": 0o100640}, "/data"))
    assert [f.fix for f in found] == ["chmod 700 /data", "chmod 600 /data/key.pem"]
    assert list(checks.check_modes({}, "/data")) == [], "a directory that is not there yet is no fault"


@pytest.mark.parametrize(("mode", "is_well"), [(0o440, True), (0o400, True), (0o444, False), (0o460, False)])
def test_a_mounted_secret_may_be_read_by_its_group(mode: int, is_well: bool) -> None:
    modes = {"/data": 0o40700, "/run/secrets/key": 0o100000 | mode, "/database": 0o100440}
    assert levels(list(checks.check_modes(modes, "/data"))) == [Level.OK if is_well else Level.ERROR]


def test_variables_with_typing_errors() -> None:
    names = ["ALTPRESS_GITHUB_TOKN", "ALTPRESS_PORT", "ALTPRESS_GITHUB_TOKEN_FILE", "PATH", "ALTPRESS_TEST_X"]
    [finding] = checks.check_variables(names, ["port", "github_token"], ["github_token"])
    assert "ALTPRESS_GITHUB_TOKN" in finding.message
    assert finding.fix == "did you mean ALTPRESS_GITHUB_TOKEN?"


def test_password_hash_whose_dollar_signs_were_taken_for_variables() -> None:
    """By `. ./.env`, and by compose, unless it stands between single quotes."""
    made = hash_password("a password")
    command = ["sh", "-c", f"printf %s {made}"]
    eaten = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert levels(list(checks.check_password_hash(eaten))) == [Level.ERROR]
    assert list(checks.check_password_hash(made)) == []


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("has_token", [True, False])
@pytest.mark.parametrize("public", [True, False])
def test_metrics_for_the_whole_world(is_open: bool, has_token: bool, public: bool) -> None:
    found = list(checks.check_open_metrics(is_open=is_open, has_token=has_token, public=public))
    assert levels(found) == ([Level.WARNING] if (is_open, has_token, public) == (True, False, True) else [])


def test_short_secrets() -> None:
    assert list(checks.check_secrets([64])) == []
    assert levels(list(checks.check_secrets([64, 8]))) == [Level.WARNING]


def test_short_keys_are_named_and_not_shown() -> None:
    assert list(checks.check_keys({"ALTPRESS_SESSION_KEY": [64, 16], "ALTPRESS_METRICS_TOKEN": []})) == []
    [found] = checks.check_keys({"ALTPRESS_SESSION_KEY": [64, 3], "ALTPRESS_METRICS_TOKEN": [16]})
    assert (found.level, found.code) == (Level.WARNING, "settings.secrets")
    assert "ALTPRESS_SESSION_KEY" in found.message


def test_processes() -> None:
    assert checks.check_workers([3.0, 400.0]).level is Level.OK
    assert "400 s ago" in checks.check_workers([400.0]).message
    assert checks.check_workers([]).level is Level.ERROR
    assert checks.check_scheduler(led=True).level is Level.OK
    assert checks.check_scheduler(led=False).level is Level.ERROR


def test_packages() -> None:
    wanted = ["redis>=6.4", "PyGithub>=2.10", "rq>=3.0; python_version>'3'"]
    there = {"redis": "6.4.0", "pygithub": "2.9.1"}
    found = list(checks.check_packages(wanted, there))
    assert [f.message for f in found] == ["PyGithub is 2.9.1, 2.10 is needed", "rq is missing, 3.0 is needed"]
    assert levels(list(checks.check_packages(["redis>=6.4"], there))) == [Level.OK]


@pytest.mark.parametrize(
    ("found", "level"),
    [
        ("7.0.14", Level.OK),
        ("4.4", Level.OK),
        ("4.2.8", Level.ERROR),
        ("3.6", Level.ERROR),
        ("", Level.WARNING),
    ],
)
def test_versions_of_servers(found: str, level: Level) -> None:
    assert checks.check_version("mongodb.version", "MongoDB", found, checks.LEAST_MONGODB).level is level


def test_clocks_of_stores() -> None:
    assert list(checks.check_store_clock("redis.clock", "Redis", 4.0)) == []
    [finding] = checks.check_store_clock("redis.clock", "Redis", -30.0)
    assert finding.level is Level.WARNING
    assert "behind" in finding.message


def test_room_on_a_disk() -> None:
    sizes = [10 * 1024**2, 500 * 1024**2, 50 * 1024**3]
    assert [checks.check_room("/data", size).level for size in sizes] == [
        Level.ERROR, Level.WARNING, Level.OK,
    ]  # fmt: skip


def test_certificates_near_their_end() -> None:
    found = [checks.check_certificate("bot.example.com", days).level for days in (60, 10, 0.5, -1)]
    assert found == [Level.OK, Level.WARNING, Level.WARNING, Level.ERROR]


def test_deliveries_that_wait() -> None:
    assert [checks.check_pending(age).level for age in (None, 1.0, 61.0)] == [Level.OK, Level.OK, Level.ERROR]


def test_backups() -> None:
    def level(age: float | None, failure: str | None = None) -> Level:
        return checks.check_backup(age, 3600, failure).level

    assert [level(None), level(100), level(7300), level(100, "no room")] == [
        Level.OK, Level.OK, Level.ERROR, Level.ERROR,
    ]  # fmt: skip


def test_migrations() -> None:
    def level(pending: Sequence[str], too_new: Sequence[str] = (), *, is_new: bool = False) -> Level:
        return checks.check_migrations(pending, too_new, is_new=is_new).level

    assert level([]) is Level.OK
    assert level(["0002"]) is Level.ERROR
    assert level(["0001", "0002"], is_new=True) is Level.OK
    assert level([], ["0009"]) is Level.ERROR


def test_the_worst_counts() -> None:
    assert worst([]) is Level.OK
    assert worst([ok("clock", "a", "b"), warning("clock", "a", "b", "c")]) is Level.WARNING
    assert worst([error("clock", "a", "b", "c"), ok("clock", "a", "b")]) is Level.ERROR
