"""The table [monitoring] of desk.toml: the health routes of what watches the desk, and the file of metrics that it reads."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from deskgate.config.servers import HttpUrl
from deskgate.config.strict import Strict

__all__ = ["SUFFIX", "Monitoring", "MonitoringTable"]

# The textfile collector reads no other file.
SUFFIX = ".prom"


def _ends_as_collected(path: str) -> str:
    if not path.endswith(SUFFIX):
        raise ValueError(
            f"monitoring.textfile is '{path}', expected a file that ends in {SUFFIX}: the textfile collector reads no other one"
        )
    return path


_Routes = Annotated[dict[str, HttpUrl], Field(min_length=1)]
_Seconds = Annotated[float, Field(gt=0, le=60)]
_TIMEOUT_S = 5.0


class Monitoring(Strict):
    """Health routes by name, such as Prometheus' `/-/healthy`, Grafana's `/api/health`, Loki's `/ready`, an exporter's `/metrics`.

    A route is healthy when it answers with a 2xx status within `timeout_s`; a redirect, as to a login, is no answer.
    """

    routes: _Routes
    timeout_s: _Seconds = _TIMEOUT_S


class MonitoringTable(Strict):
    """The table as it stands in the file: routes, a file of metrics, or both.

    `textfile` is where the metrics of a run are written instead of `<out>/metrics/deskgate.prom`: absolute, or relative to the desk.
    """

    routes: _Routes | None = None
    timeout_s: _Seconds = _TIMEOUT_S
    textfile: Annotated[str, AfterValidator(_ends_as_collected)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "MonitoringTable":
        if self.routes is None and self.textfile is None:
            raise ValueError("monitoring has neither routes nor textfile, expected one of them at least; name it")
        return self

    @property
    def routed(self) -> Monitoring | None:
        """The health routes; None where there are none, so that no file of metrics passes for them."""
        return Monitoring(routes=self.routes, timeout_s=self.timeout_s) if self.routes else None
