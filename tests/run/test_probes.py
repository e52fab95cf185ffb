"""What a run records of what it looks at beside the desk's records."""

import socket
from contextlib import closing

from deskgate.config.monitoring import Monitoring
from deskgate.run import probes
from desks import desk


def test_route_is_recorded_without_its_parameters() -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/ready"
        where = desk().model_copy(update={"monitoring": Monitoring(routes={"loki": f"{url}?who=a@b.c"})})
        found = list(probes._routes(where))
    assert found == [("health", "loki", False, {"url": url, "says": "ConnectError"})]
    assert list(probes._routes(desk())) == []
