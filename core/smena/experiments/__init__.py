"""Pre-registered experiments: a file of arms, seeds and hypotheses, frozen before the first trial, run with
shared trials, and judged by the tests that the file fixed."""

from smena.experiments.spec import BUILT_IN, Experiment, Hypothesis, load

__all__ = ["BUILT_IN", "Experiment", "Hypothesis", "load"]
