"""The operator's keys, for what is kept that nobody else may read.

Fernet (AES-128-CBC with HMAC-SHA256) of the cryptography package; the first key seals, all of them open, so that a key
can be replaced without losing what an older one sealed.
"""

from collections.abc import Sequence

from bot.domain.errors import NotConfigured, WrongKey


class Keyring:
    """Seals and opens bytes.

    Args:
        keys: Fernet keys, each 32 bytes in URL-safe base64; the first one seals.

    Raises:
        NotConfigured: a key is none.

    """

    def __init__(self, keys: Sequence[str]) -> None:
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - only where keys are set

        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise NotConfigured("EARMARK_KEYS") from None

    @staticmethod
    def new() -> str:
        """Make a key."""
        from cryptography.fernet import Fernet  # noqa: PLC0415

        return Fernet.generate_key().decode()

    def seal(self, plain: bytes) -> bytes:
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """Give back what was sealed; raise WrongKey where no key fits, or where it was changed."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415

        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise WrongKey from None

    def rotate(self, sealed: bytes) -> bytes:
        """Seal it anew with the first key; raise WrongKey where no key fits."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415

        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise WrongKey from None

    def __repr__(self) -> str:
        return "Keyring(...)"
