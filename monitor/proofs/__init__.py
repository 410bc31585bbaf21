"""Proofs of a preset: missions made by hand at the edges of a rule, with what the rule says of each, and their trial.

`written` reads `proofs.toml`, which stands beside `service.toml`; `trial` asks the program, by the way that every
event goes. What the rule says is worked out by hand from its text, before the program is asked.
"""
