"""Records as sources have them become events: a feed file says how (docs/feeds.md).

`declared` reads feed.toml, `formats` opens bytes, `mapping` makes events of one record after the other: it knows
nothing of earlier ones, and the ledger folds the rows of a mission.
"""
