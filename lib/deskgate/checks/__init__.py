"""The checks: pure functions from the canonical frames to findings. A check knows no gate and no threshold."""
