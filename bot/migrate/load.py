"""The migrations themselves: numbered modules beside the program, or in the checkout."""

import hashlib
import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

from bot.errors import BadSettings
from bot.migrate.model import Migration

HERE = Path(__file__).resolve()
INSTALLED = HERE.parent / "scripts"  # where the wheel has them
CHECKOUT = HERE.parents[2] / "scripts" / "migrations"
NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.py")


@cache
def load_migrations(folder: Path | None = None) -> tuple[Migration, ...]:
    """All of them, in order; numbers run from 1 without a gap. Raises BadSettings without them."""
    place = folder or next((path for path in (INSTALLED, CHECKOUT) if path.is_dir()), None)
    if place is None:
        raise BadSettings("altpress is installed without its migrations (scripts/migrations).")
    files = sorted(path for path in place.iterdir() if NAME.fullmatch(path.name))
    found = tuple(_load(path) for path in files)
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise BadSettings("The migrations' numbers have a gap, or one is there twice.")
    return found


def _load(path: Path) -> Migration:
    data = path.read_bytes()
    module = _module(path)
    version = int(path.name[:4])
    if version != module.VERSION:
        raise BadSettings(f"Migration {path.name} says that it is number {module.VERSION}.")
    return Migration(
        version=version,
        title=module.TITLE,
        needs=module.NEEDS,
        up=module.up,
        down=getattr(module, "down", None) or module.DOWN,
        checksum=hashlib.sha256(data).hexdigest(),
    )


def _module(path: Path) -> ModuleType:
    """Its name begins with a digit, so that no import statement can ask for it."""
    spec = importlib.util.spec_from_file_location(f"altpress_migration_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
