"""Look for secrets in every file that git tracks: `python scripts/scan_secrets.py [FOLDER]`.

detect-secrets does the looking, with all of its detectors; what it may say without being right is listed
here with a reason, and nowhere else. One line of a file: a comment `pragma: allowlist secret`.
Exit status 1 when one is found; the secret itself is never shown.
"""

import fnmatch
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.scan import scan_file
from detect_secrets.plugins import keyword
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.settings import transient_settings

KEYWORD, BASIC, KEY = "Secret Keyword", "Basic Auth Credentials", "Private Key"
HEX, BASE64 = "Hex High Entropy String", "Base64 High Entropy String"
JWT = "JSON Web Token"
OURS = "Setting of altpress"
GUESSES = (
    KEYWORD,
    BASIC,
    HEX,
    BASE64,
    OURS,
)  # by names and by chance; the others know a secret by its own form


@dataclass(frozen=True)
class Known:
    """What a detector says of these files, and why it is wrong."""

    path: str  # as fnmatch takes it
    kinds: tuple[str, ...]
    why: str


KNOWN = (
    Known("tests/*", GUESSES, "passwords of stores that live as long as a test"),
    Known("requirements/*.txt", (HEX,), "the hashes of packages"),
    Known("bot/sandbox/git.py", (HEX,), "git's name of the empty tree"),
    Known("bot/sandbox/prepare.py", (KEYWORD,), "the name of a file"),
    Known("bot/cli/__init__.py", (KEYWORD,), "the help of a command"),
    Known("deploy/kubernetes/*", (KEYWORD,), "names of Secrets"),
    Known("scripts/smoketest/checks.py", (KEYWORD,), "the name of a variable"),
    Known("tests/unit/test_leaks.py", (JWT,), "what the search for secrets in logs is tried with"),
    Known("scripts/render_settings.py", (KEYWORD,), "a word in a list"),
)
BY_CHANCE = {  # the entropy that they ask for takes so many characters, within quotes
    "Base64HighEntropyString": re.compile(r"""["'][A-Za-z0-9+/=_\\-]{20,}["']"""),
    "HexHighEntropyString": re.compile(r"""["'][A-Fa-f0-9]{8,}["']"""),
    "KeywordDetector": re.compile("|".join(keyword.DENYLIST), re.IGNORECASE),
}
QUOTING = (".py", ".json", ".md", ".html", ".css", ".js", ".svg")  # elsewhere words may be without quotes
EXAMPLE = re.compile(r"//[^/\s:@]*:(PASSWORD|password|\$\{[A-Z_]+:?-?\}|[^/\s:@]*…[^/\s:@]*)@")  # an address
SETTING = re.compile(
    r"(?:ALTPRESS_[A-Z_]*(?:SECRETS?|TOKEN|KEY|HASH)|(?:MONGO|REDIS)_PASSWORD)"
    r"[\"']?\s*[:=]\s*[\"']?((?=[^\s\"']*\d)[A-Za-z0-9+/=_.,-]{16,})"
)
BODY = re.compile(
    r"PRIVATE KEY-----[\s\"'\\nr]*[A-Za-z0-9+/]{40}"
)  # tests hold first lines of keys without one


def find_secrets(root: Path) -> list[PotentialSecret]:
    """All that is neither known nor an example, by path and line."""
    found = []
    for names, paths in _group(root).items():
        with transient_settings({"plugins_used": [{"name": name} for name in names]}):
            found += [secret for path in paths for secret in scan_file(path) if not _is_known(secret)]
    found += [secret for path in _tracked(root) for secret in _settings(path) if not _is_known(secret)]
    return sorted(found, key=lambda secret: (secret.filename, secret.line_number))


def _group(root: Path) -> dict[tuple[str, ...], list[str]]:
    """Files by the detectors that may find something there: a regex over the whole text tells at once.

    detect-secrets asks each of them about each line, which takes five times as long.
    """
    patterns = {name: list(_patterns(kind)) for name, kind in _detectors().items()}
    groups = defaultdict(list)
    for path in _tracked(root):
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        unquoted = not path.endswith(QUOTING)
        names = [
            name
            for name, found in patterns.items()
            if (unquoted and name in BY_CHANCE) or any(pattern.search(text) for pattern in found)
        ]
        if names:
            groups[tuple(names)].append(path)
    return groups


def _settings(path: str) -> Iterator[PotentialSecret]:
    """Secret settings of altpress with a value that may be one, wherever they stand."""
    lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        if (found := SETTING.search(line)) and "pragma: allowlist secret" not in line:
            yield PotentialSecret(OURS, path, found[1], number)


def _detectors() -> dict[str, type[BasePlugin]]:
    kinds: Iterable[type[BasePlugin]] = get_mapping_from_secret_type_to_class().values()
    return {kind.__name__: kind for kind in sorted(kinds, key=lambda kind: kind.__name__)}


def _patterns(kind: type[BasePlugin]) -> Iterator[re.Pattern[str]]:
    """What a text has wherever this detector finds something in a line of it."""
    if kind.__name__ in BY_CHANCE:
        yield BY_CHANCE[kind.__name__]
    else:
        for pattern in kind.denylist:  # type: ignore[attr-defined] # of every RegexBasedDetector
            yield re.compile(pattern.pattern, pattern.flags | re.MULTILINE)


def _tracked(root: Path) -> Iterator[str]:
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"],  # noqa: S607 - the git of whoever asks
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    for path in listed.stdout.split("\0"):
        if path and (root / path).is_file() and not (root / path).is_symlink():
            yield path


def _is_known(secret: PotentialSecret) -> bool:
    if any(secret.type in known.kinds and fnmatch.fnmatch(secret.filename, known.path) for known in KNOWN):
        return True
    text = Path(secret.filename).read_text(encoding="utf-8", errors="replace")
    if secret.type == KEY:
        return not BODY.search(text)
    value = secret.secret_value or ""
    return secret.type == BASIC and any(EXAMPLE.search(x) for x in text.splitlines() if value in x)


def main(arguments: Sequence[str]) -> int:
    root = Path(arguments[0] if arguments else ".")
    os.chdir(root)  # detect-secrets names files as they are opened
    found = find_secrets(Path())
    for secret in found:
        sys.stdout.write(f"{secret.filename}:{secret.line_number}: {secret.type}\n")
    sys.stdout.write(f"{len(found)} secrets found\n" if found else "no secret found\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
