"""Options that several commands have, in one form and with one sentence."""

from pathlib import Path

import click

data_option = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Data directory of `altpress up`; else ALTPRESS_DATA_DIR, else .altpress.",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
