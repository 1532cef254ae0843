"""Pure decisions: from outcomes to a verdict with its evidence. No I/O, no domain, no clock, no dice."""
