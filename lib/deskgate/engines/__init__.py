"""Where work is done: in this process, in processes of this machine, or by the workers of a Dask scheduler.

An engine opens an `Executor` of the standard library; `run_tasks` is all that the rest of Deskgate knows of it. Importing this
package imports no polars: a worker bounds polars' threads before it does.
"""

from deskgate.engines.engine import ENGINES, Engine, open_engine
from deskgate.engines.tasks import Poisoned, Task, run_tasks

__all__ = ["ENGINES", "Engine", "Poisoned", "Task", "open_engine", "run_tasks"]
