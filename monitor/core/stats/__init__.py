"""The statistics behind a verdict: one file per statistic, with its definition, assumptions, formula and source.

Pure functions on numbers and arrays with frozen results. They refuse to know series, windows, targets in minutes
and what anybody does with the answer. A target is a `percent` (80, 50): at least that share of missions must be
within it; a mission that is not is *late*. Two kinds must not be mixed up:

- fixed-time (`wilson`, `binomial`, `order_interval`): right when looked at once, e.g. for a closed period;
- continuous (`beta_mixture`, `cusum`): right although somebody looks after every mission.
"""
