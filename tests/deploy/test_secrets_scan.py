"""The scan for secrets finds one that is planted, by the very command that `make check-deploy` runs."""

import base64
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from config.settings import SECRETS
from tests.stores import ROOT

LINE = r"^\t\$\(BIN\)/python (scripts/scan_secrets\.py.*)$"
COMMAND = re.search(LINE, (ROOT / "Makefile").read_text(), re.MULTILINE)


def scan(files: dict[str, str], folder: Path) -> tuple[int, str]:
    """What the command says of a repository that tracks these files."""
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    subprocess.run(["git", "-C", str(folder), "add", "-A"], check=True)
    assert COMMAND
    command = [sys.executable, str(ROOT / COMMAND[1]), str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


def made(length: int) -> str:
    """Like nothing that anybody uses, the same at each run."""
    return base64.b64encode(random.Random(8).randbytes(length)).decode()


def github_token() -> str:
    return 'T = "ghp_' + made(27).replace("/", "a").replace("+", "b") + '"\n'


def private_key() -> str:
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


PLANTED = {
    "a token of GitHub's in code": ("bot/x.py", github_token),
    "one in a test": ("tests/x.py", github_token),
    "an App's key in a test": ("tests/x.py", lambda: f'K = """{private_key()}"""\n'),
    "an App's key": ("key.pem", private_key),
    "a webhook secret": (".env.example", lambda: f"ALTPRESS_WEBHOOK_SECRETS={made(24)}\n"),
    "a password in an address": ("docs/x.md", lambda: f"mongodb://altpress:{made(9)}@db.example.com/\n"),
    "a random word": ("config/x.yml", lambda: f'value: "{made(40)}"\n'),
    "a key of S3's": ("deploy/x.env", lambda: "AWS_ACCESS_KEY_ID=AKIA" + "QYLPMN5HHHFPZAM2"[::-1] + "\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_secret_is_found(name: str, tmp_path: Path) -> None:
    path, make = PLANTED[name]
    planted = make()
    status, told = scan({path: planted, "harmless.py": "X = 1\n"}, tmp_path)
    assert (status, told.split(":")[0]) == (1, path), told
    assert "harmless" not in told
    assert not any(word in told for word in re.findall(r"[A-Za-z0-9+/]{12,}", planted))


def test_what_is_no_secret_passes(tmp_path: Path) -> None:
    files = {
        "tests/x.py": 'PASSWORD = "made-up"\nKEY = "-----BEGIN RSA PRIVATE KEY-----\\nMIIabc"\n',
        "docs/x.md": "mongodb://altpress:PASSWORD@db.example.com/\n",
        "config/x.py": f'DIGEST = "{made(40)}"  # pragma: allowlist secret\n',
    }
    assert scan(files, tmp_path) == (0, "no secret found\n")


def test_only_what_git_tracks_is_read(tmp_path: Path) -> None:
    status, _ = scan({".gitignore": ".env\n", ".env": f"ALTPRESS_WEBHOOK_SECRETS={made(24)}\n"}, tmp_path)
    assert status == 0


def test_the_example_holds_no_value_of_a_secret() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    secret = {f"ALTPRESS_{name.upper()}" for name in SECRETS}
    secret |= {name for name in given if re.search("PASSWORD|SECRET|TOKEN|PRIVATE|KEY$", name)}
    assert len(secret & given.keys()) >= len(SECRETS)
    assert {name: given[name] for name in secret & given.keys() if given[name]} == {}


def test_env_files_are_not_tracked() -> None:
    ignored = subprocess.run(["git", "-C", str(ROOT), "check-ignore", "-q", ".env"], check=False)
    assert ignored.returncode == 0
