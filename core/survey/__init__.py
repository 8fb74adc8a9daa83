"""Surveys of satisfaction: asked on a public page, brought in as files, judged by people.

`definition` keeps the surveys and their links; `site` is the public page, a process of its own (`python -m core
survey`), with `guard`, `tokens` (pure) and `pages` (pure); `answers` stores what comes in and what a person says of it;
`sheets` (pure) reads files with results, `files` keeps them. docs/survey.md (Chinese) says how to run it.
"""
