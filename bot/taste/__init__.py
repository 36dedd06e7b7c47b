"""Arrays in, arrays out: the taste model."""
