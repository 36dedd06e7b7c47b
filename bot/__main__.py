"""The program: `earmark`, or `python -m bot`."""

import sys

from bot.commands.cli import main as cli


def main() -> None:
    """Run one command and end with its exit code."""
    sys.exit(cli())


if __name__ == "__main__":
    main()
