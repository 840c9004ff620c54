"""The steps of an organization's run: prepare, account and digest, each a Lambda function."""
