"""The kit that every connector is built with. Read `contract.py` first."""
