"""What every check is given: one day of one desk, which legs are evidence, tolerances, and the shape of findings."""
