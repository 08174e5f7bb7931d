"""Make this checkout importable in the virtual environment that runs this script, and `altpress` a command.

The same as an editable installation, without a build backend to download first: `make demo` on a fresh clone
installs what altpress runs with, and nothing else.
"""

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = """#!{python}
import sys

from bot.cli import main

sys.exit(main())
"""


def main() -> None:
    paths = sysconfig.get_paths()
    Path(paths["purelib"], "altpress.pth").write_text(f"{ROOT}\n")
    launcher = Path(paths["scripts"], "altpress")
    launcher.write_text(LAUNCHER.format(python=sys.executable))
    launcher.chmod(0o755)


if __name__ == "__main__":
    main()
