"""The nouns and errors: frozen, with units, without I/O. Everything may import from here."""
