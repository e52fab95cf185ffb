"""The image: what its linter says."""

import subprocess
import sys
from pathlib import Path

from deskgate.config.paths import ROOT


def test_the_dockerfile_has_nothing_to_mend() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    found = subprocess.run(
        [linter, ROOT / "config" / "docker" / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (found.stdout + found.stderr, found.returncode) == ("", 0)
