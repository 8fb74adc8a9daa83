"""Files from the platforms' back offices: read, recognise, check, import.

`read` turns bytes into sheets (BIFF and web pages in a process of their own, `apart`); `recognise` finds the tables and
says which export each is, with `forms` and `headers` (pure); `check` makes validated records of rows with `posts`,
`days`, `listed`, `article`, `mentions` (pure); `importer` previews and stores, `owners` knows whose the rows are,
`mappings` what a person said; `inbox` takes what was dropped into the inbox folder.
"""
