"""Files from the platforms' back offices: read, recognise, check, import.

`read` turns bytes into sheets, `recognise` finds headers and says which export it is (pure), `check` makes validated
records of rows (pure), `importer` previews and stores, `inbox` takes what was dropped into the inbox folder.
"""
