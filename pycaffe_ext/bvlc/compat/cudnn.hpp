// Goes with cudnn.h (see CaffeCuda.cmake). cuDNN 8 and 9: the functions by which Caffe chose convolution algorithms
// are gone. They come back over the heuristics of the _v7 functions, with two differences from a plain renaming:
// - an algorithm is taken only if the workspace that cuDNN itself states for it keeps within the limit;
// - the choice is remembered for each shape, device and thread, since Caffe asks before every single pass.
// Convolutions compute in float32 throughout, as they did: cuDNN 8 and later would use TF32 on Ampere and after.
//
// Caffe's limit is 8 MiB for each convolution and stream; CAFFE_CUDNN_WORKSPACE_MIB=256, say, allows faster ones.
#ifndef PYCAFFE_EXT_CUDNN_HPP_
#define PYCAFFE_EXT_CUDNN_HPP_

#if CUDNN_VERSION >= 8000
#include <cstddef>
#include <cstdlib>
#include <map>
#include <vector>

enum cudnnConvolutionFwdPreference_t { CUDNN_CONVOLUTION_FWD_SPECIFY_WORKSPACE_LIMIT = 2 };
enum cudnnConvolutionBwdFilterPreference_t { CUDNN_CONVOLUTION_BWD_FILTER_SPECIFY_WORKSPACE_LIMIT = 2 };
enum cudnnConvolutionBwdDataPreference_t { CUDNN_CONVOLUTION_BWD_DATA_SPECIFY_WORKSPACE_LIMIT = 2 };

namespace pycaffe_ext {

typedef std::vector<int> Shape;  // everything that decides which algorithm is the best one

template <typename Algorithm>
struct Choice {
  Algorithm algorithm;
  std::size_t bytes;
};

template <typename Algorithm>
std::map<Shape, Choice<Algorithm>>& choices() {
  static thread_local std::map<Shape, Choice<Algorithm>> made;
  return made;
}

inline std::size_t workspace_limit(std::size_t asked) {
  const char* set = std::getenv("CAFFE_CUDNN_WORKSPACE_MIB");
  return set ? std::strtoull(set, nullptr, 10) << 20 : asked;
}

inline void add(Shape* shape, cudnnTensorDescriptor_t tensor) {
  cudnnDataType_t type;
  int v[8] = {0};
  cudnnGetTensor4dDescriptor(tensor, &type, v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7);
  shape->push_back(type);
  shape->insert(shape->end(), v, v + 8);
}

inline Shape shape_of(cudnnTensorDescriptor_t bottom, cudnnFilterDescriptor_t filter,
                      cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t top) {
  int device = 0;
  cudaGetDevice(&device);
  Shape shape(1, device);
  add(&shape, bottom);
  add(&shape, top);
  cudnnDataType_t type;
  cudnnTensorFormat_t format;
  cudnnConvolutionMode_t mode;
  int v[10] = {0};
  cudnnGetFilter4dDescriptor(filter, &type, &format, v, v + 1, v + 2, v + 3);
  cudnnGetConvolution2dDescriptor(convolution, v + 4, v + 5, v + 6, v + 7, v + 8, v + 9, &mode, &type);
  shape.insert(shape.end(), v, v + 10);
  return shape;
}

// Takes the first of the heuristics' algorithms, the fastest first, whose workspace keeps within the limit; where
// there is none, `smallest`. find(count, found, results) and bytes_of(algorithm, bytes) call cuDNN.
template <typename Result, typename Algorithm, typename Find, typename BytesOf>
cudnnStatus_t choose(const Shape& shape, std::size_t limit, Algorithm smallest, Find find, BytesOf bytes_of,
                     Algorithm* algorithm) {
  std::map<Shape, Choice<Algorithm>>& made = choices<Algorithm>();
  typename std::map<Shape, Choice<Algorithm>>::const_iterator known = made.find(shape);
  if (known != made.end()) {
    *algorithm = known->second.algorithm;
    return CUDNN_STATUS_SUCCESS;
  }
  Result results[16];
  int count = 0;
  cudnnStatus_t status = find(16, &count, results);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  Choice<Algorithm> choice = {smallest, 0};
  bool found = false;
  for (int i = 0; i < count && !found; ++i) {
    choice.algorithm = results[i].algo;
    found = results[i].status == CUDNN_STATUS_SUCCESS &&
            bytes_of(choice.algorithm, &choice.bytes) == CUDNN_STATUS_SUCCESS &&
            choice.bytes <= workspace_limit(limit);
  }
  if (!found) {
    choice.algorithm = smallest;
    status = bytes_of(smallest, &choice.bytes);
    if (status != CUDNN_STATUS_SUCCESS) return status;
  }
  made[shape] = choice;
  *algorithm = choice.algorithm;
  return CUDNN_STATUS_SUCCESS;
}

// What the chosen algorithm needs, remembered from the choice; any other algorithm's is asked for.
template <typename Algorithm, typename BytesOf>
cudnnStatus_t workspace(const Shape& shape, Algorithm algorithm, BytesOf bytes_of, std::size_t* bytes) {
  typename std::map<Shape, Choice<Algorithm>>::const_iterator known = choices<Algorithm>().find(shape);
  if (known == choices<Algorithm>().end() || known->second.algorithm != algorithm) return bytes_of(algorithm, bytes);
  *bytes = known->second.bytes;
  return CUDNN_STATUS_SUCCESS;
}

inline cudnnStatus_t set_convolution(cudnnConvolutionDescriptor_t convolution, int pad_h, int pad_w, int stride_h,
                                     int stride_w, int dilation_h, int dilation_w, cudnnConvolutionMode_t mode,
                                     cudnnDataType_t type) {
  cudnnStatus_t status = cudnnSetConvolution2dDescriptor(convolution, pad_h, pad_w, stride_h, stride_w, dilation_h,
                                                         dilation_w, mode, type);
  return status == CUDNN_STATUS_SUCCESS ? cudnnSetConvolutionMathType(convolution, CUDNN_FMA_MATH) : status;
}

}  // namespace pycaffe_ext

#define cudnnSetConvolution2dDescriptor pycaffe_ext::set_convolution

#include "cudnn_algorithms.hpp"

#endif  // CUDNN_VERSION
#endif
