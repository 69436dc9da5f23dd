"""Errors in the gold: which tags of a data set are probably wrong, and which are probably missing.

`tagkit.label_errors.quality.label_quality(products, lists_of_scores)` gives one number for each product, by which a
queue of reviews can put the products first whose tags are most probably wrong.
"""
