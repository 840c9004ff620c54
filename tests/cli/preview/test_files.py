"""A file is written whole or not at all."""

import os
import threading
from pathlib import Path

import pytest

from key_rotation_cli.errors import CliError
from key_rotation_cli.preview.files import check_writable, write_whole


def test_a_file_is_replaced_in_one_step_and_nothing_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("old")
    write_whole(file, "new\r\n")
    assert file.read_bytes() == b"new\r\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_text_that_cannot_be_encoded_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(file, "new \ud800")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_keeps_pointing_at_its_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    link, file = tmp_path / "link", tmp_path / "folder" / "file"
    file.write_text("old")
    link.symlink_to(file)
    write_whole(link, "new")
    assert (link.is_symlink(), file.read_text()) == (True, "new")


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    check_writable(pipe)
    write_whole(pipe, "text")
    reader.join(timeout=10)
    assert (read, pipe.is_fifo()) == (["text"], True)


@pytest.mark.parametrize("name", ["no/such/folder/file", ".", "a" * 300])
def test_a_name_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CliError, match="written"):
        check_writable(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_links_that_lead_to_themselves_are_named(tmp_path: Path) -> None:
    link = tmp_path / "page.html"
    link.symlink_to(link)
    with pytest.raises(CliError, match="its links lead to themselves"):
        check_writable(link)
