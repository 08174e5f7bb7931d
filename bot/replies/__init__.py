"""Every sentence that altpress says in comments and issues, as Markdown. No I/O.

`text` makes foreign text harmless, `chat` and `status` answer commands, `notices` is what is told unasked.
"""

from bot.replies.chat import (
    render_answers,
    render_flag_value,
    render_help,
    render_hidden_site,
    render_needs_role,
    render_reread,
    render_reread_begun,
    render_table,
    render_too_many,
    render_too_many_commands,
    render_too_often,
    render_unknown_app,
    render_unknown_command,
    render_unknown_flag,
    render_usage,
)
from bot.replies.edited import HandEdit, render_edited
from bot.replies.life import render_changed_bytes, render_moved_site
from bot.replies.notices import (
    render_adopted,
    render_bad_catalog,
    render_rejected,
    render_rejected_title,
)
from bot.replies.status import AppStatus, Failure, SiteStatus, WaitingRelease, render_status
from bot.replies.text import code, hidden, inline, is_own, link, render_trace

__all__ = [
    "AppStatus",
    "Failure",
    "HandEdit",
    "SiteStatus",
    "WaitingRelease",
    "code",
    "hidden",
    "inline",
    "is_own",
    "link",
    "render_adopted",
    "render_answers",
    "render_bad_catalog",
    "render_changed_bytes",
    "render_edited",
    "render_flag_value",
    "render_help",
    "render_hidden_site",
    "render_moved_site",
    "render_needs_role",
    "render_rejected",
    "render_rejected_title",
    "render_reread",
    "render_reread_begun",
    "render_status",
    "render_table",
    "render_too_many",
    "render_too_many_commands",
    "render_too_often",
    "render_trace",
    "render_unknown_app",
    "render_unknown_command",
    "render_unknown_flag",
    "render_usage",
]
