"""`monitor demo`: the whole on one machine, with embedded servers and invented missions."""
