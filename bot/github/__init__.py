"""GitHub over HTTP. PyGithub and its names appear nowhere else."""
