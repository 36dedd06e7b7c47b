"""What runs beside the bot: the composition root, its site, its clocks, its doctor."""
