"""What a control request names, and the sentences that refuse it."""

from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bot.sandbox import releases
from bot.sandbox.files import CutShortError, TooLargeError
from bot.sandbox.http import ApiError
from bot.sandbox.model import HookDelivery, Release, Repository, User
from bot.sandbox.objects import BadObjectError
from bot.sandbox.protection import ProtectedBranchError
from bot.sandbox.pulls import PullError
from bot.sandbox.pushes import NoFileError, NotFastForwardError
from bot.sandbox.releases import NoCommitError
from bot.sandbox.routes.lookups import find_world
from bot.sandbox.shapes import ROLES, Json
from bot.sandbox.state import AlreadyExistsError


def find_target(body: Mapping[str, Any]) -> Repository:
    """The repository that `repository` names; raises ApiError 404 with those that there are."""
    world, name = find_world(), str(body.get("repository", ""))
    found = world.state.find_repository(name)
    if found is None:
        known = ", ".join(row.full_name for row in world.state.repositories.select())
        raise ApiError(404, f"there is no repository {name!r} here, but {known}")
    return found


def find_actor(body: Mapping[str, Any], repository: Repository, *, role: str = "read") -> User:
    """The user that `as` names, or the first who may; raises ApiError 403, 404."""
    world, login = find_world(), body.get("as")
    people = [user for user in world.state.users.select() if user.type == "User"]
    able = [user for user in people if _may(repository, user, role)]
    if login is None and able:
        return min(able, key=lambda user: ROLES.index(world.state.find_role(repository, user.login)))
    user = next((user for user in people if user.login.lower() == str(login).lower()), None)
    if user is None:
        raise ApiError(404, f"there is no user {login!r} here, but {', '.join(u.login for u in people)}")
    if user not in able:
        has = world.state.find_role(repository, user.login)
        raise ApiError(403, f"{user.login} needs the role {role} in {repository.full_name}, and has {has}")
    return user


def find_tagged(repository: Repository, body: Mapping[str, Any]) -> Release:
    """The release of `tag`, published or draft; raises ApiError 404."""
    tag = str(body.get("tag", ""))
    world = find_world()
    found = releases.find_release(world, repository, tag)
    found = found or releases.find_release(world, repository, tag, drafts=True)
    if found is None:
        raise ApiError(404, f"{repository.full_name} has no release of the tag {tag!r}")
    return found


def read_release(number: int) -> Release:
    row = find_world().state.releases.find(id=number)
    if row is None:
        raise ApiError(404, f"there is no release {number}")
    return row


def read_files(body: Json) -> dict[str, bytes | None]:
    """Paths to contents, from base64; null removes. Raises ApiError 422."""
    given = body.get("files")
    if not isinstance(given, dict) or not given:
        raise ApiError(422, "a push needs at least one file")
    return {str(path): _decode(data) for path, data in given.items()}


def render_summary(row: HookDelivery) -> Json:
    """A delivery as the command line lists it."""
    return {
        "guid": row.guid, "event": row.event, "action": row.action, "status_code": row.status_code,
        "delivered_at": row.delivered_at, "status": row.status, "redelivery": row.redelivery,
    }  # fmt: skip


@contextmanager
def explain() -> Iterator[None]:
    """The sandbox's own errors as sentences for the person at the command line."""
    try:
        yield
    except AlreadyExistsError:
        raise ApiError(409, "there is one of that name already") from None
    except NoCommitError as error:
        raise ApiError(422, f"no tag can be made: {error}") from None
    except TooLargeError:
        raise ApiError(413, "an asset must be smaller than 2 GiB") from None
    except CutShortError:
        raise ApiError(400, "the file broke off on its way") from None
    except NotFastForwardError:
        raise ApiError(409, "somebody else pushed at the same moment: try again") from None
    except NoFileError as error:
        raise ApiError(422, f"what is not there cannot be removed: {error}") from None
    except BadObjectError as error:
        raise ApiError(422, f"git refuses it: {error}") from None
    except ProtectedBranchError as error:
        raise ApiError(403, f"{error.branch} is protected: {error.reason}") from None
    except PullError as error:
        raise ApiError(error.status, error.message) from None


def _may(repository: Repository, user: User, role: str) -> bool:
    return ROLES.index(find_world().state.find_role(repository, user.login)) >= ROLES.index(role)


def _decode(data: Any) -> bytes | None:
    try:
        return None if data is None else b64decode(data, validate=True)
    except (BadBase64, TypeError, ValueError):
        raise ApiError(422, "a file is not base64") from None
