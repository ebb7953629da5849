"""The jobs as the pipeline first had them, to compare with: the same logic at the same cost, in our words.

They are run by spark-submit like the jobs of today. Their faults are part of them: what they find is checked
against `benchmarks.expected`, which says in plain Python what their rules give.
"""
