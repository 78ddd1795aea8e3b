"""The steps of the road, one file each, in the order of `flow.STEPS`: load as a set, decide, save as a set."""
