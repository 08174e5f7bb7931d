"""What `/` says without a password's hash: that there is a dashboard, and how to open it."""

from flask import Blueprint, render_template

from bot.web.dashboard.files import files
from bot.web.dashboard.headers import add_headers


def make_closed() -> Blueprint:
    closed = Blueprint("dashboard", __name__, template_folder="templates")
    closed.after_request(add_headers)
    closed.register_blueprint(files)

    @closed.get("/")
    def tell() -> tuple[str, int]:
        return render_template("dashboard/closed.html"), 404

    return closed
