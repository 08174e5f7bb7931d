"""What every test gets: a clean environment, the stores (`tests/stores.py`), the real data where present."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.leaks_plugin", "tests.stores"]

LONGEST_NAME = 40  # bytes of a parameter that names its test
settings.register_profile("altpress", deadline=None)  # no test is bound by the machine's speed
settings.load_profile("altpress")
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_make_parametrize_id(val: object) -> str | None:
    """Archives hold the time that they were made at, and all processes must name their tests alike."""
    return f"{len(val)}-bytes" if isinstance(val, bytes) and len(val) > LONGEST_NAME else None


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, git configuration or credential of the person who runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith(("ALTPRESS_", "GIT_", "GITHUB_", "GH_")) and not name.startswith("ALTPRESS_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real IPAs, sources and webhooks beside the checkout; the test is skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("no real data beside the checkout (../shared)")
    return SHARED
