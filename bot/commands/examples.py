"""How each command is written, for `/help command` and docs/commands.md. No I/O."""

from collections.abc import Mapping

Example = tuple[str, str]  # the command, and what it means

EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "help": (("/help", "the table of commands"), ("/help yank", "how one of them is written")),
    "status": (("/status", "everything here"), ("/status acme", "one app")),
    "preview": (("/preview", "the whole site"), ("/preview acme", "the entries of one app")),
    "lint": (("/lint", "a table of verdicts, and what each client objects to"),),
    "rebuild": (
        ("/rebuild", "compares all releases of all apps with what is known, and reads what is new"),
        ("/rebuild acme --from-scratch", "reads every IPA of one app anew"),
    ),
    "retry": (
        ("/retry", "everything that failed"),
        ("/retry acme", "what failed of one app"),
        ("/retry 72d3162e", "one webhook delivery, by the first letters of its id"),
    ),
    "yank": (
        ("/yank acme 1.2.0 crashes at start", "takes a version out, with the reason"),
        ('/yank acme "1.2.0 (57)"', "takes one build of it out"),
    ),
    "unyank": (("/unyank acme 1.2.0", "takes it in again"),),
    "rollback": (
        ("/rollback acme", "back to the version before"),
        ("/rollback acme 1.1.0", "back to that version: all newer ones are yanked"),
    ),
    "pin": (
        ("/pin acme 1.1.0", "until somebody unpins it"),
        ("/pin acme 1.1.0 --until 2027-01-31", "until that day begins (UTC)"),
    ),
    "unpin": (("/unpin acme", "the newest version comes first again"),),
    "hold": (
        ("/hold", "all apps of the site"),
        ("/hold --all holidays", "the same, with the reason"),
        ("/hold acme until the server is fixed", "one app, with the reason"),
        ("/hold acme --until 2027-01-31", "one app, until that day begins (UTC)"),
    ),
    "resume": (("/resume", "lifts every hold"), ("/resume acme", "lifts that of one app")),
    "approve": (("/approve acme 1.2.0", "lets a version through that waits"),),
    "promote": (("/promote", "everything that is staged"), ("/promote acme", "what is staged of one app")),
}
