"""Every setting of an installation: `ALTPRESS_…` variables.

They are read at the start, and again by `config/kept.py` when the file of a secret has changed.
Secrets may also come from a file: `ALTPRESS_X_FILE` names it. An empty variable means unset. Nothing falls
open: what is required and missing stops the start with a sentence that names it.
"""

import os
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import BadSettings
from config.forms import (
    ASSET_HOSTS,
    Address,
    Folder,
    GitHubAddress,
    Names,
    Pem,
    SecretList,
    Secrets,
    StorageAddress,
    Teams,
)
from config.secret_files import read_secret_files

SECRETS = (
    "webhook_secrets",
    "github_token",
    "github_app_private_key",
    "mongo_url",
    "redis_url",
    "metrics_token",
    "dashboard_password_hash",
    "session_key",
    "backup_key",
)


class Settings(BaseSettings):
    """What differs between installations."""

    model_config = SettingsConfigDict(
        env_prefix="ALTPRESS_", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    data_dir: Folder = Field(
        Path(".altpress"),
        description="Folder of the embedded stores, the sandbox and made secrets; mode 0700.",
    )
    host: str = Field("127.0.0.1", description="Address that the web process listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port that the web process listens on.")
    public_url: Address | None = Field(None, description="Address of altpress itself, for links in replies.")
    log_level: str = Field(
        "INFO",
        pattern="^(?i:DEBUG|INFO|WARNING|ERROR|CRITICAL)$",
        description="DEBUG, INFO, WARNING or ERROR.",
    )
    log_format: str = Field(
        "json", pattern="^(json|text)$", description="`json` (one object a line) or `text`."
    )

    mongo_url: SecretStr | None = Field(None, description="External MongoDB; embedded when unset.")
    mongo_database: str = Field("altpress", description="Name of the database in it.")
    redis_url: SecretStr | None = Field(None, description="External Redis; embedded when unset.")

    webhook_secrets: Secrets = Field(
        (), description="Secrets that sign webhooks, comma-separated; each is valid (for rotation). Required."
    )
    github_api_url: GitHubAddress = Field(
        "https://api.github.com",
        description="GitHub's REST address; `https://HOST/api/v3` for Enterprise Server.",
    )
    oidc_issuer: GitHubAddress | None = Field(
        None,
        description="Signs the tokens of CI jobs (docs/ready.md); when unset, that of the GitHub above.",
    )
    github_app_id: int | None = Field(None, description="Id of the GitHub App.")
    github_app_private_key: Pem | None = Field(None, description="Its private key (PEM).")
    github_token: SecretStr | None = Field(None, description="Fine-grained token, instead of an App.")
    sites: Names = Field((), description="With a token: `owner/repo[@branch],…` that hold a catalog.")
    bot_login: str | None = Field(None, description="The bot's login; asked from GitHub when unset.")
    command_teams: Teams = Field(
        (),
        description="Teams that stand in for roles in commands: `org/team=role,…` (docs/commands.md).",
    )
    commands_per_user: int = Field(
        30, ge=0, description="Commands of one person in ten minutes; 0: no bound."
    )
    asset_hosts: Names = Field(
        ASSET_HOSTS,
        description="Hosts that assets may be fetched from, comma-separated; the API's own host always.",
    )

    quiet_period: float = Field(
        10, ge=0, le=3600, description="Seconds that a release's newest asset must be old before it is read."
    )
    ready_timeout: float = Field(
        86_400, ge=0, description="Seconds that a release without its assets is waited for."
    )
    gone_after: float = Field(
        600,
        ge=0,
        description="Seconds after which an app's repository that answers 404 counts as gone, seen twice.",
    )
    publish_interval: float = Field(
        15,
        ge=0,
        le=3600,
        description="Seconds between two commits to one site; triggers in between are merged.",
    )
    writes_per_minute: int = Field(
        65, ge=0, description="Content writes to GitHub a minute and installation; it allows 80. 0: no bound."
    )
    writes_per_hour: int = Field(
        450,
        ge=0,
        description="The same an hour; it allows 500. 0: no bound (Enterprise Server may have none).",
    )
    sweep_interval: int = Field(
        300, ge=10, le=86_400, description="Seconds between two comparisons of all sites with GitHub."
    )
    silence_timeout: int = Field(
        86_400,
        ge=60,
        le=30 * 86_400,
        description="Seconds until a release that no webhook announced raises an alarm.",
    )
    live_timeout: float = Field(
        1800,
        ge=0,
        le=80_000,
        description="Seconds until published bytes must be seen at their public address; 0: nobody looks.",
    )
    keep_deliveries_days: int = Field(30, ge=1, le=365, description="Days that the ledger keeps a delivery.")
    backup_to: str | None = Field(
        None,
        description="Where backups go: a directory, or `s3://bucket/prefix` (docs/backup.md). Unset: none.",
    )
    backup_interval: int = Field(86_400, ge=60, le=30 * 86_400, description="Seconds between two backups.")
    backup_keep: int = Field(14, ge=1, le=10_000, description="Backups that are kept there.")
    backup_s3_endpoint: StorageAddress | None = Field(
        None, description="Address of S3-compatible storage that is not Amazon's."
    )
    backup_key: SecretList | None = Field(
        None, description="Signs backups, `new,old`; what none of them signed is then not restored."
    )
    max_ipa_bytes: int = Field(4 * 1024**3, ge=1, description="Largest IPA that is opened, in bytes.")

    web_threads: int = Field(16, ge=1, le=64, description="Threads of the web process.")
    workers: int = Field(2, ge=1, le=32, description="Worker processes that `altpress up` starts.")
    stop_grace: float = Field(
        45,
        ge=0,
        le=3600,
        description="Seconds that a worker told to stop gives its job to end before it hands the job back.",
    )
    stop_delay: float = Field(
        5,
        ge=0,
        le=300,
        description="Seconds that the web process told to stop still takes requests, not ready any more: "
        "what a load balancer needs to notice. Under `altpress up` 0 unless set.",
    )
    proxy_hops: int = Field(
        0, ge=0, le=5, description="Proxies in front that set X-Forwarded-For and -Proto; 0 trusts none."
    )
    dashboard_password_hash: SecretStr | None = Field(
        None, description="argon2 hash of the dashboard's password; without it, no dashboard."
    )
    session_key: SecretList | None = Field(
        None, description="Signs sessions of the dashboard, `new,old`; from the password's hash when unset."
    )
    metrics_token: SecretList | None = Field(
        None, description="Bearer token of /metrics, `new,old`; without it, 404."
    )
    metrics_open: bool = Field(
        False,
        description="Without a token, /metrics and the details of /health are for everybody: only where no "
        "stranger reaches the port. So it is in a sandbox.",
    )

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if self.github_token and self.github_app_id:
            raise ValueError("set either ALTPRESS_GITHUB_TOKEN or ALTPRESS_GITHUB_APP_ID, not both")
        if (self.github_app_id is None) != (self.github_app_private_key is None):
            raise ValueError("ALTPRESS_GITHUB_APP_ID and ALTPRESS_GITHUB_APP_PRIVATE_KEY belong together")
        if self.github_token and not self.sites:
            raise ValueError("with ALTPRESS_GITHUB_TOKEN, ALTPRESS_SITES must name the sites")
        return self

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        """The environment alone: `load_settings` has already put the `_FILE` values into it."""
        del settings_cls, dotenv_settings, file_secret_settings
        return init_settings, env_settings

    def require_webhook(self) -> None:
        """Stop a start that could check no signature."""
        if not self.webhook_secrets:
            raise BadSettings(
                _missing("ALTPRESS_WEBHOOK_SECRETS", "the secret that GitHub signs webhooks with")
            )

    def require_github(self) -> None:
        """Stop a start that could not talk to GitHub."""
        if not self.github_token and not self.github_app_id:
            raise BadSettings(
                _missing(
                    "ALTPRESS_GITHUB_APP_ID (or ALTPRESS_GITHUB_TOKEN)", "how altpress signs in to GitHub"
                )
            )


def _missing(name: str, what: str) -> str:
    return f"{name} is not set: {what}. Set it (see .env.example), or try `--sandbox`, which needs none."


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment; BadSettings lists every problem at once, values never shown."""
    problems: list[str] = []
    files: dict[str, Any] = {}
    try:
        files = read_secret_files(os.environ, SECRETS)
    except BadSettings as error:
        problems.append(error.public)
    try:
        settings = Settings(**{**files, **overrides})
    except ValidationError as error:
        # without a file's secret, what belongs together seems to be apart
        own = [each for each in error.errors(include_input=False) if each["loc"] or not problems]
        problems += map(_sentence, own)
    if problems:
        raise BadSettings("; ".join(problems)) from None
    return settings


def _sentence(error: Any) -> str:
    """One problem as `ALTPRESS_X: message`."""
    name = ".".join(str(part) for part in error["loc"][:1])
    message = error["msg"].removeprefix("Value error, ")
    return f"ALTPRESS_{name.upper()}: {message}" if name else message
