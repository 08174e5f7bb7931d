"""Every secret that a test gives to altpress, and every text that must not hold one.

What altpress prints and logs is searched when the test is over (`tests/leaks_plugin.py`): its log records
before any mask, and what the processes that it started have written. A find names the test, the place and the
kind of the secret, never the secret.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from config.settings import SECRETS, Settings

SHORTEST = 8  # characters; tests also have "secrets" that are words of every day
URLS = ("mongo_url", "redis_url")
# What is made on the way, and told to nobody here.
MADE = {
    "a token of GitHub": re.compile(r"gh[a-z]_[0-9A-Za-z]{30,}|github_pat_[0-9A-Za-z_]{30,}"),
    "a JWT": re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a signed address": re.compile(r"[?&]signature=[0-9a-f]{20,}"),
    "a private key": re.compile(r"-----BEGIN[ A-Z]*PRIVATE KEY-----"),
    "a password in an address": re.compile(r"\w://[^\s/@:\"']*:[^\s/@\"'\[]{6,}@"),
}
SANDBOX_FILES = ("sandbox-webhook-secret", "dashboard-password", "dashboard-password-hash")


class Secrets:
    """What must not be found, by value."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}

    def add(self, kind: str, *values: str) -> None:
        for value in values:
            for form in {value, json.dumps(value)[1:-1]}:
                if len(form) >= SHORTEST:
                    self._kinds.setdefault(form, kind)

    def add_key(self, kind: str, pem: str) -> None:
        """Each line by itself: a log may cut a key in pieces."""
        lines = pem.replace("\\n", "\n").splitlines()
        self.add(kind, *(line for line in lines if line and not line.startswith("-----")))

    def add_setting(self, name: str, value: str) -> None:
        """The value of `ALTPRESS_NAME`: a list, a key, an address with a password, or plain."""
        if name in URLS:
            password = urlsplit(value).password or ""
            self.add(name, password, unquote(password))
        elif "PRIVATE KEY" in value:
            self.add_key(name, value)
        else:  # lists of secrets, and one alone, whose hash may hold a comma
            self.add(name, value, *(part.strip() for part in value.split(",") if part.strip()[:1] != "p="))

    def add_settings(self, settings: Settings) -> None:
        for name in SECRETS:
            value = getattr(settings, name, None)
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, SecretStr):
                    self.add_setting(name, one.get_secret_value())

    def add_environment(self, environ: Mapping[str, str]) -> None:
        """What a process is given: in a variable, or in a file that one names."""
        for name in SECRETS:
            variable = f"ALTPRESS_{name.upper()}"
            if value := environ.get(variable):
                self.add_setting(name, value)
            if (path := environ.get(f"{variable}_FILE")) and (value := _read(Path(path))):
                self.add_setting(name, value.strip())

    def add_data(self, data: Path) -> None:
        """What a data directory holds: keys and secrets that were made on the first start."""
        for path in data.glob("*.pem"):
            self.add_key(path.name, _read(path))
        for name in SANDBOX_FILES:
            self.add(name, _read(data / name).strip())
        self.add("sandbox-tokens.json", *_values(data / "sandbox-tokens.json"))
        self.add("control token", *_values(data / "sandbox.json", "control_token"))

    def find(self, text: str) -> list[str]:
        """The kinds of what is in a text."""
        known = {kind for value, kind in self._kinds.items() if value in text}
        return sorted(known | {kind for kind, pattern in MADE.items() if pattern.search(text)})

    def __len__(self) -> int:
        return len(self._kinds)


def report(found: Iterable[tuple[str, str, str]]) -> list[str]:
    """`(place, which line, kind)` as sentences."""
    return [f"{place}: {kind} in {line}" for place, line, kind in found]


def search(secrets: Secrets, place: str, text: str) -> Iterator[tuple[str, str, str]]:
    """Each line that holds a secret: by its event, or its number."""
    if not secrets.find(text):
        return
    for number, line in enumerate(text.splitlines(), start=1):
        for kind in secrets.find(line):
            yield place, _event_of(line) or f"line {number}", kind


def _event_of(line: str) -> str:
    """The static name of a log line."""
    try:
        found = re.fullmatch(r"[a-z_]+", str(json.loads(line)["event"]))
    except (ValueError, TypeError, KeyError):
        return ""
    return found[0] if found else ""


def _values(path: Path, only: str | None = None) -> list[str]:
    try:
        found = json.loads(_read(path) or "{}")
    except ValueError:  # half written: its process was killed
        return []
    return [str(value) for name, value in found.items() if only in (None, name)]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return ""
