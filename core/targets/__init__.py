"""绩效目标: the year's targets as data, what the system's own records say of each, how its year is likely to end, and
the self-assessment sheet.

`kept`: the rows and what people do to them · `measured`: what a measure answers · `reports`, `figures`, `platforms`,
`followers`, `entered`: the measures · `year`: all targets of a year as they stand · `sheet`: 绩效自评表 ·
`satisfaction`: where the satisfaction rate comes from. The arithmetic is `core.metrics.targets`.
"""
