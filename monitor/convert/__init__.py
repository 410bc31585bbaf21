"""`monitor convert`: files as sources have them become mission events, and the gap report says what is missing."""
