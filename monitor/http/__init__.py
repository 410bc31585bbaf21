"""An HTTP server for which no peer is too much: what every service of the monitor stands behind.

Knows no figures and no service. `serving` listens for an aiohttp application; what one peer, and all together, can
ask for is bounded by `Limits`.
"""
