"""The only SELECTs that rooms and reports use, one module per subject."""
