"""Reported figures as files: read an experiment, run it, judge every cell, write the report.

`form` says what an experiment is, `document` and `parsing` read one from YAML, `running` and `measuring` fill its
cells, `verdict` judges them, `outcome` gathers, `book` keeps what was measured, `text` and `page` show it.
"""
