"""`deskgate serve`: the published days in a browser on this machine, to be read and nothing else."""

import signal
from typing import Annotated

import typer

from deskgate.cli.options import REPORTS, OutOption, handle_errors, print_note, refuse_missing

__all__ = ["serve"]


@handle_errors
def serve(
    out: OutOption = REPORTS,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port to listen on; 0 takes a free one.")
    ] = 8700,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; any but a loopback one lets others read.")
    ] = "127.0.0.1",
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Another name by which browsers reach it, behind another server; may be repeated."),
    ] = None,
) -> None:
    """Serve the pages of all days to a browser on this machine, until Ctrl-C; nothing can be changed through it."""
    from deskgate.run.serve import DayServer

    refuse_missing(out)
    with DayServer(out, host, port, name or ()) as server:
        if not server.is_local:
            print_note(
                f"{host} is not a loopback address: anyone who reaches this machine there reads the desk's money, without a password"
            )
        before = {each: signal.signal(each, signal.default_int_handler) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            typer.echo(f"{server.url} serves {out.resolve()}; stop with Ctrl-C")
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("stopped")
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
