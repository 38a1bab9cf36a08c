"""What pages and the API show, read from the store: values from SQL, each limited by `Visible`.

A view never scans tasks: flags, compliance, assessments and runs were worked out before.
"""
