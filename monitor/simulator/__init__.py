"""Invents missions of any declared service, told as a dispatch system would."""

from monitor.simulator.delivery import Emission
from monitor.simulator.feed import paced
from monitor.simulator.live import live
from monitor.simulator.past import history, year
from monitor.simulator.scenario import NORMAL, Scenario, storm
from monitor.simulator.world import World
from monitor.simulator.worlds import world_of

__all__ = ["NORMAL", "Emission", "Scenario", "World", "history", "live", "paced", "storm", "world_of", "year"]
