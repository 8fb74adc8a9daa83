"""Everything that is true about the domain: facts, arithmetic, text work, queries, reports."""

import os

os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # they take half a second to load, and none is asked for
