"""Reports become PNG bytes."""
