"""Events that could not be counted: looking at them, and sending them back."""
