"""Execution: notebooks run with parameters in kernels of their own."""
