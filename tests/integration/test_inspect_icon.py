"""`altpress inspect --icon`: the picture as browsers show it, and a clear word where there is none."""

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from bot.cli.inspect import command
from tests.builders import make_ipa
from tests.pictures import RAW, build_png, make_pixels


def inspect(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture
def ipa(tmp_path: Path) -> Path:
    """Its icon has Apple's form."""
    path = tmp_path / "acme.ipa"
    path.write_bytes(make_ipa(icon=build_png(make_pixels(12, 12, 6, 8), 6, cgbi=RAW)))
    return path


def test_the_converted_picture_is_written_and_told(ipa: Path, tmp_path: Path) -> None:
    out = tmp_path / "icon.png"
    result = inspect(ipa, "--icon", out)
    assert (result.exit_code, result.stderr) == (0, f"altpress: wrote {out} (12 x 12 pixels).\n")
    assert "com.acme.app" in result.stdout
    with Image.open(io.BytesIO(out.read_bytes()), formats=("PNG",)) as picture:
        assert (picture.size, picture.mode) == ((12, 12), "RGBA")


def test_json_stays_json(ipa: Path, tmp_path: Path) -> None:
    result = inspect(ipa, "--json", "--icon", tmp_path / "icon.png")
    assert json.loads(result.stdout)["icon"]["width"] == 12
    assert (tmp_path / "icon.png").is_file()


def test_an_icon_there_is_already_is_replaced(ipa: Path, tmp_path: Path) -> None:
    (tmp_path / "icon.png").write_bytes(b"old" * 10_000)
    assert inspect(ipa, "--icon", tmp_path / "icon.png").exit_code == 0
    assert (tmp_path / "icon.png").read_bytes().endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_no_icon_is_told_and_nothing_written(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    path, out = tmp_path / "plain.ipa", tmp_path / "icon.png"
    path.write_bytes(make_ipa(icon=False))
    result = inspect(path, "--icon", out, *arguments)
    assert result.exit_code == 1
    assert "no icon" in result.stderr
    assert "com.acme.app" in result.stdout, "the facts are shown all the same"
    assert not out.exists()


@pytest.mark.parametrize(
    ("where", "told"), [("", "directory"), ("no/icon.png", "No such file"), ("acme.ipa/x", "Not a")]
)
def test_a_place_that_cannot_be_written_to(ipa: Path, where: str, told: str) -> None:
    result = inspect(ipa, "--icon", ipa.parent / where)
    assert result.exit_code == 1
    assert told in result.stderr
    assert result.stderr.startswith("altpress: ")
    assert "com.acme.app" in result.stdout


def test_what_is_no_ipa_has_no_icon(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"text")
    assert inspect(tmp_path / "x", "--icon", tmp_path / "icon.png").exit_code == 2
    assert not (tmp_path / "icon.png").exists()
