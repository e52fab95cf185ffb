"""The gates: suites say what is enough, verdicts say what was found, the decision says what follows."""
