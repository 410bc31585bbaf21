"""The missions behind a figure, for whoever may read the store."""
