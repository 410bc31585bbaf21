"""Waiting in tests: for a condition with a name, never for a time."""

from monitor.demo.processes import wait_until

__all__ = ["wait_until"]
