"""`ALTPRESS_X_FILE`: what files may hold, how they are mounted, and that nothing falls open."""

import os
from pathlib import Path

import pytest

from bot.errors import BadSettings
from config.secret_files import MOST_BYTES, find_open_files, read_secret_files, stamp_secret_files

NAMES = ("github_token", "session_key")
VARIABLE = "ALTPRESS_GITHUB_TOKEN_FILE"


def read(path: Path | str, **more: str) -> dict[str, object]:
    return read_secret_files({VARIABLE: str(path), **more}, NAMES)


def refusal(path: Path | str, **more: str) -> str:
    with pytest.raises(BadSettings) as caught:
        read(path, **more)
    return caught.value.public


@pytest.mark.parametrize(
    "data",
    [
        b"a secret", b"a secret\n", b"a secret\r\n", b"\n a secret \n\n", b"\xef\xbb\xbfa secret\n",
        b"\xef\xbb\xbf a secret",
    ],
)  # fmt: skip
def test_what_editors_and_stores_add_is_no_part_of_a_secret(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "token").write_bytes(data)
    assert read(tmp_path / "token") == {"github_token": "a secret"}


def test_lines_of_a_key_stay(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"-----BEGIN\r\nabc\r\n-----END\r\n")
    assert read(tmp_path / "key") == {"github_token": "-----BEGIN\r\nabc\r\n-----END"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"), (b" \n\t\n", "empty"), (b"\xef\xbb\xbf\n", "empty"), (b" ,\n, ", "empty"),
        (b"\xff\xfe\x00", "UTF-8"), (b"x" * (MOST_BYTES + 1), "more than 65536 bytes"),
    ],
)  # fmt: skip
def test_what_is_no_secret_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "token").write_bytes(data)
    assert said in refusal(tmp_path / "token")


def test_longest_secret_is_read(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"x" * MOST_BYTES)
    assert read(tmp_path / "token") == {"github_token": "x" * MOST_BYTES}


def test_only_files_are_opened(tmp_path: Path) -> None:
    """A pipe would be waited for, and a device never ends."""
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe", "/dev/zero"):
        assert refusal(place) == f"{VARIABLE} names what is no regular file."
    assert refusal(tmp_path / "none") == f"{VARIABLE} cannot be read: No such file or directory."
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "cannot be read" in refusal(tmp_path / "loop")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_forbidden_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a secret")
    (tmp_path / "token").chmod(0)
    assert refusal(tmp_path / "token") == f"{VARIABLE} cannot be read: Permission denied."


def test_all_problems_are_told_at_once_and_no_value(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a secret of the file")
    said = refusal(
        tmp_path / "token", ALTPRESS_GITHUB_TOKEN="another secret", ALTPRESS_SESSION_KEY_FILE=str(tmp_path)
    )
    assert said == (
        "ALTPRESS_GITHUB_TOKEN and ALTPRESS_GITHUB_TOKEN_FILE are both set: keep one.; "
        "ALTPRESS_SESSION_KEY_FILE names what is no regular file."
    )


def test_empty_variables_mean_unset(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a secret")
    assert read("") == {}
    assert read(tmp_path / "token", ALTPRESS_GITHUB_TOKEN="") == {"github_token": "a secret"}


def test_only_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a secret")
    assert read_secret_files({"ALTPRESS_PUBLIC_URL_FILE": str(tmp_path / "token")}, NAMES) == {}


def mount(folder: Path, version: str, secret: str) -> Path:
    """As Kubernetes does it: a folder for each version, and one link that is turned around at once."""
    (folder / version).mkdir(parents=True)
    (folder / version / "token").write_text(secret)
    draft = folder / "..data_tmp"
    draft.symlink_to(version)
    draft.replace(folder / "..data")
    if not (folder / "token").is_symlink():
        (folder / "token").symlink_to("..data/token")
    return folder / "token"


def test_mounted_secret_is_read_and_its_change_seen(tmp_path: Path) -> None:
    path = mount(tmp_path, "..2026_01", "first secret")
    environ = {VARIABLE: str(path)}
    assert read(path) == {"github_token": "first secret"}
    before = stamp_secret_files(environ, NAMES)
    assert stamp_secret_files(environ, NAMES) == before
    mount(tmp_path, "..2026_02", "other secret")
    assert stamp_secret_files(environ, NAMES) != before
    assert read(path) == {"github_token": "other secret"}
    path.unlink()
    assert stamp_secret_files(environ, NAMES) == {VARIABLE: None}


def test_files_that_everybody_may_read_are_found(tmp_path: Path) -> None:
    environ = {VARIABLE: str(tmp_path / "token"), "ALTPRESS_SESSION_KEY_FILE": str(tmp_path / "key")}
    for name, mode in (("token", 0o644), ("key", 0o640)):
        (tmp_path / name).write_text("a secret")
        (tmp_path / name).chmod(mode)
    assert find_open_files(environ, NAMES) == [(VARIABLE, 0o644)]
    (tmp_path / "token").unlink()
    assert find_open_files(environ, NAMES) == []
