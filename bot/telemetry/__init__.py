"""Metrics, logs, and reports of errors."""
