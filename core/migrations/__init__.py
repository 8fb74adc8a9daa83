"""The steps from one schema to the next (Alembic)."""


def is_model(name: str | None, type_: str, parents: object) -> bool:
    """Whether a table of the database is one of core.models, for Alembic's `include_name`. Those of the search index
    (core.search), which differ from database to database, are none."""
    return type_ != "table" or not (name or "").startswith("search")
