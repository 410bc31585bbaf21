"""Where partitions are kept: one port, and two adapters that pass the same contract suite."""
