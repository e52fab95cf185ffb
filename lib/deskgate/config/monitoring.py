"""The table [monitoring] of desk.toml: the health routes of what watches the desk."""

from typing import Annotated

from pydantic import Field

from deskgate.config.servers import HttpUrl
from deskgate.config.strict import Strict

__all__ = ["Monitoring"]


class Monitoring(Strict):
    """Health routes by name, such as Prometheus' `/-/healthy`, Grafana's `/api/health`, Loki's `/ready`, an exporter's `/metrics`.

    A route is healthy when it answers with a 2xx status within `timeout_s`; a redirect, as to a login, is no answer.
    """

    routes: Annotated[dict[str, HttpUrl], Field(min_length=1)]
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
