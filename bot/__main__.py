"""`python -m bot` is `altpress`."""

import sys

from bot.cli import main

sys.exit(main())
