"""What a sandbox and its bot must share, made on the first start: the App's key and the webhook's secret.

The key of the issuer of the jobs' tokens is made here, too; the sandbox alone reads it.
"""

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.errors import BadSettings
from bot.sandbox.seed import APP_ID

KEY_FILE = "sandbox-app.pem"
OIDC_KEY_FILE = "sandbox-oidc.pem"
SECRET_FILE = "sandbox-webhook-secret"  # noqa: S105  # a file's name


@dataclass(frozen=True, slots=True)
class SandboxKeys:
    """How the bot signs in to the sandbox, and where the secrets for it are (files of mode 0600)."""

    app_id: int
    private_key_file: Path
    webhook_secret_file: Path
    oidc_key_file: Path

    def load_secret(self) -> str:
        return self.webhook_secret_file.read_text().strip()

    def load_public_key(self) -> str:
        """PEM, as the App's row keeps it."""
        return public_half(self.private_key_file.read_bytes())


def prepare(data_dir: Path) -> SandboxKeys:
    """The secrets in a data directory; what is there stays. Several processes may call this at once.

    Raises BadSettings where the sandbox could not keep a repository: altpress's own image has no git.
    """
    if shutil.which("git") is None:
        raise BadSettings("The sandbox needs git on PATH (of the image, take the target `sandbox`).")
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = SandboxKeys(APP_ID, data_dir / KEY_FILE, data_dir / SECRET_FILE, data_dir / OIDC_KEY_FILE)
    for file in (keys.private_key_file, keys.oidc_key_file):
        if not file.exists():
            _save_secret(file, make_key())
    if not keys.webhook_secret_file.exists():
        _save_secret(keys.webhook_secret_file, secrets.token_hex(32).encode())
    return keys


def public_half(private_key: bytes) -> str:
    """Both are PEM."""
    key = serialization.load_pem_private_key(private_key, password=None)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def make_key() -> bytes:
    """A new private key of an App (PEM)."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,  # "RSA PRIVATE KEY", as GitHub hands it out
        serialization.NoEncryption(),
    )


def _save_secret(path: Path, data: bytes) -> None:
    """A whole file or none, readable by its owner alone from the first byte; the first writer wins."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
