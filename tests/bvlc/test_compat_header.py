"""The header that lets Caffe's source compile today, against sources of a few lines that use what has gone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

COMPAT = Path(__file__).resolve().parents[2] / "pycaffe_ext/bvlc/compat"
pytestmark = pytest.mark.skipif(not shutil.which("g++"), reason="no C++ compiler: apt-get install g++")

SOURCE = """
#include <cstdio>
struct CodedInputStream { void SetTotalBytesLimit(int limit) { std::printf("%d ", limit); } };
int main() {
  CodedInputStream stream;
  stream.SetTotalBytesLimit(7, 9);
  std::printf("%d %d", CV_LOAD_IMAGE_COLOR, CV_LOAD_IMAGE_GRAYSCALE);
}
"""

# cuDNN's C API as far as the header calls it, over heuristics that are written down here. It counts the questions.
CUDNN = """
#define CUDNN_VERSION 90100
enum cudnnStatus_t { CUDNN_STATUS_SUCCESS, CUDNN_STATUS_NOT_SUPPORTED };
enum cudnnDataType_t { CUDNN_DATA_FLOAT };
enum cudnnTensorFormat_t { NCHW };
enum cudnnConvolutionMode_t { CROSS };
enum cudnnMathType_t { CUDNN_DEFAULT_MATH, CUDNN_FMA_MATH = 3 };
enum cudnnConvolutionFwdAlgo_t { CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, F1, F2, F3 };
enum cudnnConvolutionBwdFilterAlgo_t { CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, W1 };
enum cudnnConvolutionBwdDataAlgo_t { CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, D1 };
typedef int cudnnHandle_t, cudnnTensorDescriptor_t, cudnnFilterDescriptor_t, cudnnConvolutionDescriptor_t;
static int device, questions, math;
inline void cudaGetDevice(int* it) { *it = device; }
inline cudnnStatus_t cudnnGetTensor4dDescriptor(int d, cudnnDataType_t* t, int* n, int* c, int* h, int* w, int* sn,
                                                int* sc, int* sh, int* sw) {
  *t = CUDNN_DATA_FLOAT; *n = d; *c = *h = *w = *sn = *sc = *sh = *sw = 1; return CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t cudnnGetFilter4dDescriptor(int d, cudnnDataType_t* t, cudnnTensorFormat_t* f, int* k, int* c,
                                                int* h, int* w) {
  *t = CUDNN_DATA_FLOAT; *f = NCHW; *k = d; *c = *h = *w = 1; return CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t cudnnGetConvolution2dDescriptor(int d, int* a, int* b, int* c, int* e, int* f, int* g,
                                                     cudnnConvolutionMode_t* m, cudnnDataType_t* t) {
  *a = d; *b = *c = *e = *f = *g = 1; *m = CROSS; *t = CUDNN_DATA_FLOAT; return CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t cudnnSetConvolution2dDescriptor(int, int, int, int, int, int, int, cudnnConvolutionMode_t,
                                                     cudnnDataType_t) { return CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnSetConvolutionMathType(int, cudnnMathType_t it) { math = it; return CUDNN_STATUS_SUCCESS; }

// Fastest first: F3 cannot run, F2 says it needs 1 MiB and needs 20, F1 needs 4 MiB; the others need 9 MiB
#define API(NAME, ALGO, PERF, FIRST, LAST)                                                          \\
  struct PERF { ALGO algo; cudnnStatus_t status; std::size_t memory; };                             \\
  inline cudnnStatus_t cudnnGetConvolution##NAME##Algorithm_v7(int, int, int, int, int, int room,   \\
                                                               int* count, PERF* results) {         \\
    ++questions;                                                                                    \\
    *count = 0;                                                                                     \\
    for (int i = LAST; i >= FIRST && *count < room; --i, ++*count)                                  \\
      results[*count] = {ALGO(i), i == 3 ? CUDNN_STATUS_NOT_SUPPORTED : CUDNN_STATUS_SUCCESS, 1 << 20}; \\
    return CUDNN_STATUS_SUCCESS;                                                                    \\
  }                                                                                                 \\
  inline cudnnStatus_t cudnnGetConvolution##NAME##WorkspaceSize(int, int, int, int, int, ALGO algo, \\
                                                                std::size_t* bytes) {               \\
    ++questions;                                                                                    \\
    *bytes = (LAST == 1 ? (algo ? 9 : 0) : algo == 2 ? 20 : algo == 1 ? 4 : 0) << 20;               \\
    return CUDNN_STATUS_SUCCESS;                                                                    \\
  }
API(Forward, cudnnConvolutionFwdAlgo_t, cudnnConvolutionFwdAlgoPerf_t, 0, 3)
API(BackwardFilter, cudnnConvolutionBwdFilterAlgo_t, cudnnConvolutionBwdFilterAlgoPerf_t, 1, 1)
API(BackwardData, cudnnConvolutionBwdDataAlgo_t, cudnnConvolutionBwdDataAlgoPerf_t, 1, 1)
"""

# What Caffe does before each pass; prints algorithm, bytes and how many questions went to cuDNN
PASSES = """
#include <cstdio>
#include <cstddef>
#include "cudnn_double.h"
#include "cudnn.hpp"
void ask(int shape) {
  cudnnConvolutionFwdAlgo_t f; cudnnConvolutionBwdFilterAlgo_t w; cudnnConvolutionBwdDataAlgo_t d;
  std::size_t bytes[3];
  const std::size_t limit = 8 << 20;
  questions = 0;
  cudnnGetConvolutionForwardAlgorithm(0, shape, 2, 3, 4, CUDNN_CONVOLUTION_FWD_SPECIFY_WORKSPACE_LIMIT, limit, &f);
  cudnnGetConvolutionForwardWorkspaceSize(0, shape, 2, 3, 4, f, bytes);
  cudnnGetConvolutionBackwardFilterAlgorithm(0, shape, 4, 3, 2, CUDNN_CONVOLUTION_BWD_FILTER_SPECIFY_WORKSPACE_LIMIT,
                                             limit, &w);
  cudnnGetConvolutionBackwardFilterWorkspaceSize(0, shape, 4, 3, 2, w, bytes + 1);
  cudnnGetConvolutionBackwardDataAlgorithm(0, 2, 4, 3, shape, CUDNN_CONVOLUTION_BWD_DATA_SPECIFY_WORKSPACE_LIMIT,
                                           limit, &d);
  cudnnGetConvolutionBackwardDataWorkspaceSize(0, 2, 4, 3, shape, d, bytes + 2);
  std::printf("%d %d %d  %d %d %d  %s\\n", f, w, d, int(bytes[0] >> 20), int(bytes[1] >> 20), int(bytes[2] >> 20),
              questions ? "asked" : "remembered");
}
int main() {
  ask(1);
  ask(1);
  ask(5);
  device = 1;
  ask(5);
  cudnnSetConvolution2dDescriptor(0, 1, 1, 1, 1, 1, 1, CROSS, CUDNN_DATA_FLOAT);
  std::printf("math %d", math);
}
"""


def run(folder: Path, source: str, *options: str, **environment: str) -> str:
    (folder / "main.cpp").write_text(source)
    command = ["g++", "-std=c++17", "-Wall", "-Werror", "-I", str(COMPAT), "-I", str(folder), *options]
    subprocess.run([*command, str(folder / "main.cpp"), "-o", str(folder / "main")], check=True)
    return subprocess.run([folder / "main"], check=True, capture_output=True, text=True, env=environment).stdout


def test_opencv_and_protobuf(tmp_path: Path) -> None:
    header = str(COMPAT / "caffe_today.hpp")
    assert run(tmp_path, SOURCE, "-DCPU_ONLY", "-include", header) == "7 1 0"


@pytest.mark.parametrize(
    ("environment", "first"),
    [
        ({}, "1 0 0  4 0 0"),  # what takes more than 8 MiB in truth is left out; the last two fall back
        ({"CAFFE_CUDNN_WORKSPACE_MIB": "9"}, "1 1 1  4 9 9"),
        ({"CAFFE_CUDNN_WORKSPACE_MIB": "20"}, "2 1 1  20 9 9"),
        ({"CAFFE_CUDNN_WORKSPACE_MIB": "0"}, "0 0 0  0 0 0"),
    ],
)
def test_cudnn_algorithms_keep_within_the_limit_and_are_remembered(
    tmp_path: Path, environment: dict[str, str], first: str
) -> None:
    (tmp_path / "cudnn_double.h").write_text(CUDNN)
    lines = run(tmp_path, PASSES, **environment).splitlines()
    # the same shape is remembered; another shape, and the same one on another GPU, are not
    assert lines == [f"{first}  {told}" for told in ("asked", "remembered", "asked", "asked")] + ["math 3"]
