"""`monitor feed`: records of a source's topics become mission events, at least once, in their order.

`carrying` says what becomes of one record, `belt` moves batches of them through the shell that workers stand in, and
`delivery` is done when Kafka has acknowledged everything. No state but the group's offsets.
"""
