from __future__ import annotations

from pathlib import Path

import pytest

from pycaffe_ext.datasets.sources import open_source
from pycaffe_ext.datasets.sources.entries import Entry
from pycaffe_ext.datasets.targets.datum_lmdb import entry_key
from pycaffe_ext.errors import DataError, FileError, OptionError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_labels_count_the_sorted_class_names(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.PNG", "b/1.jpg", "a/x/deep.jpeg", "C/z.tif", "empty/readme.md", "b/.hidden.jpg", "top.jpg")
    listing = open_source(str(tmp_path))
    assert listing.classes == ["C", "a", "b", "empty"]
    assert [(e.name, e.label) for e in listing.entries] == [
        ("C/z.tif", 0),
        ("a/x/deep.jpeg", 1),
        ("b/1.jpg", 2),
        ("b/2.PNG", 2),
    ]
    assert listing.ignored == ["top.jpg", "empty/readme.md"]


def test_a_database_between_the_class_folders_is_no_class(tmp_path: Path) -> None:
    touch(tmp_path, "cat/a.jpg", "db/data.mdb", "dog/b.jpg")
    assert open_source(str(tmp_path)).classes == ["cat", "dog"]


def test_without_classes_images_at_any_depth(tmp_path: Path) -> None:
    touch(tmp_path, "b.jpg", "a/x.jpg", "a.png")
    listing = open_source(str(tmp_path), classes=False)
    assert [(e.name, e.label) for e in listing.entries] == [("a.png", 0), ("a/x.jpg", 0), ("b.jpg", 0)]


@pytest.mark.parametrize(("names", "problem"), [(["a.jpg"], "holds no folders"), (["a/b.txt"], "holds no images")])
def test_folder_without_classes_or_images(tmp_path: Path, names: list[str], problem: str) -> None:
    touch(tmp_path, *names)
    with pytest.raises(DataError, match=problem):
        open_source(str(tmp_path))


def test_list_file(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("\ufeffa.jpg 3\r\nsub/two words.jpg -1\nd\u00e9j\u00e0.png 0\n\n\n".encode())
    listing = open_source(str(path))
    assert listing.entries == [Entry("a.jpg", 3, 1), Entry("sub/two words.jpg", -1, 2), Entry("déjà.png", 0, 3)]
    assert listing.path(listing.entries[1]) == str(tmp_path / "sub/two words.jpg")
    assert listing.where(listing.entries[1]) == f"{path}:2: "
    assert open_source(str(path), root="/data").path(listing.entries[0]) == "/data/a.jpg"


def test_names_that_are_not_utf8_keep_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"caf\xe9.jpg 1\n")
    [entry] = open_source(str(tmp_path / "list.txt")).entries
    assert entry_key(7, entry) == b"00000007_caf\xe9.jpg"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("b.jpg", "'b.jpg' has no label"),
        ("b.jpg ", "'b.jpg ' has no label"),
        (" 4", "' 4' has no label"),
        ("b.jpg\t4", "has no label"),
        ("b.jpg four", "label 'four' is not a whole number"),
        ("b.jpg 4.5", "label '4.5' is not a whole number"),
        ("b.jpg 2147483648", "label 2147483648 does not fit"),
        ("", "the line is empty"),
    ],
)
def test_list_lines_without_a_label_are_named(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(f"a.jpg 0\n{line}\nc.jpg 1\n")
    with pytest.raises(DataError) as error:
        open_source(str(path))
    assert str(error.value).startswith(f"{path}:2: ")
    assert problem in str(error.value)


def test_source_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="does not exist"):
        open_source(str(tmp_path / "photos"))


def test_root_is_for_lists(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--root"):
        open_source(str(tmp_path), root="x")


def test_shuffle_depends_on_the_seed_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("".join(f"{n}.jpg {n}\n" for n in range(10)))
    listing = open_source(str(path))
    orders = [[e.label for e in listing.shuffled(seed).entries] for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    # The numbers are a promise: a set made with this seed can be made again.
    assert orders[0] == [2, 8, 4, 9, 1, 6, 7, 3, 0, 5]
    assert sorted(orders[2]) == list(range(10))


def test_class_folders_beside_files_of_other_kinds(tmp_path: Path) -> None:
    touch(tmp_path, "cat/a.jpg", "dog/b.jpg", "backup.tar", "notes.csv", "film.avi")
    listing = open_source(str(tmp_path))
    assert listing.classes == ["cat", "dog"]
    assert listing.ignored == ["backup.tar", "film.avi", "notes.csv"]


def test_a_list_s_names_that_begin_with_a_slash_are_below_the_root_where_caffe_finds_them(tmp_path: Path) -> None:
    touch(tmp_path, "images/a.jpg")
    (tmp_path / "list.txt").write_text(f"/a.jpg 0\n{tmp_path}/images/a.jpg 1\n")
    listing = open_source(str(tmp_path / "list.txt"), root=f"{tmp_path}/images/")
    assert [listing.path(entry) for entry in listing.entries] == [f"{tmp_path}/images/a.jpg"] * 2


def test_a_list_in_utf16_is_told(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes("a.jpg 0\n".encode("utf-16"))
    with pytest.raises(FileError, match="is UTF-16; save it as UTF-8"):
        open_source(str(tmp_path / "list.txt"))


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0", bytes(100)])
def test_file_of_another_kind_is_no_list(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(FileError, match="is no list file: it holds bytes 0"):
        open_source(str(tmp_path / "list"))
