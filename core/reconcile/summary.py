"""What came of all comparisons of a period, by platform or unit (pure)."""

import pandas as pd

from core.reconcile.hold import AGREE, DIFFER

NO_UNIT, SEVERAL = "未归属单位", "多个账号的榜单"
COLUMNS = ("name", "given", "given_differing", "theirs", "crossed", "crossed_differing", "boards", "boards_differing")


def by(column: str, given: pd.DataFrame, crossed: pd.DataFrame, boards: pd.DataFrame) -> pd.DataFrame:
    """COLUMNS, what differs most first. `column`: platform or unit · `given`: kept.listing · `crossed`: the rows of an
    Accuracy · `boards`: boards.held."""
    lacking = given["account"].isna().map({True: SEVERAL, False: NO_UNIT})
    parts = [
        pd.DataFrame({"name": given[column].fillna(lacking), "given": given["compared"],
                      "given_differing": given["differing"], "theirs": given["theirs"]}),
        pd.DataFrame({"name": crossed[column].fillna(NO_UNIT), "crossed": crossed["compared"],
                      "crossed_differing": crossed["differing"]}),
        pd.DataFrame({"name": boards[column].fillna(NO_UNIT), "boards": boards["outcome"].isin([AGREE, DIFFER]),
                      "boards_differing": boards["outcome"] == DIFFER}),
    ]
    numbers = list(COLUMNS[1:])
    every = pd.concat([part.astype({name: "int64" for name in part.columns if name != "name"}) for part in parts])
    found = every.reindex(columns=list(COLUMNS)).groupby("name", sort=False)[numbers].sum()
    found = found.astype("int64").reset_index()
    found = found[found[numbers].sum(axis=1) > 0]
    off = found["given_differing"] + found["theirs"] + found["crossed_differing"] + found["boards_differing"]
    return found.assign(off=off).sort_values(["off", "name"], ascending=[False, True], ignore_index=True)
