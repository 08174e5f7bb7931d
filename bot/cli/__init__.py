"""The `altpress` command: one module a sub-command, imported only when it is asked for."""

import importlib
import io

import click

from bot import __version__
from bot.cli.output import close_full_output, plain, tell_error
from bot.errors import BotError

TRY_LATER = 75  # exit status, EX_TEMPFAIL of sysexits.h: a store or GitHub is away
COMMANDS = {
    "up": "start everything on this machine and keep it running",
    "demo": "show the whole main job, step by step, with the sandbox",
    "init": "the first catalog, from published releases",
    "doctor": "what is set up right, what is not, and what to do",
    "password": "the hash of a password for the dashboard",
    "deliveries": "every webhook that came in and what came of it; do it again",
    "inspect": "what is inside an IPA: file or URL",
    "lint": "what each client says about a source: file or URL; --fix repairs it",
    "build": "a source from a catalog and a folder of IPAs, with no server",
    "backup": "what is in MongoDB alone, as one file; --list shows what there is",
    "restore": "a backup into the database, the rest from git; --verify-only",
    "rebuild-state": "fill an empty database again, from the sites and their locks",
    "migrate": "bring the database to where this version wants it; status, down",
    "sandbox": "a small GitHub of your own: publish, comment, push, redeliver",
    "web": "one process: the webhook receiver",
    "worker": "one process: does the queued work",
    "scheduler": "one process: timed work, and the dispatcher",
}


class _Lazy(click.Group):
    """Lists all commands, imports one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"bot.cli.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table above, without importing what it names."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="altpress")
def cli() -> None:
    """Turn GitHub releases into AltStore sources, by themselves.

    Start with `altpress demo`, or `altpress up --sandbox` for a bot with a GitHub of its own.
    """


def main() -> int:
    """Run the command; an error of ours is one sentence on stderr and exit status 2, or 75 where trying again
    later may do (docs/operations.md).
    """
    try:
        result = cli.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return 130
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        click.echo("\n".join(map(plain, told.getvalue().splitlines())), err=True)  # it may repeat an argument
        return error.exit_code
    except BotError as error:
        tell_error(error.public)
        return TRY_LATER if error.retry else 2
    except OSError as error:
        if (status := close_full_output(error)) is None:
            raise
        return status
    return result if isinstance(result, int) else 0
