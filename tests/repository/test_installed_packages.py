"""`make setup` leaves the files of aws-cdk-lib as its wheel has them."""

import hashlib
from base64 import urlsafe_b64encode
from importlib.metadata import distribution


def test_the_other_wheel_with_the_same_file_does_not_replace_that_of_aws_cdk_lib() -> None:
    """The file of aws-cdk-cloud-assembly-schema breaks `stack.messages`: aws/aws-cdk#38482."""
    name = "aws_cdk/cloud_assembly_schema/__init__.py"
    (file,) = (file for file in distribution("aws-cdk-lib").files or [] if str(file) == name)
    digest = hashlib.sha256(file.read_binary()).digest()
    assert file.hash is not None
    assert file.hash.value == urlsafe_b64encode(digest).decode().rstrip("=")
