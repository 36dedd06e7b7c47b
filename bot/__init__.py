"""Earmark: a Discord bot that learns each listener's taste."""
