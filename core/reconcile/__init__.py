"""对账: our figures held against a second source.

`hold` judges two values (pure), `tally` counts what came of it (pure). `given`: an export that a person uploads to be
compared, of which nothing is taken in; `crossed`: what captures of two sources already say of the same thing; `boards`:
lines of providers' boards against our own sums.
"""
