"""A Discord on this machine, for trying the bot and for tests."""
