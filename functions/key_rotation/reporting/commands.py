"""The commands of the AWS CLI that digests and mails print, for versions 1 and 2 of the CLI.

A command is the lines of one shell command, without its indentation. `--user-name=NAME` is one
word, because the CLI takes a word that begins with a dash for an option, and IAM allows such names
(IAM User Guide, "IAM and AWS STS quotas": letters, digits and `+=,.@_-`).
"""

import shlex

from key_rotation.domain.key_details import Details
from key_rotation.reporting.formatting import WIDTH, sanitize_line

Command = tuple[str, ...]
INDENT = 6
"""Columns before a command in the entry of a key."""


def restore_command(user_name: str, access_key_id: str) -> Command:
    """Return the command that turns a key on again."""
    return _key_command("update-access-key --status Active", user_name, access_key_id)


def deactivate_command(user_name: str, access_key_id: str) -> Command:
    """Return the command with which an owner deactivates a key that was replaced."""
    return _key_command("update-access-key --status Inactive", user_name, access_key_id)


def delete_command(user_name: str, access_key_id: str) -> Command:
    """Return the command with which an owner deletes a key, to make room for a new one."""
    return _key_command("delete-access-key", user_name, access_key_id)


def create_command(user_name: str) -> Command:
    """Return the command with which an owner creates a key."""
    return (f"aws iam create-access-key {_user(user_name)}",)


def last_used_command(access_key_id: str) -> Command:
    """Return the command that shows when, for which service and where a key was last used."""
    return (f"aws iam get-access-key-last-used --access-key-id {access_key_id}",)


def one_line(command: Command) -> str:
    """Return a command as one line, for programs."""
    return " ".join(line.strip(" \\") for line in command)


def replacement_commands(user_name: str, access_key_id: str, details: Details) -> list[Command]:
    """Return how the owner of a noticed key replaces it, in order.

    A key to delete comes first. A user with a newer key that stays needs no new one.
    """
    commands: list[Command] = []
    first = details.to_delete
    if first:
        commands.append(delete_command(user_name, first.access_key_id))
    if first or not details.newer:
        commands.append(create_command(user_name))
    if not first or first.access_key_id != access_key_id:
        commands.append(deactivate_command(user_name, access_key_id))
    return commands


def _key_command(verb: str, user_name: str, access_key_id: str) -> Command:
    user, key = _user(user_name), f"--access-key-id {access_key_id}"
    if INDENT + len(f"  {user} {key}") <= WIDTH:
        return (f"aws iam {verb} \\", f"  {user} {key}")
    return (f"aws iam {verb} \\", f"  {user} \\", f"    {key}")


def _user(user_name: str) -> str:
    name = sanitize_line(user_name)
    if name == "--":  # a legal name that the CLI drops as the end of the options, `=` or not
        return """--cli-input-json '{"UserName": "--"}'"""
    return f"--user-name={shlex.quote(name)}"
