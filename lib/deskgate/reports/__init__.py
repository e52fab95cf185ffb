"""Reports: notebooks executed, turned into pages that need no network, and indexed by day.

`charts`, `tables` and `views` are for notebooks; `execution` and `pages` are for the run. Nothing here judges: a
report shows what the gates decided. The packages import nothing of each other at their top, because a chart library or
a kernel client costs a second that `--help` should not pay.
"""
