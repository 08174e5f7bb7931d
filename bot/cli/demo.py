"""`altpress demo`: the whole main job on this machine, told while it happens, seen from outside."""

import signal
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.syntax import Syntax

from bot.cli.demo_ipas import Choice, make_successor, pick_ipa
from bot.cli.demo_world import Failed, World

SITE, APP = "acme/source", "acme/app"


@click.command("demo")
@click.option("--keep", is_flag=True, help="Stay up afterwards, for looking around.")
@click.option(
    "--ipas",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("../shared/ipas"),
    show_default=True,
    help="Folder of real IPAs to take one from; without it a small one is made.",
)
def command(keep: bool, ipas: Path) -> int:
    """Show the whole main job, step by step, on a GitHub of its own.

    Starts the embedded stores, the sandbox, the webhook receiver, workers and the scheduler; publishes a
    release with an IPA; follows it from the webhook to the commit; then a second release, a delivery sent
    twice, and a `/rebuild` comment. The exit status is 0 only if every step was seen to happen.

    The waits that protect a real source (ALTPRESS_QUIET_PERIOD, ALTPRESS_PUBLISH_INTERVAL) are set to 0 here.
    """
    signal.signal(signal.SIGTERM, _leave)
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = 200  # a pipe has no width: nothing is to be cut off
    with tempfile.TemporaryDirectory(prefix="altpress-") as folder, World(Path(folder), console) as world:
        try:
            _tell(world, console, pick_ipa(ipas, Path(folder)))
        except Failed as failure:
            console.print(f"[bold red]✗ {failure}[/]", markup=True)
            console.print(world.last_log_lines(), markup=False)
            return 1
        console.print("\n[bold green]Every step was seen to happen.[/]")
        if keep:
            _keep(world, console)
    return 0


def _leave(*_: object) -> None:
    """SIGTERM ends the demo as Ctrl-C does: what it started is stopped on the way out."""
    sys.exit(143)


def _tell(world: World, console: Console, first: Choice) -> None:
    """Run all steps in order; raises Failed at the first that is not seen to happen."""
    world.start()
    console.rule(f"1  A developer publishes {APP} v{first.info.version} ({first.path.name})", align="left")
    _release(world, console, first)
    console.print(Syntax(world.entry(), "json", background_color="default", word_wrap=True))

    second = make_successor(first, world.folder)
    console.rule(f"2  A second release, v{second.info.version}", align="left")
    guid = _release(world, console, second)

    console.rule("3  GitHub sends the same delivery again", align="left")
    before = world.head()
    with world.step("replayed; the ledger knows it, nothing is done twice") as told:
        status = world.redeliver(guid)
        told(f"answered {status}")
        world.expect_quiet(before)

    console.rule("4  A maintainer writes /rebuild", align="left")
    with world.step("the bot answers in the issue") as told:
        told(world.comment(SITE, 1, "maintainer", "/rebuild"))


def _release(world: World, console: Console, choice: Choice) -> str:
    """Publish one release and follow it into the site; returns the delivery's GUID."""
    before, tag = world.head(), f"v{choice.info.version}"
    with world.step("webhook accepted") as told:
        guid = world.release(APP, tag, choice.path)
        told(f"202, delivery {guid}")
    with world.step("facts read from the IPA by HTTP ranges") as told:
        told(world.facts_read(choice.path))
    with world.step("source rebuilt, checked and committed") as told:
        told(world.commit_after(before, tag))
    console.print(Syntax(world.diff(before), "diff", background_color="default", word_wrap=True))
    return guid


def _keep(world: World, console: Console) -> None:
    """Stay up until Ctrl-C."""
    console.print(f"Still up. Dashboard: {world.sign_in_link()}   GitHub of its own: {world.github_page()}")
    console.print(f"Try: altpress sandbox release {APP} --tag v9.0.0 --data {world.data}   (Ctrl-C ends it)")
    world.wait()
