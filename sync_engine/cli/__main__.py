"""`python -m sync_engine.cli`: the same as `flagstaff`."""

from sync_engine.cli import main

main()
