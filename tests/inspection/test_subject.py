"""A train_val is looked at as its deploy form, and pictures go into it as its TEST phase says."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from tool import tool

from pycaffe_ext.inspection.subject import Subject

NET = """
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  transform_param { crop_size: 6 mean_value: 1 } data_param { source: "absent" batch_size: 2 backend: LMDB } }
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST }
  transform_param { crop_size: 6 scale: 0.5 mean_value: 3 mean_value: 4 mean_value: 5 }
  data_param { source: "SOURCE" batch_size: 2 backend: LMDB } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" }
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    pictures = tmp_path / "pictures" / "one"
    pictures.mkdir(parents=True)
    cv2.imwrite(str(pictures / "a.png"), np.full((9, 13, 3), 7, np.uint8))
    assert tool("make_lmdb", monkeypatch)(pictures.parent, tmp_path / "lmdb") == 0
    return str(tmp_path / "lmdb")


def test_the_train_val_says_how_pictures_go_in(tmp_path: Path, source: str) -> None:
    (tmp_path / "net.prototxt").write_text(NET.replace("SOURCE", source))
    subject = Subject(tmp_path / "net.prototxt")
    picture = np.arange(18 * 40 * 3).reshape(18, 40, 3).astype(np.uint8)
    assert (subject.size, subject.scaling.side) == ((6, 6), 9)  # crops are cut from what is in the database
    batch = subject.batch([picture])
    middle = cv2.resize(picture, (20, 9))[1:7, 7:13].astype(np.float32)
    np.testing.assert_array_equal(batch[0], ((middle - [3, 4, 5]) * 0.5).transpose(2, 0, 1).astype(np.float32))


def test_a_net_can_be_looked_at_where_its_database_is_not(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET.replace("SOURCE", "not/here"))
    assert Subject(tmp_path / "net.prototxt").scaling.side == 0
