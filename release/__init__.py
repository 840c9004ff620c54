"""The files of a release, which need no CDK: `python -m release FOLDER` writes them."""
