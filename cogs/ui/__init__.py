"""What the cogs say and show."""
