"""One check in each module, under the name `check`."""
