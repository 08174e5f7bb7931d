"""Settings: strict, nothing falls open, and `.env.example` and the README say the same as the code."""

import re
from pathlib import Path

import pytest

from bot.errors import BadSettings
from config.settings import SECRETS, Settings, load_settings
from scripts.render_settings import read_sections, render_page

ROOT = Path(__file__).resolve().parents[3]
PEM = "-----BEGIN RSA PRIVATE KEY-----\ns3cret\n-----END RSA PRIVATE KEY-----"


def variables(text: str) -> dict[str, str]:
    """`ALTPRESS_X=value` lines of an env file."""
    return dict(re.findall(r"^(ALTPRESS_[A-Z0-9_]+)=(.*)$", text, re.MULTILINE))


def test_env_example_names_every_setting_and_no_other() -> None:
    example = variables((ROOT / ".env.example").read_text())
    assert sorted(example) == sorted(f"ALTPRESS_{name.upper()}" for name in Settings.model_fields)


def test_env_example_is_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables((ROOT / ".env.example").read_text()).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == Settings()


def test_configuration_page_is_the_settings() -> None:
    assert render_page() == (ROOT / "docs/configuration.md").read_text(), "run scripts/render_settings.py"
    assert [name for _, names in read_sections() for name in names] != []


def test_readme_tells_of_settings_what_the_page_does() -> None:
    rows = re.findall(
        r"^\| `(ALTPRESS_[A-Z0-9_]+)` \| .* \|$", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert rows
    assert [r for r in rows if r.removeprefix("ALTPRESS_").lower() not in Settings.model_fields] == []


def test_env_example_holds_no_secret() -> None:
    example = variables((ROOT / ".env.example").read_text())
    assert [name for name in SECRETS if example[f"ALTPRESS_{name.upper()}"]] == []


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert Settings.model_fields[name].description


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_can_come_from_a_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, text = tmp_path / "secret", PEM if name == "github_app_private_key" else "s3cret"
    secret.write_text(f"{text}\n")
    monkeypatch.setenv(f"ALTPRESS_{name.upper()}_FILE", str(secret))
    others = {"github_token": {"sites": ("o/r",)}, "github_app_private_key": {"github_app_id": 1}}
    settings = load_settings(**others.get(name, {}))
    value = getattr(settings, name)
    value = value[0] if isinstance(value, tuple) else value
    assert value.get_secret_value() == text
    assert "s3cret" not in repr(settings)


def test_both_the_variable_and_its_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t").write_text("a")
    monkeypatch.setenv("ALTPRESS_REDIS_URL_FILE", str(tmp_path / "t"))
    monkeypatch.setenv("ALTPRESS_REDIS_URL", "redis://x")
    with pytest.raises(BadSettings, match="ALTPRESS_REDIS_URL and ALTPRESS_REDIS_URL_FILE are both set"):
        load_settings()


def test_an_unreadable_secret_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTPRESS_MONGO_URL_FILE", str(tmp_path / "missing"))
    with pytest.raises(BadSettings, match="ALTPRESS_MONGO_URL_FILE cannot be read: No such file"):
        load_settings()


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"PORT": "http"}, "ALTPRESS_PORT: .*integer"),
        ({"PORT": "70000"}, "ALTPRESS_PORT: .*65535"),
        ({"QUIET_PERIOD": "-1"}, "ALTPRESS_QUIET_PERIOD: .*greater than or equal to 0"),
        ({"LOG_LEVEL": "LOUD"}, "ALTPRESS_LOG_LEVEL: "),
        ({"LOG_FORMAT": "xml"}, "ALTPRESS_LOG_FORMAT: "),
        ({"GITHUB_API_URL": "http://example.com"}, "ALTPRESS_GITHUB_API_URL: must be https://"),
        ({"GITHUB_TOKEN": "t", "GITHUB_APP_ID": "1", "SITES": "o/r"}, "not both"),
        ({"GITHUB_APP_ID": "1"}, "belong together"),
        (
            {"GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": PEM[:-9]},
            "ALTPRESS_GITHUB_APP_PRIVATE_KEY: .*END",
        ),
        ({"GITHUB_TOKEN": "t"}, "ALTPRESS_SITES must name the sites"),
        *(
            ({name: " , ,"}, f"ALTPRESS_{name}: must hold a secret")
            for name in ("BACKUP_KEY", "SESSION_KEY", "METRICS_TOKEN")
        ),
        ({"PORT": "x", "WORKERS": "0"}, "ALTPRESS_PORT.*; ALTPRESS_WORKERS"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(
    environ: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(f"ALTPRESS_{name}", value)
    with pytest.raises(BadSettings, match=message):
        load_settings()


def test_empty_means_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTPRESS_PORT", "")
    monkeypatch.setenv("ALTPRESS_WEBHOOK_SECRETS", "")
    assert load_settings() == Settings()


def test_several_webhook_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTPRESS_WEBHOOK_SECRETS", "old, new")
    assert [s.get_secret_value() for s in load_settings().webhook_secrets] == ["old", "new"]


def test_a_key_in_one_line_gets_its_line_ends_back() -> None:
    settings = load_settings(github_app_id=1, github_app_private_key=PEM.replace("\n", "\\n"))
    assert settings.github_app_private_key is not None
    assert settings.github_app_private_key.get_secret_value() == PEM


def test_what_is_required_stops_the_start() -> None:
    with pytest.raises(BadSettings, match=r"ALTPRESS_WEBHOOK_SECRETS is not set.*--sandbox"):
        load_settings().require_webhook()
    with pytest.raises(BadSettings, match=r"ALTPRESS_GITHUB_APP_ID .*is not set.*--sandbox"):
        load_settings().require_github()


@pytest.mark.parametrize(
    "address",
    [
        "http://github.example/api/v3",
        "http://127.0.0.1.evil.example/api/v3",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example/",
        "https://token@github.example/api/v3",
        "https://github.example/api/v3?x=1",
        "https://",
        "https://host:port/",
        "ftp://127.0.0.1/",
    ],
)
def test_tokens_are_sent_to_no_strange_address(address: str) -> None:
    with pytest.raises(BadSettings, match="ALTPRESS_GITHUB_API_URL") as caught:
        load_settings(github_api_url=address)
    assert address not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://github.example/api/v3",
        "http://127.0.0.1:8080/api/v3",
        "http://[::1]:1/api/v3",
        "http://localhost/",
    ],
)
def test_tokens_are_sent_by_https_or_on_this_machine(address: str) -> None:
    assert load_settings(github_api_url=address).github_api_url == address.rstrip("/")
    assert load_settings(oidc_issuer=address).oidc_issuer == address.rstrip("/")


@pytest.mark.parametrize("address", ["https://[::1", "https://example.com:port", "https://example.com:99999"])
def test_own_address_is_one(address: str) -> None:
    with pytest.raises(BadSettings, match="ALTPRESS_PUBLIC_URL: is no address"):
        load_settings(public_url=address)


def test_keys_are_fetched_by_https() -> None:
    with pytest.raises(BadSettings, match="ALTPRESS_OIDC_ISSUER: must be https://"):
        load_settings(oidc_issuer="http://issuer.example")


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "\t", "a\x7f"])
def test_data_directory_is_one_line(name: str) -> None:
    """It stands in the supervisor's and Redis's configurations."""
    with pytest.raises(BadSettings, match="ALTPRESS_DATA_DIR: must be a path without line ends"):
        load_settings(data_dir=name)
    assert load_settings(data_dir="Ünïcode path").data_dir.name == "Ünïcode path"
