"""Refusals of the sandbox, as GitHub words them. No I/O."""


class AuthError(Exception):
    """A request that is refused: the status and GitHub's own sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message
