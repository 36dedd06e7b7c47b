"""What the sandbox refuses, in Discord's shape."""

from typing import Any


class DiscordError(Exception):
    """A refusal: HTTP `status`, Discord's `code`, its `message` and, for a bad form, the `errors` tree."""

    def __init__(self, status: int, code: int, message: str, errors: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def body(self) -> dict[str, Any]:
        """Return the JSON body that goes with the status."""
        shown: dict[str, Any] = {"message": self.message, "code": self.code}
        if self.errors is not None:
            shown["errors"] = self.errors
        return shown
