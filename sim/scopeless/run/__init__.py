"""A run of any firmware: in slices, measured as it goes, no quicker than real time if asked (docs/run.md)."""
