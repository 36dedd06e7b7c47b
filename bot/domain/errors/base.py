"""The root of all errors."""


class EarmarkError(Exception):
    """The root: a failure with a sentence of its own."""

    def __reduce__(self) -> tuple[type["EarmarkError"], tuple[object, ...]]:
        # Keyword arguments do not reach Exception.args, and an error may cross from a worker process.
        return type(self), tuple(vars(self).values())
