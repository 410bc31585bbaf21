"""`monitor exporter` with a store that nobody answers for, as a program of its own."""

from dataclasses import replace

from monitor.exporter.command import exporter
from monitor.settings import RedisSettings
from tests.exporter.world import configuration

if __name__ == "__main__":
    plain = configuration()
    settings = plain.settings.model_copy(update={"redis": RedisSettings(url="redis://127.0.0.1:1/0")})
    exporter(obj=replace(plain, settings=settings))
