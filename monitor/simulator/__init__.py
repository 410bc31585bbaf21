"""Invents missions with the published figures of 2024, told as a dispatch system would."""

from monitor.simulator.delivery import Emission
from monitor.simulator.feed import paced
from monitor.simulator.live import live
from monitor.simulator.past import history, year
from monitor.simulator.scenario import NORMAL, Scenario, storm

__all__ = ["NORMAL", "Emission", "Scenario", "history", "live", "paced", "storm", "year"]
