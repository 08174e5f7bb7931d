"""The sandbox's dashboard: a password of its own, made on the first start.

The sign-in link carries it behind the `#`: a browser never sends that part, so it is in no log of any server
or proxy; the sign-in page's script moves it into the form and takes it out of the address. Without a script
it can be typed from DATA/dashboard-password. Only a person at a terminal is shown the link: elsewhere the
output of `up` is a log.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

from bot.cli.password import hash_password
from bot.cli.up_places import write_private

PASSWORD_FILE, HASH_FILE = "dashboard-password", "dashboard-password-hash"
VARIABLE = "ALTPRESS_DASHBOARD_PASSWORD_HASH"


def let_in(environ: Mapping[str, str], data_dir: Path) -> dict[str, str]:
    """The environment with a dashboard; a password that somebody has set stays in force."""
    if environ.get(VARIABLE) or environ.get(f"{VARIABLE}_FILE"):
        return dict(environ)
    if not ((data_dir / PASSWORD_FILE).exists() and (data_dir / HASH_FILE).exists()):
        password = secrets.token_urlsafe(24)
        write_private(data_dir / HASH_FILE, hash_password(password) + "\n")
        write_private(data_dir / PASSWORD_FILE, password + "\n")
    return {**environ, f"{VARIABLE}_FILE": str(data_dir / HASH_FILE)}


def sign_in_link(environ: Mapping[str, str], data_dir: Path, url: str) -> str | None:
    """Where a click signs in; None where the password is not ours to tell."""
    if environ.get(f"{VARIABLE}_FILE") != str(data_dir / HASH_FILE):
        return None
    return f"{url}/login#token={(data_dir / PASSWORD_FILE).read_text(encoding='utf-8').strip()}"


def tell_dashboard(environ: Mapping[str, str], data_dir: Path, url: str, *, terminal: bool) -> str | None:
    """The sign-in link at a terminal, else the address and where the password is; None as above."""
    link = sign_in_link(environ, data_dir, url)
    if link is None or terminal:
        return link
    return f"{url}/login (password in {data_dir / PASSWORD_FILE})"
