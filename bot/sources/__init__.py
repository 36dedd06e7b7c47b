"""Where tracks and their features come from."""
