"""`altpress build --json` and `--dry-run`: the report for programs, and that a dry run writes nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli.build import command
from bot.clients import CLIENTS
from tests.builders import make_ipa

CATALOG = "name: Acme\nbase-url: https://acme.example/src/\napps:\n  - repository: acme/app\n"
OLD, NEW = {"date": "2026-01-01", "tag": "v1"}, {"date": "2026-02-01", "tag": "v2"}
Build = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def run(files: dict[str, Any], *more: str, catalog: str = CATALOG) -> tuple[int, dict[str, Any]]:
        (tmp_path / "altpress.yml").write_text(catalog)
        (tmp_path / "assets").mkdir(exist_ok=True)
        for name, data in files.items():
            content = data if isinstance(data, bytes) else json.dumps(data).encode()
            (tmp_path / "assets" / name).write_bytes(content)
        places = [tmp_path / "altpress.yml", "--assets", tmp_path / "assets", "--out", tmp_path / "out"]
        result = CliRunner().invoke(command, ["--catalog", *map(str, places), "--json", *more])
        return result.exit_code, json.loads(result.stdout)

    return run


def test_the_report_tells_of_files_and_outputs(build: Build, tmp_path: Path) -> None:
    status, report = build({"a.ipa": make_ipa(version="1.0"), "a.ipa.json": OLD, "b.ipa": b"no"})
    assert (status, report["ok"], report["changed"], report["dry_run"]) == (0, True, True, False)
    used, refused = report["files"]
    assert (used["file"], used["used"], used["app"], used["version"]) == ("a.ipa", True, "app", "1.0")
    assert used["download_url"] == "https://github.com/acme/app/releases/download/v1/a.ipa"
    assert (refused["used"], refused["app"]) == (False, None)
    assert refused["reason"]
    [output] = report["outputs"]
    assert (output["path"], output["listed"], output["present"], output["changed"]) == (
        "apps.json", True, False, True,
    )  # fmt: skip
    assert output["size"] == (tmp_path / "out" / "apps.json").stat().st_size
    assert [change["sentence"] for change in output["changes"]] == ["Acme 1.0 added", "The source created"]
    assert output["verdicts"] == dict.fromkeys(set(CLIENTS) - {"altstore-pal"}, "accept")
    assert [icon["changed"] for icon in report["icons"]] == [True]


def test_a_second_run_changes_nothing(build: Build) -> None:
    build({"a.ipa": make_ipa(), "a.ipa.json": OLD})
    status, report = build({})
    assert (status, report["changed"], report["outputs"][0]["changes"]) == (0, False, [])
    assert not any(icon["changed"] for icon in report["icons"])


def test_a_dry_run_tells_what_would_differ_and_writes_nothing(build: Build, tmp_path: Path) -> None:
    build({"a.ipa": make_ipa(version="1.0"), "a.ipa.json": OLD})
    before = (tmp_path / "out" / "apps.json").read_bytes()
    status, report = build({"b.ipa": make_ipa(version="2.0"), "b.ipa.json": NEW}, "--dry-run")
    assert (status, report["dry_run"], report["changed"]) == (0, True, True)
    assert [change["sentence"] for change in report["outputs"][0]["changes"]] == ["Acme 2.0 added"]
    assert (tmp_path / "out" / "apps.json").read_bytes() == before


def test_a_dry_run_makes_no_folder(build: Build, tmp_path: Path) -> None:
    assert build({"a.ipa": make_ipa()}, "--dry-run")[0] == 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("more", "files", "status"),
    [((), {"b.ipa": b"no"}, 0), (("--strict",), {"b.ipa": b"no"}, 1), (("--strict",), {}, 0)],
)
def test_ok_is_the_exit_status(build: Build, more: Any, files: Any, status: int) -> None:
    found, report = build({"a.ipa": make_ipa()} | files, *more, "--dry-run")
    assert (found, report["ok"]) == (status, status == 0)


def test_nothing_built_is_no_output(build: Build) -> None:
    status, report = build({"a.ipa": b"no"})
    assert (status, report["ok"], report["changed"]) == (1, False, False)
    assert (report["outputs"][0]["listed"], report["outputs"][0]["verdicts"]) == (False, {})


def test_a_wrong_catalog_is_told_with_its_lines(build: Build) -> None:
    status, report = build({"a.ipa": make_ipa()}, catalog="name: A\napps: []\nwrong: 1\n")
    assert (status, report["ok"], report["error"]["code"]) == (1, False, "bad_catalog")
    assert any("wrong" in problem for problem in report["problems"])


def test_a_place_that_cannot_be_written_is_status_2(build: Build, tmp_path: Path) -> None:
    (tmp_path / "out" / "apps.json").mkdir(parents=True)
    status, report = build({"a.ipa": make_ipa()})
    assert (status, report["ok"]) == (2, False)
    assert "cannot be written: Is a directory" in report["error"]["message"]


def test_a_foreign_file_in_the_place_is_replaced_and_told(build: Build, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "apps.json").write_bytes(b"no json")
    output = build({"a.ipa": make_ipa()})[1]["outputs"][0]
    assert (output["present"], output["changed"], len(output["changes"])) == (True, True, 2)


def test_notes_and_verdicts_of_clients_that_nobody_named(build: Build) -> None:
    catalog = CATALOG.replace("base-url: https://acme.example/src/\n", "")
    report = build({"a.ipa": make_ipa(), "a.ipa.json": {"date": "2026-01-01"}}, catalog=catalog)[1]
    assert any("The source has no identifier" in note for note in report["notes"])
    assert any("Guessed download addresses: 1" in note for note in report["notes"])
    assert report["files"][0]["guessed"] is True
    named, asked = report["outputs"][0]["clients"], report["outputs"][0]["verdicts"]
    assert set(named) < set(asked)


def test_people_read_the_changes_of_a_dry_run(tmp_path: Path) -> None:
    (tmp_path / "altpress.yml").write_text(CATALOG)
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a.ipa").write_bytes(make_ipa(version="1.0"))
    places = [tmp_path / "altpress.yml", "--assets", tmp_path / "assets", "--out", tmp_path / "out"]
    arguments = ["--catalog", *map(str, places), "--dry-run"]
    said = CliRunner().invoke(command, arguments).stdout.splitlines()
    assert "  Acme 1.0 added" in said
    assert said[-1] == "1 of 1 files used; 1 of 1 outputs would be written."
    CliRunner().invoke(command, arguments[:-1])
    assert "  unchanged" in CliRunner().invoke(command, arguments).stdout.splitlines()
