"""No page waits longer for a database that hangs than a webhook does."""

import functools
from collections.abc import Callable
from typing import Any

from flask import Flask

from bot.store import within
from bot.web.patience import Patience

PAGES = "dashboard."
WITHOUT_DATABASE = ("dashboard.files.", "dashboard.login.")


def wait_shortly(app: Flask, patience: Patience) -> None:
    """Call it when all pages are registered."""
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(PAGES) and not endpoint.startswith(WITHOUT_DATABASE):
            app.view_functions[endpoint] = _patient(view, patience)


def _patient(view: Callable[..., Any], patience: Patience) -> Callable[..., Any]:
    @functools.wraps(view)
    def patient(**arguments: Any) -> Any:
        # `wait`, not `watch`: what a page finds unavailable may be Redis, or GitHub
        with patience.wait() as seconds, within(seconds):
            return view(**arguments)

    return patient
