"""Keys, sealed files, private folders, locks."""
