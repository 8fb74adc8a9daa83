"""Whether what is stored is what was captured: every figure read again from the captured bytes and held against it.

The captures are parsed again, and what stood when is reckoned from all that they say, in the order of time, without the
steps by which ingest and roll-up came to it (`lines`, `days`: pure). What differs is named (`findings`): the row, what
stands there, what should, and what mends it.
"""
