"""Hypothesis on a shared machine: an example may take long because somebody else is busy, which proves nothing."""

from hypothesis import settings

settings.register_profile("core", deadline=None)
settings.load_profile("core")
