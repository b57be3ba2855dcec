"""The incubator's pages: each shows a project to whom may read it (`access.py`), and to nobody else."""
