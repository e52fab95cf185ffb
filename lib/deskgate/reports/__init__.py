"""Reports: notebooks executed, turned into pages that need no network, and indexed by day.

`charts` and `tables` are for notebooks; `execution`, `html` and `pages` are for the run. Nothing here judges: a report
shows what the gates decided. Import the module that is needed: this package imports none of them, because a chart
library or a kernel client costs a second that `--help` should not pay.
"""

from deskgate.reports.link import Link, day_links

__all__ = ["Link", "day_links"]
