"""Services of others, stateful, as real HTTP servers on 127.0.0.1."""
