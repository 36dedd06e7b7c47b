"""SQL's side: every query stands beside the class that owns its table."""
