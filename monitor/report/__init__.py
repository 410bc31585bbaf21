"""`monitor report`: the yearly report on demand, from the store or from events, in every format."""
