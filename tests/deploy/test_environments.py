"""deploy/environments: what altpress takes, and what docs/deployment.md says of it."""

import re
from pathlib import Path

import pytest

from config.settings import SECRETS, Settings, load_settings
from tests.deploy.manifests import DEPLOY, ROOT, read_variables

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----"
NAMES = ("development", "staging", "production")
PAGE = (ROOT / "docs/deployment.md").read_text()
FILES = {name: read_variables(DEPLOY / f"environments/{name}/settings.env") for name in NAMES}


def test_there_are_no_others() -> None:
    assert {path.name for path in (DEPLOY / "environments").iterdir()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_altpress_takes_it(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in FILES[name].items():
        secret = tmp_path / Path(value).name
        if variable.endswith("_FILE"):
            secret.write_text(PEM if "PRIVATE_KEY" in variable else "a-secret-of-its-own")
        monkeypatch.setenv(variable, str(secret) if variable.endswith("_FILE") else value)
    settings = load_settings()
    if name != "development":  # there it is the sandbox, which brings its own
        settings.require_webhook()
        settings.require_github()


@pytest.mark.parametrize("name", NAMES)
def test_names_settings_and_holds_no_secret(name: str) -> None:
    fields = {f"ALTPRESS_{field.upper()}" for field in Settings.model_fields}
    secret = {f"ALTPRESS_{field.upper()}" for field in SECRETS}
    for variable, value in FILES[name].items():
        plain = variable.removesuffix("_FILE")
        assert plain in fields
        assert (plain in secret) == variable.endswith("_FILE")
        assert value


def test_staging_finds_its_secrets_where_production_does() -> None:
    staging, production = (
        {key: value for key, value in FILES[name].items() if key.endswith("_FILE")}
        for name in ("staging", "production")
    )
    assert staging == production
    assert not [key for key in FILES["development"] if key.endswith("_FILE")]


def test_each_has_an_app_an_address_and_a_database_of_its_own() -> None:
    for variable in ("ALTPRESS_GITHUB_APP_ID", "ALTPRESS_PUBLIC_URL", "ALTPRESS_BACKUP_TO"):
        assert FILES["staging"][variable] != FILES["production"][variable]
    assert FILES["staging"]["ALTPRESS_MONGO_DATABASE"] != Settings.model_fields["mongo_database"].default


def test_page_has_the_whole_difference() -> None:
    rows = re.findall(r"^\| `(ALTPRESS_\w+)` \|(.*)\|(.*)\|(.*)\|$", PAGE, re.MULTILINE)
    told = {row[0]: dict(zip(NAMES, (cell.strip(" `") for cell in row[1:]), strict=True)) for row in rows}
    named = {key for file in FILES.values() for key in file if not key.endswith("_FILE")}
    assert told == {key: {name: FILES[name].get(key, "") for name in NAMES} for key in named}
