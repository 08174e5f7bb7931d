"""The environment of what `altpress up` starts. No I/O.

Secrets travel as they came: in the environment, or as the name of a file. What a sandbox needs replaces every
setting of the real GitHub, so that a bot that is tried out can never write to it.
"""

from collections.abc import Mapping
from pathlib import Path

GITHUB_SETTINGS = (
    "GITHUB_API_URL",
    "GITHUB_APP_ID",
    "GITHUB_APP_PRIVATE_KEY",
    "GITHUB_APP_PRIVATE_KEY_FILE",
    "GITHUB_TOKEN",
    "GITHUB_TOKEN_FILE",
    "SITES",
    "OIDC_ISSUER",
    "BOT_LOGIN",
    "WEBHOOK_SECRETS",
    "WEBHOOK_SECRETS_FILE",
    "ASSET_HOSTS",
)


def build_environment(
    environ: Mapping[str, str], *, data_dir: Path, host: str, port: int, reload: bool, terminal: bool = False
) -> dict[str, str]:
    """The caller's environment, with what the options of `up` say.

    At a terminal the log is text for people, unless ALTPRESS_LOG_FORMAT says otherwise.
    """
    said = {
        "ALTPRESS_DATA_DIR": str(data_dir),
        "ALTPRESS_HOST": host,
        "ALTPRESS_PORT": str(port),
    }
    log_format = environ.get("ALTPRESS_LOG_FORMAT") or ("text" if terminal else "json")
    said["ALTPRESS_LOG_FORMAT"] = log_format
    # one web process: where it is not ready, no balancer has another
    said["ALTPRESS_STOP_DELAY"] = environ.get("ALTPRESS_STOP_DELAY") or "0"
    return {**environ, **said, **({"ALTPRESS_RELOAD": "1"} if reload else {})}


def point_at_sandbox(
    environ: Mapping[str, str], *, port: int, app_id: int, private_key_file: Path, webhook_secret_file: Path
) -> dict[str, str]:
    """The same, with GitHub on this machine."""
    gone = {f"ALTPRESS_{name}" for name in GITHUB_SETTINGS}
    return {
        **{name: value for name, value in environ.items() if name not in gone},
        "ALTPRESS_GITHUB_API_URL": f"http://127.0.0.1:{port}/api/v3",
        "ALTPRESS_OIDC_ISSUER": f"http://127.0.0.1:{port}/oidc",
        "ALTPRESS_GITHUB_APP_ID": str(app_id),
        "ALTPRESS_GITHUB_APP_PRIVATE_KEY_FILE": str(private_key_file),
        "ALTPRESS_WEBHOOK_SECRETS_FILE": str(webhook_secret_file),
        "ALTPRESS_ASSET_HOSTS": "127.0.0.1,localhost",
        "ALTPRESS_METRICS_OPEN": environ.get("ALTPRESS_METRICS_OPEN") or "true",  # nothing in it is anybody's
    }
