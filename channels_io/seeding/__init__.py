"""A workspace full of invented conversations, to see and to measure pages with: `manage.py seedrecords`.

`words.py` what is said, `talk.py` one conversation with all that hangs on it, `town.py` the people and agents it needs,
`copying.py` rows into PostgreSQL by COPY, `records.py` all of it in blocks.
"""
