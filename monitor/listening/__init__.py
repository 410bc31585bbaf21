"""How the monitor's ports are secured: what the settings and the files that they name say of it.

`monitor.http` carries it out, and knows neither; whoever listens asks here for what to listen with.
"""
